"""The example of a configuration: what the gradient check and the walkthrough both look at."""

import numpy as np

from bpcli.config import Config
from bpcli.network.example import Example
from bpcli.training.setup import setup

SAMPLES = 32


def configured_example(config: Config, samples: int | None = SAMPLES) -> Example:
    """Return the first training samples of a configuration (all with None), with its initial weights, in float64.

    Raises:
        DataError: if the data cannot be used.
    """
    ready = setup(config)
    data, network = ready.data, ready.network
    return Example(
        architecture=network.architecture,
        X=data.X[:samples].astype(np.float64),
        Y=data.Y[:samples].astype(np.float64),
        parameters={name: tensor.astype(np.float64) for name, tensor in network.parameters.named()},
        learning_rate=config.training.optimizer.learning_rate,
        weight_decay=ready.config.training.decay,
    )
