"""X @ V, softmax."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    n = len(X)
    h = s(X @ V)
    b = h @ W
    z = np.exp(b) / np.exp(b).sum(1, keepdims=True)
    d2 = (z - Y) / n
    d1 = d2 @ W.T * h * (1 - h)
    return X.T @ d1, h.T @ d2
