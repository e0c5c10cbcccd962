"""A forward and backward pass at an example, right or with mistakes made on purpose: the core with factors replaced."""

from collections.abc import Sequence

import numpy as np

from bpcli.mistakes.edits import derivative_counts
from bpcli.mistakes.factors import Edit, Factor, Work
from bpcli.network import Array
from bpcli.network.example import Example

F = Factor
Placed = tuple[Edit, int]  # an edit, and the index of the layer that it is made at


def run(example: Example, forward: Sequence[Placed] = ()) -> dict[str, Array]:
    """Return every quantity of bpcli's own pass as ``Work`` takes them, with mistakes of the forward pass if any.

    Rows of samples are without the 1/N of the mean; gradients of parameters have it, and no decay.
    """
    network = example.network()
    network.forward(example.X)
    x = example.X
    values: dict[str, Array] = {"x": example.X, "y": example.Y, **example.parameters}
    for index, (names, layer) in enumerate(zip(example.architecture.names(), network.layers, strict=True)):
        layer.forward(x, np.matmul)
        values |= {names.input: x, names.pre: layer.pre, names.out: layer.out}
        for edit, _ in (placed for placed in forward if placed[1] == index):
            new = edit.value(Work(example.architecture, index, values, example.learning_rate))
            if edit.factor is F.PRE:
                layer.pre[...] = new
                layer.g(layer.pre, out=layer.out)
            else:
                layer.out[...] = new
            layer.g.derivative(layer.pre, layer.out, out=layer.derivative)
        x = layer.out
    network.backward(example.Y)
    samples = example.samples
    for names, layer in zip(example.architecture.names(), network.layers, strict=True):
        values |= {
            names.pre: layer.pre,
            names.out: layer.out,
            names.derivative: layer.derivative,
            names.delta: layer.delta * samples,
            names.grad_out: layer.grad_out * samples,
            names.grad_matrix: layer.grad_weight,
        }
    last = example.architecture.names()[-1]
    values[last.grad_out] = values[last.out] - example.Y
    return values


def gradients(example: Example, edits: Sequence[Placed] = ()) -> dict[str, Array]:
    """Return the gradients by parameter name, decay included, with all these mistakes made in one pass."""
    architecture = example.architecture
    values = run(example, [placed for placed in edits if placed[0].factor in (F.PRE, F.OUT)])
    found: dict[str, Array] = {}

    def at(index: int, *factors: Factor) -> list[Edit]:
        return [edit for edit, place in edits if place == index and edit.factor in factors]

    for index in reversed(range(architecture.depth)):
        work = Work(architecture, index, values, example.learning_rate)
        names = work.names
        if not work.last:
            above = work.above
            passed, weight = above.delta, above.weight
            for edit in at(index + 1, F.PASSED):
                passed = edit.value(above)
            for edit in at(index + 1, F.WEIGHT):
                weight = edit.value(above)
            values[names.grad_out] = above.passed_back(passed, weight)
        for edit in at(index, F.ERROR, F.UPSTREAM):
            values[names.grad_out] = edit.value(work)
        derivative = work.derivative
        for edit in at(index, F.DERIVATIVE):
            derivative = edit.value(work)
        if derivative_counts(architecture, index):
            values[names.delta] = work.received(derivative, work.grad_out)
        for edit in at(index, F.DELTA):
            values[names.delta] = edit.value(work)
        x, delta = work.input, work.delta
        for edit in at(index, F.INPUT):
            x = edit.value(work)
        for edit in at(index, F.SAMPLES):
            delta = edit.value(work)
        matrix, bias = work.differentiated(delta, x)
        values[names.grad_matrix] = matrix
        for edit in at(index, F.MATRIX):
            matrix = edit.value(work)
        for edit in at(index, F.BIAS):
            bias = edit.value(work)
        found[names.matrix] = matrix + example.weight_decay * example.parameters[names.matrix]
        found[names.bias] = bias
    return {name: found[name] for name in example.parameters}
