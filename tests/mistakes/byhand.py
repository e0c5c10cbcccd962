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


def answer(example, output=None, hidden=None, places=None):
    """Return the gradients with a mistake in the output layer, or in hidden layers, or both; None if impossible.

    ``places`` are the hidden layers with the mistake, 0 for the first one; without it they all have it.
    """
    net, p = example.architecture, example.parameters
    matrices = [name for name in p if not name.startswith("bias")]
    biases = [f"bias_{name}" for name in matrices]
    places = range(len(matrices) - 1) if places is None else places
    pres, outs, slopes = [], [example.X], []
    for layer, (matrix, bias) in enumerate(zip(matrices, biases, strict=True)):
        pres.append(outs[-1] @ p[matrix].T + p.get(bias, 0.0))
        out, slope = activated(net.output if layer == len(matrices) - 1 else net.activation, pres[-1])
        outs.append(out)
        slopes.append(slope)
    delta = _output_delta(net, output, pres[-1], outs[-1], slopes[-1], outs[-1] - example.Y)
    found, mistake = {}, output
    for layer in reversed(range(len(matrices))):
        if delta is None:
            return None
        matrix, bias = _gradients(example, mistake, delta, outs[layer], matrices[layer])
        if matrix is None:
            return None
        found |= {matrices[layer]: matrix, biases[layer]: bias}
        if layer:
            mistake = hidden if layer - 1 in places else None
            through = p[matrices[layer]], p.get(biases[layer]), outs[layer]
            arrived = _arrived(
                example, mistake, delta, through, outs[-1] - example.Y, layer == len(matrices) - 1
            )
            delta = None
            if arrived is not None:
                delta = _hidden_delta(
                    net.activation, mistake, pres[layer - 1], outs[layer], slopes[layer - 1], arrived
                )
    return {name: np.array(found[name]) for name in p}


def _output_delta(net, mistake, B, Z, S, E):
    """N times δ of the output layer, N×K; None where the mistake cannot be made."""
    squared, smooth = net.loss == "squared_error", net.output == "sigmoid"
    if mistake in ("no-omega", "preactivation", "sigmoid-twice", "tanh-derivative", "omega-twice") and not (
        squared and smooth
    ):
        return None
    if (mistake == "extra-omega" and squared) or (mistake == "softmax-slope" and net.output != "softmax"):
        return None
    if mistake == "numeric-of-output" and not smooth:
        return None
    return {
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
    }.get(mistake, lambda: S * E if squared else E)()


def _arrived(example, mistake, delta, above, E, last):
    """What is passed back to a hidden layer from the matrix, bias and input of the layer above; None if impossible."""
    net = example.architecture
    W, bias, H = above
    back, through = delta, W
    if mistake == "raw-error-back" and last:  # further down there is no error to pass back
        if not (net.loss == "squared_error" and net.output == "sigmoid"):
            return None
        back = E
    if mistake == "gradient-for-weight":
        through = delta.T @ H / len(H)
    if mistake == "updated-first":
        through = W - example.learning_rate * (delta.T @ H / len(H))
    if mistake == "w-not-transposed":
        if W.shape[0] != W.shape[1]:
            return None
        through = W.T
    if mistake == "weights-left-out":
        through = np.ones_like(W)
    if mistake == "bias-column-shifted":
        if not net.bias:
            return None
        through = np.hstack([bias[:, None], W])[:, :-1]
    return back @ through


def _hidden_delta(g, mistake, A, H, L, G):
    """N times δ of a hidden layer of activation ``g``; None where the mistake cannot be made."""
    if (
        mistake in ("preactivation", "sigmoid-twice", "tanh-derivative")
        and g != "sigmoid"
        and (mistake, g) != ("preactivation", "tanh")
    ):
        return None
    if (mistake == "sigmoid-derivative" and g != "tanh") or (
        mistake in ("matmul-for-elementwise", "slope-of-upstream") and g not in ("sigmoid", "tanh")
    ):
        return None
    return {
        "no-lambda": lambda: G,
        "preactivation": lambda: (A * (1 - A) if g == "sigmoid" else 1 - A**2) * G,
        "sigmoid-twice": lambda: s(H) * (1 - s(H)) * G,
        "tanh-derivative": lambda: (1 - H**2) * G,
        "sigmoid-derivative": lambda: H * (1 - H) * G,
        "matmul-for-elementwise": lambda: (G.T @ (H @ (1 - H).T if g == "sigmoid" else 1 - H @ H.T)).T,
        "upstream-dropped": lambda: L,
        "slope-of-upstream": lambda: s(G) * (1 - s(G)) if g == "sigmoid" else 1 - np.tanh(G) ** 2,
    }.get(mistake, lambda: L * G)()


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
