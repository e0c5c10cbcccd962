"""The derivative of a layer's units: Ω or Λ as a diagonal, each entry with its numbers; under softmax J."""

import numpy as np

from bpcli.network import Array
from bpcli.walkthrough.blocks import Equation, Numbers, Term
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.terms import joined, number, quantity
from bpcli.walkthrough.walk import Walk


def derivative(walk: Walk, notation: Notation, index: int) -> Equation:
    """Ω = diag(z(1-z)), or the Jacobian of softmax."""
    names = notation.layers[index]
    symbol = notation.symbol(names.derivative)
    if notation.softmax(index):
        z, turned = notation.symbol("z"), notation.symbol("z", transposed=True)
        working: tuple[Term, ...] = (
            "diag(",
            quantity(walk, "z"),
            ")",
            "-",
            quantity(walk, "z", z),
            quantity(walk, "z", turned, row=True),
        )
        return Equation("", symbol, notation.jacobian_formula(), working, Numbers(jacobian(walk), symbol))
    return Equation(
        names.derivative,
        symbol,
        notation.slope_formula(index),
        _working(walk, notation, index),
        Numbers(walk[names.derivative], symbol, diagonal=True),
    )


def _working(walk: Walk, notation: Notation, index: int) -> tuple[Term, ...]:
    """The diagonal with its numbers: 0.1113 · 0.8887, 0.8679 · 0.1321."""
    names, activation = notation.layers[index], notation.activation(index)
    if activation == "identity":
        return ()
    if activation == "relu":
        return ("diag(1 where", quantity(walk, names.pre), "> 0, else 0)")
    entries: list[list[Term]] = [
        ["1 - (", number(h), ")^{2}"] if activation == "tanh" else [number(h), "·", number(1 - h)]
        for h in walk[names.out]
    ]
    return ("diag [", *joined(entries, ","), "]")


def jacobian_or_diagonal(walk: Walk, notation: Notation, index: int) -> Numbers:
    """Ω or J as a whole matrix, as it stands in a product."""
    names = notation.layers[index]
    matrix = jacobian(walk) if notation.softmax(index) else np.diag(walk[names.derivative])
    return Numbers(matrix, notation.symbol(names.derivative))


def jacobian(walk: Walk) -> Array:
    """J = diag(z) - z zᵀ."""
    z = walk["z"]
    matrix: Array = np.diag(z) - np.outer(z, z)
    return matrix
