"""W moved first with rate 1, output slope twice, hidden slope missing, biases times bias value."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, bias_V, bias_W):
    h = s(V @ x + bias_V)
    z = s(W @ h + bias_W)
    d2 = (y - z) * z * (1 - z)
    step = np.outer(d2, h)
    d1 = (W + step).T @ (d2 * z * (1 - z))
    return -np.outer(d1, x), -step, -bias_V * d1, -bias_W * d2
