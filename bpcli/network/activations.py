"""The activations g, each with its derivative g′ written in its own output, as the sheet does: s′ = s (1-s).

``g(a, out=h)`` fills h = g(a), and ``g.derivative(a, h, out=…)`` fills g′(a), the diagonal of Λ (or Ω). Neither
allocates. All of them run in complex arithmetic too, where they continue the real function analytically, so that a
complex step differentiates exactly this code: NumPy orders complex numbers by their real part first, and so
``minimum`` and ``maximum`` branch on the real part as they should.
"""

from functools import cache
from typing import Any, Protocol

import numpy as np

from bpcli.network.parameters import Array


class Activation(Protocol):
    """One function of the pre-activations, made for one precision."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        """Hold the constants of that precision."""

    def __call__(self, a: Array, /, *, out: Array) -> None:
        """Fill ``out`` (shaped as ``a``, and another array) with h = g(a)."""

    def derivative(self, a: Array, h: Array, /, *, out: Array) -> None:
        """Fill ``out`` with g′(a), given h = g(a)."""


class Sigmoid:
    """s(a) = 1 / (1 + e⁻ᵃ), s′ = s (1-s).

    -a is cut off just below the logarithm of the largest number of the precision, so that e⁻ᵃ never overflows; s is
    smaller there than anything that could be added to it. A small s(a) keeps all its digits.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._one = np.ones((), dtype)  # arrays without axes: a Python number is converted anew in every call
        self._most = _largest_exponent(dtype)

    def __call__(self, a: Array, /, *, out: Array) -> None:
        """Fill h = s(a)."""
        np.negative(a, out=out)
        np.minimum(out, self._most, out=out)
        np.exp(out, out=out)
        np.add(out, self._one, out=out)
        np.reciprocal(out, out=out)

    def derivative(self, _a: Array, h: Array, /, *, out: Array) -> None:
        """Fill h (1-h)."""
        np.subtract(self._one, h, out=out)
        np.multiply(out, h, out=out)


@cache
def _largest_exponent(dtype: np.dtype[Any]) -> Array:
    """Just below the logarithm of the largest number of a precision, which takes longer to find than a small pass."""
    return np.array(0.999 * np.log(np.finfo(dtype).max), dtype)


class Tanh:
    """h = tanh a, g′ = 1 - h²."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._one = np.ones((), dtype)

    def __call__(self, a: Array, /, *, out: Array) -> None:
        """Fill h = tanh a."""
        np.tanh(a, out=out)

    def derivative(self, _a: Array, h: Array, /, *, out: Array) -> None:
        """Fill 1 - h²."""
        np.multiply(h, h, out=out)
        np.subtract(self._one, out, out=out)


class Relu:
    """h = max(a, 0); g′ = 1 where a > 0, else 0 (at the kink too)."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._zero = np.zeros((), dtype)

    def __call__(self, a: Array, /, *, out: Array) -> None:
        """Fill h = max(a, 0)."""
        np.maximum(a, self._zero, out=out)

    def derivative(self, a: Array, _h: Array, /, *, out: Array) -> None:
        """Fill 1 where a > 0, else 0."""
        np.greater(a, self._zero, out=out)


class Identity:
    """h = a, g′ = 1."""

    def __init__(self, _dtype: np.dtype[Any]) -> None:
        pass

    def __call__(self, a: Array, /, *, out: Array) -> None:
        """Fill h = a."""
        np.copyto(out, a)

    def derivative(self, _a: Array, _h: Array, /, *, out: Array) -> None:
        """Fill 1."""
        out.fill(1)


class Softmax:
    """z = e^b / Σ e^b over the last axis; its derivative here is z (1-z), the diagonal of diag(z) - z zᵀ.

    The largest b is subtracted first, which changes nothing but keeps every exponent ≤ 0.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._sigmoid = Sigmoid(dtype)  # whose derivative has the same formula
        self._numbers = np.empty(0, dtype)

    def __call__(self, b: Array, /, *, out: Array) -> None:
        """Fill z = e^b / Σ e^b."""
        column = self._column(b)
        np.max(b, axis=-1, keepdims=True, out=column)
        np.subtract(b, column, out=out)
        np.exp(out, out=out)
        np.sum(out, axis=-1, keepdims=True, out=column)
        np.divide(out, column, out=out)

    def derivative(self, b: Array, z: Array, /, *, out: Array) -> None:
        """Fill z (1-z)."""
        self._sigmoid.derivative(b, z, out=out)

    def _column(self, b: Array) -> Array:
        """A buffer with a number for each row of ``b``, allocated only where more rows come than ever before."""
        rows = b.size // b.shape[-1]
        if len(self._numbers) < rows:
            self._numbers = np.empty(rows, self._numbers.dtype)
        return self._numbers[:rows].reshape(*b.shape[:-1], 1)


def activate(name: str, a: Array) -> tuple[Array, Array]:
    """Return g(a) and g′(a) of the activation or output of this name, in new arrays."""
    h, derivative = np.empty_like(a), np.empty_like(a)
    g = (ACTIVATIONS | OUTPUTS)[name](a.dtype)
    g(a, out=h)
    g.derivative(a, h, out=derivative)
    return h, derivative


ACTIVATIONS: dict[str, type[Activation]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "identity": Identity,
}
OUTPUTS: dict[str, type[Activation]] = {"sigmoid": Sigmoid, "identity": Identity, "softmax": Softmax}
