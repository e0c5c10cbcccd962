"""The small networks that ``bpcli gradcheck`` checks bpcli itself with: together they reach every line that trains.

Sizes are pairwise different, learning rates are no simple factors and biases are random, so that no two mistakes look
alike. Batches do not divide the rows, so the last one is short; one is of more than 32 rows; two networks have more
parameters, and one more rows, than the pieces that the core works on at a time.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.datasets import Prepared
from bpcli.datasets.dataset import Task
from bpcli.gradcheck.epochs import check_training
from bpcli.gradcheck.extremes import check_extremes
from bpcli.gradcheck.numerical import default_method
from bpcli.gradcheck.scores import check_reports
from bpcli.gradcheck.step import OwnCheck
from bpcli.network import Architecture, Array, Network, Parameters
from bpcli.network.architecture import Activation, LossName, Output

SGD = {"name": "sgd", "learning_rate": 0.3}
SLOW = {"name": "sgd", "learning_rate": 0.03}
MOMENTUM = SGD | {"momentum": 0.7}
ADAM = {"name": "adam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}


@dataclass(frozen=True)
class Case:
    """One network and how it is trained."""

    sizes: tuple[int, ...]
    activation: Activation
    output: Output
    loss: LossName
    bias: bool
    dtype: str
    optimizer: dict[str, Any]
    rows: int = 23
    batch: int = 10
    validation: int = 9
    training: dict[str, Any] | None = None

    @cached_property
    def settings(self) -> TrainingConfig:
        """The training section of a configuration."""
        given = {"loss": self.loss, "optimizer": self.optimizer, "epochs": 2, "batch_size": self.batch}
        return TrainingConfig.model_validate(given | (self.training or {}))

    @cached_property
    def architecture(self) -> Architecture:
        """The network."""
        return Architecture(self.sizes, self.activation, self.output, self.loss, self.bias)


STEP: dict[str, Any] = {"schedule": {"name": "step", "every": 2, "factor": 0.6}, "epochs": 3}
COSINE: dict[str, Any] = {"schedule": {"name": "cosine", "minimum": 0.05}}
DECAY: dict[str, Any] = {"weight_decay": 0.07}
BALANCED: dict[str, Any] = {"class_weight": "balanced"}
STOPPING: dict[str, Any] = {"early_stopping": {"patience": 2, "min_delta": 0.05}, "epochs": 12}

CASES = (
    Case((3, 4, 5), "sigmoid", "sigmoid", "squared_error", False, "float64", SGD, validation=23),
    Case((3, 4, 5), "sigmoid", "sigmoid", "squared_error", True, "float64", MOMENTUM, training=DECAY),
    Case((4, 6, 3), "tanh", "softmax", "cross_entropy", True, "float64", ADAM, training=DECAY),
    Case((5, 7, 2), "relu", "identity", "squared_error", True, "float64", SGD, training=COSINE),
    Case((2, 5, 1), "tanh", "sigmoid", "cross_entropy", True, "float64", MOMENTUM, training=STEP),
    Case((3, 6, 4, 2), "identity", "identity", "squared_error", False, "float64", SLOW, training=DECAY),
    Case((4, 5, 6, 3), "relu", "softmax", "cross_entropy", False, "float64", ADAM, training=COSINE),
    Case((6, 5, 4, 3), "sigmoid", "sigmoid", "cross_entropy", True, "float64", ADAM, validation=0),
    Case((4, 5, 3), "relu", "softmax", "cross_entropy", True, "float64", SGD, rows=120, batch=50, training=BALANCED),
    Case((3, 1), "sigmoid", "sigmoid", "cross_entropy", True, "float64", SGD, rows=120, batch=50, training=BALANCED),
    Case((4, 3), "sigmoid", "sigmoid", "cross_entropy", True, "float64", MOMENTUM, rows=1500, batch=700),
    Case((3, 5), "sigmoid", "softmax", "cross_entropy", False, "float64", SGD | {"learning_rate": 3.0},
         validation=7, training=STOPPING),
    Case((5, 3), "sigmoid", "identity", "squared_error", True, "float64", SGD, rows=97, batch=43),
    Case((131, 127), "sigmoid", "sigmoid", "squared_error", True, "float64", MOMENTUM, rows=410, batch=300),
    Case((3, 4, 5), "tanh", "sigmoid", "squared_error", True, "float32", MOMENTUM, training=DECAY),
    Case((4, 6, 5, 3), "sigmoid", "softmax", "cross_entropy", True, "float32", ADAM),
    Case((5, 4, 2), "relu", "sigmoid", "cross_entropy", False, "float32", SGD),
    Case((2, 3), "sigmoid", "identity", "squared_error", False, "float32", ADAM, rows=1200, batch=500, training=STEP),
    Case((6, 3, 2), "identity", "identity", "squared_error", True, "float32", SLOW),
)  # fmt: skip


def check_selection() -> tuple[OwnCheck, ...]:
    """Train each of the networks for some epochs and compare everything with the reference; then what is extreme."""
    rng = np.random.default_rng(5)
    return (*(check_case(case) for case in CASES), *check_extremes(rng), *check_reports(rng))


def check_case(case: Case) -> OwnCheck:
    """Train one of them."""
    architecture, rng = case.architecture, np.random.default_rng(7)
    parameters = Parameters(architecture, case.dtype)
    for fan_in, weight, bias in zip(case.sizes, parameters.weights, parameters.biases, strict=False):
        weight[...] = rng.normal(0.0, 1.5 / np.sqrt(fan_in), weight.shape)
        if bias is not None:
            bias[...] = rng.normal(0.0, 0.5, bias.shape)
    data = _data(case, rng)
    network = Network(parameters, min(case.batch, case.rows))
    return check_training(describe(case), network, data, case.settings, rng, default_method(architecture))


def describe(case: Case) -> str:
    """One network in a line: 3-4-5 sigmoid, softmax output, cross-entropy, biases, float32, adam."""
    hidden = f" {case.activation}" if case.architecture.depth > 1 else ""
    training = [case.optimizer["name"], *(["momentum"] if "momentum" in case.optimizer else [])]
    training += [name.replace("_", " ") for name in case.training or {} if name != "epochs"]
    bias = "biases" if case.bias else "no biases"
    return (
        f"{'-'.join(map(str, case.sizes))}{hidden}, {case.output} output, {case.loss.replace('_', '-')}, {bias}, "
        f"{case.dtype}, {' + '.join(training)}"
    )


def _data(case: Case, rng: np.random.Generator) -> Prepared:
    """Random rows: one-hot targets under softmax, 0 and 1 for a single output, numbers otherwise."""
    rows, (d0, *_, outputs) = case.rows + case.validation, case.sizes
    X = rng.normal(size=(rows, d0)).astype(case.dtype)
    Y: Array = rng.uniform(0.05, 0.95, (rows, outputs))
    task: Task = "regression"
    if case.loss == "cross_entropy":
        task = "multilabel" if case.output == "sigmoid" and outputs > 1 else "classification"
    balanced = case.settings.class_weight is not None
    if balanced:  # most rows of the first class
        Y **= 4 * np.arange(outputs) + (4 if outputs == 1 else 1)
    if case.output == "softmax":
        classes = Y.argmax(axis=1) if balanced else rng.integers(0, outputs, rows)
        Y = np.eye(outputs)[classes]
    elif outputs == 1:
        Y = np.round(Y)
    Y = Y.astype(case.dtype)
    return Prepared(
        name="random",
        task=task,
        features=(),
        classes=(),
        outputs=(),
        X=X[: case.rows],
        Y=Y[: case.rows],
        X_validation=X[case.rows :],
        Y_validation=Y[case.rows :],
        offset=np.zeros(d0),
        scale=np.ones(d0),
        digest="",
    )
