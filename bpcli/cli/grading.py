"""``bpcli walkthrough --grade``: the answers of a student, or of a class, of which what can be read is marked."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.cli.console import Screen
from bpcli.common.errors import DataError, MachineError

if TYPE_CHECKING:
    from bpcli.config import Resolved
    from bpcli.walkthrough.chosen_network import Typed
    from bpcli.worksheets.marks import Grade
    from bpcli.worksheets.regenerate import Said


def graded(
    settings: "Resolved",
    typed: "Typed",
    files: Sequence[Path],
    screen: Screen,
    *,
    seed: int | None,
    digits: int,
    configured: bool,
) -> int:
    """Mark the files and show the marks; 0 if all is right, 3 if something is not, 2 if a file cannot be read.

    Raises:
        UsageError: an option contradicts a file.
        DataError: the only file cannot be read.
    """
    from bpcli.render.marks import class_marks, marks
    from bpcli.worksheets.marks import Unread
    from bpcli.worksheets.regenerate import said_on_the_line

    said = said_on_the_line(settings, typed, seed, digits, configured=configured)
    grades: list[Grade] = []
    unread: list[Unread] = []
    for file in files:
        try:
            grades.append(_grade(file, said, digits))
        except (DataError, MachineError) as error:
            if len(files) == 1:
                raise
            unread.append(Unread(str(file), str(error)))
    screen.show(class_marks(grades, unread) if len(files) > 1 else marks(grades[0]))
    documents = [each.document() for each in grades]
    several = {
        "schema": "bpcli.walkthrough.grades/1",
        "grades": documents,
        "unreadable": [vars(each) for each in unread],
    }
    screen.document(several if len(files) > 1 else documents[0])
    if unread:
        return 2
    return 0 if all(each.entirely_right for each in grades) else 3


def _grade(file: Path, said: "Said", digits: int) -> "Grade":
    from bpcli.worksheets.answers import read_answer_file
    from bpcli.worksheets.grading import grade
    from bpcli.worksheets.regenerate import drawn_again, require_agreement

    answer_file = read_answer_file(file)
    heading = answer_file.heading
    require_agreement(file, heading, said)
    digits = heading.digits or digits
    example = drawn_again(file, heading, digits)
    return grade(example, answer_file.answers(example), digits)
