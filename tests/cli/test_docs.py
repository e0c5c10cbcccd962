"""The documentation in the terminal, what its terms mean, and what the shell completes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console
from rich.theme import Theme

from bpcli.cli import completion, docs
from bpcli.cli.app import app
from bpcli.mistakes.catalogue import CATALOGUE
from bpcli.render.documentation import markdown
from bpcli.render.styles import ACCENT, CURVES, LIBRARY
from tests.cli.conftest import get_command

ROOT = Path(__file__).parents[2]


def test_every_page_is_listed_with_its_title(bpcli):
    """All of docs/, by the name that bpcli docs takes."""
    listed = bpcli("docs").out
    for page in (ROOT / "docs").glob("*.md"):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert re.search(rf"^{page.stem} .*{re.escape(title)}", listed, re.MULTILINE)


@pytest.mark.parametrize("topic", ["symmetry", "docs/symmetry.md"])
def test_a_page_is_shown(bpcli, topic):
    """By its name or its path; in JSON as it is written."""
    shown = bpcli("docs", topic, columns=80)
    assert shown.out.startswith("When two hidden units are one")
    assert "τ_V = 1024 ε √n_V" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    text = json.loads(bpcli("docs", topic, "--json").out)["text"]
    assert text == (ROOT / "docs" / "symmetry.md").read_text(encoding="utf-8")


FOLDED = {"api", "data", "glossary", "symmetry"}  # tables, code and formulas


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(path.stem, marks=[] if path.stem in FOLDED else [pytest.mark.slow])
        for path in sorted((ROOT / "docs").glob("*.md"))
    ],
)
def test_a_narrow_terminal_loses_no_word(bpcli, page):
    """Code and tables fold: what a page says at 200 columns it says at 60, blanks and lines of tables aside."""
    wide, narrow = (re.sub(r"[\s─]", "", bpcli("docs", page, columns=columns).out) for columns in (400, 60))
    assert sorted(wide) == sorted(narrow)


def test_a_page_has_no_colour_of_its_own():
    """Code and links have the colours of the reports, and nothing has a background."""
    console = Console(force_terminal=True, color_system="256", no_color=False, width=80, theme=Theme(LIBRARY))
    with console.capture() as capture:
        console.print(
            markdown("# A\n\n`code` and [link](x.md)\n\n```sh\nbpcli train\n```\n\n1. one\n\n> two\n")
        )
    codes = [code.split(";") for code in re.findall(r"\x1b\[([\d;]*)m", capture.get())]
    colours = {code[code.index("5") + 1] for code in codes if "38" in code}
    assert colours <= {re.sub(r"\D", "", name) for name in (*CURVES, ACCENT)}
    plain = [number for code in codes if "38" not in code for number in code]
    assert set(plain) <= {"", "0", "1", "2", "3", "4"}


@pytest.mark.parametrize("mistake", [row.id for row in CATALOGUE])
def test_every_mistake_is_explained(bpcli, mistake):
    """What was done, the wrong line and the right one, how it arises, the fix."""
    row = next(each for each in CATALOGUE if each.id == mistake)
    shown = " ".join(bpcli("explain", mistake, columns=300).out.split())
    for said in (row.explanation, row.wrong, row.right, row.arises, row.fix):
        assert " ".join(said.split()) in shown


@pytest.mark.parametrize(
    ("term", "page", "says"),
    [
        ("Ω", "glossary", "the derivative of the output activation"),
        ("grad_W", "glossary", "gradient of ℓ with respect to W"),
        ("S⁽¹⁾", "glossary", "pre-activations of the hidden layer"),
        ("saturated", "symmetry", "less than 1/100 of the gradient"),
        ("patience", "configuration", "without improvement"),
        ("momentum", "configuration", "v ← μv + g"),
        ("spread", "symmetry-demo", "max - min over hidden units"),
    ],
)
def test_a_term_is_explained_where_it_is_defined(bpcli, term, page, says):
    """Symbols, verdicts, keys, words of the reports; the page with more is named."""
    shown = " ".join(bpcli("explain", term, columns=300).out.split())
    assert says in shown
    assert shown.endswith(f"More: bpcli docs {page}")


def complete(monkeypatch, capsys, shell, words):
    """What the program prints for a shell that asks how to go on after these words."""
    asked = {"bash": {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}}
    asked = asked.get(shell, {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"})
    for name, value in ({"_BPCLI_COMPLETE": f"complete_{shell}"} | asked).items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        get_command(app).main(prog_name="bpcli")
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_asks_by_variables_of_its_own(monkeypatch, capsys, shell):
    """The same is offered to all of them, in the form of each."""
    assert "moons" in complete(monkeypatch, capsys, shell, "bpcli train mo")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("bpcli tr", ["train"]),
        ("bpcli train sp", ["spiral"]),
        ("bpcli gradcheck sym", ["symmetry", "symmetry-demo", "symmetry-xor"]),
        ("bpcli config show x", ["xor"]),
        ("bpcli train xor --set model.act", ["model.activation=sigmoid", "model.activation=tanh"]),
        (
            "bpcli train xor --set training.optimizer.n",
            ["training.optimizer.name=sgd", "training.optimizer.name=adam"],
        ),
        ("bpcli train xor --set model.hid", ["model.hidden=16,8"]),
        ("bpcli gradcheck --inject no-o", ["no-omega"]),
        ("bpcli walkthrough --format ", ["text", "markdown", "latex", "html"]),
        ("bpcli train --resume r", ["runs/one"]),
        ("bpcli train m", ["mine.yaml", "moons"]),
        ("bpcli docs sy", ["symmetry", "symmetry-demo"]),
        ("bpcli explain no-o", ["no-omega"]),
    ],
)
def test_the_shell_completes(monkeypatch, capsys, tmp_path, words, offered):
    """Commands, configurations, keys with values, mistakes, choices, runs, files, pages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("seed: 1\n", encoding="utf-8")
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "summary.json").write_text("{}", encoding="utf-8")
    words = words.replace("--resume r", "--resume runs/")
    printed = complete(monkeypatch, capsys, "zsh", words)
    assert [each for each in offered if each not in printed] == []


def test_every_setting_that_is_offered_is_valid(tmp_path):
    """Each KEY=VALUE alone is accepted, or refused for what it does not go with, never for itself."""
    from bpcli.config import ConfigProblems, resolve

    empty = tmp_path / "empty.yaml"
    empty.touch()
    for setting, _ in completion.settings(""):
        try:
            resolve(str(empty), overrides=[setting])
        except ConfigProblems as problems:
            assert re.search(
                r"cannot be combined|unknown key for|generated|only|is for tables", str(problems)
            ), str(problems)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_shown(monkeypatch, capsys, shell):
    """It asks for bpcli's completions, and where the shell is there, it accepts the script."""
    monkeypatch.setenv("_BPCLI_COMPLETE", f"source_{shell}")
    with pytest.raises(SystemExit):
        get_command(app).main(prog_name="bpcli")
    script = capsys.readouterr().out
    assert "_BPCLI_COMPLETE" in script
    if found := shutil.which(shell):
        subprocess.run([found, "-n", "-c", script], check=True, env=os.environ | {"LC_ALL": "C"})


def test_the_wheel_holds_the_pages():
    """The folder is part of the package; the list of the program reads the first that is there."""
    assert '"docs" = "bpcli/docs"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert docs.FOLDERS[1] == ROOT / "docs"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["--set", "model.activation", "=", "si"], "sigmoid\n"),
        (["--set", "model.activation", "="], "sigmoid\ntanh\nrelu\nidentity\n"),
        (["--set", "model.activation", "=", "tanh", "--set", "data.source", "=", "moo"], "moons\n"),
        (["--set", "model.activation=si"], "model.activation=sigmoid\n"),
    ],
)
def test_bash_completes_the_value_of_a_key(monkeypatch, typed, offered):
    """It breaks words at = (unless told not to), and replaces what stands behind the last break."""
    monkeypatch.setenv("_BPCLI_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["bpcli", "train", "xor", *typed]))
    monkeypatch.setenv("COMP_CWORD", str(2 + len(typed)))
    printed = completion.in_bash(lambda: get_command(app).main(prog_name="bpcli"))
    assert sorted(printed.splitlines()) == sorted(offered.splitlines())


def test_a_key_is_explained_by_its_full_name(bpcli):
    """As --set takes it."""
    assert bpcli("explain", "training.batch_size").out == bpcli("explain", "batch_size").out
