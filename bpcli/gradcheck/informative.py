"""Can this point tell a right gradient from a wrong one? If not, why not, and which one to take instead.

With N = 1 the sum, the mean and the last sample are the same; with N = 2 a factor 2 is also the sum. Zero or constant
weights make ∇V vanish or the units alike; a saturated unit has a zero row. At such a point wrong gradients look right.
"""

from dataclasses import replace

import numpy as np

from bpcli.mistakes.candidates import Prepared, single_mistakes
from bpcli.network import Array, Parameters
from bpcli.network.activations import Sigmoid, Tanh
from bpcli.network.example import Example

FEWEST_SAMPLES = 3
VANISHING_ROW = 1e-8  # of the largest row of the same matrix
SATURATED = 1e-6  # the derivative of a unit, at most ¼ for a sigmoid and 1 for tanh
COINCIDES = 1e-6  # relative: a mistake this close to the truth could pass for it
CANCELLED = 1e-8  # of the sum of the absolute values that make it up


def reasons_against(example: Example) -> list[str]:
    """Return why a point cannot tell, in words; nothing if it can."""
    found = []
    if example.samples < FEWEST_SAMPLES:
        found.append(
            f"{example.samples} sample{'s' if example.samples > 1 else ''}: with fewer than {FEWEST_SAMPLES}, "
            "sum, mean, a factor 2 and the last sample cannot be told apart"
        )
    if example.architecture.depth > 1:
        found += _about_weights(example)
    found += _about_gradients(example)
    return found or _blind_spots(example)


def _blind_spots(example: Example) -> list[str]:
    """The mistakes that are no mistakes here by chance: they spoil a tensor at other points of the same sizes."""
    if example.architecture.depth > 2:
        return []
    other = _draw(example, np.random.default_rng(1), example.samples)
    alike = sorted(_coinciding(example) - _coinciding(other))
    if not alike:
        return []
    return [
        f"{', '.join(sorted({name for ids, _ in alike for name in ids}))} cannot be told from the true gradient here"
    ]


def _coinciding(example: Example) -> set[tuple[tuple[str, ...], int]]:
    """The mistakes that leave a matrix as it is to a millionth; the number is that of the layer."""
    point = Prepared(example)
    found = set()
    for index in range(example.architecture.depth):
        made = single_mistakes(point, index)
        true = made.matrix[0]
        for number, matrix in enumerate(made.matrix):
            ids = made.ids(number)
            if ids and np.linalg.norm(matrix - true) <= COINCIDES * np.linalg.norm(true):
                found.add((ids, index))
    return found


def _about_weights(example: Example) -> list[str]:
    found = []
    for names in example.architecture.names():
        weight = example.parameters[names.matrix]
        if not weight.any():
            found.append(f"{names.matrix} is zero: nothing passes through it")
        elif weight.size > 1 and np.ptp(weight) == 0:
            found.append(f"{names.matrix} is constant: its units are alike, and so are its rows and columns")
    return found


def _about_gradients(example: Example) -> list[str]:
    network = example.stepped()
    found = []
    for names, layer, x in zip(example.architecture.names(), network.layers, network.inputs, strict=True):
        if (
            isinstance(layer.g, Sigmoid | Tanh)
            and (flat := np.flatnonzero(layer.derivative.max(axis=0) < SATURATED)).size
        ):
            found.append(f"unit {_listed(flat)} of {names.out} is saturated at every sample")
            continue
        rows = np.linalg.norm(layer.grad_weight, axis=1)
        terms = float(np.linalg.norm(np.abs(layer.delta).T @ np.abs(x)))
        if rows.max() <= CANCELLED * terms:
            found.append(f"∇{names.matrix} vanishes")
            continue
        flat = np.flatnonzero(rows <= VANISHING_ROW * rows.max())
        if len(flat):
            units = ", ".join(str(row) for row in flat[:5]) + (" …" if len(flat) > 5 else "")
            found.append(
                f"row {units} of ∇{names.matrix} vanishes: the unit is saturated, or its error is zero"
            )
    return found


def _listed(numbers: Array) -> str:
    """The first few of some numbers."""
    return ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")


def random_point(example: Example, rng: np.random.Generator, *, samples: int | None = None) -> Example:
    """Return an informative point of the same sizes, with weights of order 1; ``samples`` sets another N."""
    count = max(example.samples if samples is None else samples, FEWEST_SAMPLES)
    while reasons_against(drawn := _draw(example, rng, count)):
        pass
    return drawn


def _draw(example: Example, rng: np.random.Generator, count: int) -> Example:
    """Draw inputs, targets and weights of order 1 at any width, so that no sigmoid is flat."""
    parameters = Parameters(example.architecture)
    for fan_in, weight, bias in zip(
        example.architecture.sizes, parameters.weights, parameters.biases, strict=False
    ):
        weight[...] = rng.normal(0.0, 1.5 / np.sqrt(fan_in), weight.shape)
        if bias is not None:
            bias[...] = rng.normal(0.0, 0.5, bias.shape)
    return replace(
        example,
        X=rng.normal(0.0, 1.0, (count, example.architecture.sizes[0])),
        Y=_targets(example, rng, count),
        parameters={name: tensor.copy() for name, tensor in parameters.named()},
    )


def _targets(example: Example, rng: np.random.Generator, count: int) -> Array:
    outputs = example.architecture.sizes[-1]
    if example.architecture.output == "softmax":
        return np.eye(outputs)[rng.integers(0, outputs, count)]
    return rng.uniform(0.05, 0.95, (count, outputs))
