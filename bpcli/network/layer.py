"""One layer: a buffer of its own for each quantity of its forward and backward pass."""

from dataclasses import dataclass

import numpy as np

from bpcli.network.activations import Activation
from bpcli.network.parameters import PIECE_BYTES, Array


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """One layer's parameters, their gradients, and its quantities for a batch of N samples, as views of buffers.

    Shapes, for layer sizes d_in, d_out (… are the leading axes of networks side by side):

    ==============  ==============  ======================================================
    ``weight``      …×d_out×d_in    V, W; a row is a neuron
    ``bias``        …×1×d_out       or None
    ``grad_weight``, ``grad_bias``  ∇V (as ``weight``) and the gradient of its bias (…×d_out)
    ``pre``         …×N×d_out       a = V x + bias
    ``out``         …×N×d_out       h = g(a)
    ``derivative``  …×N×d_out       g′(a): the diagonal of Λ (of Ω in the output layer)
    ``grad_out``    …×N×d_out       ∇h: arrives from the layer above
    ``delta``       …×N×d_out       δ = Λ ∇h
    ``samples``     –               N, in the precision of the network
    ``pieces``      –               pre, out and derivative, some rows at a time
    ==============  ==============  ======================================================
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
    pieces: tuple[tuple[Array, Array, Array], ...]
    weight_T: Array  # …×d_in×d_out, a view
    delta_T: Array  # …×d_out×N, a view


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
        self._bias, self._grad_bias = None if bias is None else bias[..., None, :], grad_bias
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
            pieces=tuple((pre[part], out[part], derivative[part]) for part in parts),
            weight_T=self._weight.mT,
            delta_T=self._delta[every].mT,
        )
