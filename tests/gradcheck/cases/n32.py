"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(inputs, targets, V, W):
    h = s(V @ inputs)
    z = s(W @ h)
    d2 = (z - targets) * z * (1 - z)
    return np.outer(W.T @ d2 * h * (1 - h), inputs), np.outer(d2, h)
