"""The activations g, each with its derivative g′ written from its own output, as the sheet does: s′ = s(1-s).

Each function fills two buffers of the shape of ``a`` and allocates nothing: ``h`` becomes g(a) and ``slope``
becomes g′(a), the diagonal of Λ (or Ω). All of them run in complex arithmetic too, where they continue the real
function analytically, so that a complex step differentiates exactly this code: NumPy orders complex numbers by
their real part first, and so ``minimum`` and ``maximum`` branch on the real part as they should.
"""

from collections.abc import Callable

import numpy as np

from bpcli.network.parameters import Array

Activate = Callable[[Array, Array, Array], None]


def sigmoid(a: Array, h: Array, slope: Array) -> None:
    """Fill h = s(a) = 1 / (1 + e⁻ᵃ), slope = h (1-h).

    Computed as e^min(a,0) / (1 + e^-|a|): no exponent is ever positive, so nothing overflows, and a small s(a)
    keeps all its digits. Only a harmless underflow to 0 remains, and it is kept silent.
    """
    with np.errstate(under="ignore"):
        np.negative(a, out=slope)
        np.minimum(a, slope, out=slope)  # -|a|
        np.exp(slope, out=slope)
        slope += 1
        np.minimum(a, 0, out=h)
        np.exp(h, out=h)
        h /= slope
        np.subtract(1, h, out=slope)
        slope *= h


def tanh(a: Array, h: Array, slope: Array) -> None:
    """Fill h with tanh a, slope with 1 - h²."""
    with np.errstate(under="ignore"):
        np.tanh(a, out=h)
        np.multiply(h, h, out=slope)
    np.subtract(1, slope, out=slope)


def relu(a: Array, h: Array, slope: Array) -> None:
    """Fill h = max(a, 0), slope = 1 where a > 0, else 0 (at the kink too)."""
    np.maximum(a, 0, out=h)
    np.greater(a, 0, out=slope)


def identity(a: Array, h: Array, slope: Array) -> None:
    """Fill h = a, slope = 1."""
    h[...] = a
    slope[...] = 1


def softmax(b: Array, z: Array, slope: Array) -> None:
    """Fill z = e^b / Σ e^b over the last axis; slope = z (1-z), the diagonal of the Jacobian diag(z) - z zᵀ.

    The largest b is subtracted first, which changes nothing but keeps every exponent ≤ 0. A column of ``slope`` holds
    that maximum, and then the sum, until the slope itself is written.
    """
    column = slope[..., :1]
    with np.errstate(under="ignore"):
        np.max(b, axis=-1, keepdims=True, out=column)
        np.subtract(b, column, out=z)
        np.exp(z, out=z)
        np.sum(z, axis=-1, keepdims=True, out=column)
        z /= column
        np.subtract(1, z, out=slope)
        slope *= z


ACTIVATIONS: dict[str, Activate] = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu, "identity": identity}
OUTPUTS: dict[str, Activate] = {"sigmoid": sigmoid, "identity": identity, "softmax": softmax}
