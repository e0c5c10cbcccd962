"""How far rounding alone may carry a quantity of the network from its reference, entry by entry."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.gradcheck import reference
from bpcli.gradcheck.numerical import COMPLEX_STEP, Derivatives
from bpcli.network import Array
from bpcli.network.example import Example

Bound = tuple[Array, Array]  # M and E: the entry without cancellation, and what rounding may add up to
LAMBDA = 4.0  # units of rounding for an elementary function, and per √n for a sum of n terms
BEND = {"sigmoid": 1.0, "tanh": 2.0, "relu": 0.0, "identity": 0.0, "softmax": 0.0}  # |g″| ≤ BEND · g′


@dataclass(frozen=True, eq=False)
class _LayerRounding:
    """One layer of the reference's forward pass, and E of its quantities, each shaped as the quantity."""

    x: Array
    weight: Array
    terms: Array  # |x| |V|ᵀ + |bias|
    pre: Array
    out: Array
    derivative: Array
    steepest: Array  # g′, or 1 where rounding may carry relu over its kink
    e_x: Array
    e_pre: Array
    e_out: Array
    e_derivative: Array


def rounding_bounds(example: Example, numeric: Derivatives, dtype: np.dtype[Any]) -> dict[str, Bound]:
    """Bound the rounding error of every quantity and of the mean loss, entry by entry, from absolute values.

    ε is that of the precision plus that of the oracle (float64), λ = 4, and a sum of n terms errs by λε√n times
    the sum of their absolute values, its errors being as good as independent (Higham and Mary 2019). With
    E(x) = 0, upwards and then downwards:

        E(a)  = λε√d (|x| |V|ᵀ + |bias|) + E(x) |V|ᵀ          E(h) = g′ E(a) + λε |h|
        E(g′) = BEND (g′ E(a) + λε (|h| + g′))                 and 1 for relu where |a| ≤ E(a)
        E(∇z) = (E(z) + λε |z - y|) / N                        or K (E(b) + λε) / N, K = |y / z| + |(1-y) / (1-z)|
        E(δ)  = g′ E(∇h) + |∇h| E(g′) + λε |δ|                 or E(∇z) of the left, where δ = (z - y) / N
        E(∇V) = λε√N |δ|ᵀ|x| + E(δ)ᵀ|x| + |δ|ᵀE(x)             M(∇V) = |δ|ᵀ|x|
        E(∇x) = λε√d |δ| |V| + E(δ) |V|                        M(∇x) = |δ| |V|
        E(ℓ)  = λε√N S                                         S = |ℓ| + Σ |δ| (|x| |V|ᵀ + |bias|)

    Central differences err by λε S / h more, S being what their losses are summed from. Everything comes from the
    reference and the *numeric* ∇h: what is checked has no say in its own bound.
    """
    wide = LAMBDA * float(np.finfo(np.float64).eps)
    eps = LAMBDA * float(np.finfo(dtype).eps) + wide
    # What underflow may take: the oracle's numbers are smaller than the derivative by two factors of its step.
    tiny = float(np.finfo(dtype).tiny) + float(np.finfo(np.float64).tiny) / COMPLEX_STEP**2
    largest = float(np.finfo(dtype).max)
    true, N = numeric.tensors, example.samples
    upwards = _upwards(example, eps, tiny, largest)
    top = upwards[-1]
    error = abs(top.out - example.Y)
    delta, e_delta = error / N, (top.e_out + eps * error) / N
    cross_entropy = example.architecture.loss == "cross_entropy"
    e_grad = _cross_entropy_error(example, top, eps, largest) / N if cross_entropy else e_delta
    bounds = {"grad_z": (abs(true["grad_z"]), e_grad)}
    touched = np.zeros((N, 1))
    for names, of in reversed([*zip(example.architecture.names(), upwards, strict=True)]):
        if names.out != "z" or not cross_entropy:
            grad = abs(true[names.grad_out])
            delta, e_delta = of.derivative * grad, of.steepest * e_grad + grad * of.e_derivative
        e_delta = e_delta + eps * delta + tiny
        bounds[names.delta] = delta, e_delta
        bounds[f"input_{names.matrix}"] = abs(of.x), of.e_x
        bounds[names.pre] = of.terms, of.e_pre
        bounds[names.out] = abs(of.out), of.e_out
        bounds[names.derivative] = of.derivative, of.e_derivative
        x, W = abs(of.x), abs(of.weight)
        touched += (delta * of.terms).sum(axis=1, keepdims=True)
        M, carried = delta.T @ x, e_delta.T @ x + delta.T @ of.e_x
        bounds[names.grad_matrix] = M, eps * np.sqrt(N) * M + carried
        M, carried = delta.sum(axis=0), e_delta.sum(axis=0)
        bounds[names.grad_bias] = M, eps * np.sqrt(N) * M + carried
        M = delta @ W
        e_grad = eps * np.sqrt(len(W)) * M + e_delta @ W
        bounds[f"grad_{names.input}"] = M, e_grad
    loss = _loss_terms(example, top)
    if numeric.method == "central":
        all_names = example.architecture.names()
        rows = {name for names in all_names for name in (f"grad_{names.input}", names.delta)}
        for name in true.keys() - {"grad_z"}:
            M, E = bounds[name]
            S = loss + (touched if name in rows else touched.sum())
            bounds[name] = M, E + wide * S / numeric.steps[name]
    S = np.array(loss + touched.sum())
    bounds["loss"] = S, eps * np.sqrt(N) * S + tiny
    return bounds


def _upwards(example: Example, eps: float, tiny: float, largest: float) -> list[_LayerRounding]:
    """E through the forward pass, from the first layer to the output."""
    architecture, parameters = example.architecture, example.parameters
    functions = [architecture.activation] * (architecture.depth - 1) + [architecture.output]
    pres, outs = reference.forward(architecture, parameters, example.X)
    found, e_x = [], np.zeros_like(example.X)
    for layer, (names, g) in enumerate(zip(architecture.names(), functions, strict=True)):
        x, pre, out, weight = outs[layer], pres[layer], outs[layer + 1], parameters[names.matrix]
        derivative = reference.activation_derivative(g, pre)
        W, size = abs(weight), abs(out)
        terms = abs(x) @ W.T + (abs(parameters[names.bias]) if architecture.bias else 0.0)
        e_pre = eps * np.sqrt(W.shape[1] + 1) * terms + e_x @ W.T + tiny
        e_pre[terms > largest] = np.inf
        flips = (abs(pre) <= e_pre) & (g == "relu")
        steepest = np.maximum(derivative, flips)
        e_out = steepest * e_pre + eps * size + tiny
        e_derivative = BEND[g] * (derivative * e_pre + eps * (size + derivative)) + flips + tiny
        if g == "softmax":
            # ∂z_j/∂b_k = z_j (δ_jk - z_k), and what is exponentiated is a difference of b and log Σ e^b.
            e_pre = e_pre + eps * (abs(pre).max(axis=-1, keepdims=True) + np.log(len(W)))
            e_out = size * (e_pre + (size * e_pre).sum(axis=-1, keepdims=True) + eps) + tiny
            e_derivative = e_out + eps * derivative  # of z (1-z)
        found.append(
            _LayerRounding(x, weight, terms, pre, out, derivative, steepest, e_x, e_pre, e_out, e_derivative)
        )
        e_x = e_out
    return found


def _cross_entropy_error(example: Example, top: _LayerRounding, eps: float, largest: float) -> Array:
    """N E(∇z): y / z and (1-y) / (1-z) are exponentials of b, so E(b) is their relative error."""
    Y = example.Y
    if example.architecture.output == "softmax":
        exponential = 1 / np.maximum(top.out, np.exp(-700.0))
        K = Y * exponential
    else:
        b = np.clip(top.pre, -700, 700)
        exponential = np.exp(abs(b))
        K = abs(1 - Y) * (1 + np.exp(b)) + abs(Y) * (1 + np.exp(-b))
    return np.where(exponential > largest / 4, np.inf, K * (top.e_pre + eps))


def _loss_terms(example: Example, top: _LayerRounding) -> float:
    """|ℓ|, and with cross-entropy the pre-activations that it is a difference of."""
    terms = abs(float(reference.sample_losses(example.architecture, top.pre, top.out, example.Y).mean()))
    if example.architecture.loss == "cross_entropy":
        terms += float(abs(top.pre).sum()) / example.samples
    return terms
