"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    h = s(X @ V.T + bias_V)
    z = s(h @ W.T + bias_W)
    loss = -(Y * np.log(z) + (1 - Y) * np.log(1 - z)).sum() / len(X)
    d2 = (z - Y) / len(X)
    d1 = d2 @ W * h * (1 - h)
    return loss, dict(V=d1.T @ X, W=d2.T @ h, bias_V=d1.sum(0), bias_W=d2.sum(0))
