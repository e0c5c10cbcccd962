"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = X.shape[1]
    A1 = np.tanh(V @ X + bias_V[:, None])
    A2 = s(W @ A1 + bias_W[:, None])
    dZ2 = A2 - Y
    dZ1 = W.T @ dZ2 * (1 - A1 ** 2)
    return {'dW1': dZ1 @ X.T / m, 'db1': dZ1.sum(1, keepdims=True) / m, 'dW2': dZ2 @ A1.T / m, 'db2': dZ2.sum(1, keepdims=True) / m}
