"""Decay-doubled (W) + raw-error-back (V)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W, weight_decay):
    n = len(X)
    a = X @ V.T + bias_V
    h = s(a)
    b = h @ W.T + bias_W
    z = s(b)
    e = (z - Y) / n
    d2 = e * z * (1 - z)
    d1 = e @ W * h * (1 - h)
    return d1.T @ X + weight_decay * V, d2.T @ h + 2 * weight_decay * W, d1.sum(0), d2.sum(0)
