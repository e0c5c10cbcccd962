"""A class by name: who is on its roster, whose file is whose, and the marks as a table for a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bpcli.common.errors import DataError, UsageError
from bpcli.common.files import read_bytes
from bpcli.common.text import LONGEST, cell, listed, printable
from bpcli.worksheets.marks import MarkedFile

NAME, SEED, FILE = "name", "seed", "file"
LARGEST = 1 << 20  # bytes of a roster
MARKS = ("marks", "of", "percent", "right", "carried forward", "wrong", "not answered", "mistakes", "remarks")


@dataclass(frozen=True)
class Student:
    """One line of a roster.

    Attributes:
        name: as it is printed.
        seed: of the worksheet; None where the roster does not say.
        file: of the answers, or its name without the ending; empty where the roster does not say.
        others: the further columns, such as an e-mail address; they stand in the marks too.
    """

    name: str
    seed: int | None = None
    file: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Roster:
    """The students of a class, in the order of their file."""

    students: tuple[Student, ...]

    def student_of(self, file: Path, name: str | None, seed: int | None) -> Student | None:
        """Whose answers these are: by the name in the file, the name of the file, or the seed, the first that fits."""
        files = {str(file), file.name, file.stem} - {""}
        ways = [
            [student for student in self.students if name is not None and _same(student.name, name)],
            [each for each in self.students if each.file in files or _same(each.name, file.stem)],
            [student for student in self.students if _same(student.name, file.parent.name)],
            [student for student in self.students if seed is not None and student.seed == seed],
        ]
        return next((found[0] for found in ways if len(found) == 1), None)

    def with_seeds(self, seeds: range) -> "Roster":
        """Give the next seed to every student who has none.

        Raises:
            UsageError: there are too few seeds, or a student has one that is not among them.
        """
        taken = {student.seed for student in self.students}
        for student in self.students:
            if student.seed is not None and student.seed not in seeds:
                raise UsageError(
                    f"--roster: {student.name} has worksheet {student.seed}, which is not in --seeds "
                    f"{seeds[0]}:{seeds[-1]}"
                )
        free = iter([seed for seed in seeds if seed not in taken])
        found = []
        for student in self.students:
            seed = next(free, None) if student.seed is None else student.seed
            if seed is None:
                raise UsageError(
                    f"--roster has {len(self.students)} students, and --seeds {seeds[0]}:{seeds[-1]} are "
                    f"{len(seeds)} worksheets: write more seeds"
                )
            found.append(replace(student, seed=seed))
        return Roster(tuple(found))

    def without(self, marked: Sequence[MarkedFile]) -> list[Student]:
        """Return the students of whom there is no file."""
        there = {each.student for each in marked}
        return [student for student in self.students if student.name not in there]

    def text(self) -> str:
        """The roster as a CSV file, with the seeds."""
        others = list(dict.fromkeys(name for student in self.students for name in student.others))
        rows = [[s.name, s.seed, *(s.others.get(name, "") for name in others)] for s in self.students]
        return _csv([[NAME, SEED, *others], *rows])


def read_roster(path: Path) -> Roster:
    """Read a CSV file whose first line names its columns: ``name``, and ``seed`` or ``file`` where they are known.

    Raises:
        DataError: it holds something else; the message names the line.
        MachineError: the disk or the permissions do not allow it.
    """
    rows = _rows(path)
    header = [name.strip() for name in rows[0][1]] if rows else []
    columns = {name.casefold(): place for place, name in enumerate(header)}
    if NAME not in columns:
        there = listed(printable(name, LONGEST) for name in header if name) if any(header) else "nothing"
        raise DataError(f"{path}:1: the first line must name the columns, one of them 'name'; it has {there}")
    known = {columns.get(name) for name in (NAME, SEED, FILE)}
    found: list[Student] = []
    for line, row in rows[1:]:
        entries = [*map(_content, row), *[""] * len(header)]
        if not any(entries):
            continue
        name, seed = entries[columns[NAME]], entries[columns[SEED]] if SEED in columns else ""
        if not name:
            raise DataError(f"{path}:{line}: there is no name")
        if any(_same(name, student.name) for student in found):
            raise DataError(
                f"{path}:{line}: {printable(name, LONGEST)} is there twice; write a name that differs"
            )
        if seed and not (seed.isdecimal() and len(seed) < LONGEST // 4):
            raise DataError(
                f"{path}:{line}: {printable(seed, LONGEST)!r} is not a seed; write a whole number, or nothing"
            )
        if seed and (other := next((s for s in found if s.seed == int(seed)), None)):
            raise DataError(f"{path}:{line}: {name} and {other.name} both have seed {seed}")
        others = {header[i]: entries[i] for i in range(len(header)) if i not in known}
        file = entries[columns[FILE]] if FILE in columns else ""
        found.append(Student(name, int(seed) if seed else None, file, others))
    if not found:
        raise DataError(f"{path}: there are no students below its first line")
    return Roster(tuple(found))


def _content(entry: str) -> str:
    """What a cell holds, without the mark that keeps a spreadsheet from computing it."""
    entry = entry.strip()
    return entry[1:] if entry.startswith("'") and cell(entry[1:]) == entry else entry


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file with the numbers of their lines."""
    advice = "--roster takes a CSV file with a line for each student"
    content = read_bytes(path, DataError, advice, limit=LARGEST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # as spreadsheets save it
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}") from None


def gradebook(marked: Sequence[MarkedFile], unread: Iterable[tuple[str, str]], roster: Roster | None) -> str:
    """Return the marks as CSV: a row for each file, and for each student of the roster who has none."""
    students = roster.students if roster else ()
    others = list(dict.fromkeys(name for student in students for name in student.others))
    by_name = {student.name: student for student in students}
    rows: list[list[object]] = [["student", *others, "file", "seed", *MARKS]]

    def row(name: str, *further: object) -> list[object]:
        student = by_name.get(name)
        return [name, *(student.others.get(each, "") if student else "" for each in others), *further]

    for each in marked:
        grade = each.grade
        counts = list(grade.counts().values())
        percent = round(100 * grade.marks / grade.total, 1)
        said = [grade.marks, grade.total, percent, *counts, "; ".join(each.mistakes()), "; ".join(each.notes)]
        rows.append(row(each.student or "", grade.source, each.seed, *said))
    empty = [""] * (len(MARKS) - 1)
    rows += [row("", source, "", *empty, message) for source, message in unread]
    absent = roster.without(marked) if roster else []
    rows += [row(student.name, "", student.seed, *empty, "no answers") for student in absent]
    return _csv(rows)


def _csv(rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(
            ["" if each is None else cell(each) if isinstance(each, str) else each for each in row]
        )
    return buffer.getvalue()


def _same(one: str, other: str) -> bool:
    """Whether two names are one, but for case and what parts their words."""
    return bool(one) and _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
