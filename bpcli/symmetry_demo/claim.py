"""What a claim of the demo is: a statement, the numbers that decide it, the verdict, and the reason.

Its texts are in the sheet's notation: S^(1) = a and S^(2) = b are pre-activations, x^(1) = h and x^(2) = z outputs,
δ^(l) = ∂ℓ/∂S^(l), and w_ij^(l) is the weight from unit i of the layer below to unit j: entry (j, i) of V or W.
``in_notation`` writes them with the symbols of either notation.

"Equal" is bit for bit; a closed form, being another sequence of operations, is met up to rounding.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from bpcli.common.markup import indexed, plain
from bpcli.network import Architecture
from bpcli.network.symbols import Style, Symbols

SYMBOL = re.compile(r"([Sxδw])(?:_([a-z0-9]+))?\^\(([12])\)")
ONE_UNIT = "there is one hidden unit"
SHOWN = 4  # entries of a vector in a reason


LETTERS = "abcdefg"  # of the claims, in their order


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
    """A number in a reason: four significant digits, and no sign before a 0."""
    return f"{value + 0.0:.4g}"


def factor(value: float) -> str:
    """A number behind a dot; a negative one in brackets."""
    return f"({figure(value)})" if value < 0 else figure(value)


def vector(values: Iterable[float]) -> str:
    """The first entries of a vector in a reason: (0.1, 0.2, 0.3, 0.4, …)."""
    figures = [figure(value) for value in values]
    return f"({', '.join([*figures[:SHOWN], *(['…'] if len(figures) > SHOWN else [])])})"


def in_notation(text: str, architecture: Architecture, style: Style) -> str:
    """A text of a claim in one of the two notations: S_j^(1) is S_j⁽¹⁾ or a_j, w_ij^(1) is w_ij⁽¹⁾ or v_ji."""
    symbols = Symbols(architecture, style)

    def symbol(found: re.Match[str]) -> str:
        letter, low, layer = found[1], found[2] or "", int(found[3])
        names = symbols.layers[layer - 1]
        if letter == "w" and len(low) == 2:
            return symbols.entry(layer - 1, low[1], low[0])
        if letter == "w":  # what all units share
            return indexed(names.matrix.lower(), low) if style == "vw" else indexed("w", low, f"({layer})")
        return symbols.symbol({"S": names.pre, "x": names.out, "δ": names.delta}[letter], low)

    return plain(SYMBOL.sub(symbol, text)).replace("η", "η" if style == "delta" else "α")
