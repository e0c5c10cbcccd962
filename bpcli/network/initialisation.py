"""How the weights begin: the schemes of the configuration. Biases begin at zero under every one of them."""

from collections.abc import Callable
from math import sqrt

import numpy as np

from bpcli.network.parameters import Array, Parameters

Draw = Callable[..., Array | float]


def _xavier(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Uniform in ±√(6 / (fan_in + fan_out)): Glorot and Bengio 2010, eq. 16."""
    fan_out, fan_in = shape[-2:]
    bound = sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape)


def _he(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal with variance 2 / fan_in: He, Zhang, Ren and Sun 2015, eq. 10."""
    return rng.normal(0.0, sqrt(2 / shape[-1]), shape)


SCHEMES: dict[str, Draw] = {
    "constant": lambda _rng, _shape, value: value,
    "zeros": lambda _rng, _shape: 0.0,
    "normal": lambda rng, shape, std: rng.normal(0.0, std, shape),
    "uniform": lambda rng, shape, low, high: rng.uniform(low, high, shape),
    "xavier": _xavier,
    "he": _he,
}


def initialise(parameters: Parameters, rng: np.random.Generator, scheme: str, **settings: float) -> None:
    """Fill every matrix by the scheme and every bias with zero, in place.

    The numbers are drawn in float64 and then rounded, so that float32 and float64 start from the same weights.
    ``settings`` are the scheme's own: ``value`` for constant, ``std`` for normal, ``low`` and ``high`` for uniform.
    """
    parameters.flat[...] = 0
    for weight in parameters.weights:
        weight[...] = SCHEMES[scheme](rng, weight.shape, **settings)
