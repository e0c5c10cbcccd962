"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, params):
    W1, b1, W2, b2 = params['W1'], params['b1'], params['W2'], params['b2']
    h = s(X @ W1.T + b1)
    z = s(h @ W2.T + b2)
    d2 = (z - Y) / len(X)
    d1 = d2 @ W2 * h * (1 - h)
    return {'W1': d1.T @ X, 'b1': d1.sum(0), 'W2': d2.T @ h, 'b2': d2.sum(0)}
