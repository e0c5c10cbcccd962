"""Quantities of a walk as the numbers of its equations: given ones with all their digits, computed ones rounded."""

from collections.abc import Sequence

import numpy as np

from bpcli.network import Array
from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Block, Form, Numbers, Prose, Term
from bpcli.walkthrough.walk import Walk

ROWS_SHOWN = 6  # of a gradient written row by row; a wide layer shows its first and its last


def quantity(walk: Walk, name: str, label: str = "", *, row: bool = False) -> Numbers:
    """A quantity by its name, with its label under the brace."""
    return Numbers(walk[name], label, row=row, form=_form(walk, name))


def transposed(walk: Walk, name: str, label: str) -> Numbers:
    """A matrix of the walk, transposed."""
    return Numbers(walk[name].T, label, form=_form(walk, name))


def _form(walk: Walk, name: str) -> Form:
    return "exact" if walk.quantities[name].phase == "given" else "rounded"


def rate(walk: Walk) -> Numbers:
    """α."""
    return Numbers(np.asarray(walk.example.learning_rate), form="exact")


def number(value: float | Array, label: str = "", form: Form = "rounded") -> Numbers:
    """A single number."""
    return Numbers(np.asarray(value), label, form=form)


def shown(count: int) -> list[int]:
    """The rows that are written out: all of a few, the first ones and the last of many."""
    return list(range(count)) if count <= ROWS_SHOWN else [*range(ROWS_SHOWN - 2), count - 1]


def joined(terms: Sequence[Sequence[Term]], sign: str) -> list[Term]:
    """Terms one after the other with ``sign`` between them; of many the first ones and the last."""
    places = shown(len(terms))
    found: list[Term] = []
    for place in places:
        if found:
            found += [sign] if place - 1 in places else [sign, "…", sign]
        found += terms[place]
    return found


def with_gap(blocks: Sequence[Block], count: int, noun: str) -> list[Block]:
    """The blocks with a remark before the last where some were left out."""
    if count == len(blocks):
        return list(blocks)
    left_out = Prose(f"… {count - len(blocks)} more {noun} …")
    return [*blocks[:-1], left_out, blocks[-1]]


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
