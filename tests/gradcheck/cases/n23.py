"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
np.random.seed(1)
syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1
for j in range(600):
    l1 = s(X @ syn0)
    l2 = s(l1 @ syn1)
    l2_delta = (y - l2) * l2 * (1 - l2)
    l1_delta = l2_delta @ syn1.T * l1 * (1 - l1)
    syn1 += l1.T @ l2_delta
    syn0 += X.T @ l1_delta
print(l2)
