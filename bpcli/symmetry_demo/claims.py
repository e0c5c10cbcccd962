"""The claims of the sheet about first weights, each decided by numbers measured on the networks themselves.

In the sheet's notation: S^(1) = a and S^(2) = b are pre-activations, x^(1) = h and x^(2) = z outputs,
δ^(l) = ∂ℓ/∂S^(l), and w_ij^(l) is the weight from unit i of the layer below to unit j: entry (j, i) of V or W.

"Equal" is bit for bit; a closed form, being another sequence of operations, is met up to rounding.
"""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from bpcli.network import Array, Network, Parameters
from bpcli.symmetry import layer_symmetry
from bpcli.symmetry.differences import nearest_units
from bpcli.symmetry.units import unit_vectors, whole_units
from bpcli.symmetry_demo.claim import Claim, decided
from bpcli.symmetry_demo.closed_forms import ClosedForm, closed_forms
from bpcli.symmetry_demo.logistic import TwoStarts
from bpcli.symmetry_demo.race import Moment
from bpcli.symmetry_demo.ranges import over_inputs, over_outputs

ONE_UNIT = "there is one hidden unit"
UNMOVED = "no weight moved by more than rounding: the units are saturated or dead, or the step is too small"


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
    return decided(id_, statement, holds if form.left_out < len(form.predicted) else None, measured, remark)


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
        return decided("d", statement, None, measured, UNMOVED)
    return decided("d", statement, holds, measured, "; ".join(each.excuse for each in ranges if each.excuse))


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
        return decided("e", statement, None, measured, UNMOVED)
    return decided("e", statement, holds, measured, outputs.excuse)


def random_breaks_it(start: Parameters, end: Parameters) -> Claim:
    """Claim (f): whether all units are different, with the first weights and with the last."""
    statement = "random weights break it: every hidden unit is another one, at the start and at the end"
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


def unit_spread(parameters: Parameters) -> float:
    """The maximum over weight entries of (max - min over hidden units), V with its bias."""
    return float(np.max([np.ptp(part, axis=0).max() for part in unit_vectors(parameters, 1)]))
