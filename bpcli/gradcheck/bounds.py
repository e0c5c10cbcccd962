"""How far rounding alone may carry a gradient from its numerical twin, entry by entry: a bound from absolute values."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.gradcheck.numerical import (
    COMPLEX_STEP,
    Derivatives,
)
from bpcli.network import Array, Network
from bpcli.network.activations import Softmax
from bpcli.network.example import Example
from bpcli.network.layer import Layer

Bound = tuple[Array, Array]  # M and E: the entry without cancellation, and what rounding may add up to
LAMBDA = 4.0  # units of rounding for an elementary function, and per √n for a sum of n terms
BEND = {"sigmoid": 1.0, "tanh": 2.0, "relu": 0.0, "identity": 0.0, "softmax": 0.0}  # |g″| ≤ BEND · g′


@dataclass(frozen=True)
class _Rounding:
    """What rounding may do to the forward pass of one layer: E of its quantities, each shaped as the quantity."""

    layer: Layer
    inputs: Array
    terms: Array  # |x| |V|ᵀ + |bias|
    x: Array
    pre: Array
    out: Array
    slope: Array
    steepest: Array  # g′, or 1 where rounding may carry relu over its kink


def rounding_bounds(example: Example, numeric: Derivatives, dtype: np.dtype[Any]) -> dict[str, Bound]:
    """Bound the rounding error of every gradient, entry by entry, from absolute values.

    ε is that of the precision plus that of the oracle (float64), λ = 4, and a sum of n terms errs by λε√n times
    the sum of their absolute values, its errors being as good as independent (Higham and Mary 2019). With
    E(x) = 0, upwards and then downwards:

        E(a)  = λε√d (|x| |V|ᵀ + |bias|) + E(x) |V|ᵀ          E(h) = g′ E(a) + λε |h|
        E(g′) = BEND (g′ E(a) + λε (|h| + g′))                 and 1 for relu where |a| ≤ E(a)
        E(∇z) = (E(z) + λε |z - y|) / N                        or K (E(b) + λε) / N, K = |y / z| + |(1-y) / (1-z)|
        E(δ)  = g′ E(∇h) + |∇h| E(g′) + λε |δ|                 or E(∇z) of the left, where δ = (z - y) / N
        E(∇V) = λε√N |δ|ᵀ|x| + E(δ)ᵀ|x| + |δ|ᵀE(x)             M(∇V) = |δ|ᵀ|x|
        E(∇x) = λε√d |δ| |V| + E(δ) |V|                        M(∇x) = |δ| |V|

    Central differences err by λε S / h more, S = |ℓ| + Σ |δ| (|x| |V|ᵀ + |bias|) being what their losses are summed
    from. δ follows from the *numeric* ∇h: a gradient has no say in its own bound.
    """
    wide = LAMBDA * float(np.finfo(np.float64).eps)
    eps = LAMBDA * float(np.finfo(dtype).eps) + wide
    # What underflow may take: the oracle's numbers are smaller than the derivative by two factors of its step.
    tiny = float(np.finfo(dtype).tiny) + float(np.finfo(np.float64).tiny) / COMPLEX_STEP**2
    largest = float(np.finfo(dtype).max)
    true, N = numeric.tensors, example.samples
    network = example.network()
    network.forward(example.X)
    upwards = _upwards(network, eps, tiny, largest)
    top = upwards[-1]
    delta, e_delta = abs(top.layer.out - example.Y) / N, (top.out + eps * abs(top.layer.out - example.Y)) / N
    cross_entropy = network.architecture.loss == "cross_entropy"
    e_grad = _cross_entropy_error(top, example.Y, eps, largest) / N if cross_entropy else e_delta
    bounds = {"grad_z": (abs(true["grad_z"]), e_grad)}
    touched = np.zeros((N, 1))
    for names, of in reversed([*zip(network.architecture.names(), upwards, strict=True)]):
        if names.out != "z" or not cross_entropy:
            grad = abs(true[names.grad_out])
            delta, e_delta = of.layer.derivative * grad, of.steepest * e_grad + grad * of.slope
        e_delta = e_delta + eps * delta + tiny
        x, W = abs(of.inputs), abs(of.layer.weight)
        touched += (delta * of.terms).sum(axis=1, keepdims=True)
        M, carried = delta.T @ x, e_delta.T @ x + delta.T @ of.x
        bounds[names.grad_matrix] = M, eps * np.sqrt(N) * M + carried
        M, carried = delta.sum(axis=0), e_delta.sum(axis=0)
        bounds[names.grad_bias] = M, eps * np.sqrt(N) * M + carried
        M = delta @ W
        e_grad = eps * np.sqrt(len(W)) * M + e_delta @ W
        bounds[f"grad_{names.input}"] = M, e_grad
    if numeric.method == "central":
        loss = _loss_terms(network, example.Y)
        for name in true.keys() - {"grad_z"}:
            M, E = bounds[name]
            per_row = name in {f"grad_{names.input}" for names in network.architecture.names()}
            S = loss + (touched if per_row else touched.sum())
            bounds[name] = M, E + wide * S / numeric.steps[name]
    return bounds


def _upwards(network: Network, eps: float, tiny: float, largest: float) -> list[_Rounding]:
    """E through the forward pass, from the first layer to the output."""
    architecture = network.architecture
    functions = [architecture.activation] * (architecture.depth - 1) + [architecture.output]
    found, e_x = [], np.zeros_like(network.inputs[0])
    for layer, x, g in zip(network.layers, network.inputs, functions, strict=True):
        W, slope, size = abs(layer.weight), layer.derivative, abs(layer.out)
        terms = abs(x) @ W.T + (0.0 if layer.bias is None else abs(layer.bias))
        e_pre = eps * np.sqrt(W.shape[1] + 1) * terms + e_x @ W.T + tiny
        e_pre[terms > largest] = np.inf
        flips = (abs(layer.pre) <= e_pre) & (g == "relu")
        steepest = np.maximum(slope, flips)
        e_out = steepest * e_pre + eps * size + tiny
        if g == "softmax":
            # ∂z_j/∂b_k = z_j (δ_jk - z_k), and what is exponentiated is a difference of b and log Σ e^b.
            e_pre = e_pre + eps * (abs(layer.pre).max(axis=-1, keepdims=True) + np.log(len(W)))
            e_out = size * (e_pre + (size * e_pre).sum(axis=-1, keepdims=True) + eps) + tiny
        e_slope = BEND[g] * (slope * e_pre + eps * (size + slope)) + flips + tiny
        found.append(_Rounding(layer, x, terms, e_x, e_pre, e_out, e_slope, steepest))
        e_x = e_out
    return found


def _cross_entropy_error(top: _Rounding, Y: Array, eps: float, largest: float) -> Array:
    """N E(∇z): y / z and (1-y) / (1-z) are exponentials of b, so E(b) is their relative error."""
    if isinstance(top.layer.g, Softmax):
        exponential = 1 / np.maximum(top.layer.out, np.exp(-700.0))
        K = Y * exponential
    else:
        b = np.clip(top.layer.pre, -700, 700)
        exponential = np.exp(abs(b))
        K = abs(1 - Y) * (1 + np.exp(b)) + abs(Y) * (1 + np.exp(-b))
    return np.where(exponential > largest / 4, np.inf, K * (top.pre + eps))


def _loss_terms(network: Network, Y: Array) -> float:
    """|ℓ|, and with cross-entropy the pre-activations that it is a difference of."""
    terms = abs(float(network.loss(Y)))
    if network.architecture.loss == "cross_entropy":
        terms += float(abs(network.layers[-1].pre).sum()) / len(Y)
    return terms
