"""A class: whose answers a file holds, the answers to another sheet, and the marks as a table."""

import csv
import os
import re
from pathlib import Path

import pytest

from bpcli.common.errors import DataError, UsageError
from bpcli.network import Architecture
from bpcli.worksheets import class_marking
from bpcli.worksheets.answers import filled
from bpcli.worksheets.class_marking import mark_files
from bpcli.worksheets.generate import drawn_point
from bpcli.worksheets.roster import gradebook, read_roster

NETWORK = Architecture((3, 2, 2), bias=False)
ROSTER = "name,seed,e-mail\nAnna Berg,1,anna@example.org\nBen Li,2,=1+1\n-Carla O,3,\nDana,4,\n"


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a file of a class and returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def key(seed, *, says=None, **lines):
    """The answers of somebody who has everything right; ``says`` is the seed that stands in the file."""
    text = filled(drawn_point(NETWORK, seed), 4, seed).replace(f"seed: {seed}\n", f"seed: {says or seed}\n")
    kept = [line for line in text.splitlines() if line.partition(":")[0] not in lines]
    return "\n".join([*kept, *(f"{name}: {value}" for name, value in lines.items())]) + "\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_roster_that_does_not_end_or_does_not_come_is_given_up(tmp_path, monkeypatch):
    """It is read within its limit, whatever it is."""
    monkeypatch.setattr("bpcli.common.files.PATIENCE", 0.01)
    os.mkfifo(tmp_path / "roster.csv")
    with pytest.raises(DataError, match=r"roster\.csv: nothing has come through this pipe"):
        read_roster(tmp_path / "roster.csv")
    with pytest.raises(DataError, match="/dev/zero: more where 1 MiB is the limit"):
        read_roster(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("name\nAnna\nBen\n", [("Anna", None, ""), ("Ben", None, "")]),
        ("Name;Seed\nAnna;7\n\nBen;\n", [("Anna", 7, ""), ("Ben", None, "")]),
        ("﻿id\tNAME\tfile\n1\tAnna\tanna.yaml\n", [("Anna", None, "anna.yaml")]),
        ("name\nZoë\n".encode("cp1252"), [("Zoë", None, "")]),
        ('"name"\n"Berg, Anna"\n', [("Berg, Anna", None, "")]),
    ],
)
def test_a_roster_is_read_however_it_was_saved(written, text, students):
    """Commas, semicolons or tabs; UTF-8 or not; with seeds, files and further columns or without."""
    found = read_roster(written("roster.csv", text)).students
    assert [(student.name, student.seed, student.file) for student in found] == students


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the first line must name the columns"),
        ("nmae\nAnna\n", ":1: the first line must name the columns, one of them 'name'; it has nmae"),
        ("name\n", "there are no students below its first line"),
        ("name,seed\nAnna,x\n", ":2: 'x' is not a seed"),
        ("name,seed\nAnna,1\nBen,1\n", ":3: Ben and Anna both have seed 1"),
        ("name\nAnna\nANNA\n", ":3: ANNA is there twice"),
        ("name,seed\n,1\n", ":2: there is no name"),
    ],
)
def test_a_roster_that_cannot_be_used_says_where(written, text, said):
    """The line, and what to write."""
    with pytest.raises(DataError, match=re.escape(said)):
        read_roster(written("roster.csv", text))


def test_every_student_gets_a_seed(written):
    """Those that have one keep it; and there must be enough."""
    roster = read_roster(written("roster.csv", "name,seed\nAnna,\nBen,1\nCleo,\n"))
    assert [student.seed for student in roster.with_seeds(range(1, 4)).students] == [2, 1, 3]
    with pytest.raises(UsageError, match="3 students, and --seeds 1:2 are 2 worksheets: write more seeds"):
        roster.with_seeds(range(1, 3))
    with pytest.raises(UsageError, match="Ben has worksheet 1, which is not in --seeds 5:9"):
        roster.with_seeds(range(5, 10))
    again = read_roster(written("again.csv", roster.with_seeds(range(1, 4)).text()))
    assert [(student.name, student.seed) for student in again.students] == [
        ("Anna", 2),
        ("Ben", 1),
        ("Cleo", 3),
    ]


def test_a_file_is_given_to_its_student(written):
    """By the name in it, by its own name or that of its folder, or by its seed."""
    roster = read_roster(written("roster.csv", ROSTER))
    files = [
        written("a.yaml", key(1, name='"Anna Berg"')),
        written("ben_li.yaml", key(2)),
        written("carla-o/answers.yaml", key(3)),
        written("x.yaml", key(4)),
        written("y.yaml", key(9)),
    ]
    marked, unread = mark_files(files, {}, 4, roster)
    assert [each.student for each in marked] == ["Anna Berg", "Ben Li", "-Carla O", "Dana", None]
    assert [each.notes for each in marked] == [(), (), (), (), ("not on the roster",)]
    assert unread == []
    assert roster.without(marked) == []


def test_answers_to_another_sheet_are_recognised(written, monkeypatch):
    """Among the sheets of the class, and among those near by; nothing is said of a bad sheet."""
    monkeypatch.setattr(class_marking, "CLASSES", 8)  # four seeds up and down
    another, near, bad = (
        written("another.yaml", key(60, says=1)),
        written("near.yaml", key(6, says=2)),
        written("bad.yaml", key(3, a="[1, 1]", b="[1, 1]", h="[0.1, 0.1]", z="[0.1, 0.1]")),
    )
    marked, _ = mark_files([another, near, bad, written("own.yaml", key(60))], {}, 4)
    assert [each.other for each in marked] == [60, 6, None, None]
    assert marked[0].notes == ("answers worksheet 60: 42 of 42 marks for that one",)
    assert marked[0].mistakes() == ["answers to worksheet 60"]
    assert marked[0].grade.marks < 30


def test_the_sheet_of_another_student_is_told(written):
    """The roster says which was hers; and two files of one student are told too."""
    roster = read_roster(written("roster.csv", ROSTER))
    marked, _ = mark_files(
        [written("a.yaml", key(2, name="Anna Berg")), written("b.yaml", key(1, name="Anna Berg"))],
        {},
        4,
        roster,
    )
    assert marked[0].notes == (
        "is worksheet 2; the roster has worksheet 1 for Anna Berg",
        "one of 2 files of Anna Berg",
    )
    assert marked[1].notes == ("one of 2 files of Anna Berg",)


def test_the_marks_are_a_table_that_no_spreadsheet_computes(written):
    """A row for each file, each that cannot be read, and each student without one; cells with = + - @ are text."""
    roster = read_roster(written("roster.csv", ROSTER))
    files = [
        written("=2.yaml", key(2, loss="9.9")),
        written("c.yaml", key(3)),
        written("d.yaml", "a: [1, 2\n"),
    ]
    marked, unread = mark_files(files, {}, 4, roster)
    rows = list(
        csv.DictReader(
            gradebook(marked, [(each.source, each.message) for each in unread], roster).splitlines()
        )
    )
    assert [row["student"] for row in rows] == ["Ben Li", "'-Carla O", "", "Anna Berg", "Dana"]
    assert rows[0]["e-mail"] == "'=1+1"
    assert (rows[0]["marks"], rows[0]["of"], rows[0]["percent"]) == ("41", "42", "97.6")
    assert (rows[0]["wrong"], rows[0]["mistakes"]) == ("1", "unknown in loss")
    assert "a bracket is opened" in rows[2]["remarks"]
    assert [row["remarks"] for row in rows[3:]] == ["no answers", "no answers"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
