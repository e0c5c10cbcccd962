"""No-lambda + updated-first."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, learning_rate):
    n = len(X)
    h = s(X @ V.T)
    z = s(h @ W.T)
    d2 = (z - Y) * z * (1 - z) / n
    gW = d2.T @ h
    W = W - learning_rate * gW
    return (d2 @ W).T @ X, gW
