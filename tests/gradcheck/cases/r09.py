"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


class Net:
    def __call__(self, X, Y, V, W):
        self.h = s(X @ V.T)
        self.z = s(self.h @ W.T)
        d2 = (self.z - Y) * self.z * (1 - self.z) / len(X)
        d1 = d2 @ W * self.h * (1 - self.h)
        return d1.T @ X, d2.T @ self.h


gradients = Net()
