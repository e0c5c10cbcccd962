"""The claims of the sheet about first weights, each decided by numbers measured on the networks themselves.

In the sheet's notation: S^(1) = a and S^(2) = b are pre-activations, x^(1) = h and x^(2) = z outputs,
δ^(l) = ∂ℓ/∂S^(l), and w_ij^(l) is the weight from unit i of the layer below to unit j: entry (j, i) of V or W.

"Equal" is bit for bit; a closed form, being another sequence of operations, is met up to rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bpcli.demo.closed_forms import ClosedForm, closed_forms
from bpcli.demo.logistic import TwoStarts
from bpcli.demo.race import Moment
from bpcli.network import Architecture, Array, Network, Parameters, Product
from bpcli.symmetry import layer_symmetry
from bpcli.symmetry.differences import nearest_units
from bpcli.symmetry.units import unit_vectors


@dataclass(frozen=True)
class Claim:
    """One claim and what decided it.

    Attributes:
        id: a letter.
        statement: in the sheet's notation.
        holds: None where it does not apply.
        measured: the numbers that decide it, by what they are.
        remark: why it does not apply, or what of it does not.
    """

    id: str
    statement: str
    holds: bool | None
    measured: Mapping[str, float | None] = field(default_factory=dict)
    remark: str = ""


def hidden_outputs_equal(network: Network, weight: float) -> Claim:
    """Claim (a), on a network that has taken a forward and a backward pass with its first weights."""
    form, _ = closed_forms(network, weight)
    return _closed_form_claim("a", "all x_j^(1) are equal, and equal to g(w Σ_i x_i)", form)


def hidden_deltas_equal(network: Network, weight: float) -> Claim:
    """Claim (b), on a network that has taken a forward and a backward pass with its first weights."""
    _, form = closed_forms(network, weight)
    return _closed_form_claim("b", "all δ_i^(1) are equal, and equal to g′(w Σ_k x_k) w Σ_j δ_j^(2)", form)


def _closed_form_claim(id_: str, statement: str, form: ClosedForm) -> Claim:
    statement = f"constant weights w: {statement}"
    if form.measured.shape[1] == 1:
        return Claim(id_, statement, None, remark=ONE_UNIT)
    measured = {"spread over units": form.spread, "off the closed form": form.error}
    return Claim(id_, statement, form.spread == 0 and form.fits, measured)


def output_deltas_differ(parameters: Parameters, X: Array, Y: Array, product: Product) -> Claim:
    """Claim (c), at first weights ``parameters``, under squared error and under cross-entropy.

    For coinciding targets the second output is given the targets of the first.
    """
    statement = (
        "the δ_i^(2) are not all equal wherever the y_i are not, under either loss; where targets coincide, "
        "so do the δ_i^(2)"
    )
    if Y.shape[1] == 1:
        return Claim("c", statement, None, remark="there is one output")
    if not (Y.max(axis=1) > Y.min(axis=1)).any():
        return Claim("c", statement, None, remark="the targets of every sample coincide")
    coinciding = Y.copy()
    coinciding[:, 1] = coinciding[:, 0]
    measured: dict[str, float | None] = {}
    left = 0.0
    for name, architecture in _under_both_losses(parameters.architecture).items():
        delta = _output_delta(architecture, parameters, X, Y, product)
        measured[f"smallest gap, {name}"] = _smallest_gap(delta, Y)
        same = _output_delta(architecture, parameters, X, coinciding, product)
        left = max(left, float(abs(same[:, 1] - same[:, 0]).max()))
    holds = all(gap for gap in measured.values()) and left == 0
    return Claim("c", statement, holds, measured | {"gap where targets coincide": left})


def _under_both_losses(architecture: Architecture) -> dict[str, Architecture]:
    """The architecture under each loss; a sigmoid output where the configured one does not go with it."""
    # Under softmax, δ^(2) would also hang on whether the targets of a sample add up to one.
    output = architecture.output if architecture.output != "softmax" else "sigmoid"
    return {
        "squared error": replace(architecture, output=output, loss="squared_error"),
        "cross-entropy": replace(architecture, output="sigmoid", loss="cross_entropy"),
    }


def _output_delta(
    architecture: Architecture, parameters: Parameters, X: Array, Y: Array, product: Product
) -> Array:
    same = Parameters(architecture, parameters.dtype)
    same.flat[...] = parameters.flat
    network = Network(same, len(X), product)
    network.forward(X)
    network.backward(Y)
    return network.layers[-1].delta


def _smallest_gap(delta: Array, Y: Array) -> float:
    """The smallest |δ_i - δ_k| of a sample over pairs of outputs whose targets differ."""
    apart = Y[:, :, None] != Y[:, None, :]
    return float(abs(delta[:, :, None] - delta[:, None, :])[apart].min())


def one_step_keeps(before: Parameters, after: Parameters, X: Array, Y: Array) -> Claim:
    """Claim (d): what one step from constant weights ``before`` has made of them."""
    statement = (
        "after one step, for a given i, w_ij^(1) is the same for all j, and for a given j, w_ij^(2) the same for all "
        "i, though they differ between i and between j"
    )
    if before.weights[0].shape[0] == 1:
        return Claim("d", statement, None, remark=ONE_UNIT)
    between_i, between_j = range_over_inputs(after), range_over_outputs(after)
    spread = unit_spread(after)
    measured = {"spread over units": spread, "range over i": between_i, "range over j": between_j}
    # Where the data treat all inputs (outputs) alike, so does the step.
    alike_i, alike_j = interchangeable(X, Y), interchangeable(Y, X)
    differ = (between_i > 0 or alike_i) and (between_j > 0 or alike_j)
    moved = not np.array_equal(before.flat, after.flat)
    remarks = [
        f"the data make all {what} interchangeable" for what in ["inputs"] * alike_i + ["outputs"] * alike_j
    ]
    return Claim("d", statement, moved and spread == 0 and differ, measured, "; ".join(remarks))


def never_parts(
    moments: Sequence[Moment], first_split: int | None, end: Parameters, X: Array, Y: Array
) -> Claim:
    """Claim (e): whether units that began equal were equal after every step of ``moments``."""
    steps = moments[-1].step
    statement = (
        f"it goes on for as many steps as one likes, here {steps:,}: all hidden units stay equal, although w_ij^(2) "
        "now differs by j"
    )
    if end.weights[0].shape[0] == 1:
        return Claim("e", statement, None, remark=ONE_UNIT)
    if steps == 0:
        return Claim("e", statement, None, remark="no step was taken")
    spread = max(moment.spread.weights for moment in moments)
    between_j = range_over_outputs(end)
    measured = {"largest spread": spread, "first split": first_split, "range over j": between_j}
    holds = spread == 0 and first_split is None and (between_j > 0 or interchangeable(Y, X))
    return Claim("e", statement, holds, measured)


def random_breaks_it(start: Parameters, end: Parameters) -> Claim:
    """Claim (f): whether all units are different, with the first weights and with the last."""
    statement = "random weights break it: every hidden unit is another one, at the start and at the end"
    units = start.weights[0].shape[0]
    if units == 1:
        return Claim("f", statement, None, remark=ONE_UNIT)
    effective = [layer_symmetry(parameters, 1).effective_units for parameters in (start, end)]
    finite = bool(np.isfinite(end.flat).all())
    nearest = min(float(nearest_units(_units(p))[1].min()) for p in (start, end)) if finite else None
    measured = {
        "units": units,
        "different at the start": effective[0],
        "at the end": effective[1],
        "smallest distance": nearest,
    }
    return Claim("f", statement, finite and min(effective) == units, measured)


def same_optimum(found: TwoStarts) -> Claim:
    """Claim (g): whether logistic regression reached one optimum from zero and from random weights."""
    statement = (
        "logistic regression may start at zero: no hidden units, and with cross-entropy a convex loss; on overlapping "
        "classes two starts reach one optimum"
    )
    measured = {
        "distance of the ends": found.distance,
        "largest gradient left": found.gradient,
        "smallest curvature": found.curvature,
        "loss": found.losses[-1][1],
        "steps": found.steps,
    }
    holds = found.gradient <= found.rest and found.curvature > 0 and found.distance <= found.reach
    return Claim("g", statement, holds, measured)


ONE_UNIT = "there is one hidden unit"


def unit_spread(parameters: Parameters) -> float:
    """The maximum over weight entries of (max - min over hidden units), V with its bias."""
    return max(float(np.ptp(part, axis=0).max()) for part in unit_vectors(parameters, 1))


def range_over_inputs(parameters: Parameters) -> float:
    """The largest range of w_ij^(1) over i for one j: how far a unit's weights differ from one another."""
    return float(np.ptp(parameters.weights[0], axis=1).max())


def range_over_outputs(parameters: Parameters) -> float:
    """The largest range of w_ij^(2) over j for one i."""
    return float(np.ptp(parameters.weights[1], axis=0).max())


def interchangeable(columns: Array, others: Array) -> bool:
    """Whether every permutation of ``columns`` (N×d) leaves the samples, with ``others`` beside them, the same set.

    Then nothing tells one input (or output) from another, as in xor. Swaps of neighbours make every permutation.
    """

    def sorted_rows(order: list[int]) -> Array:
        rows = np.concatenate([columns[:, order], others], axis=1)
        return rows[np.lexsort(rows.T)]

    order = list(range(columns.shape[1]))
    samples = sorted_rows(order)
    swaps = ([*order[:i], i + 1, i, *order[i + 2 :]] for i in order[:-1])
    return all(np.array_equal(samples, sorted_rows(swapped)) for swapped in swaps)


def _units(parameters: Parameters) -> Array:
    units: Array = np.concatenate(unit_vectors(parameters, 1), axis=1).astype(np.float64)
    return units
