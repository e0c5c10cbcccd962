"""D1 = sum_k δ²_k · h(1-h)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    h = s(V @ x)
    z = s(W @ h)
    d2 = (z - y) * z * (1 - z)
    d1 = d2.sum() * h * (1 - h)
    return np.outer(d1, x), np.outer(d2, h)
