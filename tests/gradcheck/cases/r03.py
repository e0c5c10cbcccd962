"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    h = s(np.einsum('ni,ji->nj', X, V) + bias_V)
    z = s(np.einsum('nj,kj->nk', h, W) + bias_W)
    d = (z - Y) * z * (1 - z) / len(X)
    return dict(grad_W=np.einsum('nk,nj->kj', d, h), grad_bias_W=d.sum(0),
                grad_V=np.einsum('nk,kj,nj,ni->ji', d, W, h * (1 - h), X),
                grad_bias_V=np.einsum('nk,kj,nj->j', d, W, h * (1 - h)))
