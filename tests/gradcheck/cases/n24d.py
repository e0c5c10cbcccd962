"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W):
    syn0, syn1 = V.T, W.T
    l1 = s(X.dot(syn0))
    l2 = s(l1.dot(syn1))
    p = lambda u: s(u) * (1 - s(u))
    l2_delta = (Y - l2) * p(l2)
    l1_delta = l2_delta.dot(syn1.T) * p(l1)
    return X.T.dot(l1_delta).T, l1.T.dot(l2_delta).T
