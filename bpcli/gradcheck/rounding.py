"""How far each entry of a right answer may lie from the true gradient because it was computed in float32.

The spread is measured at the example itself: bpcli's own step in float32, its sums taken in other orders and one term
after the other, its inputs, targets and weights moved within their rounding. What a program does that keeps some of its
arrays in float64 lies within that. One entry that is off by more than its spread allows is wrong by itself, however
small it is beside the others.
"""

from functools import lru_cache

import numpy as np

from bpcli.network import Array, Network, Parameters
from bpcli.network.example import Example

TRIALS = 12
CERTAIN = 10.0  # spreads: a right answer of 24,000 entries stays below, in whatever style it is computed
EXCUSED = 30.0  # spreads: beyond, no style explains it
LEAST = 0.25  # units of rounding of an entry without cancellation, where the trials agree by chance
LONGEST = 1 << 21  # products of a sum that is taken one after the other
EVEN = 0.001  # spreads: the median deviation of numbers that were computed in float64 is far below
ROUNDED = ("sigmoid", "tanh", "softmax")  # outputs that may be off by EPS, however small they are
EPS = float(np.finfo(np.float32).eps)


def looks_like_float32(tensor: Array) -> bool:
    """Whether every number is one that float32 holds exactly: the answer was rounded to it, or computed in it."""
    if tensor.dtype == np.float32:
        return True
    with np.errstate(over="ignore", under="ignore"):
        return bool(np.array_equal(tensor, tensor.astype(np.float32)) and np.any(tensor))


def computed_in_float32(found: Array, true: Array, spread: Array) -> bool:
    """Whether float64 numbers carry the rounding of float32: most entries are off by about their spread, none by more.

    So they are where one array of the program was in float64, its targets for instance, and the others were not.
    """
    units = (np.abs(found - true) / spread)[true != 0]
    return bool(units.size and np.median(units) >= EVEN and np.max(units) <= EXCUSED)


@lru_cache(maxsize=16)
def float32_spread(example: Example) -> dict[str, Array]:
    """Return the standard deviation of every entry of each parameter's gradient, by name (V, bias_V, W, bias_W)."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        stepped = example.stepped()
        true = {name: gradient.copy() for name, gradient in stepped.gradients.named()}
        squares = {name: np.zeros(tensor.shape) for name, tensor in true.items()}
        rng = np.random.default_rng(0)
        for trial in range(TRIALS):
            found = _gradients(example, rng, one_by_one=trial % 2 == 1, moved=trial % 3 > 0)
            for name, gradient in found.items():
                squares[name] += (gradient - true[name]) ** 2
        least = _least(example, stepped)
        return {name: np.sqrt(total / TRIALS) + least[name] for name, total in squares.items()}


def _least(example: Example, network: Network) -> dict[str, Array]:
    """What rounding the terms of each entry alone amounts to, those of the weight decay included.

    A term has the δ of a sample, and with it what a rounding unit of h or z makes of h (1-h) and z - y: where a unit
    saturates that is more than δ, and the trials, which all compute a sigmoid in the same way, would not show it.
    """
    architecture, tiny = example.architecture, float(np.finfo(np.float32).tiny)
    found, passed = {}, np.zeros(())
    for names, layer, x in reversed(
        [*zip(architecture.names(), network.layers, network.inputs, strict=True)]
    ):
        top = names.out == "z"
        direct = top and architecture.loss == "cross_entropy"  # δ = (z - y) / N
        unit = 1 / example.samples if direct else np.abs(layer.grad_out)
        rounded = (architecture.output if top else architecture.activation) in ROUNDED
        # With LEAST a sixteenth of EPS: CERTAIN times that is what the worst of the usual sigmoids is off by.
        off = (unit / 4 if rounded else 0.0) + np.abs(layer.derivative) * passed
        delta, decay = np.abs(layer.delta) + off, example.weight_decay * np.abs(layer.weight)
        found[names.matrix] = EPS * (LEAST * delta.T @ np.abs(x) + decay) + tiny
        found[names.bias] = LEAST * EPS * delta.sum(axis=0) + tiny
        passed = (np.zeros_like(delta) + off) @ np.abs(layer.weight)
    return found


def _gradients(
    example: Example, rng: np.random.Generator, *, one_by_one: bool, moved: bool
) -> dict[str, Array]:
    """bpcli's step in float32 with the samples, and the terms of each sum, in another order."""

    def matmul(left: Array, right: Array, /, *, out: Array) -> None:
        terms = rng.permutation(left.shape[-1])
        left, right = left[:, terms], right[terms]
        if one_by_one and out.size * len(terms) <= LONGEST:
            products = left[:, None, :] * right.T
            out[...] = np.add.accumulate(products, axis=-1, dtype=products.dtype)[..., -1]
        else:
            np.matmul(left, right, out=out)

    parameters = Parameters(example.architecture, np.float32)
    for name, tensor in parameters.named():
        tensor[...] = _within_rounding(example.parameters[name], rng, moved)
    order = rng.permutation(example.samples)
    network = Network(parameters, example.samples, matmul)
    network.forward(_within_rounding(example.X[order], rng, moved).astype(np.float32))
    network.backward(_within_rounding(example.Y[order], rng, moved).astype(np.float32))
    return {name: gradient.astype(np.float64) for name, gradient in network.gradients.named()}


def _within_rounding(tensor: Array, rng: np.random.Generator, moved: bool) -> Array:
    """Move every number by up to half a unit of float32's last place, as rounding it would; or none."""
    shift: Array = rng.uniform(-0.5, 0.5, tensor.shape) * EPS if moved else np.zeros(tensor.shape)
    changed: Array = tensor * (1 + shift)
    return changed
