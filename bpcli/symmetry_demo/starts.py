"""The initial weights of the networks that the demo trains side by side."""

import numpy as np
from numpy.typing import DTypeLike

from bpcli.network import Architecture, Array, Parameters, initialise

NUDGE = 1e-12
NUDGE_ULPS = 8


def starts(random: Parameters, weight: float) -> dict[str, Parameters]:
    """Return the initial weights of every network by its name, all of the sizes and precision of ``random``.

    - constant: every weight is ``weight``;
    - zero: every weight is 0;
    - random: ``random`` itself;
    - nudged: constant, but for the row of V of unit 0, which is moved by 1e-12, or by 8 units in the last place
      where the precision is too coarse for that;
    - half-tied: random, but for its first half, which are all unit 0 (two of them at least, in a layer of two or more).
    """
    tied, zero = (constant(random.architecture, random.dtype, w) for w in (weight, 0.0))
    nudged = tied.copy()
    nudged.weights[0][0] += nudge(nudged.weights[0][0])
    half_tied = random.copy()
    half = slice(0, max(2, len(random.weights[0]) // 2))
    half_tied.weights[0][half] = random.weights[0][0]
    half_tied.weights[1][:, half] = random.weights[1][:, :1]
    if (bias := half_tied.biases[0]) is not None:
        bias[half] = bias[0]
    return {
        "constant": tied,
        "zero": zero,
        "random": random.copy(),
        "nudged": nudged,
        "half-tied": half_tied,
    }


def nudge(row: Array) -> Array:
    """Return what a row of V (d0 numbers) is moved by: 1e-12, or 8 units in the last place where that is more."""
    moved: Array = np.maximum(NUDGE, NUDGE_ULPS * np.spacing(abs(row))).astype(row.dtype)
    return moved


def constant(architecture: Architecture, dtype: DTypeLike, weight: float) -> Parameters:
    """Return parameters whose every weight is ``weight``, with biases of zero."""
    parameters = Parameters(architecture, dtype)
    initialise(parameters, np.random.default_rng(0), "constant", value=weight)
    return parameters
