"""Raw error passed back through the moved W."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W, bias_V, bias_W, learning_rate):
    h = s(V @ x + bias_V)
    z = s(W @ h + bias_W)
    err = y - z
    step = learning_rate * z * (1 - z) * err
    W_new = W + np.outer(step, h)
    err_h = W_new.T @ err
    step_h = learning_rate * h * (1 - h) * err_h
    return -np.outer(step_h, x) / learning_rate, -np.outer(step, h) / learning_rate, -step_h / learning_rate, -step / learning_rate
