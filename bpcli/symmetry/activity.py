"""Which hidden units cannot learn any more, and how many rows teach nothing: where a derivative is 0 or nearly so.

∇V = Λ ∇h xᵀ, so what a unit's row of V receives from a row of data has its g′(a) as a factor. Over all rows a unit is

- *dead*       if  max g′(a) = 0: a relu that is off everywhere, a sigmoid or tanh whose derivative is rounded to 0.
               Its row of V and its bias receive no gradient at all;
- *saturated*  if  0 < max g′(a) < 0.01 max g′, with max g′ = 1/4 for the sigmoid and 1 for tanh: it hardly learns;
- *active*     otherwise, and where g′(a) cannot be told because a is not a number.

The derivative of a relu is 0 or 1, so it is never saturated; that of the identity is 1, so it is always active.

For outputs z = s(b) under squared error Ω ∇z is a factor of every gradient. So a row teaches next to nothing where an
output is *saturated on the wrong side*: z(1-z) < 0.01 · 1/4 although |z - y| > 1/2. With cross-entropy δ = z - y has
no Ω, and such a row teaches most.
"""

from typing import Literal

import numpy as np

from bpcli.network import Array, Network

Activity = Literal["active", "saturated", "dead"]

SATURATED = 0.01  # of the largest derivative that the activation has
LARGEST_DERIVATIVES = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0, "identity": 1.0}


def unit_activity(network: Network, X: Array) -> tuple[tuple[Activity, ...], ...]:
    """Judge every unit of every hidden layer by the rows of X (N×d0, N ≥ 1), as many at a time as ``network`` takes."""
    largest = [np.zeros(weight.shape[0], weight.dtype) for weight in network.parameters.weights[:-1]]
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # weights that have diverged are no finding about units
        for start in range(0, len(X), network.rows):
            network.forward(X[start : start + network.rows])
            for layer, derivatives in zip(network.layers[:-1], largest, strict=True):
                # A relu calls NaN off: the derivative alone does not tell that a is not a number.
                unknown = np.isnan(layer.pre.max(axis=0))
                np.maximum(
                    derivatives, np.where(unknown, np.nan, layer.derivative.max(axis=0)), out=derivatives
                )
    limit = SATURATED * LARGEST_DERIVATIVES[network.architecture.activation]
    return tuple(
        tuple(_judged(float(derivative), limit) for derivative in derivatives) for derivatives in largest
    )


def saturated_rows(z: Array, Y: Array) -> int:
    """Return how many rows have a sigmoid output saturated on the wrong side, of outputs and targets N×d_L."""
    flat = z * (1 - z) < SATURATED * LARGEST_DERIVATIVES["sigmoid"]
    return int(np.count_nonzero((flat & (np.abs(z - Y) > 0.5)).any(axis=1)))


def _judged(derivative: float, limit: float) -> Activity:
    if derivative == 0:
        return "dead"
    return "saturated" if derivative < limit else "active"
