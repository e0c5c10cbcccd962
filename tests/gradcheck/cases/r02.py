"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(X, Y, V, W, bias_V, bias_W):
    P = [p.astype(complex) for p in (V, W, bias_V, bias_W)]
    out = []
    for M in P:
        g = np.zeros(M.shape)
        for i in np.ndindex(*M.shape):
            M[i] += 1e-30j
            z = s(s(X @ P[0].T + P[2]) @ P[1].T + P[3])
            g[i] = (0.5 * ((z - Y) ** 2).sum() / len(X)).imag / 1e-30
            M[i] = M[i].real
        out.append(g)
    return out
