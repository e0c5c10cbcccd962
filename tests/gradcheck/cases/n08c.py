"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, learning_rate):
    h = s(X @ V.T)
    z = s(h @ W.T)
    d2 = (z - Y) * z * (1 - z) / len(X)
    d1 = d2 @ W * h * (1 - h)
    return learning_rate * d1.T @ X, learning_rate * d2.T @ h
