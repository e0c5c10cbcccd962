"""What a claim of the demo is: a statement, the numbers that decide it, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite


@dataclass(frozen=True)
class Claim:
    """One claim and what decided it.

    Attributes:
        id: a letter.
        statement: in the sheet's notation.
        holds: None where it does not apply, or where no number of this precision can decide it.
        measured: the numbers that decide it, by what they are.
        remark: why it does not apply or cannot be decided, or what of it does not apply.
    """

    id: str
    statement: str
    holds: bool | None
    measured: Mapping[str, float | None] = field(default_factory=dict)
    remark: str = ""


def decided(
    id_: str, statement: str, holds: bool | None, measured: Mapping[str, float | None], remark: str = ""
) -> Claim:
    """A claim with its verdict; what is not finite decides nothing."""
    if any(value is not None and not isfinite(value) for value in measured.values()):
        return Claim(id_, statement, None, measured, "the network diverged, or its numbers overflow")
    return Claim(id_, statement, holds, measured, remark)
