"""Wrong gradients as people write them, for any activation and loss: an oracle of its own for the catalogue's formulas.

Plain NumPy over the batch, a line for each mistake; nothing of bpcli but the example that holds the numbers.
"""

import numpy as np

SCALES = {
    "sign": lambda e: -1.0,
    "half": lambda e: 2.0,
    "sum-for-mean": lambda e: float(len(e.X)),
    "mean-twice": lambda e: 1 / len(e.X),
    "mean-over-outputs": lambda e: 1 / e.Y.shape[1],
    "rate-included": lambda e: e.learning_rate,
}
DECAYS = {"decay-missing": lambda n: 0.0, "decay-doubled": lambda n: 2.0, "decay-over-n": lambda n: 1 / n}
BIASES = ("bias-frozen", "bias-summed", "bias-from-matrix", "bias-is-value")
ANYWHERE = (*SCALES, *DECAYS, *BIASES, "last-sample", "weight-for-input")
OUTPUT = (
    "no-omega", "extra-omega", "preactivation", "sigmoid-twice", "tanh-derivative", "omega-twice",
    "numeric-of-output", "softmax-slope", *ANYWHERE,
)  # fmt: skip
HIDDEN = (
    "raw-error-back", "no-lambda", "preactivation", "sigmoid-twice", "tanh-derivative", "sigmoid-derivative",
    "updated-first", "w-not-transposed", "gradient-for-weight", "matmul-for-elementwise", "upstream-dropped",
    "slope-of-upstream", "weights-left-out", "bias-column-shifted", *ANYWHERE,
)  # fmt: skip


def s(a):
    """The textbook sigmoid."""
    return 1 / (1 + np.exp(-a))


def activated(name, a):
    """g(a) and g′(a)."""
    if name == "sigmoid":
        return s(a), s(a) * (1 - s(a))
    if name == "tanh":
        return np.tanh(a), 1 - np.tanh(a) ** 2
    if name == "relu":
        return np.maximum(a, 0), (a > 0) * 1.0
    if name == "softmax":
        e = np.exp(a - a.max(axis=1, keepdims=True))
        z = e / e.sum(axis=1, keepdims=True)
        return z, z * (1 - z)
    return a, np.ones_like(a)


def answer(example, output=None, hidden=None):
    """Return the gradients of a network with one hidden layer, with a mistake in either layer; None if impossible."""
    net, p = example.architecture, example.parameters
    X, Y, n = example.X, example.Y, len(example.X)
    V, W, bv, bw = p["V"], p["W"], p.get("bias_V", 0.0), p.get("bias_W", 0.0)
    A = X @ V.T + bv
    H, L = activated(net.activation, A)
    B = H @ W.T + bw
    Z, S = activated(net.output, B)
    E = Z - Y
    squared, smooth = net.loss == "squared_error", net.output == "sigmoid"
    D2 = S * E if squared else E
    if output in ("no-omega", "preactivation", "sigmoid-twice", "tanh-derivative", "omega-twice") and not (
        squared and smooth
    ):
        return None
    if (output == "extra-omega" and squared) or (output == "softmax-slope" and net.output != "softmax"):
        return None
    if output == "numeric-of-output" and not smooth:
        return None
    D2 = {
        "no-omega": lambda: E,
        "extra-omega": lambda: Z * (1 - Z) * E,
        "preactivation": lambda: B * (1 - B) * E,
        "sigmoid-twice": lambda: s(Z) * (1 - s(Z)) * E,
        "tanh-derivative": lambda: (1 - Z**2) * E,
        "omega-twice": lambda: S * S * E,
        "numeric-of-output": lambda: S,
        "softmax-slope": lambda: np.stack(
            [(np.diag(z) - np.outer(z, z)) @ e for z, e in zip(Z, E, strict=True)]
        ),
    }.get(output, lambda: D2)()
    gw, gbw = _gradients(example, output, D2, H, "W")
    back, through = D2, W
    if hidden == "raw-error-back":
        if not (squared and smooth):
            return None
        back = E
    if hidden == "gradient-for-weight":
        through = D2.T @ H / n
    if hidden == "updated-first":
        through = W - example.learning_rate * (D2.T @ H / n)
    if hidden == "w-not-transposed":
        if W.shape[0] != W.shape[1]:
            return None
        through = W.T
    if hidden == "weights-left-out":
        through = np.ones_like(W)
    if hidden == "bias-column-shifted":
        if not net.bias:
            return None
        through = np.hstack([bw[:, None], W])[:, :-1]
    G = back @ through
    g = net.activation
    if (
        hidden in ("preactivation", "sigmoid-twice", "tanh-derivative")
        and g != "sigmoid"
        and (hidden, g) != ("preactivation", "tanh")
    ):
        return None
    if (hidden == "sigmoid-derivative" and g != "tanh") or (
        hidden == "matmul-for-elementwise" and g not in ("sigmoid", "tanh")
    ):
        return None
    if hidden == "slope-of-upstream" and g not in ("sigmoid", "tanh"):
        return None
    D1 = {
        "no-lambda": lambda: G,
        "preactivation": lambda: (A * (1 - A) if g == "sigmoid" else 1 - A**2) * G,
        "sigmoid-twice": lambda: s(H) * (1 - s(H)) * G,
        "tanh-derivative": lambda: (1 - H**2) * G,
        "sigmoid-derivative": lambda: H * (1 - H) * G,
        "matmul-for-elementwise": lambda: (G.T @ (H @ (1 - H).T if g == "sigmoid" else 1 - H @ H.T)).T,
        "upstream-dropped": lambda: L,
        "slope-of-upstream": lambda: s(G) * (1 - s(G)) if g == "sigmoid" else 1 - np.tanh(G) ** 2,
    }.get(hidden, lambda: L * G)()
    gv, gbv = _gradients(example, hidden, D1, X, "V")
    if gw is None or gv is None:
        return None
    found = {"V": gv, "bias_V": gbv, "W": gw, "bias_W": gbw}
    return {name: np.array(found[name]) for name in p}


def _gradients(example, mistake, delta, x, name):
    """The matrix and the bias of one layer; None where the mistake cannot be made."""
    n, theta, bias = len(x), example.parameters[name], example.parameters.get(f"bias_{name}")
    if (mistake in BIASES and bias is None) or (mistake in DECAYS and not example.weight_decay):
        return None, None
    if mistake == "last-sample":
        matrix, b = np.outer(delta[-1], x[-1]), delta[-1]
    elif mistake == "weight-for-input":
        matrix, b = delta.mean(0)[:, None] * theta, delta.mean(0)
    else:
        matrix, b = delta.T @ x / n, delta.mean(0)
    scale = SCALES.get(mistake, lambda e: 1.0)(example)
    matrix, b = scale * matrix, scale * b
    b = {
        "bias-frozen": lambda: 0 * b,
        "bias-summed": lambda: np.full_like(b, delta.sum() / n),
        "bias-from-matrix": lambda: matrix.sum(axis=1),
        "bias-is-value": lambda: bias,
    }.get(mistake, lambda: b)()
    times = DECAYS.get(mistake, lambda n: 1.0)(n)
    return matrix + times * example.weight_decay * theta, b
