"""Updated-first, summed."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W, learning_rate):
    h = s(X @ V.T + bias_V)
    z = s(h @ W.T + bias_W)
    d2 = (z - Y) * z * (1 - z)
    gW = d2.T @ h
    W = W - learning_rate * gW
    d1 = d2 @ W * h * (1 - h)
    return d1.T @ X, gW, d1.sum(0), d2.sum(0)
