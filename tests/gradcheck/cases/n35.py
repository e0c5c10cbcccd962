"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, bias_V, bias_W, alpha=0.1, lr=0.1):
    h = s(V @ x + bias_V)
    z = s(W @ h + bias_W)
    d2 = (z - y) * z * (1 - z)
    d1 = W.T @ d2 * h * (1 - h)
    return np.outer(d1, x), np.outer(d2, h), d1, d2
