"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, bias_V, bias_W):
    x, y, V, W = np.matrix(x).T, np.matrix(y).T, np.matrix(V), np.matrix(W)
    h = s(V * x + np.matrix(bias_V).T)
    z = s(W * h + np.matrix(bias_W).T)
    d2 = np.multiply(z - y, np.multiply(z, 1 - z))
    d1 = np.multiply(W.T * d2, np.multiply(h, 1 - h))
    return d1 * x.T, d2 * h.T, d1, d2
