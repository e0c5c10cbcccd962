"""Generates the numbers of a worksheet: small halves, drawn until the point passes every rule; one for each seed.

The rules of a good point stand in ``acceptance_rules``. 32 seeds in a row cannot share a sheet: every point belongs
to one of 32 classes, by a digest of its numbers, and a seed takes points of only one class, its remainder by 32.
"""

from collections.abc import Callable
from hashlib import blake2b
from zlib import crc32

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.network import Architecture, Array, Parameters
from bpcli.network.activations import activate
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.acceptance_rules import VISIBLE, faults, reachable
from bpcli.worksheets.heading import MOST_DIGITS

EQUAL = np.array([-1.0, -0.5, -0.25, 0.25, 0.5, 1.0])
TENTHS = np.arange(1, 10) / 10
HALVES = np.array([-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0])
CLASSES = 32  # seeds in a row that cannot share a sheet
MOST_TRIES = 16_000
AT_ONCE = 64  # rows of weights drawn for a unit, of which the first that fits is taken
FEWEST_DIGITS = 2
LARGEST_SIZE = 8
MOST_LAYERS = 4


def drawn_point(
    architecture: Architecture, seed: int, *, learning_rate: float = 0.5, digits: int = 4
) -> Example:
    """Return one well-posed point for calculating by hand.

    Weights, biases and inputs are halves from -2 to 2 and not zero; targets are 0 or 1, for identity outputs halves.
    The same architecture, seed, rate and digits give the same point, and 32 seeds in a row give 32 points.

    Raises:
        UsageError: if the seed is negative, the digits are too few or too many, the sizes are nothing for a sheet of
            paper, or no good point was found.
    """
    _check_request(architecture, seed, digits)
    rng = np.random.default_rng(np.random.SeedSequence([seed, _code(architecture)]))
    for _ in range(MOST_TRIES):
        example = _drawn(architecture, rng, learning_rate)
        of_its_own = example is not None and _class(example) == seed % CLASSES
        if example is not None and of_its_own and next(faults(example, digits), None) is None:
            return example
    raise UsageError(
        f"no valid worksheet was found for sizes {'-'.join(map(str, architecture.sizes))} at {digits} digits: units "
        "saturate, gradients vanish, or rows of a gradient are equal. Try another seed, more digits, sigmoid units, or "
        "one hidden layer of two to four units, such as 3-4-2"
    )


def drawn_equal(
    architecture: Architecture, seed: int, *, learning_rate: float = 0.5, digits: int = 4
) -> Example:
    """Return a point whose weights are all equal, for the sheet on why they stay so.

    The weight is ±½ or ±1, or a half of these; inputs are halves and all different, and so are the targets, tenths
    from 0.1 to 0.9. No unit is saturated, and no δ vanishes. The same arguments give the same point, and 32 seeds in
    a row give 32 points.

    Raises:
        UsageError: as ``drawn_point`` does, and for networks that the sheet is not about.
    """
    _check_request(architecture, seed, digits)
    sizes = architecture.sizes
    if architecture.depth != 2 or architecture.bias or architecture.output == "softmax" or min(sizes[1:]) < 2:
        raise UsageError(
            "the sheet on symmetry is about one hidden layer of two units or more, two outputs or more, no biases and "
            "no softmax: leave these options out, or take --sizes 3,2,2"
        )
    rng = np.random.default_rng(np.random.SeedSequence([seed, _code(architecture), 1]))
    for _ in range(MOST_TRIES):
        parameters = Parameters(architecture)
        parameters.flat[...] = rng.choice(EQUAL)
        targets = rng.permutation(TENTHS)[: sizes[-1]]
        example = Example(
            architecture, _inputs(rng, sizes[0])[None], targets[None], dict(parameters.named()), learning_rate
        )
        if _class(example, 20) == seed % CLASSES and _shows_equal(example, digits):
            return example
    raise UsageError(
        f"no valid worksheet was found for sizes {'-'.join(map(str, sizes))}: try another seed, or --sizes 3,2,2"
    )


def _shows_equal(example: Example, digits: int) -> bool:
    """Whether no unit is saturated, and every gradient is large enough to be seen."""
    network = example.network()
    network.forward(example.X)
    architecture, least = example.architecture, max(VISIBLE, 10.0**-digits)
    values = core_values(example)
    activations = (architecture.activation, architecture.output)
    return all(
        reachable(activation, layer.pre[0]).all() and layer.pre[0].all()
        for activation, layer in zip(activations, network.layers, strict=True)
    ) and all(np.abs(values[name]).min() >= least for name in ("delta_1", "delta_2", "grad_V", "grad_W"))


def _check_request(architecture: Architecture, seed: int, digits: int) -> None:
    if seed < 0:
        raise UsageError(f"the seed of a worksheet must be 0 or more, not {seed}")
    if not FEWEST_DIGITS <= digits <= MOST_DIGITS:
        raise UsageError(f"worksheets have {FEWEST_DIGITS} to {MOST_DIGITS} digits, not {digits}")
    _check_sizes(architecture)


def _check_sizes(architecture: Architecture) -> None:
    if architecture.output == "softmax" and architecture.sizes[-1] == 1:
        raise UsageError("a softmax of one output is always 1, and all gradients are zero: take two outputs")
    if max(architecture.sizes) > LARGEST_SIZE or architecture.depth > MOST_LAYERS:
        raise UsageError(
            f"sizes {'-'.join(map(str, architecture.sizes))} are too large to compute by hand; worksheets have at "
            f"most {LARGEST_SIZE} units per layer and {MOST_LAYERS - 1} hidden layers, such as 3-4-2"
        )


def _code(a: Architecture) -> int:
    """A number for an architecture, the same on every machine."""
    return crc32(f"{a.sizes} {a.activation} {a.output} {a.loss} {a.bias}".encode())


def _class(example: Example, steps: int = 2) -> int:
    """The class that a point belongs to, by a digest of its numbers, multiples of 1/``steps``."""
    numbers = [example.X, example.Y, *example.parameters.values()]
    halves = np.rint(np.concatenate([steps * each.ravel() for each in numbers])).astype(np.int8)
    return blake2b(halves.tobytes(), digest_size=1).digest()[0] % CLASSES


def _drawn(architecture: Architecture, rng: np.random.Generator, learning_rate: float) -> Example | None:
    """A point whose units are all where they should be, or None where a unit found no weights."""
    parameters = Parameters(architecture)
    x = h = _inputs(rng, architecture.sizes[0])
    for weight, bias in zip(parameters.weights, parameters.biases, strict=True):
        last = weight is parameters.weights[-1]
        activation = architecture.output if last else architecture.activation
        pre = np.zeros(len(weight))
        for unit in range(len(weight)):
            rows = HALVES[rng.integers(len(HALVES), size=(AT_ONCE, len(h) + 1))]
            offered = rows[:, :-1] @ h
            if bias is not None:
                offered += rows[:, -1]
            fine = reachable(activation, offered, others_off=bool((pre < 0).any()))
            if unit:
                fine &= (np.abs(offered)[:, None] != np.abs(pre[:unit])).all(axis=1)
            if not fine.any():
                return None
            row = int(fine.argmax())
            weight[unit], pre[unit] = rows[row, :-1], offered[row]
            if bias is not None:
                bias[unit] = rows[row, -1]
        if not last:
            h = activate(activation, pre)[0]
    named = dict(parameters.named())
    return Example(architecture, x[None], _targets(rng, architecture)[None], named, learning_rate)


def _inputs(rng: np.random.Generator, count: int) -> Array:
    """Halves that are not zero, all different where there are enough of them."""
    return rng.permutation(HALVES)[:count]


def _targets(rng: np.random.Generator, architecture: Architecture) -> Array:
    outputs = architecture.sizes[-1]
    if architecture.output == "identity":
        halves: Array = rng.choice(HALVES, outputs)
        return halves
    y: Array = rng.integers(0, 2, outputs).astype(np.float64)
    if architecture.output == "softmax":
        y = np.eye(outputs)[rng.integers(outputs)]
    elif outputs > 1 and np.ptp(y) == 0:  # some of either
        y[rng.integers(outputs)] = 1 - y[0]
    return y


DRAWS: dict[Topic, Callable[..., Example]] = {"backprop": drawn_point, "symmetry": drawn_equal}
