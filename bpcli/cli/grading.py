"""``bpcli walkthrough --grade``: the answers of a student, or of a class, of which what can be read is marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.cli.console import Screen
from bpcli.cli.options import check_unused
from bpcli.common.errors import DataError, MachineError

if TYPE_CHECKING:
    from bpcli.config import Resolved
    from bpcli.walkthrough.typed import Typed
    from bpcli.worksheets.marks import MarkedFile


@dataclass(frozen=True)
class Wanted:
    """What is to be made of the marks: whose they are, a table of them, a file for each; what may be overwritten."""

    roster: Path | None = None
    csv: Path | None = None
    feedback: Path | None = None
    force: bool = False


def graded(
    settings: "Resolved",
    typed: "Typed",
    paths: Sequence[Path],
    screen: Screen,
    wanted: Wanted,
    *,
    seed: int | None,
    digits: int,
    configured: bool,
) -> int:
    """Mark the files and show the marks; 0 if all is right, 3 if something is not, 2 if a file cannot be read.

    Raises:
        UsageError: an option contradicts a file, or a file would be overwritten.
        DataError: the only file cannot be read, or the roster.
    """
    from bpcli.render.marks import class_marks, marks
    from bpcli.worksheets.class_marking import mark_files, said_on_the_line
    from bpcli.worksheets.roster import gradebook, read_roster

    said = said_on_the_line(settings, typed, seed, digits, configured=configured)
    if wanted.csv:
        check_unused([wanted.csv], force=wanted.force)
    roster = read_roster(wanted.roster) if wanted.roster else None
    files = [file for path in paths for file in _files(path)]
    several = len(files) > 1 or paths[0].is_dir() or roster is not None
    marked, unread = mark_files(files, said, digits, roster, alone=not several)
    absent = roster.without(marked) if roster else []
    texts = _feedback(wanted.feedback, marked) if wanted.feedback else {}
    check_unused(list(texts), force=wanted.force)
    screen.show(class_marks(marked, unread, absent) if several else marks(marked[0].grade, marked[0].notes))
    if wanted.csv:
        write_file(wanted.csv, gradebook(marked, [(each.source, each.message) for each in unread], roster))
    for path, text in texts.items():
        write_file(path, text)
    documents = [each.document() for each in marked]
    together = {
        "schema": "bpcli.walkthrough.grades/1",
        "grades": documents,
        "unreadable": [vars(each) for each in unread],
        "absent": [student.name for student in absent],
    }
    screen.document(together if several else documents[0])
    if unread:
        return 2
    return 0 if all(each.grade.entirely_right for each in marked) else 3


def _files(path: Path) -> Iterator[Path]:
    """A file itself; of a folder, and the folders in it, every answers file that is no key.

    Raises:
        DataError: a folder has none.
    """
    if not path.is_dir():
        yield path
        return
    found = sorted(file for ending in ("*.yaml", "*.yml") for file in path.rglob(ending) if file.is_file())
    answers = [file for file in found if not file.name.startswith("key")]
    if not answers:
        raise DataError(
            f"{path}: there are no answers files in this folder, only files that end in .yaml are read"
        )
    yield from answers


def write_file(path: Path, text: str) -> None:
    """Write a file, and make its folder where there is none.

    Raises:
        MachineError: the disk or the permissions do not allow it.
    """
    from bpcli.common.files import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        raise MachineError(f"{path}: cannot be written: {error.strerror}") from error


def _feedback(folder: Path, marked: "Sequence[MarkedFile]") -> dict[Path, str]:
    """A text for each student, by a path named after the student, or after the file where nobody is named."""
    from bpcli.render.marks import marks
    from bpcli.render.walkthrough.pages import printed

    texts: dict[Path, str] = {}
    taken: set[str] = set()
    for each in marked:
        name = stem = (
            re.sub(r"[^\w.-]+", "-", each.student or Path(each.grade.source).stem).strip("-.")[:80]
            or "student"
        )
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        texts[folder / f"{name}.txt"] = printed(marks(each.grade, each.notes))
    return texts
