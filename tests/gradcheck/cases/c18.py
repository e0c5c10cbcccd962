"""Bias gradient sums (delta × input) over the inputs."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = len(X)
    H = s(X @ V.T + bias_V)
    Z = s(H @ W.T + bias_W)
    d2 = Z - Y
    d1 = d2 @ W * H * (1 - H)
    gV, gW = d1.T @ X / m, d2.T @ H / m
    return gV, gW, gV.sum(1, keepdims=True), gW.sum(1, keepdims=True)
