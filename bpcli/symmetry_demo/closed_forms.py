"""What the sheet says a hidden unit of a constant network computes, beside what it does compute.

A closed form is another sequence of operations than the network's, so it may differ by rounding: by at most
4 (n + 2) ε times the sum of the absolute values that are added up, n of them, and what the activation makes of that.
"""

from dataclasses import dataclass

import numpy as np

from bpcli.network import Array, Network
from bpcli.network.activations import activate

ROOM = 4.0


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """What one formula says for every sample, beside what the network has there.

    Attributes:
        argument: w Σ_k x_k, a number a sample.
        predicted: the closed form, a number a sample.
        measured: N×d1, a column a hidden unit.
        bound: what rounding may add up to, a number a sample; inf where the argument rounds across a kink.
    """

    argument: Array
    predicted: Array
    measured: Array
    bound: Array

    @property
    def spread(self) -> float:
        """The largest difference between two units."""
        return float((self.measured.max(axis=1) - self.measured.min(axis=1)).max())

    @property
    def error(self) -> float:
        """The largest distance of any unit from the closed form, samples at a kink left out."""
        off = abs(self.measured - self.predicted[:, None]).max(axis=1)
        return float(off[np.isfinite(self.bound)].max(initial=0.0))

    @property
    def left_out(self) -> int:
        """How many samples are at a kink, where rounding decides between two slopes."""
        return int(np.isinf(self.bound).sum())

    @property
    def fits(self) -> bool:
        """Whether every unit is the closed form up to rounding."""
        return bool((abs(self.measured - self.predicted[:, None]) <= self.bound[:, None]).all())


def closed_forms(network: Network, weight: float) -> tuple[ClosedForm, ClosedForm]:
    """Return x_j^(1) = g(w Σ_i x_i) and δ_i^(1) = g′(w Σ_k x_k) w Σ_j δ_j^(2), for a network that has taken a step.

    ``weight`` is w, the value of every entry of V and W; biases are zero. The δ^(2) are those of the network.
    """
    hidden, last = network.layers
    X, delta = network.inputs[0].astype(np.float64), last.delta.astype(np.float64)
    w = float(np.asarray(weight, network.parameters.dtype))
    information = np.finfo(network.parameters.dtype)
    unit = ROOM * float(information.eps)
    argument = w * X.sum(axis=1)
    g, derivative = activate(network.architecture.activation, argument)
    size, passed = abs(w) * abs(X).sum(axis=1), abs(w) * abs(delta).sum(axis=1)
    of_outputs = unit * (X.shape[1] + 2) * (size + 1)
    # Rounding moves the slope with its argument, and the smallest numbers have no digits left to round.
    terms = delta.shape[1] + X.shape[1] + 4
    of_deltas = terms * (unit * passed * (1 + size) + ROOM * float(information.smallest_subnormal))
    # Where nothing is added up, nothing is rounded, and the argument is 0 in both forms.
    near_zero = (abs(argument) <= of_outputs) & (size > 0)
    at_kink = near_zero & (network.architecture.activation == "relu")
    return (
        ClosedForm(argument, g, hidden.out.astype(np.float64), of_outputs * (1 + abs(g))),
        ClosedForm(
            argument,
            derivative * w * delta.sum(axis=1),
            hidden.delta.astype(np.float64),
            np.where(at_kink, np.inf, of_deltas),
        ),
    )
