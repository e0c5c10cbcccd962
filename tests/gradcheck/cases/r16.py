"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, learning_rate):
    h = s(V @ x)
    z = s(W @ h)
    d2 = (z - y) * z * (1 - z)
    d1 = W.T @ d2 * h * (1 - h)
    newV = V - learning_rate * np.outer(d1, x)
    newW = W - learning_rate * np.outer(d2, h)
    return (V - newV) / learning_rate, (W - newW) / learning_rate
