"""One layer of an answer beside what is true and what may be wrong with it, at one example."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bpcli.mistakes.candidates import Candidates, Prepared, prepared, single_mistakes
from bpcli.network import Array
from bpcli.network.example import Example

Ids = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LayerView:
    """One layer at one example: what was answered, what is true, and how far rounding may carry it.

    Attributes:
        matrix, bias: the names of its parameters.
        index: of the layer.
        found: the answer by parameter name, in float64 and of the right shapes.
        right: the true gradients of the network by name, decay included.
        rounding: how far rounding alone may move matrix and bias, in units of ε.
    """

    matrix: str
    bias: str
    index: int
    found: dict[str, Array]
    right: dict[str, Array]
    rounding: tuple[Array, Array]
    prepared: Prepared

    @property
    def example(self) -> Example:
        """The point."""
        return self.prepared.example

    @property
    def decay(self) -> Array:
        """The decay term of the matrix."""
        term: Array = self.example.weight_decay * self.example.parameters[self.matrix]
        return term

    def true(self, name: str) -> Array:
        """The true gradient of one parameter."""
        return self.right[name]

    def reduced(self, name: str, tensor: Array) -> Array:
        """The entries of a tensor that are compared: all, or random combinations of the columns of a wide matrix."""
        sketch = self.prepared.sketch(self.index)
        return tensor if name == self.bias or sketch is None else tensor @ sketch

    def singles(self) -> Candidates:
        """What each single mistake makes of this layer; the right gradients come first."""
        return single_mistakes(self.prepared, self.index)


@lru_cache(maxsize=64)
def true_gradients(example: Example) -> dict[str, Array]:
    """The gradient of the objective at an example, by the parameter's name, decay included; computed once for each."""
    found: dict[str, Array] = {}
    for names, layer in zip(example.architecture.names(), example.stepped().layers, strict=True):
        found[names.matrix] = layer.grad_weight + example.weight_decay * example.parameters[names.matrix]
        if layer.grad_bias is not None:
            found[names.bias] = layer.grad_bias[0].copy()
    return {name: found[name] for name in example.parameters}


def layer_views(example: Example, answer: Mapping[str, Array]) -> list[LayerView]:
    """Set an answer beside the true gradients of each layer, the output layer first."""
    base = prepared(example)
    views = []
    for index in reversed(range(example.architecture.depth)):
        work = base.work(index)
        names = work.names
        found = {n: answer[n].astype(np.float64) for n in (names.matrix, names.bias) if n in answer}
        rounding = _rounding(base, index)
        views.append(
            LayerView(names.matrix, names.bias, index, found, true_gradients(example), rounding, base)
        )
    return views


def _rounding(base: Prepared, index: int) -> tuple[Array, Array]:
    """How far rounding alone may move matrix and bias of a layer, in units of ε.

    The errors of z - y are those of z and y, however small their difference is, so |z| + |y| stands for |e|; the
    error of z(1-z) is that of 1, however close z is to it. From there on absolute values go through the
    products that the gradients go through.
    """
    work = base.work(base.example.architecture.depth - 1)
    error = np.abs(work.out) + np.abs(work.values["y"])
    squared = base.example.architecture.loss == "squared_error"
    noise = np.abs(work.derivative) * error + np.abs(work.error) if squared else error
    while work.index > index:
        below = base.work(work.index - 1)
        passed = work.passed_back(noise, np.abs(work.weight))
        exact = work.passed_back(np.abs(work.delta), np.abs(work.weight))
        noise = np.abs(below.derivative) * passed + exact
        work = below
    return work.differentiated(noise, np.abs(work.input))
