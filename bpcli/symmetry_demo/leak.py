"""How equal hidden units come apart through BLAS, and at which widths it does so on this machine."""

from dataclasses import replace

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.network import Architecture, Array
from bpcli.symmetry_demo.race import Race
from bpcli.symmetry_demo.starts import constant

WIDEST = 32
STEPS = 30


def widths_that_split(
    architecture: Architecture, X: Array, Y: Array, weight: float, settings: TrainingConfig
) -> tuple[int, ...]:
    """Return the widths up to 32 at which BLAS parts the units of a constant network within 30 steps.

    ``architecture`` is that of the demo, but for its width; which widths these are depends on the processor.
    """
    few = settings.model_copy(update={"epochs": STEPS})
    found = []
    for width in range(2, WIDEST + 1):
        sizes = (architecture.sizes[0], width, architecture.sizes[-1])
        start = constant(replace(architecture, sizes=sizes), X.dtype, weight)
        race = Race({"constant": start}, X, Y, few, np.matmul)
        for _ in race.run():
            pass
        if race.first_split["constant"] is not None:
            found.append(width)
    return tuple(found)
