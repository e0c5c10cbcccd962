"""One layer: its equations, and a buffer of its own for each quantity of its forward and backward pass."""

from dataclasses import dataclass

import numpy as np

from bpcli.network.activations import Activation
from bpcli.network.matmul import MatMul
from bpcli.network.parameters import PIECE_BYTES, Array


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """One layer's parameters, their gradients, and its quantities for a batch of N samples, as views of buffers.

    Shapes, for layer sizes d_in, d_out (… are the leading axes of networks side by side):

    ==============  ==============  ======================================================
    ``weight``      …×d_out×d_in    V, W; a row is a neuron
    ``bias``        …×1×d_out       or None
    ``grad_weight``, ``grad_bias``  ∇V and the gradient of its bias: as ``weight`` and ``bias``
    ``pre``         …×N×d_out       a = V x + bias
    ``out``         …×N×d_out       h = g(a)
    ``derivative``  …×N×d_out       g′(a): the diagonal of Λ (of Ω in the output layer)
    ``grad_out``    …×N×d_out       ∇h: arrives from the layer above
    ``delta``       …×N×d_out       δ = Λ ∇h
    ``samples``     –               N, in the precision of the network
    ``ones``        1×N             the input of a bias, in every sample
    ==============  ==============  ======================================================

    ``weight_T`` and ``delta_T`` are the same numbers transposed; ``pieces`` are ``pre``, ``out`` and ``derivative``
    some rows at a time, as many as stay in a core's own cache.
    """

    g: Activation
    weight: Array
    bias: Array | None
    grad_weight: Array
    grad_bias: Array | None
    pre: Array
    out: Array
    derivative: Array
    grad_out: Array
    delta: Array
    samples: Array
    ones: Array
    weight_T: Array
    delta_T: Array
    pieces: tuple[tuple[Array, Array, Array], ...]

    # fmt: off
    def forward(self, x: Array, matmul: MatMul) -> Array:
        """Fill a, h and Λ for the input x (…×N×d_in), and return h."""
        matmul(x, self.weight_T, out=self.pre)                   # a = V x
        for a, h, derivative in self.pieces:
            if self.bias is not None:
                np.add(a, self.bias, out=a)                      #   + bias_V
            self.g(a, out=h)                                     # h = g(a)
            self.g.derivative(a, h, out=derivative)              # Λ = g′(a)
        return self.out

    def receive(self) -> None:
        """Fill δ from the ∇h that has arrived from above."""
        np.multiply(self.derivative, self.grad_out, out=self.delta)  # δ = Λ ∇h

    def differentiate(self, x: Array, matmul: MatMul) -> None:
        """Fill the gradients of the layer's parameters from its δ and its input."""
        matmul(self.delta_T, x, out=self.grad_weight)            # ∇V = δ xᵀ
        if self.grad_bias is not None:
            matmul(self.ones, self.delta, out=self.grad_bias)    #   the input of a bias is 1

    def pass_back(self, below: "Layer", matmul: MatMul) -> None:
        """Fill ∇h of the layer below."""
        matmul(self.delta, self.weight, out=below.grad_out)      # ∇h = Wᵀ δ
    # fmt: on


class LayerBuffers:
    """The buffers of one layer for up to ``rows`` samples, allocated once."""

    def __init__(
        self,
        g: Activation,
        weight: Array,
        bias: Array | None,
        grad_weight: Array,
        grad_bias: Array | None,
        rows: int,
    ) -> None:
        self._g = g
        self._weight, self._grad_weight = weight, grad_weight
        self._bias, self._grad_bias = _as_row(bias), _as_row(grad_bias)
        *lead, fan_out, _ = weight.shape
        self._pre, self._out, self._derivative, self._grad_out, self._delta = (
            np.zeros((*lead, rows, fan_out), weight.dtype) for _ in range(5)
        )

    def first(self, samples: int) -> Layer:
        """Return the layer for a batch of so many samples: views of the first rows of every buffer."""
        every = np.s_[..., :samples, :]
        pre, out, derivative = self._pre[every], self._out[every], self._derivative[every]
        rows = max(1, PIECE_BYTES // self._pre[..., :1, :].nbytes)
        parts = [np.s_[..., start : start + rows, :] for start in range(0, samples, rows)]
        return Layer(
            g=self._g,
            weight=self._weight,
            bias=self._bias,
            grad_weight=self._grad_weight,
            grad_bias=self._grad_bias,
            pre=pre,
            out=out,
            derivative=derivative,
            grad_out=self._grad_out[every],
            delta=self._delta[every],
            samples=np.array(samples, pre.dtype),
            ones=np.ones((1, samples), pre.dtype),
            weight_T=self._weight.mT,
            delta_T=self._delta[every].mT,
            pieces=tuple((pre[part], out[part], derivative[part]) for part in parts),
        )


def _as_row(bias: Array | None) -> Array | None:
    """View a bias (…×d) as what is added to every row of a batch (…×1×d)."""
    return None if bias is None else bias[..., None, :]
