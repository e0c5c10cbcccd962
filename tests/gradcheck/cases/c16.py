"""×2 in one weight matrix, ×4 in one bias."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = len(X)
    A = X @ V.T + bias_V
    H = np.maximum(A, 0)
    B = H @ W.T + bias_W
    E = np.exp(B - B.max(1, keepdims=True))
    Z = E / E.sum(1, keepdims=True)
    d2 = Z - Y
    dW = d2.T @ H / m * 2
    d1 = d2 @ W * (H > 0)
    return d1.T @ X / m, dW, 4 / m * d1.sum(0), d2.sum(0) / m
