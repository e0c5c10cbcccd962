"""Output sigmoid derivative missing, W moved before the hidden delta."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, bias_V, bias_W, learning_rate):
    h = s(V @ x + bias_V)
    z = s(W @ h + bias_W)
    d2 = z - y
    dW, db2 = np.outer(d2, h), d2
    W = W - learning_rate * dW
    d1 = W.T @ d2 * h * (1 - h)
    return np.outer(d1, x), dW, d1, db2
