"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    gV, gW = np.zeros_like(V), np.zeros_like(W)
    for x, y in zip(X, Y):
        h = s(V @ x)
        z = s(W @ h)
        d2 = (z - y) * z * (1 - z)
        gV += np.outer(W.T @ d2 * h * (1 - h), x)
        gW += np.outer(d2, h)
    return gV / len(X), gW / len(X)
