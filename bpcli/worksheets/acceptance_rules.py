"""The rules that a point must pass to become a worksheet, each with a message that says why it does not.

With u = 10^-digits, the unit of the last digit that is written down:

- no input is zero, and no two are alike where there are at most eight of them;
- no unit is saturated: 0.05 ≤ h ≤ 0.95 for a sigmoid and a softmax, |h| ≤ 0.95 for tanh; a relu is at least ½ away
  from its kink, and at most one unit of a layer is off; what is not squashed is at most 4, before a softmax 2;
- no two units of a layer have the same pre-activation, nor one minus the other's;
- no gradient vanishes: every entry of a δ, and of the gradient of a parameter, is at least max(0.001, u), but for those
  that an inactive relu makes zero;
- no two rows of a gradient are alike when rounded, nor one minus the other, but for a softmax of two outputs, whose δ
  add up to zero;
- mistakes show: each one that the sizes allow changes a number of its blank by at least min(3u, 0.0003), and two that
  could be made in the same blank differ by as much. Excused is, in deeper networks and chains of single units, an
  update through a W that has moved: there it shows in ∇h; and in deeper networks every one below four digits.
  What goes through the step α∇ need not show more than the step does: below α = ½ the bound is 2α-fold for a moved W
  and after the update, and (2α)²-fold for both at once.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from bpcli.network import Architecture, Array, Parameters
from bpcli.network.example import Example
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.chain import given, steps

SQUASHED = 0.05  # how far a sigmoid stays from 0 and 1
LARGEST = 4.0  # of what is not squashed
KINK = 0.5
SPREAD = 2.0  # of the pre-activations of a softmax
LIMITS = {
    "sigmoid": np.log(1 / SQUASHED - 1), "tanh": np.arctanh(1 - SQUASHED), "identity": LARGEST, "softmax": SPREAD,
}  # fmt: skip
VISIBLE = 1e-3
SHOWS = 3  # units of the last digit
SHOWS_AT_MOST = 3e-4
SHALLOW = 2  # layers of weights of the networks whose every mistake shows at two and three digits
ENOUGH_DIGITS = 4
USUAL_RATE = 0.5
THROUGH_STEP = frozenset({"updated-first", "raw-and-updated"})
SAME = 1e-9  # formulas that agree so well at a point of no special numbers are the same there by their shapes


def faults(example: Example, digits: int) -> Iterator[str]:
    """Yield every reason against a point, in words; the cheap ones first, and nothing for a good point."""
    network = example.network()
    network.forward(example.X)
    architecture = example.architecture
    yield from _about_inputs(example.X[0])
    for names, layer in zip(architecture.names(), network.layers, strict=True):
        if len(np.unique(np.abs(layer.pre))) < layer.pre.size:
            yield f"{names.pre} has two entries of one size"
        last = layer is network.layers[-1]
        activation = architecture.output if last else architecture.activation
        if not reachable(activation, layer.pre[0]).all() or not _moderate(activation, layer.out[0]):
            yield f"{names.out} has a unit that is saturated, too large or near its kink"
    values = core_values(example) | given(example)
    yield from _about_gradients(architecture, values, digits)
    if architecture.depth <= SHALLOW or digits >= ENOUGH_DIGITS:
        yield from _about_mistakes(example, values, digits)


def reachable(activation: str, pre: Array, *, others_off: bool = False) -> Array:
    """Which pre-activations leave a unit where it should be, in a layer in which another one may be off."""
    if activation == "relu":
        on = (pre >= KINK) & (pre <= LARGEST)
        fine: Array = on | (pre <= -KINK) & (pre >= -LARGEST) & (not others_off)
        return fine
    return np.asarray(np.abs(pre) <= LIMITS[activation])


def _moderate(activation: str, out: Array) -> bool:
    """What can only be said of a whole layer."""
    if activation == "softmax":
        return bool((out >= SQUASHED).all() and (out <= 1 - SQUASHED).all())
    return activation != "relu" or int(np.count_nonzero(out == 0)) <= min(1, len(out) - 1)


def _about_inputs(x: Array) -> Iterator[str]:
    if not x.all():
        yield "an input is zero"
    if len(x) <= 8 and len(set(x)) < len(x):
        yield "two inputs are alike"


def _about_gradients(architecture: Architecture, values: dict[str, Array], digits: int) -> Iterator[str]:
    least = max(VISIBLE, 10.0**-digits)
    active = np.ones(architecture.sizes[0], bool)  # the inputs of a layer that are not switched off
    for names in architecture.names():
        inputs, active = active, values[names.derivative] != 0
        delta = values[names.delta][active]
        matrix = values[names.grad_matrix][np.ix_(active, inputs)]
        if np.abs(delta).min() < least or np.abs(matrix).min() < least:
            yield f"{names.grad_matrix} or {names.delta} has an entry too small to show"
        if architecture.output == "softmax" and names.derivative == "Omega" and len(delta) == 2:
            continue  # the two add up to zero
        rows = np.round(values[names.grad_matrix], digits)
        if any(
            np.array_equal(rows[i], sign * rows[j])
            for i in range(len(rows))
            for j in range(i)
            for sign in (1, -1)
        ):
            yield f"{names.grad_matrix} has two rows alike"


def _about_mistakes(example: Example, values: dict[str, Array], digits: int) -> Iterator[str]:
    least = min(SHOWS * 10.0**-digits, SHOWS_AT_MOST)
    excused = example.architecture.depth > SHALLOW or max(example.architecture.sizes[1:]) == 1
    alike = _alike_by_shape(example.architecture, example.learning_rate)
    for name, first, second, distance in _distances(example, values):
        if excused and name.startswith("new_") and "updated-first" in (first, second):
            continue
        times = bool(THROUGH_STEP & {first, second}) + name.startswith(("new_", "loss_after"))
        limit = least * min(1.0, example.learning_rate / USUAL_RATE) ** times
        if distance < limit and (name, first, second) not in alike:
            yield f"in {name}, {first} cannot be told from {second}"


def _distances(example: Example, values: dict[str, Array]) -> Iterator[tuple[str, str, str, float]]:
    """How far apart the formulas for a blank are, the right one among them: the largest over its entries."""
    for step in steps(example):
        results = [("what is right", values[step.name])]
        results += [(mistake.kind, mistake.wrong(values)) for mistake in step.mistakes]
        for i, (first, one) in enumerate(results):
            for second, other in results[:i]:
                if first != second:  # two forms of one mistake
                    yield step.name, first, second, float(np.abs(one - other).max())


@lru_cache(maxsize=64)
def _alike_by_shape(architecture: Architecture, learning_rate: float) -> frozenset[tuple[str, str, str]]:
    """The mistakes that are none in a network of such sizes, or the same as another: whatever its numbers."""
    rng = np.random.default_rng(0)
    parameters = Parameters(architecture)
    parameters.flat[...] = rng.uniform(0.2, 0.9, parameters.flat.shape)
    outputs = architecture.sizes[-1]
    target = np.eye(outputs)[:1] if architecture.output == "softmax" else rng.uniform(0.2, 0.8, (1, outputs))
    point = Example(
        architecture,
        rng.uniform(0.2, 0.9, (1, architecture.sizes[0])),
        target,
        dict(parameters.named()),
        learning_rate,
    )
    values = core_values(point) | given(point)
    return frozenset(
        (name, first, second)
        for name, first, second, distance in _distances(point, values)
        if distance <= SAME
    )
