"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


from autograd import grad
import autograd.numpy as anp


def gradients(X, Y, V, W):
    f = lambda v, w: 0.5 * anp.sum((1 / (1 + anp.exp(-(1 / (1 + anp.exp(-X @ v.T))) @ w.T)) - Y) ** 2) / len(X)
    return grad(f, 0)(V, W), grad(f, 1)(V, W)
