"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    ws, bs = [V, W], [bias_V.reshape(-1, 1), bias_W.reshape(-1, 1)]
    acts = [X]
    for w, b in zip(ws, bs):
        acts.append(s(w @ acts[-1] + b))
    nw, nb = [None, None], [None, None]
    d = (acts[-1] - Y) * acts[-1] * (1 - acts[-1])
    for l in (1, 0):
        nw[l], nb[l] = d @ acts[l].T / X.shape[1], d.sum(1, keepdims=True) / X.shape[1]
        if l:
            d = ws[l].T @ d * acts[l] * (1 - acts[l])
    return [*nw, *nb]
