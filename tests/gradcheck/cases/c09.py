"""Hidden error is the weights times the raw output error."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    x = np.array(x, ndmin=2).T
    t = np.array(y, ndmin=2).T
    h = s(np.dot(V, x))
    o = s(np.dot(W, h))
    err = t - o
    err_h = np.dot(W.T, err)
    return -np.dot(err_h * h * (1.0 - h), x.T), -np.dot(err * o * (1.0 - o), h.T)
