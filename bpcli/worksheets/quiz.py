"""A worksheet answered blank by blank: each answer is judged at once, by the marks that the whole sheet would get."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.worksheets.answers import Answers
from bpcli.worksheets.blanks import Blank, blanks
from bpcli.worksheets.grading import grade
from bpcli.worksheets.marks import BlankMark, Grade


@dataclass
class Quiz:
    """The blanks of the parts that are asked for, and the answers so far.

    Attributes:
        example: the point.
        digits: after the decimal point.
        letters: of the parts.
        topic: of the sheet.
    """

    example: Example
    digits: int
    letters: Sequence[str]
    topic: Topic = "backprop"
    _values: dict[str, Array] = field(default_factory=dict)
    _reached: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.blanks:
            raise UsageError(
                "--quiz asks for numbers, and these parts have none of their own: add a part, such as --part d"
            )

    @property
    def blanks(self) -> list[Blank]:
        """What is asked for, in the order of computation."""
        return list(blanks(self.example, self.letters, self.topic))

    @property
    def answered(self) -> int:
        """How many blanks have an answer."""
        return len(self._values)

    def answer(self, blank: Blank, numbers: Sequence[float]) -> BlankMark:
        """Enter the numbers of a blank, row by row, and return its marks."""
        self._reached.add(blank.name)
        self._values[blank.name] = np.array(numbers, np.float64).reshape(blank.shape)
        return next(mark for mark in self.grade().blanks if mark.name == blank.name)

    def leave_out(self, blank: Blank) -> None:
        """Go on without an answer."""
        self._reached.add(blank.name)

    def grade(self) -> Grade:
        """Return the marks of all that was asked for so far; what was left out is blank."""
        answers = Answers("quiz", self._values, tuple(self.letters), self.topic)
        found = grade(self.example, answers, self.digits)
        return replace(found, blanks=tuple(mark for mark in found.blanks if mark.name in self._reached))
