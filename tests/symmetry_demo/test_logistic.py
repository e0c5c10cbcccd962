"""Two starts of logistic regression reach the optimum that Newton's method finds."""

import numpy as np
import pytest

from bpcli.network import fixed_order_matmul
from bpcli.symmetry_demo.logistic import overlapping_classes, two_starts


def newton(X, y):
    """Return the optimal loss and the Hessian's smallest eigenvalue there, by iteratively reweighted least squares."""
    extended = np.concatenate([X, np.ones_like(y)], axis=1)
    theta = np.zeros(extended.shape[1])
    for _ in range(50):
        z = 1 / (1 + np.exp(-extended @ theta))
        hessian = (extended * (z * (1 - z))[:, None]).T @ extended / len(X)
        theta -= np.linalg.solve(hessian, extended.T @ (z - y[:, 0]) / len(X))
    z = 1 / (1 + np.exp(-extended @ theta))
    loss = -np.mean(y[:, 0] * np.log(z) + (1 - y[:, 0]) * np.log(1 - z))
    return loss, np.linalg.eigvalsh(hessian)[0]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_starts_reach_newtons_optimum(seed, dtype):
    """Loss and curvature agree with Newton's method, and the two ends are as close as their gradients allow."""
    rng = np.random.default_rng(seed)
    X, y = overlapping_classes(rng, np.dtype(dtype))
    found = two_starts(X, y, fixed_order_matmul, rng)
    loss, curvature = newton(X.astype(float), y.astype(float))
    assert found.losses[0][1] == pytest.approx(np.log(2), rel=1e-6)
    assert found.losses[-1][1] == pytest.approx(loss, rel=1e-10 if dtype == np.float64 else 1e-5)
    assert found.curvature == pytest.approx(curvature, rel=1e-6 if dtype == np.float64 else 1e-3)
    assert found.gradient <= found.rest
    assert found.distance <= found.reach
    assert found.misplaced > 0
