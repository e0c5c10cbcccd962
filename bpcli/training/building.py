"""From a configuration to its data and its network: what training and the gradient check both start from."""

import numpy as np

from bpcli.config import Config
from bpcli.datasets import Prepared, load, prepare
from bpcli.network import Architecture, Network, Parameters


def prepared_data(config: Config, rng: np.random.Generator) -> Prepared:
    """Load, split, scale and encode the configured data."""
    source = config.data
    dataset = load(
        source.source,
        target=source.target,
        task=source.task,
        samples=source.samples,
        noise=source.noise,
        rng=rng,
    )
    return prepare(
        dataset,
        validation=source.validation,
        scaling=source.scale,
        output=config.model.output,
        loss=config.training.loss,
        dtype=np.dtype(config.model.dtype),
        rng=rng,
    )


def build_network(config: Config, data: Prepared) -> Network:
    """Return the configured network for this data, its parameters still zero, with buffers for one batch."""
    model, size = config.model, config.training.batch_size
    architecture = Architecture(
        sizes=(data.X.shape[1], *model.hidden, data.Y.shape[1]),
        activation=model.activation,
        output=model.output,
        loss=config.training.loss,
        bias=model.bias,
    )
    rows = len(data.X) if size == "full" else min(size, len(data.X))
    return Network(Parameters(architecture, np.dtype(model.dtype)), rows)
