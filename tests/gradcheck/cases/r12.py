"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = len(X)
    A1 = np.tanh(X @ V.T + bias_V)
    A2 = s(A1 @ W.T + bias_W)
    dA2 = -(Y / A2 - (1 - Y) / (1 - A2))
    dZ2 = dA2 * A2 * (1 - A2)
    dZ1 = dZ2 @ W * (1 - A1 ** 2)
    return dZ1.T @ X / m, dZ2.T @ A1 / m, dZ1.mean(0), dZ2.mean(0)
