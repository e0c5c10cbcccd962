"""From a configuration to its data and its network: what training and the gradient check both start from."""

from dataclasses import dataclass

import numpy as np

from bpcli.config import Config
from bpcli.datasets import Prepared, load, prepare
from bpcli.network import Architecture, Network, Parameters, initialise


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a configuration and its seed amount to before the first step.

    Attributes:
        data: split, scaled and encoded.
        network: with its initial weights, and buffers for one batch.
        order: the random numbers that will shuffle the samples.
    """

    data: Prepared
    network: Network
    order: np.random.Generator


def begin(config: Config) -> Beginning:
    """Prepare the data and draw the weights; the one seed gives data, weights and shuffling a stream each.

    Raises:
        DataError: if the data cannot be used.
    """
    for_data, for_weights, for_order = map(
        np.random.default_rng, np.random.SeedSequence(config.seed).spawn(3)
    )
    data = prepared_data(config, for_data)
    network = build_network(config, data)
    initialise(network.parameters, for_weights, **config.model.init.model_dump())
    return Beginning(data, network, for_order)


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
