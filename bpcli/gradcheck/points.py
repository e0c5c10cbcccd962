"""Where gradients are compared: the point of a configuration, and another one where the first cannot tell."""

from dataclasses import dataclass

import numpy as np

from bpcli.config import Config
from bpcli.gradcheck.informative import random_point, reasons_against
from bpcli.network.example import Example
from bpcli.training.configured import configured_example

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


def points_for(config: Config, fixed: Example | None = None) -> Points:
    """Return the points at which somebody else's gradients are compared."""
    first = fixed or configured_example(config)
    if fixed:
        return Points((first,))  # chosen by the person: never replaced, and nothing is drawn beside it
    rng = np.random.default_rng(config.seed)
    reasons = reasons_against(first)
    if reasons:
        first = random_point(first, rng)
    second = random_point(first, rng, samples=first.samples + MORE_SAMPLES)
    return Points((first, second), replaced=tuple(reasons))
