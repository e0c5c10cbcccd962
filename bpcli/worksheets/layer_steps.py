"""The steps of one layer on a student's own numbers: the core's equations, run on what somebody wrote down.

The core computes a whole pass from the given numbers. A sheet is judged from a student's numbers, wrong ones too, and
so the methods of ``bpcli.network.layer.Layer`` are called here one by one, on one sample: vectors have no axis of the
samples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bpcli.mistakes.factors import Work
from bpcli.network import Architecture, Array
from bpcli.network.activations import ACTIVATIONS, OUTPUTS
from bpcli.network.architecture import LayerNames

Values = Mapping[str, Array]
Formula = Callable[[Values], Array]


@dataclass(frozen=True)
class LayerSteps:
    """A layer of a network, each of its quantities a step from the quantities before it.

    ``values`` are the numbers so far by name: vectors (d,) and matrices (d×d_in).
    """

    architecture: Architecture
    index: int
    learning_rate: float

    @cached_property
    def names(self) -> LayerNames:
        """The names of this layer."""
        return self.architecture.names()[self.index]

    @cached_property
    def above(self) -> "LayerSteps":
        """The layer above; there is one unless this is the last."""
        return LayerSteps(self.architecture, self.index + 1, self.learning_rate)

    @property
    def last(self) -> bool:
        """Whether this is the output layer."""
        return self._work.last

    @property
    def activation(self) -> str:
        """The function of this layer."""
        return self._work.activation

    @property
    def squared(self) -> bool:
        """Whether the loss is ½‖y-z‖²."""
        return self.architecture.loss == "squared_error"

    @property
    def squared_sigmoid(self) -> bool:
        """Whether Ω is z(1-z) and belongs into δ."""
        return self.squared and self.architecture.output == "sigmoid"

    @property
    def square(self) -> bool:
        """Whether the matrix of this layer is square."""
        return self.architecture.sizes[self.index] == self.architecture.sizes[self.index + 1]

    def pre(self, values: Values, x: str | None = None) -> Array:
        """a = V x + bias, from the layer's own input or from another quantity."""
        weight, bias = values[self.names.matrix], values.get(self.names.bias)
        pre: Array = self._work.pre_activated(values[x or self.names.input][None], weight, bias)[0]
        return pre

    def out(self, values: Values) -> Array:
        """h = g(a)."""
        return self._work.activated(values[self.names.pre])

    def derivative(self, values: Values) -> Array:
        """g′, the diagonal of Λ, from h: a relu is on where its h is positive."""
        h = values[self.names.out]
        derivative = np.empty_like(h)
        (ACTIVATIONS | OUTPUTS)[self.activation](h.dtype).derivative(h, h, out=derivative)
        return derivative

    def delta(self, values: Values, grad_out: Array | None = None) -> Array:
        """δ = Λ ∇h, with another ∇h if one is given."""
        arrived = values[self.names.grad_out] if grad_out is None else grad_out
        delta: Array = self._work.received(values[self.names.derivative][None], arrived[None])[0]
        return delta

    def grad_matrix(self, values: Values, delta: Array | None = None) -> Array:
        """The gradient of the matrix, with another δ if one is given."""
        return self._gradients(values, delta)[0]

    def grad_bias(self, values: Values, delta: Array | None = None) -> Array:
        """The gradient of the bias."""
        return self._gradients(values, delta)[1]

    def passed_back(self, values: Values, delta: Array | None = None, weight: Array | None = None) -> Array:
        """∇h of the layer below, with another δ or matrix if one is given."""
        delta = values[self.names.delta] if delta is None else delta
        weight = values[self.names.matrix] if weight is None else weight
        grad_out: Array = self._work.passed_back(delta[None], weight)[0]
        return grad_out

    def _gradients(self, values: Values, delta: Array | None) -> tuple[Array, Array]:
        delta = values[self.names.delta] if delta is None else delta
        return self._work.differentiated(delta[None], values[self.names.input][None])

    @cached_property
    def _work(self) -> Work:
        return Work(self.architecture, self.index, {})


def loss_of(architecture: Architecture, z: Array, y: Array) -> Array:
    """ℓ from the outputs as somebody wrote them down; not finite where no logarithm is."""
    if architecture.loss == "squared_error":
        return np.asarray(0.5 * ((y - z) ** 2).sum())
    terms = np.where(y == 0, 0, y * np.log(z))
    if architecture.output == "sigmoid":
        terms = terms + np.where(y == 1, 0, (1 - y) * np.log(1 - z))
    return np.asarray(-terms.sum())
