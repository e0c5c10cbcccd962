"""No-lambda + w-not-transposed."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    n = len(X)
    a = X @ V.T
    h = s(a)
    b = h @ W.T
    z = s(b)
    d2 = (z - Y) * z * (1 - z) / n
    d1 = d2 @ W.T
    return d1.T @ X, d2.T @ h
