"""Gradient-for-weight + raw error."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    h = s(V @ x)
    z = s(W @ h)
    e = z - y
    gW = np.outer(e * z * (1 - z), h)
    return np.outer(gW.T @ e * h * (1 - h), x), gW
