"""-y/z times diag(z(1-z)): δ² = -y(1-z)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    h = np.maximum(X @ V.T + bias_V, 0)
    b = h @ W.T + bias_W
    e = np.exp(b - b.max(1, keepdims=True))
    z = e / e.sum(1, keepdims=True)
    d2 = -Y / z * z * (1 - z) / len(X)
    d1 = d2 @ W * (h > 0)
    return d1.T @ X, d2.T @ h, d1.sum(0), d2.sum(0)
