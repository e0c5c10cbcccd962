"""The marks of one worksheet, and the JSON document that the table is another view of."""

from collections import Counter
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from bpcli.mistakes.catalogue import BY_ID, Mistake

MarkVerdict = Literal["right", "follows", "wrong", "blank"]


@dataclass(frozen=True)
class EntryMark:
    """One number.

    Attributes:
        index: its place, counted from 0; () for a loss.
        answer: what was written, or None.
        expected: the true value.
        follows_from: what the formula makes of the student's own earlier numbers; not finite where nothing does.
        verdict: right; follows (an error carried forward: right from the student's earlier values, full mark); wrong;
            blank.
    """

    index: tuple[int, ...]
    answer: float | None
    expected: float
    follows_from: float
    verdict: MarkVerdict


@dataclass(frozen=True)
class NamedMistake:
    """A mistake that explains the wrong numbers of a blank.

    Attributes:
        id: of the catalogue of mistakes; None where it has no row for this one.
        words: what was done.
        made_in: the blank that it was made in: this one, or one before it that was left out.
        alternatives: the other mistakes that fit just as well, by id or in words.
        applies: whether what the catalogue says of it is so here; its row may speak of other blanks.
    """

    id: str | None
    words: str
    made_in: str
    alternatives: tuple[str, ...] = ()
    applies: bool = True

    @property
    def kind(self) -> str:
        """The id, or the words where there is none."""
        return self.id or self.words

    @property
    def mistake(self) -> Mistake | None:
        """The row of the catalogue."""
        return None if self.id is None else BY_ID[self.id]


@dataclass(frozen=True)
class BlankMark:
    """One quantity: its numbers row by row, and every mistake that explains those that are wrong."""

    name: str
    shape: tuple[int, ...]
    entries: tuple[EntryMark, ...]
    mistakes: tuple[NamedMistake, ...] = ()

    @property
    def verdict(self) -> MarkVerdict:
        """Wrong if a number is, else blank if one is missing, else follows if one does, else right."""
        verdicts = {entry.verdict for entry in self.entries}
        order: tuple[MarkVerdict, ...] = ("wrong", "blank", "follows")
        return next((verdict for verdict in order if verdict in verdicts), "right")

    @property
    def marks(self) -> int:
        """How many numbers are right or follow."""
        return sum(entry.verdict in ("right", "follows") for entry in self.entries)


@dataclass(frozen=True)
class Grade:
    """Every blank of one student's sheet.

    Attributes:
        source: the file that the answers are from.
        digits: after the decimal point, as asked for.
        blanks: in the order of computation.
    """

    source: str
    digits: int
    blanks: tuple[BlankMark, ...]

    @property
    def total(self) -> int:
        """How many numbers the sheet asks for."""
        return sum(len(blank.entries) for blank in self.blanks)

    @property
    def marks(self) -> int:
        """How many of them are right, or errors carried forward."""
        return sum(blank.marks for blank in self.blanks)

    @property
    def entirely_right(self) -> bool:
        """Whether every number is there and right."""
        return all(blank.verdict == "right" for blank in self.blanks)

    def counts(self) -> dict[str, int]:
        """Return how many numbers have each verdict."""
        counted = Counter(entry.verdict for blank in self.blanks for entry in blank.entries)
        order: tuple[MarkVerdict, ...] = ("right", "follows", "wrong", "blank")
        return {verdict: counted[verdict] for verdict in order}

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.walkthrough.grade/1``."""
        return {
            "schema": "bpcli.walkthrough.grade/1",
            "source": self.source,
            "digits": self.digits,
            "marks": self.marks,
            "total": self.total,
            **self.counts(),
            "blanks": {blank.name: _blank(blank) for blank in self.blanks},
        }


@dataclass(frozen=True)
class MarkedFile:
    """A file of a class with its marks.

    Attributes:
        grade: the marks.
        student: the name, from the roster or the file itself; None where neither says it.
        seed: of the worksheet; None where the numbers were typed.
        notes: what a lecturer should know: another sheet, another student.
        other: the seed of the worksheet whose answers these are, if it is not this one.
    """

    grade: Grade
    student: str | None = None
    seed: int | None = None
    notes: tuple[str, ...] = ()
    other: int | None = None

    def mistakes(self) -> list[str]:
        """Return the wrong blanks, each with what explains it."""
        if self.other is not None:
            return [f"answers to worksheet {self.other}"]
        return [
            f"{' or '.join(named.kind for named in blank.mistakes) or 'unknown'} in {blank.name}"
            for blank in self.grade.blanks
            if blank.verdict == "wrong"
        ]

    def document(self) -> dict[str, Any]:
        """Return the marks with the name and the notes."""
        return self.grade.document() | {"student": self.student, "seed": self.seed, "notes": list(self.notes)}


@dataclass(frozen=True)
class Unread:
    """A file that could not be marked, and why."""

    source: str
    message: str


def _blank(blank: BlankMark) -> dict[str, Any]:
    return {
        "shape": list(blank.shape),
        "verdict": blank.verdict,
        "entries": [
            {
                "index": list(entry.index),
                "answer": entry.answer,
                "expected": entry.expected,
                "follows_from": entry.follows_from if isfinite(entry.follows_from) else None,
                "verdict": entry.verdict,
            }
            for entry in blank.entries
        ],
        "mistakes": [_mistake(named) for named in blank.mistakes],
    }


def _mistake(named: NamedMistake) -> dict[str, Any]:
    row = named.mistake
    return {
        "id": named.id,
        "explanation": row.explanation if row and named.applies else named.words,
        "fix": row.fix if row else None,
        "here": named.words,
        "made_in": named.made_in,
        "alternatives": list(named.alternatives),
    }
