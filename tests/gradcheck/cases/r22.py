"""X(1-x) called with activations (suspected, right), made mean and signed as asked."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def nonlin(v, deriv=False):
    return v * (1 - v) if deriv else s(v)


def gradients(X, Y, V, W):
    l1 = nonlin(X @ V.T)
    l2 = nonlin(l1 @ W.T)
    d2 = (Y - l2) * nonlin(l2, True)
    d1 = d2 @ W * nonlin(l1, True)
    return -(d1.T @ X) / len(X), -(d2.T @ l1) / len(X)
