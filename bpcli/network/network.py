"""The forward and the backward pass: the mathematics of bpcli, on one screen.

For one hidden layer these are the equations of the sheet, with the N samples of a batch in rows:

    A = X Vᵀ    H = s(A)         ∇Z = (Z - Y)/N     ∇W = (Ω ∇Z)ᵀ H
    B = H Wᵀ    Z = s(B)         ∇H = (Ω ∇Z) W      ∇V = (Λ ∇H)ᵀ X

Each layer keeps its own local derivative (Λ, Ω) on the way up and multiplies it into what the layer above passes
back, so the same loop serves any number of layers. ``docs/backprop.md`` derives every line.
"""

import numpy as np

from bpcli.network.activations import ACTIVATIONS, OUTPUTS
from bpcli.network.layer import Layer
from bpcli.network.losses import LOSSES
from bpcli.network.parameters import Array, Parameters
from bpcli.network.products import Product


class Network:
    """Parameters, their gradients and every quantity between them, in buffers that are allocated once.

    ``rows`` is the largest batch. ``parameters`` may carry leading axes (many networks side by side) and may be
    complex (for a complex step); ``product`` is the matrix product used throughout. Two networks may share their
    parameters: one trains on batches of 32 while another evaluates a thousand rows at a time.
    """

    def __init__(self, parameters: Parameters, rows: int, product: Product = np.matmul) -> None:
        self.architecture = parameters.architecture
        self.parameters = parameters
        self.gradients = Parameters(parameters.architecture, parameters.dtype, parameters.lead)
        self.rows = rows
        self._product = product
        self._loss = LOSSES[self.architecture.output, self.architecture.loss]
        hidden = ACTIVATIONS[self.architecture.activation]
        self.layers = [
            Layer(weight, bias, grad_weight, grad_bias, hidden, rows)
            for weight, bias, grad_weight, grad_bias in zip(
                parameters.weights,
                parameters.biases,
                self.gradients.weights,
                self.gradients.biases,
                strict=True,
            )
        ]
        self.layers[-1].activate = OUTPUTS[self.architecture.output]
        self._downwards = list(zip(self.layers, [None, *self.layers], strict=False))[::-1]
        self._targets: Array | None = None

    # fmt: off
    def forward(self, X: Array) -> Array:
        """Compute every layer's quantities for X (N×d0, N ≤ ``rows``) and return z (…×N×d_L), a view."""
        x = X                                                              # …×N×d0
        for layer in self.layers:
            layer.use(X.shape[-2])
            layer.x = x
            self._product(x, layer.weight.mT, out=layer.pre)               # …×N×d1   a = V x
            if layer.bias is not None:
                layer.slope[...] = layer.bias[..., None, :]                #            (spread out first: see softmax)
                layer.pre += layer.slope                                   #            + bias_V
            layer.activate(layer.pre, layer.out, layer.slope)              # …×N×d1   h = s(a), Λ = h(1-h)
            x = layer.out
        return x

    def backward(self, Y: Array) -> None:
        """Fill the gradients of the mean loss over the batch of the last forward pass; Y is N×d_L."""
        self._targets = Y
        self._loss.delta(self.layers[-1], Y)                               # …×N×d2   δ = Ω ∇z (losses.py)
        for layer, below in self._downwards:
            self._product(layer.delta.mT, layer.x, out=layer.grad_weight)  # …×d2×d1  ∇W = Ω ∇z hᵀ
            if layer.grad_bias is not None:
                layer.delta.sum(axis=-2, out=layer.grad_bias)              # …×d2     the row weights of input 1
            if below is not None:
                self._product(layer.delta, layer.weight, out=below.grad_out)       # …×N×d1   ∇h = Wᵀ Ω ∇z
                np.multiply(below.slope, below.grad_out, out=below.delta)          # …×N×d1   δ = Λ ∇h

    def loss(self, Y: Array) -> Array:
        """Return the mean loss over the batch of the last forward pass: one number for each network."""
        return self._loss.value(self.layers[-1], Y)
    # fmt: on

    def input_gradient(self) -> Array:
        """Return ∇X = δ V of the last backward pass, …×N×d0: the loss differentiated by the input itself.

        No update needs it, so the backward pass leaves it out; it is worked out here, when somebody asks.
        """
        if self._targets is None:
            raise ValueError("there is no gradient before a forward and a backward pass")
        first = self.layers[0]
        grad_x = np.empty((*first.delta.shape[:-1], first.weight.shape[-1]), first.weight.dtype)
        self._product(first.delta, first.weight, out=grad_x)
        return grad_x

    def quantities(self) -> dict[str, Array]:
        """Return every quantity of the last step by its name: x, V, a, h, Lambda, …, grad_z, delta_2, grad_W.

        Needs a forward and a backward pass before it. The arrays are the network's own buffers and change with
        the next step; Omega and Lambda are the diagonals, a row per sample. Batch gradients (grad_z, grad_h, the
        deltas) hold a row per sample with the 1/N of the mean included. Under softmax, Omega is the diagonal of
        the Jacobian diag(z) - z zᵀ.
        """
        if self._targets is None:
            raise ValueError("there are no quantities before a forward and a backward pass")
        # With cross-entropy the step itself needs only δ; ∇z is worked out here, when somebody asks.
        self._loss.gradient(self.layers[-1], self._targets)
        named: dict[str, Array] = {"x": self.layers[0].x, "y": self._targets}
        for names, layer in zip(self.architecture.names(), self.layers, strict=True):
            named |= {
                names.matrix: layer.weight,
                names.pre: layer.pre,
                names.out: layer.out,
                names.slope: layer.slope,
                names.grad_out: layer.grad_out,
                names.delta: layer.delta,
                names.grad_matrix: layer.grad_weight,
            }
            if layer.bias is not None and layer.grad_bias is not None:
                named |= {names.bias: layer.bias, names.grad_bias: layer.grad_bias}
        return named
