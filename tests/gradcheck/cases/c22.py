"""Relu overwrites the incoming gradient by 0 or 1."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    A = X @ V.T + bias_V
    H = np.maximum(A, 0)
    Z = H @ W.T + bias_W
    d2 = (Z - Y) / len(X)
    d1 = d2 @ W
    d1 = np.where(H > 0, 1.0, 0.0)
    return d1.T @ X, d2.T @ H, d1.sum(0), d2.sum(0)
