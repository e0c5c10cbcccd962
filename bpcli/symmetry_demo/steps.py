"""What steps of training make of equal units and of random ones: claims (d), (e) and (f).

Equal units must stay equal. That the weights of one unit differ between inputs, or between outputs, is asked for only
where the step itself differs: it need not where the data treat all inputs (or outputs) alike, as xor does, where there
is only one, where Adam takes the same first step for every weight, or where a matrix has not moved by more than
rounding: a dead or saturated layer has no gradient, and under softmax the δ^(2) of a constant network add up to 0, so
that its first step leaves V where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.network import Array, Parameters
from bpcli.symmetry import layer_symmetry
from bpcli.symmetry.differences import nearest_units
from bpcli.symmetry.units import unit_vectors, whole_units
from bpcli.symmetry_demo.claim import ONE_UNIT, Claim, decided, figure, vector
from bpcli.symmetry_demo.comparison import Snapshot

UNMOVED = "no weight moved by more than rounding: the units are saturated or dead, or the step is too small"
ROUNDING = 4.0  # of ε times the largest weight: what does not count as a move, or as a difference


@dataclass(frozen=True)
class Range:
    """The largest max - min of the weights of one hidden unit.

    Attributes:
        size: over all weights of V (inputs) or of W (outputs).
        rounding: up to this it is no difference.
        moved: whether the matrix differs from that at the start by more than rounding.
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


def first_move(start: Parameters, gradients: Parameters, settings: TrainingConfig, rate: float) -> Parameters:
    """Return what the formula of the update rule makes of the first gradients: -η g, and for Adam -η g / (|g| + ε).

    g is the gradient plus, for the entries of the matrices, weight_decay times the weight.
    """
    move = gradients.copy()
    for direction, weight in zip(move.weights, start.weights, strict=True):
        direction[...] += np.asarray(settings.decay, start.dtype) * weight
    if settings.optimizer.name == "adam":
        move.flat[...] /= abs(move.flat) + settings.optimizer.epsilon
    move.flat[...] *= -rate
    return move


def one_step_keeps(before: Parameters, after: Parameters, move: Parameters, X: Array, Y: Array) -> Claim:
    """Claim (d): what one step from constant weights ``before`` has made of them; ``move`` is what it should add."""
    statement = (
        "after one step, for a given i, w_ij^(1) is the same for all j, and for a given j, w_ij^(2) the same for all "
        "i; they differ between i and between j wherever the steps do"
    )
    if before.weights[0].shape[0] == 1:
        return Claim("d", statement, None, remark=ONE_UNIT)
    inputs = _range("input", "V", before.weights[0], after.weights[0], interchangeable(X, Y), move.weights[0])
    outputs = _range(
        "output", "W", before.weights[1].T, after.weights[1].T, interchangeable(Y, X), move.weights[1].T
    )
    ranges = (inputs, outputs)
    spread = unit_spread(after)
    measured = {
        "spread over units": spread,
        "range over inputs i": inputs.size,
        "range over outputs j": outputs.size,
    }
    holds = spread == 0 and all(each.differs for each in ranges)
    if spread == 0 and not any(each.moved for each in ranges):
        return decided("d", statement, None, measured, UNMOVED)
    because = (
        "w_ij^(1) ← w - η Σ δ_j^(1) x_i and w_ij^(2) ← w - η Σ δ_j^(2) x_i^(1), summed over samples (under Adam, or "
        "with decay, the step is a function of these sums and of w); δ_j^(1) is the same for every j, and "
        "x_i^(1) for every i; "
        f"w_1j^(1) moves by {figure(move.weights[0][0, 0])} to {figure(after.weights[0][0, 0])} for every j, "
        f"w_i1^(2) by {figure(move.weights[1][0, 0])} to {figure(after.weights[1][0, 0])} for every i"
    )
    remark = "; ".join(each.excuse for each in ranges if each.excuse)
    return decided("d", statement, holds, measured, remark, because)


def units_stay_equal(
    snapshots: Sequence[Snapshot],
    first_split: int | None,
    ends: tuple[Parameters, Parameters],
    X: Array,
    Y: Array,
) -> Claim:
    """Claim (e): whether equal units were equal after every step; ``ends`` are the initial and the final weights."""
    steps = snapshots[-1].step
    start, end = ends
    statement = (
        f"this goes on for any number of steps, here {steps:,}: all hidden units stay equal, although w_ij^(2) may now "
        "differ by j"
    )
    if start.weights[0].shape[0] == 1:
        return Claim("e", statement, None, remark=ONE_UNIT)
    if steps == 0:
        return Claim("e", statement, None, remark="no step was taken")
    spread = float(np.max([snapshot.spread.weights for snapshot in snapshots]))
    inputs = _range("input", "V", start.weights[0], end.weights[0], interchangeable(X, Y))
    outputs = _range("output", "W", start.weights[1].T, end.weights[1].T, interchangeable(Y, X))
    measured = {"largest spread": spread, "first split": first_split, "range over outputs j": outputs.size}
    if first_split is not None:  # whether or not the network diverges later
        return Claim("e", statement, False, measured)
    if not isfinite(snapshots[-1].loss):
        return Claim("e", statement, None, measured, f"the network has diverged by step {steps:,}")
    if spread == 0 and not (inputs.moved or outputs.moved):
        return decided("e", statement, None, measured, UNMOVED)
    remark = outputs.excuse
    if not remark and outputs.size <= outputs.rounding:
        remark = "w_ij^(2) does not differ by j in this run"
    because = (
        "let w_ij^(1) = w_i^(1) for all j and w_ij^(2) = w_j^(2) for all i, as after one step. x_j^(1) = "
        "g(Σ_i w_i^(1) x_i) does not depend on j, by the outgoing symmetry of layer 1, and δ_i^(1) = Σ_j δ_j^(2) "
        "w_j^(2) g′(Σ_k w_k^(1) x_k) does not depend on i, by the incoming symmetry of layer 2"
        f"{' (each sum with its bias, equal for all units too)' if start.architecture.bias else ''}; so the next step "
        "again changes all units, and the optimiser's state of each, alike, and so on by induction; "
        f"at step {steps:,} w_i^(1) = {vector(end.weights[0][0].tolist())} in every unit and "
        f"w_j^(2) = {vector(end.weights[1][:, 0].tolist())} from every unit"
    )
    return decided("e", statement, spread == 0, measured, remark, because)


def random_breaks_symmetry(start: Parameters, end: Parameters, X: Array, weight_decay: float = 0.0) -> Claim:
    """Claim (f): whether all units are distinct, with the initial weights and with the final ones."""
    statement = "random weights break the symmetry: all hidden units differ, at the start and at the end"
    units = start.weights[0].shape[0]
    if units == 1:
        return Claim("f", statement, None, remark=ONE_UNIT)
    effective = [layer_symmetry(parameters, 1).effective_units for parameters in (start, end)]
    finite = bool(np.isfinite(end.flat).all())
    nearest = min(float(nearest_units(whole_units(p, 1))[1].min()) for p in (start, end)) if finite else None
    measured = {
        "units": units,
        "different at the start": effective[0],
        "at the end": effective[1],
        "smallest distance": nearest,
    }
    if not finite:
        return Claim("f", statement, None, measured, "the network has diverged")
    if effective[0] == units > effective[1] and weight_decay:
        return Claim("f", statement, None, measured, "weight decay has drawn units together")
    pre = start.weights[0] @ X[0] + (0 if start.biases[0] is None else start.biases[0])
    biases = " + the bias" if start.architecture.bias else ""
    because = (
        f"each hidden unit has weights of its own, so S_j^(1) = Σ_i w_ij^(1) x_i{biases} depends on j, and so do the "
        f"gradients, unless they vanish; for sample 1 S^(1) = {vector(pre.tolist())} before the first step"
    )
    return Claim("f", statement, min(effective) == units, measured, because=because)


def unit_spread(parameters: Parameters) -> float:
    """The maximum over weight entries of (max - min over hidden units), V with its bias."""
    return float(np.max([np.ptp(part, axis=0).max() for part in unit_vectors(parameters, 1)]))


def _range(
    what: str, matrix: str, before: Array, after: Array, alike: bool, move: Array | None = None
) -> Range:
    """Compare a row for each unit before and after (d1×d0, or d1×d2), and what the step should have added."""
    with np.errstate(all="ignore"):
        largest = float(max(abs(before).max(), abs(after).max()))
        rounding = ROUNDING * float(np.finfo(after.dtype).eps) * largest
        moved = float(abs(after - before).max()) > rounding
        size = float(np.ptp(after, axis=1).max())
        expected = np.inf if move is None else float(np.ptp(move, axis=1).max())
    excuse = ""
    if after.shape[1] == 1:
        excuse = f"there is one {what}"
    elif alike:
        excuse = f"the data make all {what}s interchangeable"
    elif not moved:
        excuse = f"{matrix} has not moved by more than rounding"
    elif expected <= 2 * rounding:
        excuse = f"the step is the same for every {what}"
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
