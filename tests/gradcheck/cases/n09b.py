"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = len(X)
    T1, T2 = np.c_[bias_V, V], np.c_[bias_W, W]
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), s(a1 @ T1.T)]
    a3 = s(a2 @ T2.T)
    d3 = a3 - Y
    d2 = (d3 @ T2 * a2 * (1 - a2))[:, 1:]
    return d2.T @ a1 / m, d3.T @ a2 / m
