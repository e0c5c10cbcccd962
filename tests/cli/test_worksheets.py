"""Worksheets and their marks from the command line: written, filled in, graded; and what is refused."""

import json

import pytest

from bpcli.network import Architecture
from bpcli.worksheets.generate import DRAWS, drawn_point

NETWORKS = (
    (),
    ("--hidden", "none", "--digits", "3"),
    ("--hidden", "3,2", "--rate", "0.1"),
    ("--sizes", "3,4,2", "--set", "model.bias=true", "--set", "training.loss=cross_entropy"),
    ("--set", "model.activation=tanh", "--part", "a,c-f"),
)


@pytest.mark.parametrize("network", NETWORKS, ids=" ".join)
def test_keys_graded_without_any_option_are_entirely_right(bpcli, tmp_path, network):
    """The files say which sheet they are for, and the keys are answers like any other."""
    assert bpcli("walkthrough", "--seeds", "1:2", "--out", "class", *network).code == 0
    keys = sorted((tmp_path / "class").glob("key-*.yaml"))
    found = bpcli("walkthrough", "--grade", *keys, "--json")
    assert found.code == 0
    grades = json.loads(found.out)["grades"]
    assert len(grades) == 2
    assert all(grade["right"] == grade["total"] > 0 for grade in grades)


WRITTEN = {}  # the text of a key, which a process writes once


@pytest.fixture
def key(bpcli, tmp_path):
    """Return the key of a sheet as a file of answers."""
    path = tmp_path / "class" / "key-07.yaml"
    if path.name not in WRITTEN:
        bpcli("walkthrough", "--seeds", "7:7", "--out", "class")
        WRITTEN[path.name] = path.read_text(encoding="utf-8")
    path.parent.mkdir(exist_ok=True)
    path.write_text(WRITTEN[path.name], encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--seed", "8"), "is for seed 7, and --seed says 8"),
        (("--rate", "1"), "is for rate 0.5, and --rate says 1.0"),
        (("--sizes", "3,4,2"), "is for sizes [3, 2, 2], and --sizes says [3, 4, 2]"),
        (("--hidden", "none"), "is for hidden [2], and --hidden says []"),
        (("--digits", "3"), "is for digits 4, and --digits says 3"),
        (
            ("--set", "training.loss=cross_entropy"),
            "squared_error', and --set training.loss says 'cross_entropy'",
        ),
        (("--set", "model.bias=true"), "is for bias false, and --set model.bias says true"),
        (("--x", "1,0,1"), "leave --x out"),
    ],
)
def test_an_option_that_contradicts_the_file_is_refused(bpcli, key, options, said):
    """Both are named, and nothing is marked."""
    found = bpcli("walkthrough", "--grade", key, *options)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_an_option_that_agrees_with_the_file_is_taken(bpcli, key):
    """It repeats what is known."""
    options = ("--seed", "7", "--sizes", "3,2,2", "--rate", "0.5", "--set", "model.bias=false")
    assert bpcli("walkthrough", "--grade", key, *options).code == 0


def test_a_file_that_cannot_be_read_costs_the_others_nothing(bpcli, key):
    """Those that can be are marked; the rest are a line each, and the exit code is 2."""
    (key.parent / "key-08.yaml").write_text("a: [1, 2\n")
    (key.parent / "key-09.yaml").write_text("")
    files = [key.parent / f"key-0{seed}.yaml" for seed in (7, 8, 9, 10)]
    found = bpcli("walkthrough", "--grade", *files, columns=300)
    assert found.code == 2
    assert "42/42" in found.out
    assert "3 files not marked:" in found.out
    for said in ("a bracket is opened", "does not say which sheet", "there is no such file"):
        assert said in found.out
    document = json.loads(bpcli("walkthrough", "--grade", *files, "--json").out)
    assert [grade["marks"] for grade in document["grades"]] == [42]
    assert [each["source"] for each in document["unreadable"]] == [str(file) for file in files[1:]]


def test_one_file_that_cannot_be_read_is_its_message(bpcli, key):
    """Exit 2, nothing on stdout."""
    key.write_text("a: [1, 2\n")
    found = bpcli("walkthrough", "--grade", key)
    assert (found.code, found.out) == (2, "")


def test_every_problem_of_one_file_is_a_line(bpcli, key):
    """Below their number, each with its place."""
    text = key.read_text(encoding="utf-8").replace("\nh: [", "\nh: [9, ").replace("\nloss:", "\nlose:")
    key.write_text(text, encoding="utf-8")
    lines = bpcli("walkthrough", "--grade", key, columns=200).err.splitlines()
    assert lines[0] == "error: 2 problems"
    assert [line.split(": ", 1)[1] for line in lines[1:]] == [
        "h: its shape is 3; it must be 2",
        "lose: this sheet has no such blank; did you mean loss?",
    ]


def test_nothing_is_written_where_a_sheet_cannot_be_drawn(bpcli, tmp_path, monkeypatch):
    """The seed is named."""

    def drawn(architecture: Architecture, seed, **options):
        return drawn_point(architecture, seed if seed < 3 else -1, **options)

    monkeypatch.setitem(DRAWS, "backprop", drawn)
    found = bpcli("walkthrough", "--seeds", "1:3", "--out", "class")
    assert found.code == 2
    assert "seed 3: " in found.err
    assert not (tmp_path / "class").exists()


def test_a_class_from_its_roster_to_marks_gradebook_and_feedback(bpcli, tmp_path):
    """Names on the sheets, a folder that is graded, and a mistake that two blanks show counted once a student."""
    (tmp_path / "r.csv").write_text("name,id\nAnna Berg,7\nBen Li,8\nCleo,9\n", encoding="utf-8")
    assert bpcli("walkthrough", "--seeds", "1:4", "--out", "class", "--roster", "r.csv").code == 0
    folder = tmp_path / "class"
    assert "Name: Anna Berg\n" in (folder / "worksheet-01.txt").read_text(encoding="utf-8")
    assert "Name: ____" in (folder / "worksheet-04.txt").read_text(encoding="utf-8")
    assert 'name: "Ben Li"\n' in (folder / "answers-02.yaml").read_text(encoding="utf-8")
    for seed in (1, 2):
        right = (folder / f"key-0{seed}.yaml").read_text(encoding="utf-8")
        e = drawn_point(Architecture((3, 2, 2), bias=False), seed)
        z = e.network().forward(e.X)[0] - e.Y[0]
        wrong = e.parameters["W"].T @ z
        lines = [line for line in right.splitlines() if not line.startswith("grad_h")]
        text = "\n".join([*lines, f"grad_h: [{wrong[0]:.4f}, {wrong[1]:.4f}]", ""])
        (folder / f"answers-0{seed}.yaml").write_text(text, encoding="utf-8")
    for seed in (3, 4):
        (folder / f"answers-0{seed}.yaml").unlink()
    options = ("--roster", "class/roster.csv", "--csv", "marks.csv", "--feedback", "feedback")
    found = bpcli("walkthrough", "--grade", "class", *options)
    assert found.code == 3
    (line,) = [line for line in found.out.splitlines() if line.startswith("Anna Berg")]
    assert line.split() == [
        "Anna",
        "Berg",
        "class/answers-01.yaml",
        "40/42",
        "raw-error-back",
        "in",
        "grad_h",
    ]
    assert "no answers from 1 student: Cleo" in found.out
    assert "made most often: raw-error-back (by 2)" in found.out
    rows = (tmp_path / "marks.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("student,id,file,seed,marks,of,percent,")
    assert rows[1].startswith(
        "Anna Berg,7,class/answers-01.yaml,1,40,42,95.2,40,0,2,0,raw-error-back in grad_h"
    )
    assert rows[3].startswith("Cleo,9,,3,")
    assert sorted(path.name for path in (tmp_path / "feedback").iterdir()) == ["Anna-Berg.txt", "Ben-Li.txt"]
    told = (tmp_path / "feedback" / "Ben-Li.txt").read_text(encoding="utf-8")
    assert "40 of 42 marks" in told
    assert "Pass back the delta that ∇W uses" in told
    document = json.loads(bpcli("walkthrough", "--grade", "class", *options[:2], "--json").out)
    assert [grade["student"] for grade in document["grades"]] == ["Anna Berg", "Ben Li"]
    assert document["absent"] == ["Cleo"]


@pytest.mark.parametrize("format_", ["html", "latex"])
def test_a_class_is_one_file_to_be_printed(bpcli, tmp_path, format_):
    """Every sheet on pages of its own, with its number and its name line; the keys too."""
    bpcli("walkthrough", "--seeds", "1:3", "--out", "class", "--format", format_, "--part", "c")
    suffix = {"html": ".html", "latex": ".tex"}[format_]
    sheets, keys = (
        (tmp_path / "class" / f"{name}{suffix}").read_text(encoding="utf-8")
        for name in ("worksheets", "keys")
    )
    for seed in (1, 2, 3):
        assert f"Worksheet {seed}" in sheets
        assert f"Key to worksheet {seed}" in keys
    mark, breaks = {"html": ("<article", "break-before: page"), "latex": ("setcounter{page}", "\\clearpage")}[
        format_
    ]
    assert sheets.count(mark) == 3
    assert breaks in sheets
    assert sheets.count("Name") == 3
    assert sheets.count("\\documentclass") == (format_ == "latex")


@pytest.mark.parametrize(
    "options",
    [
        ("--x", "1,2,-1", "--y", "1,0", "--V", "1,0,1;0,1,1", "--W", "1,-1;0.5,2"),
        ("--x", "1,2,-1", "--seed", "4", "--hidden", "3"),
        (),
        ("--seed", "7"),
        ("--seed", "7", "--topic", "symmetry"),
        ("--seed", "7", "--topic", "symmetry", "--part", "b,d", "--notation", "delta", "--sizes", "4,3,3"),
    ],
    ids=" ".join,
)
def test_one_sheet_with_its_key_and_answers_is_written_and_marked(bpcli, tmp_path, options):
    """Of typed numbers, which stand in the answers file; of a configuration; of a seed; on equal weights."""
    assert bpcli("walkthrough", "--worksheet", "--out", "one", *options).code == 0
    key = next((tmp_path / "one").glob("key*.yaml"))
    found = bpcli("walkthrough", "--grade", key, "--json")
    assert found.code == 0, found.out
    assert json.loads(found.out)["marks"] == json.loads(found.out)["total"] > 0
    empty = json.loads(
        bpcli("walkthrough", "--grade", next((tmp_path / "one").glob("answers*.yaml")), "--json").out
    )
    assert empty["blank"] == empty["total"]


def test_the_names_of_a_roster_are_text_in_every_format(bpcli, tmp_path):
    """Neither markup nor commands."""
    name = r"<b>Ann \input{x} & Bob_$2</b>"
    (tmp_path / "r.csv").write_text(f"name\n{name}\n", encoding="utf-8")
    for format_, suffix, said in (
        ("html", "html", "&lt;b&gt;Ann \\input{x} &amp; Bob_$2&lt;/b&gt;"),
        ("latex", "tex", r"<b>Ann \textbackslash{}input\{x\} \& Bob\_\$2</b>"),
    ):
        bpcli(
            "walkthrough",
            "--seeds",
            "1:1",
            "--out",
            "class",
            "--roster",
            "r.csv",
            "--format",
            format_,
            "--force",
        )
        sheet = (tmp_path / "class" / f"worksheet-01.{suffix}").read_text(encoding="utf-8")
        assert said in sheet
        assert name not in sheet


def test_marks_and_feedback_are_overwritten_with_force_only(bpcli, tmp_path):
    """Neither is written where one of them is there already."""
    bpcli("walkthrough", "--seeds", "1:1", "--out", "class")
    command = ("walkthrough", "--grade", "class", "--csv", "marks.csv", "--feedback", "feedback")
    assert bpcli(*command).code == 3
    (feedback,) = (tmp_path / "feedback").iterdir()
    for there, other in ((feedback, tmp_path / "marks.csv"), (tmp_path / "marks.csv", feedback)):
        there.write_text("kept", encoding="utf-8")
        other.unlink()
        refused = bpcli(*command)
        assert (refused.code, "overwrite it with --force" in refused.err) == (2, True)
        assert (there.read_text(encoding="utf-8"), other.exists()) == ("kept", False)
        assert bpcli(*command, "--force").code == 3
        assert there.read_text(encoding="utf-8") != "kept"
        assert other.exists()


def test_a_folder_without_answers_is_refused(bpcli, tmp_path):
    """Exit 2."""
    (tmp_path / "empty").mkdir()
    found = bpcli("walkthrough", "--grade", "empty")
    assert found.code == 2
    assert "there are no answers files in this folder" in found.err
