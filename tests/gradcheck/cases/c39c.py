"""Softmax Jacobian applied to z - y."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    h = s(X @ V.T + bias_V)
    b = h @ W.T + bias_W
    e = np.exp(b - b.max(1, keepdims=True))
    z = e / e.sum(1, keepdims=True)
    g = z - Y
    d2 = np.array([(np.diag(p) - np.outer(p, p)) @ v for p, v in zip(z, g)]) / len(X)
    d1 = d2 @ W * h * (1 - h)
    return d1.T @ X, d2.T @ h, d1.sum(0), d2.sum(0)
