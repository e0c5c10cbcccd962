"""Everything with dot: (W2ᵀ dZ2)(1 - A1ᵀA1)."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    m = X.shape[1]
    A1 = np.tanh(V @ X + bias_V[:, None])
    A2 = s(W @ A1 + bias_W[:, None])
    dZ2 = A2 - Y
    dZ1 = np.dot(np.dot(W.T, dZ2), 1 - np.dot(A1.T, A1))
    return np.dot(dZ1, X.T) / m, np.dot(dZ2, A1.T) / m, dZ1.sum(1, keepdims=True) / m, dZ2.sum(1, keepdims=True) / m
