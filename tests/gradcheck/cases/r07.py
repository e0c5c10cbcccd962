"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = len(X)
    T1, T2 = np.c_[bias_V, V], np.c_[bias_W, W]
    a1 = np.c_[np.ones(m), X]
    z2 = a1 @ T1.T
    a2 = np.c_[np.ones(m), s(z2)]
    a3 = s(a2 @ T2.T)
    D3 = (a3 - Y) * a3 * (1 - a3)
    D2 = (D3 @ T2 * a2 * (1 - a2))[:, 1:]
    g1, g2 = D2.T @ a1 / m, D3.T @ a2 / m
    return g1[:, 1:], g2[:, 1:], g1[:, 0], g2[:, 0]
