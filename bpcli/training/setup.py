"""From a configuration to its data, network and optimiser: where training, gradcheck and the demo all start."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.config import Adam as AdamConfig
from bpcli.config import Config, TrainingConfig
from bpcli.datasets import Prepared, load, prepare
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training.optimisers import Adam, Optimiser, Sgd


@dataclass(frozen=True, eq=False)
class Setup:
    """What a configuration and its seed determine before the first step.

    Attributes:
        data: split, scaled and encoded.
        network: with its initial weights, and buffers for one batch.
        rng: what shuffles the samples.
    """

    data: Prepared
    network: Network
    rng: np.random.Generator


def setup(config: Config) -> Setup:
    """Prepare the data and draw the initial weights. The seed gives data, weights and shuffling a stream each.

    Raises:
        DataError: if the data cannot be used.
    """
    for_data, for_weights, for_shuffling = map(
        np.random.default_rng, np.random.SeedSequence(config.seed).spawn(3)
    )
    data = prepared_data(config, for_data)
    network = build_network(config, data)
    initialise(network.parameters, for_weights, **config.model.init.model_dump())
    return Setup(data, network, for_shuffling)


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


def build_optimiser(network: Network, settings: TrainingConfig) -> Optimiser:
    """Return the configured update rule for the parameters and gradients of a network."""
    rule = settings.optimizer
    common: dict[str, Any] = {"weight_decay": settings.weight_decay}
    if isinstance(rule, AdamConfig):
        return Adam(
            network.parameters,
            network.gradients,
            beta1=rule.beta1,
            beta2=rule.beta2,
            epsilon=rule.epsilon,
            **common,
        )
    return Sgd(network.parameters, network.gradients, momentum=rule.momentum, **common)
