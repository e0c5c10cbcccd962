"""The losses, each with the two gradients that start the backward pass: ∇z and δ = ∂ℓ/∂b.

A loss is summed over the outputs and averaged over the N samples, and so both gradients carry the 1/N.
Cross-entropy is computed from the pre-activations b and never as log(z): a saturated output costs no digits and
raises no warning. Its δ is (z - y)/N outright, since the factor z(1-z) of Ω cancels the denominator of ∇z.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bpcli.network.layer import Layer
from bpcli.network.parameters import Array


@dataclass(frozen=True)
class Loss:
    """The three things that training asks of a loss; ``Y`` are the targets, N×d_L.

    Attributes:
        of_samples: the loss of each sample, from b and z (…×N×d_L): …×N.
        delta: fills ``last.delta`` with ∂ℓ/∂b, ``last`` being the output layer.
        gradient: fills ``last.grad_out`` with ∇z.
    """

    of_samples: Callable[[Array, Array, Array], Array]
    delta: Callable[[Layer, Array], None]
    gradient: Callable[[Layer, Array], None]

    def mean(self, b: Array, z: Array, Y: Array) -> Array:
        """Average over the samples: one number for each network side by side."""
        mean: Array = self.of_samples(b, z, Y).mean(axis=-1)
        return mean


def _squared_error(_b: Array, z: Array, Y: Array) -> Array:
    """ℓ = ½ ‖y - z‖²; written (y-z)², not |y-z|², so that it is analytic in complex arithmetic."""
    losses: Array = (0.5 * (Y - z) ** 2).sum(axis=-1)
    return losses


def _squared_error_gradient(last: Layer, Y: Array) -> None:
    """∇z = (z - y) / N."""
    np.subtract(last.out, Y, out=last.grad_out)
    np.divide(last.grad_out, last.samples, out=last.grad_out)


def _squared_error_delta(last: Layer, Y: Array) -> None:
    """δ = Ω ∇z."""
    _squared_error_gradient(last, Y)
    np.multiply(last.derivative, last.grad_out, out=last.delta)


def _cross_entropy_delta(last: Layer, Y: Array) -> None:
    """δ = (z - y) / N: on sigmoid outputs, and on softmax where each row of Y sums to one."""
    np.subtract(last.out, Y, out=last.delta)
    np.divide(last.delta, last.samples, out=last.delta)


def _binary_cross_entropy(b: Array, _z: Array, Y: Array) -> Array:
    """ℓ = -Σ y log z + (1-y) log(1-z) = Σ log(1 + e^b) - y b, with log(1 + e^b) = max(b,0) + log(1 + e^-|b|)."""
    losses: Array = (np.maximum(b, 0) + np.log1p(np.exp(np.minimum(b, -b))) - Y * b).sum(axis=-1)
    return losses


def _binary_cross_entropy_gradient(last: Layer, Y: Array) -> None:
    """∇z = (z - y) / (z (1-z)) / N = ((1-y)(1 + e^b) - y (1 + e^-b)) / N: exact where z rounds to 0 or 1."""
    b = last.pre
    # Where the true value exceeds the precision's range it is inf, and says so; 0·inf must not make it nan.
    with np.errstate(over="ignore", invalid="ignore"):
        against = np.where(Y == 1, 0, (1 - Y) * (1 + np.exp(b)))
        last.grad_out[...] = against - np.where(Y == 0, 0, Y * (1 + np.exp(-b)))
    np.divide(last.grad_out, last.samples, out=last.grad_out)


def _log_sum_exp(b: Array) -> Array:
    """Log Σ e^b over the last axis, kept as an axis of one."""
    largest = b.max(axis=-1, keepdims=True)
    total: Array = largest + np.log(np.exp(b - largest).sum(axis=-1, keepdims=True))
    return total


def _categorical_cross_entropy(b: Array, _z: Array, Y: Array) -> Array:
    """ℓ = -Σ y log z = Σ y (log Σ e^b - b)."""
    losses: Array = (Y * (_log_sum_exp(b) - b)).sum(axis=-1)
    return losses


def _categorical_cross_entropy_gradient(last: Layer, Y: Array) -> None:
    """∇z = -y / z / N = -y e^(log Σ e^b - b) / N."""
    b = last.pre
    with np.errstate(over="ignore", invalid="ignore"):
        last.grad_out[...] = np.where(Y == 0, 0, -Y * np.exp(_log_sum_exp(b) - b))
    np.divide(last.grad_out, last.samples, out=last.grad_out)


_SQUARED = Loss(_squared_error, _squared_error_delta, _squared_error_gradient)
_BINARY = Loss(_binary_cross_entropy, _cross_entropy_delta, _binary_cross_entropy_gradient)
_CATEGORICAL = Loss(_categorical_cross_entropy, _cross_entropy_delta, _categorical_cross_entropy_gradient)

LOSSES: dict[tuple[str, str], Loss] = {
    ("sigmoid", "squared_error"): _SQUARED,
    ("identity", "squared_error"): _SQUARED,
    ("sigmoid", "cross_entropy"): _BINARY,
    ("softmax", "cross_entropy"): _CATEGORICAL,
}
