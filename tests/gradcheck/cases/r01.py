"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def loss(X, Y, V, W):
    return 0.5 * ((s(s(X @ V.T) @ W.T) - Y) ** 2).sum() / len(X)


def gradients(X, Y, V, W):
    out = []
    for M in (V, W):
        g = np.zeros_like(M)
        for i in np.ndindex(*M.shape):
            keep = M[i]
            M[i] = keep + 1e-5
            up = loss(X, Y, V, W)
            M[i] = keep - 1e-5
            g[i] = (up - loss(X, Y, V, W)) / 2e-5
            M[i] = keep
        out.append(g)
    return out
