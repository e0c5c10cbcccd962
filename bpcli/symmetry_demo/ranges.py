"""How far the weights of a network that began constant differ between inputs and outputs, and whether they must.

They need not where the data treat all inputs (or outputs) alike, as xor does, where there is only one, or where a
matrix has not moved by more than rounding: a dead or saturated layer has no gradient, and under softmax the
δ^(2) of a constant network add up to 0, so that its first step leaves V where it was.
"""

from dataclasses import dataclass

import numpy as np

from bpcli.network import Array, Parameters

ROUNDING = 4.0  # of ε times the largest weight: what does not count as a move, or as a difference


@dataclass(frozen=True)
class Range:
    """The largest max - min of the weights of one hidden unit.

    Attributes:
        size: over all weights of V (inputs) or of W (outputs).
        rounding: up to this it is no difference.
        moved: whether the matrix is another one than at the start, by more than rounding.
        excuse: why no difference is asked for; empty where one is.
    """

    size: float
    rounding: float
    moved: bool
    excuse: str

    @property
    def differs(self) -> bool:
        """Whether the weights differ, where they have to."""
        return bool(self.excuse) or self.size > self.rounding


def over_inputs(before: Parameters, after: Parameters, X: Array, Y: Array) -> Range:
    """The range of w_ij^(1) over i, for X (N×d0) and Y (N×d2)."""
    return _range("input", "V", before.weights[0], after.weights[0], interchangeable(X, Y))


def over_outputs(before: Parameters, after: Parameters, X: Array, Y: Array) -> Range:
    """The range of w_ij^(2) over j."""
    return _range("output", "W", before.weights[1].T, after.weights[1].T, interchangeable(Y, X))


def _range(what: str, matrix: str, before: Array, after: Array, alike: bool) -> Range:
    """Compare a row for each unit before and after (d1×d0, or d1×d2)."""
    with np.errstate(all="ignore"):
        rounding = ROUNDING * float(np.finfo(after.dtype).eps) * float(abs(after).max())
        moved = float(abs(after - before).max()) > rounding
        size = float(np.ptp(after, axis=1).max())
    excuse = ""
    if after.shape[1] == 1:
        excuse = f"there is one {what}"
    elif alike:
        excuse = f"the data make all {what}s interchangeable"
    elif not moved:
        excuse = f"{matrix} has not moved by more than rounding"
    return Range(size, rounding, moved, excuse)


def interchangeable(columns: Array, others: Array) -> bool:
    """Whether every permutation of ``columns`` (N×d) leaves the samples, with ``others`` beside them, the same set.

    Then nothing tells one input (or output) from another. Swaps of neighbours make every permutation.
    """

    def sorted_rows(order: list[int]) -> Array:
        rows = np.concatenate([columns[:, order], others], axis=1)
        return rows[np.lexsort(rows.T)]

    order = list(range(columns.shape[1]))
    samples = sorted_rows(order)
    swaps = ([*order[:i], i + 1, i, *order[i + 2 :]] for i in order[:-1])
    return all(np.array_equal(samples, sorted_rows(swapped)) for swapped in swaps)
