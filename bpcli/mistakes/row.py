"""What is said of one mistake."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One row of the catalogue.

    Attributes:
        id: its name, as ``--inject`` takes it and JSON gives it.
        explanation: one sentence that says what was done.
        wrong: the line of algebra as it was done.
        right: the same line as it should be.
        arises: how people come to it.
        fix: what to change.
    """

    id: str
    explanation: str
    wrong: str
    right: str
    arises: str
    fix: str
