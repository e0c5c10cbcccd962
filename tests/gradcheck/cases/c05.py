"""Output weights moved inside the loop, hidden deltas from the moved ones; rate 1; lists and loops."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


def gradients(x, y, V, W):
    h = [s(sum(w * v for w, v in zip(row, x))) for row in V]
    z = [s(sum(w * v for w, v in zip(row, h))) for row in W]
    d2 = [o * (1 - o) * (o - t) for o, t in zip(z, y)]
    W = [list(row) for row in W]
    gW = [[0.0] * len(h) for _ in W]
    for k, row in enumerate(W):
        for j, hj in enumerate(h):
            gW[k][j] = d2[k] * hj
            row[j] -= gW[k][j]
    d1 = [hj * (1 - hj) * sum(d2[k] * W[k][j] for k in range(len(W))) for j, hj in enumerate(h)]
    return [[d * xi for xi in x] for d in d1], gW
