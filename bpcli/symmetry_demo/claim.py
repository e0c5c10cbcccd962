"""What a claim of the demo is: a statement, the numbers that decide it, the verdict, and the reason.

In the sheet's notation: S^(1) = a and S^(2) = b are pre-activations, x^(1) = h and x^(2) = z outputs,
δ^(l) = ∂ℓ/∂S^(l), and w_ij^(l) is the weight from unit i of the layer below to unit j: entry (j, i) of V or W.

"Equal" is bit for bit; a closed form, being another sequence of operations, is met up to rounding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

ONE_UNIT = "there is one hidden unit"
SHOWN = 4  # entries of a vector in a reason


@dataclass(frozen=True)
class Claim:
    """One claim and what decided it.

    Attributes:
        id: a letter.
        statement: in the sheet's notation.
        holds: None where it does not apply, or where no number of this precision can decide it.
        measured: the numbers that decide it, by what they are.
        remark: why it does not apply or cannot be decided, or what of it does not apply.
        because: why it is true, in the sheet's algebra with this network's numbers; empty where it does not apply.
    """

    id: str
    statement: str
    holds: bool | None
    measured: Mapping[str, float | None] = field(default_factory=dict)
    remark: str = ""
    because: str = ""


def decided(
    id_: str,
    statement: str,
    holds: bool | None,
    measured: Mapping[str, float | None],
    remark: str = "",
    because: str = "",
) -> Claim:
    """A claim with its verdict; what is not finite decides nothing."""
    if any(value is not None and not isfinite(value) for value in measured.values()):
        return Claim(id_, statement, None, measured, "the network diverged, or its numbers overflow")
    return Claim(id_, statement, holds, measured, remark, because)


def figure(value: float) -> str:
    """A number in a reason: four significant digits."""
    return f"{value:.4g}"


def vector(values: Iterable[float]) -> str:
    """The first entries of a vector in a reason: (0.1, 0.2, 0.3, 0.4, ...)."""
    figures = [figure(value) for value in values]
    return f"({', '.join([*figures[:SHOWN], *(['...'] if len(figures) > SHOWN else [])])})"
