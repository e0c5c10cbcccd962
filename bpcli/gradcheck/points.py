"""Where gradients are compared: the example of a configuration, and another one where the first cannot tell."""

from dataclasses import dataclass

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.gradcheck.degenerate import degeneracies, random_example, spread_out
from bpcli.network.example import Example
from bpcli.training.configured import configured_example

PROBABILITY = 1e-6  # what targets written with a few digits may miss
MORE_SAMPLES = 2  # a second point has another N, which tells the factor 2 from N = 2, and 4 from N = 4


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a check.

    Attributes:
        examples: the first is the one that is exported; answers of programs are asked for at all of them.
        replaced: why the configured point was replaced by a random one; empty where it was not.
    """

    examples: tuple[Example, ...]
    replaced: tuple[str, ...] = ()


def _require_probabilities(example: Example) -> None:
    """Refuse softmax targets that do not sum to one: there δ is z Σy - y, and not the z - y that everybody writes."""
    if example.architecture.output != "softmax":
        return
    sums = example.Y.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > PROBABILITY)
    if len(off):
        raise UsageError(
            f"Y of the example: row {off[0]} sums to {sums[off[0]]:.6g}; with a softmax output each row must sum to 1: "
            "write one-hot targets or probabilities"
        )


def points_for(config: Config, fixed: Example | None = None) -> Points:
    """Return the examples at which somebody else's gradients are compared.

    What the configuration leaves free is chosen so that no two mistakes look alike: see ``spread_out``. A ``fixed``
    example was chosen by the person: it is taken as it is, and nothing is drawn beside it.

    Raises:
        UsageError: if the rows of fixed targets do not sum to one under softmax.
    """
    first = fixed or configured_example(config)
    if fixed:
        _require_probabilities(fixed)
        return Points((first,))
    rng = np.random.default_rng(config.seed)
    first = spread_out(first, rng)
    reasons = degeneracies(first)
    if reasons:
        first = random_example(first, rng)
    second = random_example(first, rng, samples=first.samples + MORE_SAMPLES)
    return Points((first, second), replaced=reasons)
