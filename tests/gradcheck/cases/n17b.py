"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    n = len(X)
    h = np.maximum(X @ V.T + bias_V, 0)
    b = h @ W.T + bias_W
    p = np.exp(b - b.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[range(n), Y] -= 1
    p /= n
    d1 = p @ W * (h > 0)
    return d1.T @ X, p.T @ h, d1.sum(0), p.sum(0)
