"""Claim (g), logistic regression from two starts: without hidden units, zero is as good a start as any.

With cross-entropy the loss is convex: its Hessian X̃ᵀ diag(z(1-z)) X̃ / N, X̃ being X with a column of ones, has no
negative eigenvalue whatever the weights are. Where the classes overlap its smallest eigenvalue is positive and there is
one optimum. Two ends with gradients g and g′ are then at most (‖g‖ + ‖g′‖) / λ apart, up to terms of higher order.
"""

from dataclasses import dataclass
from itertools import repeat

import numpy as np

from bpcli.network import Architecture, Array, MatMul, Network, Parameters
from bpcli.symmetry_demo.claim import Claim, figure
from bpcli.training.descent import descend
from bpcli.training.optimisers import Sgd

SAMPLES = 80
STEPS = 5_000  # far more than two overlapping classes take
REST = 64.0  # a gradient of so many ε is as good as zero


@dataclass(frozen=True)
class TwoStarts:
    """What became of two starts, zero and random.

    Attributes:
        losses: (step, loss) of the one that started at zero.
        steps: how many steps were taken.
        distance: of the two ends, ‖θ - θ′‖, weights and bias.
        gradient: the larger ‖∇ℓ‖ of the two ends.
        rest: what counts as a vanishing gradient in this precision.
        curvature: the smallest eigenvalue of the Hessian at the end that started at zero.
        misplaced: samples on the wrong side of ½ at the end: above 0, the classes overlap.
    """

    losses: tuple[tuple[int, float], ...]
    steps: int
    distance: float
    gradient: float
    rest: float
    curvature: float
    misplaced: int
    samples: int

    @property
    def reach(self) -> float:
        """How far apart two ends with such gradients can be, with a margin of 2 for the terms of higher order."""
        return 4 * self.rest / self.curvature if self.curvature > 0 else float("inf")


def overlapping_classes(rng: np.random.Generator, dtype: np.dtype[np.generic]) -> tuple[Array, Array]:
    """Draw two round normal clouds in the plane, means (±½, ±½), standard deviation 1: X is N×2, y N×1 of 0 and 1."""
    y = np.repeat([[0.0], [1.0]], SAMPLES // 2, axis=0)
    X = rng.normal(size=(SAMPLES, 2)) + (y - 0.5)
    return X.astype(dtype), y.astype(dtype)


def two_starts(X: Array, y: Array, matmul: MatMul, rng: np.random.Generator, steps: int = STEPS) -> TwoStarts:
    """Train logistic regression on X (N×d), y (N×1) from zero and from random weights, until both gradients vanish.

    The rate is 1/L with L = λ_max(X̃ᵀX̃) / 4N, the largest curvature there can be; with it every step descends
    (Nesterov 2004, theorem 2.1.14).
    """
    parameters = Parameters(Architecture((X.shape[1], 1), loss="cross_entropy"), X.dtype, (2,))
    parameters.flat[1] = rng.normal(size=parameters.flat.shape[1:])
    network = Network(parameters, len(X), matmul)
    update = Sgd(parameters, network.gradients)
    extended = np.concatenate([X, np.ones_like(y)], axis=1).astype(np.float64)
    rate = 4 * len(X) / float(np.linalg.eigvalsh(extended.T @ extended)[-1])
    rest = REST * float(np.finfo(X.dtype).eps)
    losses: list[tuple[int, float]] = []
    for step, _ in enumerate(descend(network, repeat((X, y)), update, repeat(rate))):
        losses.append((step, float(network.loss(y)[0])))
        gradient = float(np.linalg.norm(network.gradients.flat, axis=1).max())
        if gradient <= rest or step == steps:
            break
    derivative = network.layers[0].derivative[0].astype(np.float64)
    z = network.layers[0].out[0]
    theta = parameters.flat.astype(np.float64)
    return TwoStarts(
        losses=tuple(losses),
        steps=losses[-1][0],
        distance=float(np.linalg.norm(theta[0] - theta[1])),
        gradient=gradient,
        rest=rest,
        curvature=float(np.linalg.eigvalsh(extended.T @ (derivative * extended) / len(X))[0]),
        misplaced=int(((z >= 0.5) != (y >= 0.5)).sum()),
        samples=len(X),
    )


def same_optimum(found: TwoStarts) -> Claim:
    """Claim (g): whether logistic regression reached one optimum from zero and from random weights."""
    statement = (
        "logistic regression may start at zero: no hidden units, and with cross-entropy a convex loss; on overlapping "
        "classes two starts reach one optimum"
    )
    measured = {
        "distance of the ends": found.distance,
        "largest gradient left": found.gradient,
        "smallest curvature": found.curvature,
        "loss": found.losses[-1][1],
        "steps": found.steps,
    }
    holds = found.gradient <= found.rest and found.curvature > 0 and found.distance <= found.reach
    if not holds:
        return Claim("g", statement, holds, measured)
    because = (
        "there are no hidden units that could stay equal, and the loss is convex: its Hessian Xᵀ diag(z(1-z)) X / N, X "
        "with a column of ones, has no negative eigenvalue; "
        f"at the end its smallest is λ = {figure(found.curvature)} and both gradients are at most "
        f"{figure(found.gradient)}, so the two ends are no further apart than about "
        f"2 · {figure(found.gradient)} / λ = {figure(2 * found.gradient / found.curvature)}"
    )
    return Claim("g", statement, holds, measured, because=because)
