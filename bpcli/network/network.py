"""The forward and the backward pass: the mathematics of bpcli, on one screen.

For one hidden layer these are the equations of the sheet, with the N samples of a batch in rows:

    A = X Vᵀ    H = s(A)         ∇Z = (Z - Y)/N     ∇W = (Ω ∇Z)ᵀ H
    B = H Wᵀ    Z = s(B)         ∇H = (Ω ∇Z) W      ∇V = (Λ ∇H)ᵀ X

Each layer keeps its own local derivative (Λ, Ω) on the way up and multiplies it into what the layer above passes
back (``layer.py`` has these few equations), so the same loop serves any number of layers. ``docs/backprop.md`` derives
every line.
"""

import numpy as np

from bpcli.network.activations import ACTIVATIONS, OUTPUTS
from bpcli.network.layer import Layer, LayerBuffers
from bpcli.network.losses import LOSSES
from bpcli.network.matmul import MatMul
from bpcli.network.parameters import Array, Parameters


class Network:
    """Parameters, their gradients and every quantity between them, in buffers that are allocated once.

    ``rows`` is the largest batch. ``parameters`` may carry leading axes (many networks side by side) and may be
    complex (for a complex step); ``matmul`` is the matrix product used throughout, by default that of BLAS. Two
    networks may share their parameters: one trains on batches of 32 while another evaluates a thousand rows.

    Attributes:
        layers: the buffers, of the size of the batch of the last forward pass.
        x, y: that batch, and the targets of the last backward pass; None before the first.
    """

    def __init__(self, parameters: Parameters, rows: int, matmul: MatMul | None = None) -> None:
        self.architecture = parameters.architecture
        self.parameters = parameters
        self.gradients = Parameters(parameters.architecture, parameters.dtype, parameters.lead)
        self.rows = rows
        self.x: Array | None = None
        self.y: Array | None = None
        # np.dot does for one network what np.matmul does for many, with less ado for small matrices.
        self._matmul: MatMul = matmul or (np.matmul if parameters.lead else np.dot)
        self._loss = LOSSES[self.architecture.output, self.architecture.loss]
        hidden, last = ACTIVATIONS[self.architecture.activation], OUTPUTS[self.architecture.output]
        activations = [hidden] * (self.architecture.depth - 1) + [last]
        self._buffers = [
            LayerBuffers(g(parameters.dtype), weight, bias, grad_weight, grad_bias, rows)
            for g, weight, bias, grad_weight, grad_bias in zip(
                activations,
                parameters.weights,
                parameters.biases,
                self.gradients.weights,
                self.gradients.biases,
                strict=True,
            )
        ]
        self._views: dict[int, tuple[Layer, ...]] = {}
        self.layers = self._layers_for(rows)

    def forward(self, X: Array) -> Array:
        """Compute every layer's quantities for X (N×d0, N ≤ ``rows``) and return z (…×N×d_L), a view."""
        self.layers = self._layers_for(X.shape[-2])
        self.x = x = X  # N×d0
        for layer in self.layers:
            x = layer.forward(x, self._matmul)  # …×N×d1   a = V x, h = s(a), Λ = h (1-h)
        return x

    def backward(self, Y: Array) -> None:
        """Fill the gradients of the mean loss over the batch of the last forward pass; Y is N×d_L."""
        self.y = Y  # N×d2
        layer = self.layers[-1]
        self._loss.delta(layer, Y)  # …×N×d2   ∇z = (z - y)/N, δ = Ω ∇z
        for below in self.layers[-2::-1]:
            layer.differentiate(below.out, self._matmul)  # …×d2×d1  ∇W = δ hᵀ
            layer.pass_back(below, self._matmul)  # …×N×d1   ∇h = Wᵀ δ
            layer = below
            layer.receive()  # …×N×d1   δ = Λ ∇h
        layer.differentiate(self.inputs[0], self._matmul)  # …×d1×d0  ∇V = δ xᵀ

    def loss(self, Y: Array) -> Array:
        """Return the mean loss over the batch of the last forward pass: one number for each network."""
        last = self.layers[-1]
        return self._loss.mean(last.pre, last.out, Y)

    @property
    def inputs(self) -> tuple[Array, ...]:
        """What each layer takes in the last forward pass: X, and the output of each hidden layer."""
        if self.x is None:
            raise ValueError("there are no inputs before a forward pass")
        return (self.x, *(layer.out for layer in self.layers[:-1]))

    def input_gradient(self) -> Array:
        """Return ∇X = δ V of the last backward pass, …×N×d0: the derivative of the loss with respect to the input.

        No update needs it, so the backward pass leaves it out; it is computed here, when somebody asks.
        """
        self._require_passes()
        first = self.layers[0]
        grad_x = np.empty((*first.delta.shape[:-1], first.weight.shape[-1]), first.weight.dtype)
        self._matmul(first.delta, first.weight, out=grad_x)
        return grad_x

    def quantities(self) -> dict[str, Array]:
        """Return every quantity of the last step by its name: x, V, a, h, Lambda, …, grad_z, delta_2, grad_W.

        Needs a forward and a backward pass before it. The arrays are the network's own buffers and change with
        the next step; Omega and Lambda are the diagonals, a row per sample. Batch gradients (grad_z, grad_h, the
        deltas) hold a row per sample with the 1/N of the mean included. Under softmax, Omega is the diagonal of
        the Jacobian diag(z) - z zᵀ.
        """
        x, y = self._require_passes()
        # With cross-entropy the step itself needs only δ; ∇z is computed here, when somebody asks.
        self._loss.gradient(self.layers[-1], y)
        named: dict[str, Array] = {"x": x, "y": y}
        for names, layer in zip(self.architecture.names(), self.layers, strict=True):
            named |= {
                names.matrix: layer.weight,
                names.pre: layer.pre,
                names.out: layer.out,
                names.derivative: layer.derivative,
                names.grad_out: layer.grad_out,
                names.delta: layer.delta,
                names.grad_matrix: layer.grad_weight,
            }
            if layer.bias is not None and layer.grad_bias is not None:
                named |= {names.bias: layer.bias[..., 0, :], names.grad_bias: layer.grad_bias[..., 0, :]}
        return named

    def _require_passes(self) -> tuple[Array, Array]:
        if self.x is None or self.y is None:
            raise ValueError("there are no quantities before a forward and a backward pass")
        return self.x, self.y

    def _layers_for(self, samples: int) -> tuple[Layer, ...]:
        """Return the layers as views of the first rows of their buffers; made once for each size of a batch."""
        if samples not in self._views:
            if samples > self.rows:
                raise ValueError(f"a batch of {samples} does not fit buffers of {self.rows} rows")
            self._views[samples] = tuple(buffers.first(samples) for buffers in self._buffers)
        return self._views[samples]
