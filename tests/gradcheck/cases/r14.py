"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    w1, w2 = V.T, W.T
    l1 = 1 / (1 + np.exp(-np.dot(X, w1)))
    l2 = 1 / (1 + np.exp(-np.dot(l1, w2)))
    l2_delta = (Y - l2) * (l2 * (1 - l2))
    l1_delta = l2_delta.dot(w2.T) * (l1 * (1 - l1))
    return -X.T.dot(l1_delta).T / len(X), -(l1.T.dot(l2_delta)).T / len(X)
