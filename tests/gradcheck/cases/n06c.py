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
    return {'dV': dZ1 @ X.T / m, 'dW': dZ2 @ A1.T / m, 'dbias_V': dZ1.sum(1) / m, 'dbias_W': dZ2.sum(1) / m}
