"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    m = X.shape[1]
    H = s(V @ X)
    Z = s(W @ H)
    D2 = (Z - Y) * Z * (1 - Z)
    D1 = W.T @ D2 * H * (1 - H)
    return D1 @ X.T / m, D2 @ H.T / m
