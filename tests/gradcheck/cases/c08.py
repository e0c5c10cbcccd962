"""Sigmoid prime applied to activations, both layers."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def prime(u):
    return s(u) * (1 - s(u))


def gradients(X, Y, V, W, bias_V, bias_W):
    H = s(X @ V.T + bias_V)
    Z = s(H @ W.T + bias_W)
    d2 = (Z - Y) * prime(Z) / len(X)
    d1 = d2 @ W * prime(H)
    return dict(V=d1.T @ X, W=d2.T @ H, bias_V=d1.sum(0), bias_W=d2.sum(0))
