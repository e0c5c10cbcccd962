"""From a configuration to its data, network and optimiser: where training, gradcheck and the demo all start."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Adam as AdamConfig
from bpcli.config import Config, TrainingConfig
from bpcli.datasets import Prepared, load, prepare
from bpcli.engine import EXTRA, CompiledEpochs, CompiledNetwork, Rule, available, worth_compiling
from bpcli.network import Architecture, Array, Network, Parameters, initialise
from bpcli.training.optimisers import Adam, Optimiser, Sgd


@dataclass(frozen=True, eq=False)
class Setup:
    """What a configuration and its seed determine before the first step.

    Attributes:
        config: with the engine that trains in the place of ``auto``.
        data: split, scaled and encoded.
        network: with its initial weights, and buffers for one batch.
        rng: what shuffles the samples.
    """

    config: Config
    data: Prepared
    network: Network
    rng: np.random.Generator


def setup(config: Config) -> Setup:
    """Prepare the data and draw the initial weights. The seed gives data, weights and shuffling a stream each.

    Raises:
        DataError: if the data cannot be used.
        UsageError: if the compiled engine is configured and Numba is not installed.
    """
    for_data, for_weights, for_shuffling = map(
        np.random.default_rng, np.random.SeedSequence(config.seed).spawn(3)
    )
    data = prepared_data(config, for_data)
    config = with_engine(config, data)
    network = build_network(config, data)
    initialise(network.parameters, for_weights, **config.model.init.model_dump())
    return Setup(config, data, network, for_shuffling)


def with_engine(config: Config, data: Prepared) -> Config:
    """Return the configuration with the engine that trains: for ``auto``, the one that the size of the work suits.

    Raises:
        UsageError: if the compiled engine is configured and Numba is not installed.
    """
    training = config.training
    if training.engine == "compiled" and not available():
        raise UsageError(
            f"training.engine: compiled needs Numba and SciPy, which are not installed: {EXTRA}; or write "
            "training.engine: numpy"
        )
    if training.engine != "auto":
        return config
    rows = _rows(config, data)
    steps = training.epochs * -(-len(data.X) // rows)
    worth = available() and worth_compiling(_architecture(config, data), rows, steps)
    training = training.model_copy(update={"engine": "compiled" if worth else "numpy"})
    return config.model_copy(update={"training": training})


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
    network = CompiledNetwork if config.training.engine == "compiled" else Network
    parameters = Parameters(_architecture(config, data), np.dtype(config.model.dtype))
    return network(parameters, _rows(config, data))


def _architecture(config: Config, data: Prepared) -> Architecture:
    model = config.model
    return Architecture(
        sizes=(data.X.shape[1], *model.hidden, data.Y.shape[1]),
        activation=model.activation,
        output=model.output,
        loss=config.training.loss,
        bias=model.bias,
    )


def _rows(config: Config, data: Prepared) -> int:
    """The rows of a batch."""
    size = config.training.batch_size
    return len(data.X) if size == "full" else min(size, len(data.X))


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


def compiled_epochs(
    network: Network, X: Array, Y: Array, optimiser: Optimiser, settings: TrainingConfig
) -> CompiledEpochs:
    """Return the compiled form of training on X (M×d0) and Y (M×d_L) by the configured rule.

    ``optimiser`` lends its memory, and so can be stopped and resumed as if it trained itself.
    """
    constants = settings.optimizer.model_dump(exclude={"name", "learning_rate"})
    rule = Rule(settings.optimizer.name, **constants, decay=settings.weight_decay, memory=optimiser.slots)
    return CompiledEpochs(network, X, Y, rule)
