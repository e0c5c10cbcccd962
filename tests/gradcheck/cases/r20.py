"""Sigmoid gradient of [1; z2], first row dropped (suspected, right)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    T1, T2 = np.c_[bias_V, V], np.c_[bias_W, W]
    g1, g2 = 0 * T1, 0 * T2
    for x, y in zip(X, Y):
        a1 = np.r_[1, x]
        z2 = np.r_[1, T1 @ a1]
        a2 = np.r_[1, s(z2[1:])]
        a3 = s(T2 @ a2)
        d3 = a3 - y
        d2 = (T2.T @ d3 * (s(z2) * (1 - s(z2))))[1:]
        g1 += np.outer(d2, a1)
        g2 += np.outer(d3, a2)
    g1, g2 = g1 / len(X), g2 / len(X)
    return g1[:, 1:], g2[:, 1:], g1[:, 0], g2[:, 0]
