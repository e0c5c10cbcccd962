"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W, weight_decay=0.0):
    n = len(X)
    h = s(X @ V.T + bias_V)
    z = s(h @ W.T + bias_W)
    d2 = (z - Y) * z * (1 - z) / n
    d1 = d2 @ W * h * (1 - h)
    return d1.T @ X + weight_decay * V, d2.T @ h + weight_decay * W, d1.sum(axis=0, keepdims=True), d2.sum(axis=0, keepdims=True)
