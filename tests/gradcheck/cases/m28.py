"""No-omega + sign + sum."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    n = len(X)
    a = X @ V.T
    h = s(a)
    b = h @ W.T
    z = s(b)
    e = Y - z
    return (e @ W * h * (1 - h)).T @ X, e.T @ h
