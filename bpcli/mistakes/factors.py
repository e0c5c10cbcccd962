"""What a mistake edits: one named factor of the forward or backward pass, at one layer.

A wrong gradient is the network's own pass with a factor replaced. The equations stand in ``bpcli.network.layer`` and
are called from here with other arrays in the place of the layer's own, so that no formula of ∇W, ∇V or ∇h is written
twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from bpcli.network import Architecture, Array
from bpcli.network.activations import Identity, activate
from bpcli.network.architecture import LayerNames
from bpcli.network.layer import Layer


class Factor(Enum):
    """The factors of a pass, in the order in which a layer uses them; the value is the quantity that each spoils.

    ``PASSED`` and ``WEIGHT`` belong to the layer above: the δ that it passes back and the matrix this goes through.
    """

    PRE = "pre"
    OUT = "out"
    ERROR = "error"
    PASSED = "passed"
    WEIGHT = "weight"
    UPSTREAM = "grad_out"
    DERIVATIVE = "derivative"
    DELTA = "delta"
    SAMPLES = "samples"
    INPUT = "input"
    MATRIX = "grad_matrix"
    BIAS = "grad_bias"


@lru_cache(maxsize=64)
def _names(architecture: Architecture) -> tuple[LayerNames, ...]:
    return architecture.names()


@dataclass(frozen=True, eq=False)
class Work:
    """One layer as somebody has worked it out so far: values by the names of ``Network.quantities``, right or wrong.

    Quantities of samples are …×N×d, a row per sample and without the 1/N of the mean; ``grad_W`` is the mean. The
    leading axes hold alternatives side by side. What is not there yet must not be asked for.

    Attributes:
        index: of the layer, 0 for the one that takes x.
        values: x, y, and V, a, h, Lambda, grad_h, delta_1, grad_V, … as far as they are known.
    """

    architecture: Architecture
    index: int
    values: Mapping[str, Array]
    learning_rate: float = 0.5

    @cached_property
    def names(self) -> LayerNames:
        """The names of this layer's quantities."""
        return _names(self.architecture)[self.index]

    @property
    def above(self) -> "Work":
        """The layer above."""
        return Work(self.architecture, self.index + 1, self.values, self.learning_rate)

    @property
    def last(self) -> bool:
        """Whether this is the output layer."""
        return self.index == self.architecture.depth - 1

    @property
    def activation(self) -> str:
        """The function of this layer."""
        return self.architecture.output if self.last else self.architecture.activation

    @property
    def weight(self) -> Array:
        """The matrix, d×d_in."""
        return self.values[self.names.matrix]

    @property
    def bias(self) -> Array:
        """The bias, d; zeros where the network has none."""
        return self.values.get(self.names.bias, np.zeros(self.weight.shape[-2]))

    @property
    def input(self) -> Array:
        """What the layer takes, N×d_in."""
        return self.values[self.names.input]

    @property
    def pre(self) -> Array:
        """The pre-activations a, N×d."""
        return self.values[self.names.pre]

    @property
    def out(self) -> Array:
        """The activations h, N×d."""
        return self.values[self.names.out]

    @property
    def derivative(self) -> Array:
        """Λ, N×d: the diagonals."""
        return self.values[self.names.derivative]

    @property
    def grad_out(self) -> Array:
        """∇h, N×d: what has arrived from above; z - y in an output layer under squared error."""
        return self.values[self.names.grad_out]

    @property
    def delta(self) -> Array:
        """δ, N×d."""
        return self.values[self.names.delta]

    @property
    def grad_weight(self) -> Array:
        """The gradient of the matrix, d×d_in, the mean over the samples."""
        return self.values[self.names.grad_matrix]

    @property
    def error(self) -> Array:
        """z - y, N×d_L."""
        error: Array = self.values["z"] - self.values["y"]
        return error

    @property
    def samples(self) -> int:
        """N."""
        return len(self.values["x"])

    # The equations of the layer, each with arrays of the caller's in the place of its own.

    def pre_activated(self, x: Array, weight: Array, bias: Array | None) -> Array:
        """a = V x + bias, N×d."""
        pre, out, derivative = np.empty((3, len(x), len(weight)))
        row = None if bias is None else bias[None]
        layer = _with(
            g=_IDENTITY, weight_T=weight.mT, bias=row, pre=pre, pieces=((pre, out, derivative),), out=out
        )
        Layer.forward(layer, x, np.matmul)
        return pre

    def received(self, derivative: Array, grad_out: Array) -> Array:
        """δ = Λ ∇h."""
        delta = np.empty(np.broadcast_shapes(derivative.shape, grad_out.shape))
        Layer.receive(_with(derivative=derivative, grad_out=grad_out, delta=delta))
        return delta

    def differentiated(self, delta: Array, x: Array) -> tuple[Array, Array]:
        """The means of δ xᵀ (…×d×d_in) and of δ (…×d)."""
        delta = delta / delta.shape[-2]
        lead = np.broadcast_shapes(delta.shape[:-2], x.shape[:-2])
        grad_weight = np.empty((*lead, delta.shape[-1], x.shape[-1]))
        grad_bias = np.empty((*delta.shape[:-2], 1, delta.shape[-1]))
        ones = np.ones((1, delta.shape[-2]))
        layer = _with(delta=delta, delta_T=delta.mT, ones=ones, grad_weight=grad_weight, grad_bias=grad_bias)
        Layer.differentiate(layer, x, np.matmul)
        return grad_weight, grad_bias[..., 0, :]

    def passed_back(self, delta: Array, weight: Array) -> Array:
        """∇h = Wᵀ δ of the layer below, …×N×d_in; ``weight`` may be one for each sample, …×N×d×d_in."""
        each = weight.ndim > 2
        rows = delta[..., None, :] if each else delta
        lead = np.broadcast_shapes(rows.shape[:-2], weight.shape[:-2])
        grad_out = np.empty((*lead, rows.shape[-2], weight.shape[-1]))
        Layer.pass_back(_with(delta=rows, weight=weight), _with(grad_out=grad_out), np.matmul)
        return grad_out[..., 0, :] if each else grad_out

    def activated(self, pre: Array) -> Array:
        """g(a)."""
        return activate(self.activation, pre)[0]


def _with(**arrays: Any) -> Layer:
    """A layer that has no more than the arrays that one of its equations takes; there are thousands of them."""
    return cast(Layer, SimpleNamespace(**arrays))


_IDENTITY = Identity(np.dtype(np.float64))

Value = Callable[[Work], Array]
Applies = Callable[[Architecture, int], bool]


@dataclass(frozen=True, eq=False)
class Edit:
    """One factor replaced.

    Attributes:
        mistake: the id of the catalogue's row.
        factor: which.
        words: what stands there, with {a}, {h}, {W} … for the names at the layer.
        value: what the factor becomes, from the earlier quantities. For ``PASSED`` and ``WEIGHT`` the work is that
            of the layer above the one that is spoilt.
        applies: whether it can be made at this layer of the network, by its index.
        move: for a weight that was moved first: the gradient G in W - η G.
    """

    mistake: str
    factor: Factor
    words: str
    value: Value
    applies: Applies
    move: Value | None = None
