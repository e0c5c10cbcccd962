"""Error of one layer times slope of another: δ² = e (of the previous forward)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    h = s(V @ x)
    z = s(W @ h)
    e = z - y
    g2 = e * z * (1 - z)
    e1 = W.T @ g2
    g1 = e1 * z.mean() * (1 - z.mean())
    return np.outer(g1, x), np.outer(g2, h)
