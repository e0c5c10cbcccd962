"""Can this example tell a right gradient from a wrong one? If not, why not, and which one to take instead.

A degenerate example hides mistakes. With N = 1 the sum, the mean and the last sample are the same. Zero or constant
weights make ∇V vanish or the units alike; a saturated unit has a zero row. With zero biases nobody sees that they were
left out of the forward pass. With a tiny learning rate a W that has moved is still W.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from bpcli.gradcheck import reference
from bpcli.mistakes.candidates import prepared, single_mistakes
from bpcli.network import Architecture, Array, Parameters
from bpcli.network.activations import Sigmoid, Tanh
from bpcli.network.example import Example

FEWEST_SAMPLES = 3
VANISHING_ROW = 1e-8  # of the largest row of the same matrix
SATURATED = 1e-6  # the derivative of a unit, at most ¼ for a sigmoid and 1 for tanh
DRAWS = 300
COINCIDES = 1e-6  # relative: a mistake this close to the truth could pass for it
CANCELLED = 1e-8  # of the sum of the absolute values that make it up
RATES = (0.3, 0.37, 0.23, 0.43)  # of which one is no simple factor, whatever N and K are
SMALLEST_RATE, LARGEST_RATE = 0.01, 3.0


@lru_cache(maxsize=16)  # a class is judged at the same few examples
def degeneracies(example: Example, *, biases: bool = True) -> tuple[str, ...]:
    """Return why an example cannot tell right from wrong, in words; nothing if it can.

    Without ``biases`` those may be zero, as they are at the start of training.
    """
    found = []
    if example.samples < FEWEST_SAMPLES:
        found.append(
            f"{example.samples} sample{'s' if example.samples > 1 else ''}: with fewer than {FEWEST_SAMPLES}, "
            "sum, mean, a factor 2 and the last sample cannot be told apart"
        )
    if example.architecture.depth > 1:
        found += _about_weights(example)
    if biases and example.architecture.bias:
        found += _about_biases(example)
    if example.learning_rate == 1:
        found.append("the learning rate is 1: the update cannot be told from the gradient")
    found += _about_gradients(example)
    return tuple(found or _blind_spots(example))


def unseen(example: Example) -> list[str]:
    """Return what no example of these sizes can show, whatever its numbers are: it does not spoil a verdict."""
    if example.architecture.sizes[-1] != 2:
        return []
    return ["with 2 outputs, 2/K = 1: a mean over the outputs with the 2 of the square cannot be seen"]


def _blind_spots(example: Example) -> list[str]:
    """The mistakes that are no mistakes here by chance: they spoil a tensor at other examples of the same sizes."""
    alike = sorted(
        _coinciding(example)
        - _coinciding_anywhere(
            example.architecture, example.samples, example.learning_rate, example.weight_decay
        )
    )
    if not alike:
        return []
    return [f"{', '.join(sorted({name for name, _ in alike}))} cannot be told from the true gradient here"]


@lru_cache(maxsize=64)
def _coinciding_anywhere(
    architecture: Architecture, samples: int, learning_rate: float, weight_decay: float
) -> set[tuple[str, int]]:
    """The mistakes that are the truth by their formula: at one random example, without regard to its numbers."""
    blank = Example(
        architecture, np.zeros((samples, 0)), np.zeros((samples, 0)), {}, learning_rate, weight_decay
    )
    return _coinciding(_draw(blank, np.random.default_rng(1), samples))


def _coinciding(example: Example) -> set[tuple[str, int]]:
    """The mistakes that leave the matrix of a layer as it is, to a millionth, each with the layer's index."""
    found = set()
    for index in range(example.architecture.depth):
        made = single_mistakes(prepared(example), index)  # the truth comes first
        gaps = np.linalg.norm(made.matrix - made.matrix[0], axis=(1, 2))
        near = np.flatnonzero(gaps <= COINCIDES * np.linalg.norm(made.matrix[0]))
        found |= {(ids[0], index) for number in near if (ids := made.ids(int(number)))}
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


def _about_biases(example: Example) -> list[str]:
    """Zero biases hide what is done with them."""
    zero = [n.bias for n in example.architecture.names() if not example.parameters[n.bias].any()]
    if not zero:
        return []
    verb = "is" if len(zero) == 1 else "are"
    return [
        f"{' and '.join(zero)} {verb} zero: biases left out of the forward pass, or decayed, cannot be seen"
    ]


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


def random_example(example: Example, rng: np.random.Generator, *, samples: int | None = None) -> Example:
    """Return an example of the same sizes that is not degenerate, with weights of order 1 and random biases.

    Where none is found in a few hundred draws, as with twenty layers of two relu units, the last one is returned.
    ``samples`` asks for another N; it is raised to one that is no other size, and no factor of one.
    """
    count = max(example.samples if samples is None else samples, FEWEST_SAMPLES)
    while not _distinct_samples(example, count):
        count += 1
    for _ in range(DRAWS):
        if not degeneracies(drawn := _draw(example, rng, count)):
            break
    return drawn


def spread_out(example: Example, rng: np.random.Generator) -> Example:
    """Return the example with what its configuration leaves free chosen so that no two mistakes look alike.

    Its biases are drawn where they are zero or constant, its last samples are left out where their number is one of
    the sizes, or 2, or twice or half the number of outputs, and its learning rate changes where it is a factor
    that occurs elsewhere, or so small or large that a moved W could not be told from W.
    """
    parameters = dict(example.parameters)
    for names in example.architecture.names():
        bias = parameters.get(names.bias)
        if bias is not None and (not bias.any() or (bias.size > 1 and np.ptp(bias) == 0)):
            parameters[names.bias] = rng.normal(0.0, 0.5, bias.shape)
    fitting = (n for n in range(example.samples, FEWEST_SAMPLES - 1, -1) if _distinct_samples(example, n))
    count = next(fitting, example.samples)
    fewer = replace(example, X=example.X[:count], Y=example.Y[:count], parameters=parameters)
    return replace(fewer, learning_rate=_distinct_rate(fewer, count))


def _distinct_samples(example: Example, count: int) -> bool:
    """Whether N is none of the numbers that another factor or size could be taken for."""
    sizes = example.architecture.sizes
    return count not in {*sizes, 1, 2, 4, 2 * sizes[-1], sizes[-1] / 2}


def _distinct_rate(example: Example, count: int) -> float:
    """The example's learning rate, or one that is no factor by which a gradient is often wrong."""
    outputs = example.architecture.sizes[-1]
    factors = {1.0, 2.0, 0.5, *(f for n in (count, outputs) for f in (n, 1 / n, 2 / n, n / 2))}
    for rate in (example.learning_rate, *RATES):
        nearest = min(abs(np.log(rate / factor)) for factor in factors)
        if SMALLEST_RATE <= rate <= LARGEST_RATE and nearest > 0.01:
            break
    return rate


def _draw(example: Example, rng: np.random.Generator, count: int) -> Example:
    """Draw inputs, targets and weights of order 1 at any width, so that no sigmoid is flat."""
    parameters = Parameters(example.architecture)
    for fan_in, weight, bias in zip(
        example.architecture.sizes, parameters.weights, parameters.biases, strict=False
    ):
        weight[...] = rng.normal(0.0, 1.5 / np.sqrt(fan_in), weight.shape)
        if bias is not None:
            bias[...] = rng.normal(0.0, 0.5, bias.shape)
    X = rng.normal(0.0, 1.0, (count, example.architecture.sizes[0]))
    _wake(parameters, X)
    return replace(
        example,
        X=X,
        Y=_targets(example, rng, count),
        parameters={name: tensor.copy() for name, tensor in parameters.named()},
        learning_rate=_distinct_rate(example, count),
    )


def _wake(parameters: Parameters, X: Array) -> None:
    """See to it that relu units are active at some samples, and where they have biases not at all of them.

    By chance alone a deep network, or a wide one, hardly ever is so.
    """
    architecture, named = parameters.architecture, dict(parameters.named())
    for layer, names in enumerate(architecture.names()[:-1] if architecture.activation == "relu" else ()):
        pre = reference.forward(architecture, named, X)[0][layer]
        least, most = pre.min(axis=0), pre.max(axis=0)
        if architecture.bias:
            alike = (least > 0) | (most <= 0)
            named[names.bias][alike] -= (least + most)[alike] / 2
        else:
            named[names.matrix][most <= 0] *= -1


def _targets(example: Example, rng: np.random.Generator, count: int) -> Array:
    outputs = example.architecture.sizes[-1]
    if example.architecture.output == "softmax":
        return np.eye(outputs)[rng.integers(0, outputs, count)]
    return rng.uniform(0.05, 0.95, (count, outputs))
