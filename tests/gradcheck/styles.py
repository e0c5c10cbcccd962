"""Right gradients as many people write them, in float64, float32, and with some arrays in either.

Each choice is made at random: how the sigmoid and its derivative are written, in which order and by what a sum is
taken, where the mean is divided by N, and, in mixed precision, which array is in float64.
"""

import numpy as np

SIGMOIDS = (
    lambda a: 1 / (1 + np.exp(-a)),
    lambda a: np.exp(a) / (1 + np.exp(a)),
    lambda a: (1 + np.tanh(a / 2)) / 2,
    lambda a: np.where(a > 0, 1 / (1 + np.exp(-np.abs(a))), 1 - 1 / (1 + np.exp(-np.abs(a)))).astype(a.dtype),
)
SIGMOID_DERIVATIVES = (
    lambda a, h: h * (1 - h),
    lambda a, h: h - h * h,
    lambda a, h: h - h**2,
    lambda a, h: np.exp(-a) / (1 + np.exp(-a)) ** 2,
)
TANH_DERIVATIVES = (lambda a, h: 1 - h * h, lambda a, h: (1 - h) * (1 + h), lambda a, h: 1 / np.cosh(a) ** 2)
RELU_DERIVATIVES = (
    lambda a, h: (a > 0).astype(a.dtype),
    lambda a, h: (a > 0) * 1.0,
    lambda a, h: np.where(a > 0, 1.0, 0.0),
    lambda a, h: np.where(h > 0, np.ones_like(a), np.zeros_like(a)),
)


def one_by_one(left, right):
    """A matrix product whose sums go through the terms in order."""
    terms = left[:, None, :] * right.T
    return np.add.accumulate(terms, axis=-1, dtype=terms.dtype)[..., -1]


PRODUCTS = (
    lambda a, b: a @ b,
    lambda a, b: np.einsum("ij,jk->ik", a, b),
    lambda a, b: a[:, ::-1] @ b[::-1],
    one_by_one,
)


def right_gradients(example, rng, precision):
    """The gradients of the mean loss, in the style that ``rng`` chooses: float64, float32 or mixed."""
    kind = example.architecture

    def cast(array):
        if precision == "mixed":
            return array.astype(rng.choice([np.float32, np.float64]))
        return array.astype(precision)

    def chosen(ways):
        return ways[rng.integers(len(ways))]

    def product(a, b):
        return cast(chosen(PRODUCTS)(a, b))

    def activated(name, a):
        if name == "sigmoid":
            h = cast(chosen(SIGMOIDS)(a))
            return h, cast(chosen(SIGMOID_DERIVATIVES)(a, h))
        if name == "tanh":
            h = cast(np.tanh(a))
            return h, cast(chosen(TANH_DERIVATIVES)(a, h))
        if name == "relu":
            h = cast(np.maximum(a, 0))
            return h, chosen(RELU_DERIVATIVES)(a, h)
        if name == "softmax":
            e = np.exp(a - a.max(axis=1, keepdims=True)) if rng.integers(2) else np.exp(a)
            return cast(e / e.sum(axis=1, keepdims=True)), None
        return a, np.ones_like(a)

    X, Y = cast(example.X), cast(example.Y)
    p = {name: cast(tensor) for name, tensor in example.parameters.items()}
    N, names = len(X), kind.names()
    inputs, derivatives = [X], []
    for layer, of in enumerate(names, start=1):
        a = product(inputs[-1], p[of.matrix].T)
        if kind.bias:
            a = a + p[of.bias]
        h, derivative = activated(kind.output if layer == len(names) else kind.activation, a)
        inputs.append(h)
        derivatives.append(derivative)
    late = bool(rng.integers(2))  # the mean is taken at the end
    delta = cast(inputs[-1] - Y)
    if kind.loss == "squared_error":
        delta = delta * derivatives[-1]
    if not late:
        delta = delta / N if rng.integers(2) else delta * delta.dtype.type(1 / N)
    found = {}
    for layer in reversed(range(len(names))):
        of = names[layer]
        found[of.matrix] = product(delta.T, inputs[layer]) / (N if late else 1)
        if kind.bias:
            sums = chosen((lambda d: d.sum(axis=0), sum, lambda d: np.ones(N, d.dtype) @ d))
            found[of.bias] = sums(delta) / (N if late else 1)
        if layer:
            delta = product(delta, p[of.matrix]) * derivatives[layer - 1]
    return {name: found[name] for name in p}
