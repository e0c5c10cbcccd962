"""The buffers of one layer: each quantity of its forward and backward pass has a place of its own."""

import numpy as np

from bpcli.network.activations import Activate
from bpcli.network.parameters import Array


class Layer:
    """One layer's parameters, their gradients, and its quantities for the batch at hand.

    Shapes, for N samples and layer sizes d_in, d_out (… are the leading axes of networks side by side):

    ==============  ==============  ======================================================
    ``weight``      …×d_out×d_in    V, W; a row is a neuron
    ``bias``        …×d_out         or None
    ``x``           …×N×d_in        the input, or the output of the layer below
    ``pre``         …×N×d_out       a = V x + bias
    ``out``         …×N×d_out       h = g(a)
    ``slope``       …×N×d_out       g′(a): the diagonal of Λ (of Ω in the output layer)
    ``grad_out``    …×N×d_out       ∇h: arrives from the layer above
    ``delta``       …×N×d_out       δ = Λ ∇h
    ``grad_weight``, ``grad_bias``  ∇V and its bias: shaped as ``weight`` and ``bias``
    ==============  ==============  ======================================================
    """

    BATCH_QUANTITIES = ("pre", "out", "slope", "grad_out", "delta")

    x: Array
    pre: Array
    out: Array
    slope: Array
    grad_out: Array
    delta: Array

    def __init__(
        self,
        weight: Array,
        bias: Array | None,
        grad_weight: Array,
        grad_bias: Array | None,
        activate: Activate,
        rows: int,
    ) -> None:
        self.weight, self.bias = weight, bias
        self.grad_weight, self.grad_bias = grad_weight, grad_bias
        self.activate = activate
        *lead, fan_out, _ = weight.shape
        self._buffers = {
            name: np.zeros((*lead, rows, fan_out), weight.dtype) for name in self.BATCH_QUANTITIES
        }
        self.use(rows)

    def use(self, samples: int) -> None:
        """Turn every batch quantity into a view of the first ``samples`` rows of its buffer."""
        for name, buffer in self._buffers.items():
            setattr(self, name, buffer[..., :samples, :])
