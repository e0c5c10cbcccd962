"""1/m in the hidden delta and again in dW1, db1."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = X.shape[1]
    A1 = np.tanh(V @ X + bias_V[:, None])
    A2 = s(W @ A1 + bias_W[:, None])
    dZ2 = A2 - Y
    dZ1 = 1 / m * (W.T @ dZ2) * (1 - np.power(A1, 2))
    return dict(V=1 / m * dZ1 @ X.T, W=1 / m * dZ2 @ A1.T, bias_V=1 / m * dZ1.sum(1, keepdims=True), bias_W=1 / m * dZ2.sum(1, keepdims=True))
