"""From a configuration to its data, network and optimiser: where training, gradcheck and the demo all start."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bpcli.common.errors import ConfigError, UsageError
from bpcli.common.text import printable
from bpcli.config import Adam as AdamConfig
from bpcli.config import Config, TrainingConfig, to_yaml
from bpcli.config.fields import is_own_table
from bpcli.datasets import Dataset, InputOptions, Prepared, ReadOptions, load, prepare
from bpcli.datasets.text_source import STDIN
from bpcli.engine import (
    EXTRA,
    CompiledEpochs,
    CompiledNetwork,
    Rule,
    available,
    seconds_saved,
    worth_compiling,
)
from bpcli.network import Architecture, Array, Network, Parameters, initialise
from bpcli.network.architecture import LossName, Output
from bpcli.training.optimisers import Adam, Optimiser, Sgd

if TYPE_CHECKING:
    from bpcli.datasets.profile import Profile

# What "auto" is; benchmarks/tables.py says how it was chosen.
STEPS, SMALLEST_BATCH, LARGEST_BATCH = 8, 4, 32  # of an epoch; rows
DECAY, DECAY_OF_FEW = 0.1, 1.0  # of the penalty ½ c ‖W‖² on the sum of the losses
HELD_OUT, FEW = 0.2, 100  # fraction of the rows; fewer rows than that, and none are held out


@dataclass(frozen=True, eq=False)
class Setup:
    """What a configuration and its seed determine before the first step.

    Attributes:
        config: complete: what it left to the task is decided, and which engine trains.
        data: split, scaled and encoded.
        network: with its initial weights, and buffers for one batch.
        rng: what shuffles the samples.
    """

    config: Config
    data: Prepared
    network: Network
    rng: np.random.Generator


def setup(config: Config, dataset: Dataset | None = None) -> Setup:
    """Prepare the data and draw the initial weights. The seed gives data, weights and shuffling a stream each.

    ``dataset`` is what ``load_data`` returned for these settings, where it is at hand and nothing in it is random.

    Raises:
        DataError: if the data cannot be used.
        UsageError: if the compiled engine is configured and Numba is not installed.
    """
    for_data, for_weights, for_shuffling = streams(config.seed)
    config, data = prepared_data(config, for_data, dataset)
    config = with_engine(config, data)
    network = build_network(config, data)
    initialise(network.parameters, for_weights, **config.model.init.model_dump())
    return Setup(config, data, network, for_shuffling)


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Return the random numbers for the data, for the initial weights and for the order of the samples."""
    data, weights, order = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(3))
    return data, weights, order


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
    worth = available() and worth_compiling(seconds_saved(_architecture(config, data), rows, steps))
    training = training.model_copy(update={"engine": "compiled" if worth else "numpy"})
    return config.model_copy(update={"training": training})


def load_data(config: Config, rng: np.random.Generator) -> Dataset:
    """Read the configured data."""
    source = config.data
    read, columns = table_options(config)
    return load(
        source.source,
        target=source.target,
        task=source.task,
        samples=source.samples,
        noise=source.noise,
        rng=rng,
        read=read,
        columns=columns,
    )


def table_options(config: Config) -> tuple[ReadOptions, InputOptions]:
    """What the configuration says about a text table."""
    source = config.data
    read = ReadOptions(
        source.delimiter,
        source.header,
        source.decimal,
        source.thousands,
        source.encoding,
        source.comment,
        source.max_rows,
    )
    return read, InputOptions(
        source.ignore,
        source.categories,
        source.numbers,
        source.dates,
        source.missing,
        source.invalid,
        source.missing_values,
    )


def look(config: Config) -> "Profile":
    """Look at the configured table.

    Raises:
        DataError: it cannot be read, or training would refuse it.
    """
    from bpcli.datasets.profile import profile  # noqa: PLC0415 - who trains does not look at tables

    read, columns = table_options(config)
    return profile(config.data.source, read, columns, target=config.data.target, task=config.data.task)


def written_config(config: Config, found: "Profile", file: Path) -> str:
    """A configuration file for a table that was looked at, everything written down; ``file`` is where it will lie."""
    dataset = found.dataset
    config = complete(config, dataset)
    source = config.data.source
    if source != STDIN:
        source = os.path.relpath(source, os.path.realpath(file.parent))
    task = "auto" if dataset.task == "multilabel" else dataset.task
    data = config.data.model_copy(update={"source": source, "target": dataset.outputs, "task": task})
    if any(name.startswith("column ") for name in dataset.outputs):
        data = data.model_copy(update={"target": config.data.target})
    left = [f"{role.name} ({role.why})" for role in dataset.roles if role.kind == "left out"]
    lines = [
        f"# {printable(found.name)}: {found.rows:,} rows, {dataset.task}; written by bpcli data",
        *(f"# left out: {printable(', '.join(left))}" for _ in left[:1]),
    ]
    return "\n".join(lines) + "\n" + to_yaml(config.model_copy(update={"data": data}))


def prepared_data(
    config: Config, rng: np.random.Generator, dataset: Dataset | None = None
) -> tuple[Config, Prepared]:
    """Load, split, scale and encode the configured data; also return the configuration with the task's choices.

    ``dataset`` is as in ``setup``.
    """
    dataset = dataset or load_data(config, rng)
    config = complete(config, dataset)
    return config, prepare(
        dataset,
        validation=config.data.held_out,
        scaling=config.data.scale,
        output=cast(Output, config.model.output),
        loss=cast(LossName, config.training.loss),
        dtype=np.dtype(config.model.dtype),
        rng=rng,
        standardise_targets=config.data.scale_target == "standard",
        invalid=config.data.invalid,
        missing_values=config.data.missing_values,
    )


def checked_data(config: Config) -> Prepared | None:
    """Prepare the configured data as training would; None for standard input, which can be read only once.

    Raises:
        DataError: if the data cannot be used.
    """
    if config.data.source == STDIN:
        return None
    return setup(config).data


def complete(config: Config, dataset: Dataset) -> Config:
    """The configuration with what is "auto" decided by the task and the number of rows.

    Regression: identity with squared error, targets standardised. Two classes: sigmoid with cross-entropy. More
    classes: softmax with cross-entropy. Labels that do not exclude each other: sigmoid with cross-entropy.

    Of few rows none are held out: a fifth of them would be missed in training, and too few to say when to stop. Weight
    decay keeps the network from fitting noise in place of early stopping.

    Then, and in a regression that holds rows out, the fewer the N training rows, the fewer are in a batch, so that an
    epoch has steps enough; and the greater is the weight decay c. With the sum of losses in place of their mean,
    c = 0.1 / N, or 1 / N of few rows, is the same penalty for every N: the more rows, the more they outweigh it.

    Raises:
        ConfigError: a loss that is written down and that the task does not go with.
    """
    model, training, data = config.model, config.training, config.data
    output, loss = model.output, training.loss
    if output == "auto":
        if dataset.task == "regression":
            output = "sigmoid" if loss == "cross_entropy" else "identity"
        else:
            several = dataset.task == "classification" and len(dataset.classes) > 2
            output = "softmax" if several and loss != "squared_error" else "sigmoid"
    if loss == "auto":
        classes = output == "softmax" or (output == "sigmoid" and dataset.task != "regression")
        loss = "cross_entropy" if classes else "squared_error"
    if training.class_weight and dataset.task != "classification":
        raise ConfigError(
            f"training.class_weight: {training.class_weight} is for classes, and {dataset.name} is a "
            f"{dataset.task}; write null"
        )
    scale = data.scale_target
    if scale == "auto":
        scale = (
            "standard"
            if is_own_table(data.source) and dataset.task == "regression" and output == "identity"
            else scale
        )
    n = len(dataset.X)
    few = data.validation == "auto" and dataset.validation is None and n < FEW
    held_out = data.validation if data.validation != "auto" else 0.0 if few else HELD_OUT
    rows = n if dataset.validation else max(1, n - round(held_out * n))
    size, decay = training.batch_size, training.weight_decay
    by_rows = few or (dataset.task == "regression" and (rows < n or dataset.validation is not None))
    if size == "auto":
        size = min(max(rows // STEPS, SMALLEST_BATCH), LARGEST_BATCH) if by_rows else LARGEST_BATCH
    if decay == "auto":
        decay = (DECAY_OF_FEW if few else DECAY) / rows if by_rows else 0.0
    return config.model_copy(
        update={
            "model": model.model_copy(update={"output": output}),
            "training": training.model_copy(update={"loss": loss, "batch_size": size, "weight_decay": decay}),
            "data": data.model_copy(update={"scale_target": scale, "validation": held_out}),
        }
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
        output=cast(Output, model.output),
        loss=cast(LossName, config.training.loss),
        bias=model.bias,
    )


def _rows(config: Config, data: Prepared) -> int:
    """The rows of a batch, of a complete configuration."""
    size = config.training.batch_size
    return len(data.X) if size == "full" else min(cast(int, size), len(data.X))


def build_optimiser(network: Network, settings: TrainingConfig) -> Optimiser:
    """Return the configured update rule for the parameters and gradients of a network."""
    rule = settings.optimizer
    common: dict[str, Any] = {"weight_decay": settings.decay}
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
    rule = Rule(settings.optimizer.name, **constants, decay=settings.decay, memory=optimiser.slots)
    return CompiledEpochs(network, X, Y, rule)
