"""What ordinary epochs do not reach: networks side by side, saturated units, runs that diverge, epochs not recorded."""

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.datasets import Prepared
from bpcli.gradcheck import reference
from bpcli.gradcheck.numerical import default_method
from bpcli.gradcheck.step import OwnCheck, TensorCheck, compare, compare_step, observed, statement, summary
from bpcli.network import Architecture, Array, Network, Parameters
from bpcli.network.activations import activate
from bpcli.training.loop import EpochRecord, Trainer
from bpcli.training.optimisers import Adam, Optimiser, Sgd

SATURATING = 2000.0  # pre-activations at which the exponential of either sign overflows in float64
DIVERGED = 1e4  # times the loss of the best constant output: there a run is given up
ADAM = {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}
STANDING = {"name": "sgd", "learning_rate": 1e-300}  # an update that changes nothing


def check_side_by_side(architecture: Architecture, X: Array, Y: Array, rng: np.random.Generator) -> OwnCheck:
    """Two networks along a leading axis: each is what it is alone. X is N×d0, Y is N×d_L."""
    parameters = Parameters(architecture, lead=(2,))
    parameters.flat[...] = rng.normal(size=parameters.flat.shape)
    network = Network(parameters, len(X))
    network.forward(X[::-1] + 1.0)  # another batch first, in an array of its own
    network.backward(Y[::-1])
    network.forward(X)
    network.backward(Y)
    found = observed(network)
    exact = np.ones(X.shape), np.zeros(X.shape)
    tensors = {"x": compare("x", found["x"], X, exact, None, "complex")}
    for each in range(2):
        alone = {name: array if name in {"x", "y"} else array[each] for name, array in found.items()}
        for check in compare_step(network, alone, default_method(architecture)):
            if check.name not in tensors or check.verdict == "wrong":
                tensors[check.name] = check
    source = f"two {'-'.join(map(str, architecture.sizes))} networks side by side"
    return summary(source, architecture, default_method(architecture), [*tensors.values()])


def check_saturated(architecture: Architecture, X: Array, Y: Array, rng: np.random.Generator) -> OwnCheck:
    """Outputs that are 0 and 1 to the last digit: no overflow, and the loss and what starts backwards are exact."""
    parameters = Parameters(architecture)
    parameters.flat[...] = SATURATING * rng.normal(size=parameters.flat.shape)
    network = Network(parameters, len(X))
    named = dict(parameters.named())
    pre, out = reference.forward(architecture, named, X)
    expected = {
        "z": out[-1],
        "loss": np.array(reference.sample_losses(architecture, pre[-1], out[-1], Y).mean()),
    }
    tensors = []
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            z = network.forward(X)
            found = {"z": z, "loss": np.array(network.loss(Y))}
            for name, true in expected.items():
                bound = abs(true), np.full_like(true, 1e-12)
                tensors.append(compare(name, found[name], true, bound, None, "complex"))
    except FloatingPointError as error:
        tensors.append(TensorCheck(str(error), (), float("nan"), None, None, "wrong", 0))
    source = f"saturated {architecture.output} units, {architecture.loss.replace('_', '-')}"
    return summary(source, architecture, "complex", tensors)


def check_activations(architecture: Architecture, rng: np.random.Generator) -> OwnCheck:
    """Every activation and its derivative by name, as the symmetry demonstration and the worksheets ask for them."""
    a = rng.normal(size=(7, 3))
    tensors = []
    for name in ("sigmoid", "tanh", "relu", "identity", "softmax"):
        true = reference.activation(name, a), reference.activation_derivative(name, a)
        for found, expected, what in zip(activate(name, a), true, ("", "_derivative"), strict=True):
            bound = abs(expected), np.full_like(expected, 1e-15)
            tensors.append(compare(f"{name}{what}", found, expected, bound, None, "complex"))
    return summary("activations by name", architecture, "complex", tensors)


def check_updates(architecture: Architecture, rng: np.random.Generator) -> OwnCheck:
    """Two networks side by side, each with a rate, a momentum and a decay of its own: three steps of either rule."""
    tensors = []
    for name in ("sgd", "adam"):
        parameters, gradients = (Parameters(architecture, lead=(2, 1)) for _ in range(2))
        parameters.flat[...] = rng.normal(size=parameters.flat.shape)
        rate, momentum, decay = (
            np.array(pair).reshape(2, 1, 1) for pair in ((0.3, 0.07), (0.7, 0.4), (0.05, 0.2))
        )
        optimiser: Optimiser = Adam(parameters, gradients, **ADAM, weight_decay=decay)
        if name == "sgd":
            optimiser = Sgd(parameters, gradients, momentum=momentum, weight_decay=decay)
        expected = {key: tensor.copy() for key, tensor in parameters.named()}
        memories: dict[str, reference.Memory] = {key: {} for key in expected}
        for _ in range(3):
            gradients.flat[...] = rng.normal(size=gradients.flat.shape)
            for key, g in gradients.named():
                theta = expected[key]
                alpha, mu, c = (each.reshape(2, *[1] * (theta.ndim - 1)) for each in (rate, momentum, decay))
                rule = SimpleNamespace(name=name, momentum=mu, **ADAM)
                penalty = 0.0 if key.startswith("bias") else c * theta
                expected[key] = reference.update(rule, memories[key], theta, g + penalty, alpha)
            optimiser.step(rate)
        for key, found in parameters.named():
            bound = np.ones(found.shape), np.full(found.shape, 1e-14)
            tensors.append(compare(f"{name}_{key}", found, expected[key], bound, None, "complex"))
    return summary("two networks updated side by side", architecture, "complex", tensors)


def check_divergence(network: Network, data: Prepared, rng: np.random.Generator) -> OwnCheck:
    """A learning rate of 1e200 ends the run at once, and the run says that it diverged."""
    trainer, records = _run(
        network, data, {"epochs": 9, "optimizer": {"name": "sgd", "learning_rate": 1e200}}, rng
    )
    said = trainer.stopped_by == "diverged" and len(records) < 9 and not records[-1].train.finite
    return summary("a run that diverges", network.architecture, "complex", [statement("diverged", said)])


def check_limits(kinds: Iterable[tuple[Architecture, Array, Array]], rng: np.random.Generator) -> OwnCheck:
    """A run is given up where its loss is more than 10,000 times that of the best constant output, and not before."""
    tensors = []
    for number, (architecture, X, Y) in enumerate(kinds):
        constant = 0.5 * ((Y - Y.mean(axis=0)) ** 2).sum(axis=1).mean()
        # Targets that hardly vary are measured by their size, and outputs that are probabilities by their number.
        least = max(0.5e-3 * (Y**2).sum(axis=1).mean(), 1e-6)
        limit = DIVERGED * (Y.shape[1] if architecture.loss == "cross_entropy" else max(constant, least))
        for times in (0.75, 1.5):
            network = Network(_with_loss(architecture, X, Y, times * limit, rng), len(X))
            trainer, _ = _run(network, _data(X, Y), {"epochs": 1, "optimizer": STANDING}, rng)
            said = trainer.stopped_by == ("diverged" if times > 1 else "epochs")
            tensors.append(statement(f"limit_{number}_{times:g}", said))
    return summary("losses near the limit", architecture, "complex", tensors)


def _with_loss(
    architecture: Architecture, X: Array, Y: Array, loss: float, rng: np.random.Generator
) -> Parameters:
    """Random weights so large that the mean loss is this one."""
    direction, parameters = _random(architecture, rng).flat, Parameters(architecture)
    least, most = 1e-9, 1e9
    for _ in range(100):
        parameters.flat[...] = np.sqrt(least * most) * direction
        found = reference.mean_loss(architecture, dict(parameters.named()), X, Y)
        least, most = (np.sqrt(least * most), most) if found < loss else (least, np.sqrt(least * most))
    return parameters


def check_records(network: Network, data: Prepared, rng: np.random.Generator) -> OwnCheck:
    """Every second epoch of five is recorded, and the last one."""
    _, records = _run(network, data, {"epochs": 5, "evaluate_every": 2, "optimizer": STANDING}, rng)
    said = [record.epoch for record in records] == [2, 4, 5]
    return summary(
        "every second epoch recorded", network.architecture, "complex", [statement("recorded", said)]
    )


def _run(
    network: Network, data: Prepared, settings: dict[str, Any], rng: np.random.Generator
) -> tuple[Trainer, list[EpochRecord]]:
    trainer = Trainer(network, data, TrainingConfig.model_validate(settings), rng)
    return trainer, list(trainer.epochs())


def check_extremes(rng: np.random.Generator) -> tuple[OwnCheck, ...]:
    """Check all of them on small random data."""
    X = rng.normal(size=(7, 3))
    deep = Architecture((3, 4, 5), "tanh", "softmax", "cross_entropy")
    binary = Architecture((3, 5, 4, 2), "sigmoid", "sigmoid", "cross_entropy")
    squared = Architecture((3, 4), output="sigmoid")
    one_hot, numbers = np.eye(5)[rng.integers(0, 5, 7)], rng.uniform(size=(7, 4))
    bits = np.round(rng.uniform(size=(7, 2)))
    linear = Architecture((3, 4, 4), "identity", "identity")
    data = _data(X, numbers)
    return (
        check_side_by_side(deep, X, one_hot, rng),
        check_side_by_side(binary, X, bits, rng),
        check_side_by_side(squared, X, numbers, rng),
        check_updates(deep, rng),
        check_saturated(replace(deep, sizes=(3, 5)), X, one_hot, rng),
        check_saturated(replace(binary, sizes=(3, 2)), X, bits, rng),
        check_saturated(squared, X, numbers, rng),
        check_activations(deep, rng),
        check_divergence(Network(_random(linear, rng), len(X)), data, rng),
        check_records(Network(_random(linear, rng), len(X)), data, rng),
        check_limits(
            [
                (linear, X, numbers),
                (linear, X, 3 + 1e-4 * numbers),
                (linear, X, 1e-5 * numbers),
                (replace(binary, sizes=(3, 2)), X, bits),
            ],
            rng,
        ),
    )


def _random(architecture: Architecture, rng: np.random.Generator) -> Parameters:
    parameters = Parameters(architecture)
    parameters.flat[...] = rng.normal(size=parameters.flat.shape)
    return parameters


def _data(X: Array, Y: Array) -> Prepared:
    """Rows to train on, none of them for validation."""
    zero, one = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return Prepared("random", "regression", (), (), (), X, Y, X[:0], Y[:0], zero, one, "")
