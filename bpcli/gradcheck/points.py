"""Where gradients are compared: the point of a configuration, and another one where the first cannot tell."""

from dataclasses import dataclass

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.gradcheck.informative import random_point, reasons_against
from bpcli.network.example import Example
from bpcli.training.setup import setup

SAMPLES = 32
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


def configured_point(config: Config) -> Example:
    """Return the point of a configuration: its first training samples, at most 32, and its initial weights.

    Raises:
        DataError: if the data cannot be used.
    """
    ready = setup(config)
    data, network = ready.data, ready.network
    return Example(
        architecture=network.architecture,
        X=data.X[:SAMPLES].astype(np.float64),
        Y=data.Y[:SAMPLES].astype(np.float64),
        parameters={name: tensor.astype(np.float64) for name, tensor in network.parameters.named()},
        learning_rate=config.training.optimizer.learning_rate,
        weight_decay=config.training.weight_decay,
    )


def points_for(config: Config, fixed: Example | None = None) -> Points:
    """Return the points at which somebody else's gradients are compared.

    Raises:
        UsageError: if the network has more than one hidden layer: a submission returns V and W.
    """
    first = fixed or configured_point(config)
    if first.architecture.depth > 2:
        raise UsageError(
            f"--against compares V and W, so it takes at most one hidden layer; this network has "
            f"{first.architecture.depth - 1}: write model.hidden: [{first.architecture.sizes[1]}], or []"
        )
    if fixed:
        return Points((first,))  # chosen by the person: never replaced, and nothing is drawn beside it
    rng = np.random.default_rng(config.seed)
    reasons = reasons_against(first)
    if reasons:
        first = random_point(first, rng)
    second = random_point(first, rng, samples=first.samples + MORE_SAMPLES)
    return Points((first, second), replaced=tuple(reasons))
