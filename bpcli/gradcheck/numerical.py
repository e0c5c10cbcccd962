"""Numerical derivatives of the mean loss by every number that it depends on: what an analytic gradient is held to.

The loss differentiated is the one of ``reference``, which shares no code with the network that trains: an error of the
forward pass or of the loss shows as well as one of the backward pass. With a step h:

    complex    f′(θ) = Im f(θ + ih) / h                 nothing is subtracted, so h = 1e-30 costs no digits
    central    f′(θ) = (f(θ + h) - f(θ - h)) / 2h       truncated by O(h²); of the rounding of f, ε/h remains

A perturbed network is not recomputed in full. Moving entry (j, i) of a matrix by m moves column j of its layer's
pre-activations by m x_i, hence column j of the outputs, hence the next pre-activations by the increment
(h_j′ - h_j) W[:, j]; only the layers above that take whole products. Moving an x, h or z of one sample moves that
sample alone. Perturbations run many at a time along the leading axis.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bpcli.gradcheck import reference
from bpcli.network import Architecture, Array
from bpcli.network.example import Example

Method = Literal["complex", "central"]
Mask = NDArray[np.bool_]
Entries = NDArray[np.intp]

COMPLEX_STEP = 1e-30
CENTRAL_STEP = 1e-5  # near ∛ε, where the truncation h² meets the rounding ε/h
# Entries of the widest buffer of a chunk: 256 KB of complex128 stay in a core's own cache.
CHUNK_SIZE = 1 << 14


@dataclass(frozen=True, eq=False)
class Derivatives:
    """The derivatives at one example, each tensor under the name that ``Network.quantities`` gives it, and grad_x.

    Attributes:
        method: how they were taken.
        tensors: grad_z, delta_2, grad_W, grad_bias_W, grad_h, … and grad_x; deltas and what is passed back hold a row
            per sample.
        steps: the step h of every entry.
        left_out: the entries whose differences straddle a kink of relu at every step tried: not comparable.
    """

    method: Method
    tensors: dict[str, Array]
    steps: dict[str, Array]
    left_out: dict[str, Mask]


def default_method(architecture: Architecture) -> Method:
    """Return the complex step where everything is analytic: everywhere but with relu in a hidden layer."""
    return "central" if architecture.activation == "relu" and architecture.depth > 1 else "complex"


def derivatives(
    example: Example, *, method: Method, step: float | None = None, only: Collection[str] | None = None
) -> Derivatives:
    """Differentiate the mean loss, under weight decay c with ½c‖·‖² of the matrices, by each entry of each tensor.

    Without ``step`` each entry moves such that the pre-activations which it acts on move by about 1e-30 at most, or
    by 1e-5 for central differences; where that crosses a kink of relu, a hundredth of it is tried. A ``step`` that is
    given is taken as it is. ``only`` names the tensors wanted; all of them without it. ∇z is always taken by
    the complex step.

    Raises:
        ValueError: if the complex step is asked for with relu in a hidden layer.
    """
    if method == "complex" and default_method(example.architecture) != "complex":
        raise ValueError(
            "the complex step needs analytic functions, and relu has a kink: use the central method"
        )
    found = Derivatives(method, {}, {}, {})
    passes = _ForwardPass(example, np.complex128 if method == "complex" else np.float64)
    for variable in passes.variables():
        if only is None or variable.name in only:
            # ∇z passes no hidden layer: it is analytic even under relu, and costs no digits.
            how, h = ("complex", None) if variable.name == "grad_z" else (method, step)
            values, steps, kinks = _differentiate(variable, example.samples, how, h)
            found.tensors[variable.name] = values.reshape(variable.shape)
            found.steps[variable.name] = steps.reshape(variable.shape)
            found.left_out[variable.name] = kinks.reshape(variable.shape)
    return found


@dataclass(frozen=True)
class _Perturbed:
    """Some perturbed networks: the loss of each sample that moves, K×R, and which relu units are active, K×…."""

    losses: Array
    active: list[Mask]


@dataclass(frozen=True)
class _Variable:
    """A tensor to differentiate with respect to.

    Attributes:
        name: of the derivative.
        shape: of the tensor.
        perturb: perturbs the entries at K flat positions, each in a network of its own, by K moves.
        gain: about how far pre-activations move at most where an entry moves by 1 (for z: how far the arguments of
            logarithms move, relatively); broadcasts to the shape.
        width: how many numbers the widest buffer needs for each perturbation.
    """

    name: str
    shape: tuple[int, ...]
    perturb: Callable[[Entries, Array], _Perturbed]
    gain: Array
    width: int


def _differentiate(
    variable: _Variable, samples: int, method: str, step: float | None
) -> tuple[Array, Array, Mask]:
    """Return the derivatives, their steps, and where they straddle a kink, all of them flat."""
    size = prod(variable.shape)
    values, kinks = np.empty(size), np.zeros(size, np.bool_)
    if step is None:
        move = COMPLEX_STEP if method == "complex" else CENTRAL_STEP
        steps = np.broadcast_to(move / np.maximum(variable.gain, 1e-5), variable.shape).flatten()
    else:
        steps = np.full(size, step)

    def take(entries: Entries) -> None:
        h = steps[entries]
        if method == "complex":
            values[entries] = variable.perturb(entries, 1j * h).losses.imag.sum(axis=1) / h / samples
            return
        above, below = variable.perturb(entries, h), variable.perturb(entries, -h)
        # Each sample's difference first, then the sum: samples that do not move add no rounding.
        values[entries] = (above.losses - below.losses).sum(axis=1) / (2 * h) / samples
        # Below its kinks a relu layer is linear in the entry, so a kink between the two ends shows at the ends.
        kinks[entries] = False
        for over, under in zip(above.active, below.active, strict=True):
            kinks[entries] |= (over != under).reshape(len(entries), -1).any(axis=1)

    def take_all(entries: Entries) -> None:
        length = max(1, CHUNK_SIZE // variable.width)
        for start in range(0, len(entries), length):
            take(entries[start : start + length])

    take_all(np.arange(size))
    if step is None and kinks.any():
        again = np.flatnonzero(kinks)
        steps[again] /= 100
        take_all(again)
    return values, steps, kinks


class _ForwardPass:
    """The forward pass at the example, and the perturbed networks that depart from it; samples in rows as ever."""

    def __init__(self, example: Example, number: Any) -> None:
        self._example, self._number = example, number
        self._architecture = architecture = example.architecture
        self._names = architecture.names()
        self._g: list[str] = [architecture.activation] * (architecture.depth - 1) + [architecture.output]
        self._kinks = architecture.activation == "relu"
        self._Y = example.Y.astype(number)
        parameters = {name: tensor.astype(number) for name, tensor in example.parameters.items()}
        self._W = [parameters[names.matrix] for names in self._names]
        self._bias = [
            parameters[names.bias] if architecture.bias else np.zeros((), number) for names in self._names
        ]
        self._pre, self._x = reference.forward(architecture, parameters, example.X.astype(number))

    def variables(self) -> Iterator[_Variable]:
        """Yield everything to differentiate by, in the order of the backward pass: ∇z, δ², ∇W, ∇h, δ¹, ∇V, ∇x."""
        N, sizes = self._example.samples, self._architecture.sizes
        with np.errstate(divide="ignore"):  # an output that is 0 in this precision has no derivative: NaN
            gain_z = 1 / self._distance_to_pole()
        yield _Variable("grad_z", self._Y.shape, self._by_output, gain_z, sizes[-1])
        gain = 1.0  # how far pre-activations above a layer move, about, where those of the layer move by 1
        for layer, names in reversed([*enumerate(self._names)]):
            W, x, above = self._W[layer], self._x[layer], sizes[layer + 1 :]
            by_pre = partial(self._by_pre, layer)
            yield _Variable(names.delta, self._pre[layer].shape, by_pre, np.array([gain]), max(above))
            width = N * max(above[1:] or above)
            by_matrix = partial(self._by_weight, layer, x, W)
            yield _Variable(names.grad_matrix, W.shape, by_matrix, gain * abs(x).max(axis=0), width)
            if self._architecture.bias:
                by_bias = partial(self._by_weight, layer, np.ones((N, 1), self._number), None)
                yield _Variable(names.grad_bias, W.shape[:1], by_bias, np.array([gain]), width)
            by_input = partial(self._by_input, layer)
            yield _Variable(f"grad_{names.input}", x.shape, by_input, gain * abs(W).max(axis=0), max(above))
            gain = max(1.0, gain * float(np.linalg.norm(W, axis=1).max()))

    def _activated(self, layer: int, pre: Array) -> Array:
        out: Array = reference.activation(self._g[layer], pre)
        return out

    def _upwards(self, start: int, pre: Array, Y: Array, active: Collection[Mask] = ()) -> _Perturbed:
        """Go on from perturbed pre-activations (K×R×d) of layer ``start`` to the losses."""
        seen, last = [*active], len(self._W) - 1
        for layer in range(start, last):
            if self._kinks:
                seen.append(pre > 0)
            out = self._activated(layer, pre)
            rows = out.reshape(-1, out.shape[-1]) @ self._W[layer + 1].T  # one product, not K of them
            pre = rows.reshape(*out.shape[:-1], -1) + self._bias[layer + 1]
        # Only the squared error looks at z: cross-entropy is computed from b.
        z = self._activated(last, pre) if self._architecture.loss == "squared_error" else pre
        return _Perturbed(reference.sample_losses(self._architecture, pre, z, Y), seen)

    def _by_weight(
        self, layer: int, x: Array, matrix: Array | None, entries: Entries, moves: Array
    ) -> _Perturbed:
        """Move weights of the inputs x (of the constant 1 if they are biases; those bear no penalty)."""
        j, i = np.divmod(entries, x.shape[1])
        column = self._pre[layer].T[j] + moves[:, None] * x.T[i]  # K×N
        if layer == len(self._W) - 1:
            pre = np.repeat(self._pre[layer][None], len(entries), axis=0)
            pre[np.arange(len(entries)), :, j] = column
            found = self._upwards(layer, pre, self._Y)
        else:
            increment = self._activated(layer, column) - self._x[layer + 1].T[j]  # K×N   h_j′ - h_j
            pre = increment[..., None] * self._W[layer + 1].T[j, None]  # K×N×d
            pre += self._pre[layer + 1]
            found = self._upwards(layer + 1, pre, self._Y, [column > 0] if self._kinks else [])
        if matrix is not None and self._example.weight_decay:
            # The other entries' share of the penalty is the same at θ + h and θ - h.
            penalty = 0.5 * self._example.weight_decay * (matrix.ravel()[entries] + moves) ** 2
            return _Perturbed(found.losses + penalty[:, None], found.active)
        return found

    def _by_input(self, layer: int, entries: Entries, moves: Array) -> _Perturbed:
        """Move inputs of a layer, each in its own sample."""
        n, i = np.divmod(entries, self._x[layer].shape[1])
        pre = self._pre[layer][n] + moves[:, None] * self._W[layer].T[i]  # K×d
        return self._upwards(layer, pre[:, None], self._Y[n, None])

    def _by_pre(self, layer: int, entries: Entries, moves: Array) -> _Perturbed:
        """Move pre-activations of a layer, each in its own sample."""
        n, j = np.divmod(entries, self._pre[layer].shape[1])
        pre = self._pre[layer][n].astype(np.result_type(self._number, moves))  # K×d
        pre[np.arange(len(entries)), j] += moves
        return self._upwards(layer, pre[:, None], self._Y[n, None])

    def _by_output(self, entries: Entries, moves: Array) -> _Perturbed:
        """Move outputs z, each in its own sample.

        Cross-entropy is computed from b and is no function of z in the code; ∇z is that of its definition
        ℓ = -Σ y log z - (1-y) log(1-z), the second half on sigmoid outputs only.
        """
        n, j = np.divmod(entries, self._Y.shape[1])
        z = self._x[-1].astype(moves.dtype)[n]  # K×d
        if self._architecture.loss == "squared_error":
            z[np.arange(len(entries)), j] += moves
            return _Perturbed(reference.sample_losses(self._architecture, z, z, self._Y[n])[:, None], [])
        y = self._Y[n, j]
        losses = -y * np.log(z[np.arange(len(entries)), j] + moves)
        if self._architecture.output == "sigmoid":
            losses -= (1 - y) * np.log(self._complement()[n, j] - moves)
        return _Perturbed(losses[:, None], [])

    def _complement(self) -> Array:
        """Return 1 - z of sigmoid outputs with all its digits, as s(-b)."""
        return self._activated(-1, -self._pre[-1])

    def _distance_to_pole(self) -> Array:
        """How far each output is from the end of (0, 1) where the logarithm has its pole; 1 if there is none."""
        if self._architecture.loss == "squared_error":
            return np.ones(1)
        z: Array = self._x[-1].real
        return np.minimum(z, self._complement().real) if self._architecture.output == "sigmoid" else z
