"""How far a right answer may lie from the true gradient because it was computed in float32.

The bound is measured at the point itself: bpcli's own step in float32, with the samples in several orders and the
weights and inputs moved within their rounding, against the step in float64. Seven eighths of the bound are slack for
those who add in an order, or write a formula in a form, that was not among the measured ones.
"""

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example

TRIALS = 12
SLACK = 8.0


def looks_like_float32(tensor: Array) -> bool:
    """Whether every number is one that float32 holds exactly: the answer was rounded to it, or computed in it."""
    if tensor.dtype == np.float32:
        return True
    with np.errstate(over="ignore", under="ignore"):
        return bool(np.array_equal(tensor, tensor.astype(np.float32)) and np.any(tensor))


def float32_bounds(example: Example) -> dict[str, float]:
    """Return the bound of the relative residual for each parameter's gradient, by name (V, bias_V, W, bias_W)."""
    true = _gradients(example, np.float64, example.X, example.Y, example.parameters)
    worst = dict.fromkeys(true, 0.0)
    rng = np.random.default_rng(0)
    for trial in range(TRIALS):
        order = rng.permutation(example.samples)
        X, Y, parameters = example.X[order], example.Y[order], example.parameters
        if trial:
            X, Y = _within_rounding(X, rng), _within_rounding(Y, rng)
            parameters = {name: _within_rounding(tensor, rng) for name, tensor in parameters.items()}
        for name, found in _gradients(example, np.float32, X, Y, parameters).items():
            scale = float(np.linalg.norm(true[name]))
            gap = float(np.linalg.norm(found.astype(np.float64) - true[name]))
            worst[name] = max(worst[name], gap / scale if scale else 0.0)
    return {name: SLACK * bound for name, bound in worst.items()}


def _within_rounding(tensor: Array, rng: np.random.Generator) -> Array:
    """Move every number by up to half a unit of float32's last place, as rounding it would."""
    moved: Array = tensor * (1 + rng.uniform(-0.5, 0.5, tensor.shape) * float(np.finfo(np.float32).eps))
    return moved


def _gradients(
    example: Example, dtype: type, X: Array, Y: Array, parameters: dict[str, Array]
) -> dict[str, Array]:
    network = example.network(dtype)
    for name, tensor in network.parameters.named():
        tensor[...] = parameters[name]
    network.forward(X.astype(dtype))
    network.backward(Y.astype(dtype))
    return {name: gradient.copy() for name, gradient in network.gradients.named()}
