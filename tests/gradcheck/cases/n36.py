"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    h = s(V @ x)
    z = s(W @ h)
    d2 = (z - y) * z * (1 - z)
    return {'dV': np.outer(W.T @ d2 * h * (1 - h), x), 'dW': np.outer(d2, h)}
