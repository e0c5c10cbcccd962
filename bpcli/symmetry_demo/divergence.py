"""How equal hidden units come apart: how fast a small spread grows, and at which widths BLAS makes one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, log
from typing import Literal

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.network import Architecture, Array
from bpcli.symmetry_demo.comparison import Comparison, Snapshot
from bpcli.symmetry_demo.starts import constant

WIDEST = 32
STEPS = 30

SMALL = (
    1e-3  # beyond it units are apart, and what their spread does is no longer growth of a small difference
)
CHANGED = 2.0  # what counts as growing or shrinking


@dataclass(frozen=True)
class Growth:
    """The spread of the weights between two recorded steps.

    Attributes:
        first, last: the steps: from the first spread above zero to the first of 1e-3 or more, or to the end.
        start, end: the spreads there.
        factor: (end / start)^(1 / (last - first)), the growth in a step.
    """

    first: int
    last: int
    start: float
    end: float

    @property
    def factor(self) -> float:
        """The geometric mean of the growth in one step; above 1 over a window of training proves no instability."""
        return float((self.end / self.start) ** (1 / (self.last - self.first)))

    @property
    def doubling(self) -> float | None:
        """The steps in which the spread doubles; None where it does not grow."""
        return log(2) / log(self.factor) if self.factor > 1 else None

    @property
    def verdict(self) -> Literal["grows", "stays", "shrinks"]:
        """Whether the spread has changed by a factor of 2, and which way."""
        if self.end >= CHANGED * self.start:
            return "grows"
        return "shrinks" if self.end <= self.start / CHANGED else "stays"


def growth(snapshots: Sequence[Snapshot]) -> Growth | None:
    """Measure the growth of a small spread; None where there is none, or it is not small to begin with."""
    apart = [
        (snapshot.step, snapshot.spread.weights) for snapshot in snapshots if snapshot.spread.weights > 0
    ]
    if len(apart) < 2 or apart[0][1] >= SMALL:
        return None
    (first, start), *rest = apart
    last, end = next(((step, spread) for step, spread in rest if spread >= SMALL), rest[-1])
    return Growth(first, last, start, end) if isfinite(end) else None


def widths_that_split(
    architecture: Architecture, X: Array, Y: Array, weight: float, settings: TrainingConfig
) -> tuple[int, ...]:
    """Return the widths up to 32 at which BLAS breaks the symmetry of a constant network within 30 steps.

    ``architecture`` is that of the demo, but for its width; which widths these are depends on the processor.
    """
    few = settings.model_copy(update={"epochs": STEPS})
    found = []
    for width in range(2, WIDEST + 1):
        sizes = (architecture.sizes[0], width, architecture.sizes[-1])
        start = constant(replace(architecture, sizes=sizes), X.dtype, weight)
        comparison = Comparison({"constant": start}, X, Y, few, np.matmul)
        for _ in comparison.run():
            pass
        if comparison.first_split["constant"] is not None:
            found.append(width)
    return tuple(found)
