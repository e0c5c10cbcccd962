"""Biases decayed like the weights."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W, weight_decay):
    m = len(X)
    H = s(X @ V.T + bias_V)
    Z = s(H @ W.T + bias_W)
    d2 = Z - Y
    d1 = d2 @ W * H * (1 - H)
    return (d1.T @ X / m + weight_decay * V, d2.T @ H / m + weight_decay * W,
            d1.mean(0) + weight_decay * bias_V, d2.mean(0) + weight_decay * bias_W)
