"""Text from files reaches no terminal, page or spreadsheet as a command: names of files, headers, labels."""

import csv
import io
import json
import re
import sys

import pytest

EVIL = "=cmd()|a<script>\\input{x}$&\x1b[2J\x1b]0;x\x07\r\u202e\u2066"
HEADER = ("=1+cmd()\x1b[2J\u202e<script>", "b\x1b[31m\u202e", "kind\u202e<script>\x1b[2J")
LABELS = (EVIL.replace("\r", ""), "@SUM(1)\x1b[2J\u202e<script>")


def lines_of(text):
    """The lines that a terminal would see."""
    return text.split("\n")


@pytest.fixture
def table(tmp_path):
    """A table whose name, header and labels are hostile."""
    path = tmp_path / "t\x1b[2J\u202e<script>.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    writer.writerows([n, n % 3, LABELS[n % 2]] for n in range(20))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path.name


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names")
def test_a_hostile_table_is_printable_in_every_report(bpcli, tmp_path, table):
    """From the first look at a table to its predictions: whatever is printed or written can be printed."""
    run, sweep = "run\x1b[2J\u202e", "s\x1b[2J\u202e"
    held_out = ("--set", "data.validation=0.2")
    commands = (
        ("data", table, "--write-config", "c\x1b[2J.yaml"), ("config", "show", "c\x1b[2J.yaml"),
        ("config", "check", "c\x1b[2J.yaml"), ("train", table, *held_out, "--epochs", "2", "--out", run),
        ("train", "--resume", run, "--epochs", "3"), ("train", table, "--out", run), ("runs", "list", "."),
        ("runs", "show", run), ("runs", "compare", run, run), ("runs", "best", "."), ("evaluate", run),
        ("evaluate", run, table), ("evaluate", run, "\x1b[2J.csv"), ("predict", run, "\x1b[2J.csv"),
        ("export", run, "--to", "numpy", "-o", "\x1b.py"),
        ("sweep", table, "--over", "seed=0:1", "--epochs", "2", "--jobs", "1", "--out", sweep),
        ("sweep", "--resume", sweep), ("train", table, "--set", "\x1b[2J=\u202e"),
        ("train", table, "--target", "\x1b[2J\u202e"), ("train", table, "--ignore", "\x1b[2J"),
        ("config", "new", "n\x1b[2J.yaml"), ("config", "new", "n\x1b[2J.yaml"), ("\x1b[2J",), ("train", "--\x1b[2J"),
        ("docs", "\x1b[2J"), ("explain", "\x1b[2J"), ("gradcheck", "--against", "\x1b[2J.py"),
        ("gradcheck", "--inject", "\x1b[2J"), ("predict", run, table, "-o", "p.csv"),
        ("walkthrough", "--grade", "\x1b[2J.yaml"), ("gradcheck", "--point", "\x1b[2J.json", "--against", "a.json"),
        ("symmetry-demo", "\x1b[2J.yaml"),
    )  # fmt: skip
    for words in commands:
        found = bpcli(*words)
        assert found.code in {0, 1, 2, 3}
        for line in lines_of(found.out + found.err):
            assert line.isprintable(), (words, line)
        assert "Traceback" not in found.err
    for path in (tmp_path / sweep / "results.csv", tmp_path / "p.csv"):
        cells = [each for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) for each in row]
        assert not [each for each in cells if each.startswith(("=", "@", "\t", "\r"))], path
    shown = (tmp_path / "p.csv").read_text(encoding="utf-8")
    assert "'=cmd()" in shown
    for name in ("\x1b.py", "c\x1b[2J.yaml"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert all(map(str.isprintable, lines_of(text))), name


def test_predictions_on_a_terminal_are_printable_and_in_a_pipe_exact(bpcli, table, monkeypatch):
    """A terminal obeys control characters, a program compares labels."""
    assert bpcli("train", table, "--epochs", "2", "--out", "run", "-q").code == 0
    assert "\x1b" in bpcli("predict", "run", table).out
    monkeypatch.setattr("bpcli.cli.predict.on_terminal", lambda: True)
    found = bpcli("predict", "run", table)
    assert len(list(csv.reader(io.StringIO(found.out)))) == 21
    assert all(map(str.isprintable, lines_of(found.out)))


@pytest.mark.parametrize("format_", ["text", "html", "latex", "markdown"])
def test_a_hostile_name_on_a_worksheet(bpcli, tmp_path, format_):
    """A roster may come from a form that students filled in."""
    roster = io.StringIO()
    csv.writer(roster, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["name", "=id()"], [EVIL, "=1+1"], ["B\u202e\x1b", "@x"]]
    )
    (tmp_path / "r.csv").write_text(roster.getvalue(), encoding="utf-8", newline="")
    words = (
        "walkthrough",
        "--seeds",
        "1:2",
        "--roster",
        "r.csv",
        "--out",
        "class",
        "--format",
        format_,
        "--part",
        "c",
    )
    found = bpcli(*words)
    assert found.code == 0, found.err
    for path in (tmp_path / "class").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not set("\x1b\x07\r\u202e\u2066") & set(text), path
        if path.suffix == ".html":
            assert "<script" not in text
        elif path.suffix == ".tex":
            assert "\\input" not in text
        elif path.suffix == ".md":
            assert not re.search(r"(?<!\\)<script", text)
        elif path.suffix == ".csv":
            cells = [each for row in csv.reader(io.StringIO(text)) for each in row]
            assert not [each for each in cells if each.startswith(("=", "@", "+", "-"))]
    graded = bpcli("walkthrough", "--grade", "class", "--csv", "m.csv", "--feedback", "f")
    assert all(map(str.isprintable, lines_of(graded.out + graded.err)))
    for path in (tmp_path / "m.csv", *(tmp_path / "f").iterdir()):
        assert all(map(str.isprintable, lines_of(path.read_text(encoding="utf-8")))), path


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names")
def test_a_hostile_name_of_a_configuration_in_a_picture(bpcli, tmp_path):
    """The title of the page is the name of the file."""
    name = "<script>\x1b[2J\u202e.yaml"
    (tmp_path / name).write_text("data: {source: xor}\nmodel: {hidden: [2]}\n", encoding="utf-8")
    for suffix in (".html", ".svg", ".txt"):
        found = bpcli("symmetry-demo", name, "--part", "c", "--steps", "2", "--save", f"p{suffix}")
        assert found.code in {0, 3}, found.err
        text = (tmp_path / f"p{suffix}").read_text(encoding="utf-8")
        assert not {"\x1b", "\u202e"} & set(text)
        assert suffix == ".txt" or "<script" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names")
def test_a_hostile_submission_in_every_report(bpcli, tmp_path):
    """Names of files, names in answers and messages, on the screen and in gradebooks."""
    name = "=1+cmd()\x1b[2J\u202e<script>.json"
    (tmp_path / name).write_text(json.dumps({EVIL: [[1]]}), encoding="utf-8")
    (tmp_path / "other.json").write_text("{", encoding="utf-8")
    found = bpcli("gradcheck", "--against", name, "other.json", "--csv", "g.csv")
    assert bpcli("gradcheck", "--against", name, "--gradescope", "r.json").code == 3
    (_, first, *_) = csv.reader(io.StringIO((tmp_path / "g.csv").read_text(encoding="utf-8")))
    assert first[0].startswith("'=1+cmd()")
    texts = [
        found.out,
        found.err,
        *((tmp_path / each).read_text(encoding="utf-8") for each in ("g.csv", "r.json")),
    ]
    assert all(line.isprintable() for text in texts for line in lines_of(text))
