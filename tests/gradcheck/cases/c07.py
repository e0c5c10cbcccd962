"""Error used as delta of the output layer."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    H = s(X @ V.T)
    Z = s(H @ W.T)
    d = (Z - Y) / len(X)
    dh = d @ W * H * (1 - H)
    return dh.T @ X, d.T @ H
