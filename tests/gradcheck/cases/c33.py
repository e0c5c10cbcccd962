"""Bias gradient takes the mean of deltas that hold 1/N already."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    h = s(X @ V.T + bias_V)
    z = s(h @ W.T + bias_W)
    d2 = (z - Y) * z * (1 - z) / len(X)
    d1 = d2 @ W * h * (1 - h)
    return d1.T @ X, d2.T @ h, d1.mean(0), d2.mean(0)
