"""The loss of a network and the update of its parameters, written a second time: what the training code is held to.

Nothing here comes from ``network`` or ``training``: these are the textbook's formulas, short enough to be checked by
reading. They also run in complex arithmetic, where every function branches on the real part only, so that a complex
step differentiates them; and they take leading axes, so that many perturbed networks are computed at once.
"""

from collections.abc import Mapping
from math import cos, pi
from typing import Any

import numpy as np

from bpcli.network import Architecture, Array

Memory = dict[str, Any]


def activation(name: str, a: Array) -> Any:
    """Return g(a); softmax goes over the last axis."""
    if name == "sigmoid":
        return 1 / (1 + np.exp(np.minimum(-a, 700)))  # beyond 709 the exponential overflows
    if name == "tanh":
        return np.tanh(a)
    if name == "relu":
        return a * (a.real > 0)
    if name == "softmax":
        e = np.exp(a - a.real.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    return a


def sample_losses(architecture: Architecture, b: Array, z: Array, Y: Array) -> Any:
    """Return ℓ of each sample (…×N) from b and z = g(b), and the targets Y, all …×N×d_L."""
    if architecture.loss == "squared_error":
        return (0.5 * (Y - z) ** 2).sum(axis=-1)  # ½ ‖y - z‖²
    if architecture.output == "softmax":
        m = b.real.max(axis=-1, keepdims=True)
        log_z = b - m - np.log(np.exp(b - m).sum(axis=-1, keepdims=True))
        return (-Y * log_z).sum(axis=-1)  # -Σ y log z
    positive = b.real > 0
    log_of_sum = np.where(positive, b, 0) + np.log1p(np.exp(np.where(positive, -b, b)))  # log(1 + eᵇ)
    return (log_of_sum - Y * b).sum(axis=-1)  # -Σ y log z + (1-y) log(1-z)


def forward(
    architecture: Architecture, parameters: Mapping[str, Array], X: Array
) -> tuple[list[Array], list[Array]]:
    """Return the pre-activations of each layer, and X (…×N×d0) followed by the output of each layer."""
    pre, out = [], [X]
    for layer, names in enumerate(architecture.names(), start=1):
        a = out[-1] @ parameters[names.matrix].mT
        if architecture.bias:
            a = a + parameters[names.bias][..., None, :]
        pre.append(a)
        out.append(
            activation(architecture.output if layer == architecture.depth else architecture.activation, a)
        )
    return pre, out


def mean_loss(architecture: Architecture, parameters: Mapping[str, Array], X: Array, Y: Array) -> Any:
    """Return the mean loss over the N samples: a number, or one for each network side by side."""
    pre, out = forward(architecture, parameters, X)
    return sample_losses(architecture, pre[-1], out[-1], Y).mean(axis=-1)


def activation_derivative(name: str, a: Array) -> Any:
    """Return g′(a) by the complex step; of softmax the diagonal ∂z_j/∂b_j."""
    if name != "softmax":
        return activation(name, a + 1e-30j).imag / 1e-30
    step = 1e-30j * np.eye(a.shape[-1])
    z = activation(name, a[..., None, :] + step)  # …×d×d: row j has moved b_j
    return np.diagonal(z.imag, axis1=-2, axis2=-1) / 1e-30


def update(rule: Any, memory: Memory, theta: Array, g: Array, rate: Any) -> Any:
    """Return θ after one step along g. ``rule`` has the settings of the optimiser; ``memory`` starts empty."""
    t = memory["t"] = memory.get("t", 0) + 1
    if rule.name == "sgd":
        v = memory["v"] = rule.momentum * memory.get("v", 0 * g) + g
        return theta - rate * v
    m = memory["m"] = rule.beta1 * memory.get("m", 0 * g) + (1 - rule.beta1) * g
    v = memory["v"] = rule.beta2 * memory.get("v", 0 * g) + (1 - rule.beta2) * g**2
    m_hat, v_hat = m / (1 - rule.beta1**t), v / (1 - rule.beta2**t)
    return theta - rate * m_hat / (np.sqrt(v_hat) + rule.epsilon)


def scheduled_rate(schedule: Any, initial: float, epoch: int, epochs: int) -> float:
    """Return the learning rate of an epoch, counted from 1."""
    done = epoch - 1
    if schedule.name == "step":
        return float(initial * schedule.factor ** (done // schedule.every))
    if schedule.name == "cosine":
        return float(schedule.minimum + (initial - schedule.minimum) * 0.5 * (1 + cos(pi * done / epochs)))
    return initial
