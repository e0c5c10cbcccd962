"""Matrices summed over the batch, biases averaged."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    l1 = s(X @ V.T + bias_V)
    o = s(l1 @ W.T + bias_W)
    d2 = (o - Y) * o * (1 - o)
    d1 = (d2 @ W) * l1 * (1 - l1)
    return (X.T @ d1).T, (l1.T @ d2).T, d1.mean(axis=0), d2.mean(axis=0)
