"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    n = len(X)
    h = s(X @ V.T + bias_V)
    z = s(h @ W.T + bias_W)
    e = z[:, 0] - Y
    d2 = (e * z * (1 - z)).mean(1, keepdims=True) / n
    d1 = d2 @ W * h * (1 - h)
    return d1.T @ X, d2.T @ h, d1.sum(0), d2.sum(0)
