"""Checks bpcli's own gradients: the code that trains, in its precision, on its data, against numerical derivatives."""

from dataclasses import replace
from itertools import chain, count, islice, repeat

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config, TrainingConfig
from bpcli.datasets import Prepared
from bpcli.gradcheck.degenerate import degeneracies, random_example
from bpcli.gradcheck.epochs import check_training
from bpcli.gradcheck.numerical import Method, default_method
from bpcli.gradcheck.step import OwnCheck, check_network
from bpcli.network import Array, Network, Parameters
from bpcli.network.example import Example
from bpcli.training.descent import Batches, descend
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser, setup


def check_own(
    config: Config, *, method: Method | None = None, samples: int = 32, steps: int = 10
) -> tuple[OwnCheck, ...]:
    """Check the configured network on up to ``samples`` training rows, as initialised and after ``steps`` of training.

    The third check follows two epochs of a few batches through the loop that trains.

    Data, first weights and batches come from the configured seed as they do in ``bpcli train``. Where the initial
    weights cannot tell (zero or constant, say), a random example of the same sizes takes their place, and is named so.

    Raises:
        UsageError: if the method does not suit the network.
        DataError: if the data cannot be used.
    """
    ready = setup(config)
    data, network = ready.data, ready.network
    method = method or default_method(network.architecture)
    X, Y = data.X[:samples], data.Y[:samples]  # the rows are in random order already
    try:
        before = _check_informatively("initial weights", network, X, Y, method, initial=True)
    except ValueError as error:
        raise UsageError(f"--method {method}: {error}") from error
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _train(network, data, ready.config.training, steps, ready.rng)
    later = _check_informatively(f"after {steps} steps", network, X, Y, method, initial=False)
    return before, later, _check_epochs(config, samples, method)


def _check_epochs(config: Config, most: int, method: Method) -> OwnCheck:
    """Train the configured network for two epochs, on so few of its rows that the last of three batches is short."""
    ready = setup(config)
    data, network = ready.data, ready.network
    batch = max(1, min(network.rows, most, 2 * len(data.X) // 5))
    rows = min(len(data.X), 2 * batch + (batch + 1) // 2)
    few = replace(
        data,
        X=data.X[:rows],
        Y=data.Y[:rows],
        X_validation=data.X_validation[:rows],
        Y_validation=data.Y_validation[:rows],
    )
    changes = {"epochs": 2, "early_stopping": None, "evaluate_every": 1}
    settings = ready.config.training.model_copy(update=changes)
    source = f"bpcli, 2 epochs of training on {rows} rows, {batch} at a time"
    smaller = type(network)(network.parameters, batch)
    with np.errstate(all="ignore"):
        return check_training(source, smaller, few, settings, ready.rng, method)


def _check_informatively(
    where: str, network: Network, X: Array, Y: Array, method: Method, *, initial: bool
) -> OwnCheck:
    """Check at these weights, or at a random example of the same sizes where they cannot tell right from wrong."""
    parameters, kind = network.parameters, type(network)
    check = check_network(f"bpcli, {where}", parameters, X, Y, method, kind=kind)
    if check.verdict == "wrong" or not np.isfinite(parameters.flat).all():
        return check
    # Training may well leave a unit dead; where its check is correct all the same, nothing is missing.
    reasons = (
        degeneracies(Example(parameters.architecture, X, Y, dict(parameters.named())), biases=False)
        if initial
        else ()
    )
    if check.verdict == "correct" and not reasons:
        return check
    drawn = random_example(Example(parameters.architecture, X, Y, {}), np.random.default_rng(0))
    random = Parameters(parameters.architecture, parameters.dtype)
    for name, tensor in random.named():
        tensor[...] = drawn.parameters[name]
    why = "; ".join(reasons) or _blind_tensors(check)
    source = f"bpcli, a random example ({where} cannot tell: {why})"
    return check_network(source, random, drawn.X.astype(X.dtype), drawn.Y.astype(Y.dtype), method, kind=kind)


def _blind_tensors(check: OwnCheck) -> str:
    names = [t.name.replace("grad_", "∇") for t in check.tensors if t.verdict == "uninformative"]
    return f"{', '.join(names)} vanish there, or lie at a kink"


def _train(
    network: Network, data: Prepared, settings: TrainingConfig, steps: int, rng: np.random.Generator
) -> None:
    """Take the first steps of a training run, at the rate of its first epoch."""
    optimiser = build_optimiser(network, settings)
    rate = learning_rate(settings.schedule, settings.optimizer.learning_rate, 1, settings.epochs)

    batches = Batches(data.X, data.Y, network.rows, rng)
    epochs = chain.from_iterable(batches.epoch() for _ in count())
    # The step after the last is begun, since each pauses before its update, and left out.
    for _ in islice(descend(network, epochs, optimiser, repeat(rate)), steps + 1):
        pass
