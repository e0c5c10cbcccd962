"""What the documentation points to exists, and what it shows is what bpcli prints."""

import contextlib
import importlib
import importlib.util
import re
import shlex
from html import unescape
from pathlib import Path

import pytest

from bpcli.config import shipped

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link of a page, and every picture in it, is a file."""
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\":]+)\"", text):
        name = target[0] or target[1]
        assert (page.parent / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_file_names_in_pages_exist(page):
    """What is named as a file of this repository is one."""
    for name in re.findall(r"`((?:bpcli|docs|tests|benchmarks|configs)/[\w./]+\.\w+)`", page.read_text()):
        assert (ROOT / name).exists(), name


def test_the_shipped_configurations_are_documented():
    """docs/configuration.md shows each with its description."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    for each in shipped():
        assert f"{each.name} " in text
        assert each.description in text


def test_every_page_is_linked_from_the_readme():
    """No page that nobody finds."""
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in DOCS if f"](docs/{page.name})" not in readme] == []


def test_the_readme_is_short():
    """What does not fit belongs in docs/."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 180


@pytest.mark.parametrize("mark", ["train", "tests"])
def test_the_set_up_commands_are_one_line_each(mark):
    """.ci/run takes the line after the mark and its fence, so there must be exactly one."""
    (block,) = re.findall(
        rf"^<!-- {mark} -->\n```sh\n(.*?)```$", (ROOT / "README.md").read_text(), re.M | re.S
    )
    assert len(block.splitlines()) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_pages_exist(page):
    """Every command line that a page shows names a command, and options, that bpcli has."""
    from typer.main import get_command

    from bpcli.cli.app import app

    program = get_command(app)  # with every option of every command, which takes a while to build
    for line in command_lines(page.read_text()):
        node, words = program, shlex.split(line, comments=True)[1:]
        while words and words[0] in getattr(node, "commands", {}):
            node = getattr(node, "commands")[words.pop(0)]  # noqa: B009
        assert not hasattr(node, "commands") or all(word.startswith("--") for word in words), line
        known = {name for parameter in node.params for name in (*parameter.opts, *parameter.secondary_opts)}
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= known | {"--help", "-h"}, line


def command_lines(text):
    """Return what fenced blocks call bpcli with: any line of a shell block, else what follows a prompt."""
    for kind, block in re.findall(r"^```(sh|text)\n(.*?)^```", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ")
            if command.startswith("bpcli ") and (kind == "sh" or line != command):
                yield re.split(r" (?:[|>&;]|\d>)", command)[0]


def test_a_command_that_does_not_exist_is_found():
    """The reader of commands takes prompts and shell blocks, and leaves what commands print alone."""
    page = (
        "```sh\nbpcli train xor  # a comment\n```\n```text\n$ bpcli gone --off > x\nbpcli train digits\n```\n"
    )
    assert list(command_lines(page)) == ["bpcli train xor  # a comment", "bpcli gone --off"]


@pytest.mark.parametrize("name", ["train-light.svg", "train-dark.svg"])
def test_the_picture_is_what_the_script_makes(name, pictures):
    """The committed file shows what the command prints now, apart from the time it took."""
    committed = (ROOT / "docs" / "pictures" / name).read_text()
    assert shown(committed) == shown(pictures[name]), "run python docs/pictures/make.py"


@pytest.mark.parametrize("name", ["train-light.svg", "train-dark.svg"])
def test_the_picture_fetches_nothing(name):
    """No font, no style sheet and no image comes from elsewhere, and no path of a machine is shown."""
    text = (ROOT / "docs" / "pictures" / name).read_text()
    assert not re.search(r"url\((?!#)|@import|@font-face|href|/home/|/tmp/|/Users/", text)


@pytest.fixture(scope="module")
def pictures():
    """The files that docs/pictures/make.py would write."""
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "docs" / "pictures" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    return make.pictures()


def shown(svg):
    """The lines of text of a picture from top to bottom, with the figures of the time replaced."""
    lines = {}
    for height, text in re.findall(r'<text [^>]*?\by="([\d.]+)"[^>]*>(.*?)</text>', svg):
        lines.setdefault(float(height), []).append(unescape(text).replace("\xa0", " "))
    text = "\n".join("".join(lines[height]).rstrip() for height in sorted(lines))
    return re.sub(r"[\d.]+ s, [\d,]+ samples a second", "TIME", text)


ROOMS = sorted(path.name for path in (ROOT / "bpcli").iterdir() if (path / "__init__.py").exists())


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_functions_named_in_pages_exist(name):
    """What the pages about the code name as ``room.module.function`` is there."""
    text = re.sub(r"^```python\n.*?^```", "", (ROOT / name).read_text(), flags=re.M | re.S)
    names = re.findall(rf"(?<![\w./`\"-])`?((?:{'|'.join(ROOMS)})(?:\.[A-Za-z_]\w+)+)", text)
    assert [name for name in names if not resolves(name)] == []


def resolves(dotted):
    """Whether a dotted name below bpcli leads to a module, or to something in one."""
    found, words = importlib.import_module("bpcli"), dotted.split(".")
    for number, word in enumerate(words, 1):
        with contextlib.suppress(ImportError):
            importlib.import_module(".".join(["bpcli", *words[:number]]))
        found = getattr(found, word, None)
        if found is None:
            return False
    return True
