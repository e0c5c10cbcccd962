"""The wrong value of one quantity under each mistake, from the earlier values somebody has: right or wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bpcli.mistakes.edits import derivative_counts, edits_at, wording
from bpcli.mistakes.factors import Edit, Factor, Work
from bpcli.network import Architecture, Array

F = Factor


@dataclass(frozen=True, eq=False)
class WrongQuantity:
    """One way to get one quantity wrong.

    Attributes:
        mistake: the id of the catalogue.
        words: what stands in place of the right factor, in the names of the layer.
        value: the quantity that comes out, from the earlier values of one sample (vectors and matrices by name).
    """

    mistake: str
    words: str
    value: Callable[[Mapping[str, Array]], Array]


@lru_cache(maxsize=256)  # a class of sheets is of one network
def wrong_quantities(
    architecture: Architecture, quantity: str, learning_rate: float
) -> tuple[WrongQuantity, ...]:
    """Return every way the catalogue has to get this quantity wrong for one sample.

    Args:
        architecture: the network.
        quantity: a name of ``Network.quantities``: a, h, Lambda, grad_z, delta_2, grad_W, grad_bias_W, grad_h, …
        learning_rate: α, for a weight that was moved first.
    """
    index, kind = _place(architecture, quantity)
    return tuple(
        WrongQuantity(edit.mistake, words, _formula(architecture, index, learning_rate, kind, edit))
        for edit, words in _edits(architecture, index, kind)
    )


def _place(architecture: Architecture, quantity: str) -> tuple[int, str]:
    """The layer of a quantity, and which of the layer's it is."""
    kinds = ("pre", "out", "derivative", "delta", "grad_matrix", "grad_bias", "grad_out")
    for index, names in enumerate(architecture.names()):
        for kind in kinds:
            if getattr(names, kind) == quantity:
                return index, kind
    raise ValueError(f"{quantity} is not a quantity of a layer")


def _edits(architecture: Architecture, index: int, kind: str) -> Iterator[tuple[Edit, str]]:
    """The edits that spoil this quantity, each with its words in the names of its own layer."""
    last = index == architecture.depth - 1
    own: dict[str, tuple[Factor, ...]] = {
        "pre": (F.PRE,),
        "out": (F.OUT,),
        "derivative": (F.DERIVATIVE,),
        "delta": (F.DELTA,),
        "grad_matrix": (F.MATRIX, F.INPUT),
        "grad_bias": (F.BIAS,),
        "grad_out": (F.ERROR,) if last else (F.UPSTREAM,),
    }
    places = [(index, own[kind])]
    if kind == "grad_out" and not last:
        places.append((index + 1, (F.PASSED, F.WEIGHT)))
    for place, factors in places:
        for edit in edits_at(architecture, place, *factors):
            yield edit, wording(edit, architecture, place)
    # δ without its derivative is a factor left out of the product, where Λ itself is right.
    if kind in ("delta", "grad_matrix", "grad_bias") and derivative_counts(architecture, index):
        for edit in edits_at(architecture, index, F.DERIVATIVE):
            if kind == "delta" or edit.mistake in ("no-omega", "no-lambda"):
                yield edit, wording(edit, architecture, index)


def _formula(
    architecture: Architecture, index: int, learning_rate: float, kind: str, edit: Edit
) -> Callable[[Mapping[str, Array]], Array]:
    matrices = {name for n in architecture.names() for name in (n.matrix, n.grad_matrix, n.bias, n.grad_bias)}

    def value(values: Mapping[str, Array]) -> Array:
        rows = {
            name: v if name in matrices else np.asarray(v)[None]
            for name, v in values.items()
            if np.ndim(v) or name in matrices
        }
        work = Work(architecture, index, rows, learning_rate)
        found = wrong_value(work, kind, edit)
        return found if kind in ("grad_matrix", "grad_bias") else found[0]

    return value


def wrong_value(work: Work, kind: str, edit: Edit) -> Array:
    """The quantity of this kind (a field of ``LayerNames``) at the layer of ``work`` with one factor replaced."""
    if edit.factor in (F.PASSED, F.WEIGHT):
        above = work.above
        new = edit.value(above)
        if edit.factor is F.PASSED:
            return above.passed_back(new, above.weight)
        return above.passed_back(above.delta, new)
    new = edit.value(work)
    if edit.factor is F.INPUT:
        return work.differentiated(work.delta, new)[0]
    if edit.factor is F.DERIVATIVE and kind != "derivative":
        new = work.received(new, work.grad_out)
    if edit.factor in (F.DERIVATIVE, F.DELTA) and kind in ("grad_matrix", "grad_bias"):
        return work.differentiated(new, work.input)[kind == "grad_bias"]
    return new
