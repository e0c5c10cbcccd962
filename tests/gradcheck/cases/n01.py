"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, y, W1, b1, W2, b2):
    a1 = s(X @ W1 + b1)
    a2 = s(a1 @ W2 + b2)
    d2 = (a2 - y) / len(X)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    return X.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0)
