"""The claims of the sheet about first weights, each decided by numbers measured on the networks themselves.

In the sheet's notation: S^(1) = a and S^(2) = b are pre-activations, x^(1) = h and x^(2) = z outputs,
δ^(l) = ∂ℓ/∂S^(l), and w_ij^(l) is the weight from unit i of the layer below to unit j: entry (j, i) of V or W.

"Equal" is bit for bit; a closed form, being another sequence of operations, is met up to rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np

from bpcli.demo.closed_forms import ClosedForm, closed_forms
from bpcli.demo.logistic import TwoStarts
from bpcli.demo.race import Moment
from bpcli.demo.ranges import over_inputs, over_outputs
from bpcli.network import Architecture, Array, Network, Parameters, Product
from bpcli.network.layer import Layer
from bpcli.symmetry import layer_symmetry
from bpcli.symmetry.differences import nearest_units
from bpcli.symmetry.units import unit_vectors

ONE_UNIT = "there is one hidden unit"
UNMOVED = "no weight moved by more than rounding: the units are saturated or dead, or the step is too small"


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
    remark = (
        f"left out, at a kink of relu or beyond the range of the precision: {form.left_out}"
        if form.left_out
        else ""
    )
    holds = form.spread == 0 and form.fits
    return _decided(id_, statement, holds if form.left_out < len(form.predicted) else None, measured, remark)


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
    gaps: dict[str, float | None] = {}
    left, remarks = [], []
    for name, architecture in _under_both_losses(parameters.architecture).items():
        last = _output_layer(architecture, parameters, X, Y, product)
        # Under cross-entropy Ω has no part in δ^(2).
        gaps[name] = _smallest_gap(last.delta, Y, last.slope if name == "squared error" else 1 + 0 * Y)
        same = _output_layer(architecture, parameters, X, coinciding, product).delta
        left.append(float(abs(same[:, 1] - same[:, 0]).max()))
        if gaps[name] is None:
            remarks.append(f"under {name} every output is saturated, so a smaller w is needed to see it")
        if architecture.output != parameters.architecture.output:
            remarks.append(f"{name} with sigmoid outputs")
    measured = {f"smallest gap, {name}": gap for name, gap in gaps.items()}
    coincide = float(np.max(left))
    holds = None if None in gaps.values() else 0 not in gaps.values() and coincide == 0
    if coincide != 0:
        holds = False
    return _decided(
        "c", statement, holds, measured | {"gap where targets coincide": coincide}, "; ".join(remarks)
    )


def _under_both_losses(architecture: Architecture) -> dict[str, Architecture]:
    """The architecture under each loss; a sigmoid output where the configured one does not go with it."""
    # Under softmax, δ^(2) would also hang on whether the targets of a sample add up to one.
    output = architecture.output if architecture.output != "softmax" else "sigmoid"
    return {
        "squared error": replace(architecture, output=output, loss="squared_error"),
        "cross-entropy": replace(architecture, output="sigmoid", loss="cross_entropy"),
    }


def _output_layer(
    architecture: Architecture, parameters: Parameters, X: Array, Y: Array, product: Product
) -> Layer:
    same = Parameters(architecture, parameters.dtype)
    same.flat[...] = parameters.flat
    network = Network(same, len(X), product)
    network.forward(X)
    network.backward(Y)
    return network.layers[-1]


def _smallest_gap(delta: Array, Y: Array, slope: Array) -> float | None:
    """The smallest |δ_i - δ_k| of a sample over pairs of outputs whose targets differ; all arguments are N×d2.

    Samples whose Ω has underflowed are left out: in exact arithmetic their δ are as different as their targets. None
    if that leaves nothing.
    """
    information = np.finfo(slope.dtype)
    clear = slope.min(axis=1) > information.tiny / information.eps
    apart = (Y[:, :, None] != Y[:, None, :]) & clear[:, None, None]
    gaps = abs(delta[:, :, None] - delta[:, None, :])[apart]
    return float(gaps.min()) if gaps.size else None


def one_step_keeps(before: Parameters, after: Parameters, X: Array, Y: Array) -> Claim:
    """Claim (d): what one step from constant weights ``before`` has made of them."""
    statement = (
        "after one step, for a given i, w_ij^(1) is the same for all j, and for a given j, w_ij^(2) the same for all "
        "i, though they differ between i and between j"
    )
    if before.weights[0].shape[0] == 1:
        return Claim("d", statement, None, remark=ONE_UNIT)
    ranges = (over_inputs(before, after, X, Y), over_outputs(before, after, X, Y))
    spread = unit_spread(after)
    measured = {
        "spread over units": spread,
        "range over inputs i": ranges[0].size,
        "range over outputs j": ranges[1].size,
    }
    holds = spread == 0 and all(each.differs for each in ranges)
    if spread == 0 and not any(each.moved for each in ranges):
        return _decided("d", statement, None, measured, UNMOVED)
    return _decided("d", statement, holds, measured, "; ".join(each.excuse for each in ranges if each.excuse))


def never_parts(
    moments: Sequence[Moment],
    first_split: int | None,
    ends: tuple[Parameters, Parameters],
    X: Array,
    Y: Array,
) -> Claim:
    """Claim (e): whether equal units were equal after every step; ``ends`` are the first and the last weights."""
    steps = moments[-1].step
    statement = (
        f"it goes on for as many steps as one likes, here {steps:,}: all hidden units stay equal, although w_ij^(2) "
        "now differs by j"
    )
    if ends[0].weights[0].shape[0] == 1:
        return Claim("e", statement, None, remark=ONE_UNIT)
    if steps == 0:
        return Claim("e", statement, None, remark="no step was taken")
    spread = float(np.max([moment.spread.weights for moment in moments]))
    inputs, outputs = over_inputs(*ends, X, Y), over_outputs(*ends, X, Y)
    measured = {"largest spread": spread, "first split": first_split, "range over outputs j": outputs.size}
    if not isfinite(moments[-1].loss):
        return Claim("e", statement, None, measured, f"the network has diverged by step {steps:,}")
    holds = spread == 0 and first_split is None and outputs.differs
    if holds and not (inputs.moved or outputs.moved):
        return _decided("e", statement, None, measured, UNMOVED)
    return _decided("e", statement, holds, measured, outputs.excuse)


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
    if not finite:
        return Claim("f", statement, None, measured, "the network has diverged")
    return Claim("f", statement, min(effective) == units, measured)


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


def _decided(
    id_: str, statement: str, holds: bool | None, measured: Mapping[str, float | None], remark: str = ""
) -> Claim:
    """A claim with its verdict; what is not finite decides nothing."""
    if any(value is not None and not isfinite(value) for value in measured.values()):
        return Claim(id_, statement, None, measured, "the network diverged, or its numbers overflow")
    return Claim(id_, statement, holds, measured, remark)


def unit_spread(parameters: Parameters) -> float:
    """The maximum over weight entries of (max - min over hidden units), V with its bias."""
    return float(np.max([np.ptp(part, axis=0).max() for part in unit_vectors(parameters, 1)]))


def _units(parameters: Parameters) -> Array:
    units: Array = np.concatenate(unit_vectors(parameters, 1), axis=1).astype(np.float64)
    return units
