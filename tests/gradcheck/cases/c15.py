"""DW2 = dZ2 * A1 element by element, nothing summed (one output)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = X.shape[1]
    A1 = np.tanh(V @ X + bias_V[:, None])
    A2 = s(W @ A1 + bias_W[:, None])
    dZ2 = A2 - Y
    dW2 = (dZ2[0] * A1).T / m
    dZ1 = W.T @ dZ2 * (1 - A1 ** 2)
    return dZ1 @ X.T / m, dW2, dZ1.sum(1) / m, dZ2.sum(1) / m
