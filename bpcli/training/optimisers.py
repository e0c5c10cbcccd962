"""The update: how parameters move along their gradients. In place, in buffers allocated once.

Weight decay c belongs here and not to the reported gradient: the update follows g = ∇ + c·θ for the entries θ of a
matrix and g = ∇ for those of a bias, which is the gradient of the loss plus ½c‖·‖² over the matrices.

For networks side by side, rates, momentum and decay may be arrays with an entry for each network, …×1.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Protocol

import numpy as np

from bpcli.network import Array, Parameters
from bpcli.network.parameters import PIECE_BYTES


class Optimiser(Protocol):
    """What the training loop asks of an update rule."""

    @property
    def slots(self) -> Mapping[str, Array]:
        """The arrays that the rule remembers between steps, by name: with them it can be stopped and resumed."""

    def step(self, learning_rate: float | Array) -> None:
        """Move the parameters once, along the gradients as they stand, which it may write over."""


class _Direction:
    """What the rules move along: g = ∇ + c·θ. Without decay that is ∇ itself, and nothing is copied."""

    def __init__(self, parameters: Parameters, gradients: Parameters, weight_decay: float | Array) -> None:
        self._theta, self._gradient = parameters.flat, gradients.flat
        self.buffer = np.empty_like(self._theta) if np.any(weight_decay) else self._gradient
        self._decay: Array | None = None
        if np.any(weight_decay):
            decay = Parameters(parameters.architecture, parameters.dtype, np.shape(weight_decay)[:-1])
            for weight in decay.weights:
                weight[...] = np.asarray(weight_decay)[..., None]
            self._decay = decay.flat

    def __call__(self) -> Array:
        if self._decay is not None:
            np.multiply(self._decay, self._theta, out=self.buffer)
            self.buffer += self._gradient
        return self.buffer


class Sgd:
    """Stochastic gradient descent: v ← μ v + g, θ ← θ - α v. With μ = 0 that is V ← V - α ∇V.

    Momentum is that of Polyak 1964, in the form of Sutskever et al. 2013 with the rate outside the velocity.

    With μ = 0 nothing needs ∇ after the step, so α ∇ is written over it, and no other array is touched than the
    gradients and the parameters; with decay it is written over g.
    """

    def __init__(
        self,
        parameters: Parameters,
        gradients: Parameters,
        *,
        momentum: float | Array = 0.0,
        weight_decay: float | Array = 0.0,
    ) -> None:
        self._direction = _Direction(parameters, gradients, weight_decay)
        self._momentum = np.asarray(momentum, parameters.dtype)
        self._velocity = np.zeros_like(parameters.flat) if np.any(momentum) else None
        self.slots = {} if self._velocity is None else {"velocity": self._velocity}
        theta = parameters.flat
        v = self._direction.buffer if self._velocity is None else self._velocity
        length = max(1, PIECE_BYTES // theta.itemsize)
        starts = range(0, theta.shape[-1], length)
        pieces = [(theta[..., i : i + length], v[..., i : i + length]) for i in starts]
        move = np.empty_like(pieces[0][1])  # a velocity is needed again in the next step
        self._pieces = [
            (theta, v, v if self._velocity is None else move[..., : v.shape[-1]]) for theta, v in pieces
        ]
        self._dtype = theta.dtype

    def step(self, learning_rate: float | Array) -> None:
        """Move the parameters once, along the gradients as they stand."""
        g = self._direction()
        if self._velocity is not None:
            self._velocity *= self._momentum
            self._velocity += g
        alpha = np.asarray(learning_rate, self._dtype)
        for theta, v, move in self._pieces:
            np.multiply(v, alpha, out=move)
            np.subtract(theta, move, out=theta)


class Adam:
    """Adam: m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g², θ ← θ - α m̂ / (√v̂ + ε), with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).

    Kingma and Ba 2015, algorithm 1.
    """

    def __init__(
        self,
        parameters: Parameters,
        gradients: Parameters,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float | Array = 0.0,
    ) -> None:
        self._theta = parameters.flat
        self._direction = _Direction(parameters, gradients, weight_decay)
        self._beta1, self._beta2, self._epsilon = beta1, beta2, epsilon
        self._m, self._v, self._move = (np.zeros_like(self._theta) for _ in range(3))
        self._t = np.zeros(1, np.int64)
        self.slots = {"m": self._m, "v": self._v, "t": self._t}

    def step(self, learning_rate: float | Array) -> None:
        """Move the parameters once, along the gradients as they stand."""
        self._t += 1
        t = int(self._t[0])
        g = self._direction()
        self._m *= self._beta1
        np.multiply(g, 1 - self._beta1, out=self._move)
        self._m += self._move
        self._v *= self._beta2
        np.multiply(g, g, out=self._move)
        self._move *= 1 - self._beta2
        self._v += self._move
        np.sqrt(self._v, out=self._move)
        self._move /= sqrt(1 - self._beta2**t)
        self._move += self._epsilon
        np.divide(self._m, self._move, out=self._move)
        self._move *= np.asarray(learning_rate / (1 - self._beta1**t), self._theta.dtype)
        self._theta -= self._move
