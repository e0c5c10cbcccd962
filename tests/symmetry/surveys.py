"""Surveys of the rule for equal units, for its tests and, at full length, for benchmarks/detection.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.symmetry import layer_symmetry
from bpcli.training.optimisers import Sgd

FANS = (1, 2, 3, 10, 64)
SCHEMES = (
    {"scheme": "xavier"},
    {"scheme": "he"},
    {"scheme": "normal", "std": 0.1},
    {"scheme": "uniform", "low": -1.0, "high": 1.0},
)
WIDTHS = (2, 256)
SAMPLES = 64
STABLE = 3.0  # a twin that the network itself moves away by no more than this factor is kept together


def random_networks(count: int, *, seed: int = 0, **smallest: Any) -> Iterator[Parameters]:
    """Yield networks of 2 to 256 units, every other one trained for up to 300 steps, in both precisions.

    ``smallest`` fixes what would be drawn: ``fans``, ``dtype``, ``bias``.
    """
    rng = np.random.default_rng(seed)
    for index in range(count):
        fan_in, fan_out = smallest.get("fans") or rng.choice(FANS, 2).tolist()
        width = int(rng.integers(WIDTHS[0], WIDTHS[1] + 1))
        architecture = Architecture(
            (fan_in, width, fan_out),
            activation=("sigmoid", "tanh", "relu")[index % 3],
            bias=bool(smallest.get("bias", rng.integers(2))),
        )
        parameters = Parameters(
            architecture, smallest.get("dtype") or (np.float32, np.float64)[index // 2 % 2]
        )
        initialise(parameters, rng, **SCHEMES[rng.integers(len(SCHEMES))])
        if index % 2:
            for _ in training(
                parameters, int(rng.integers(1, 301)), rate=float(rng.choice([0.05, 0.5])), rng=rng
            ):
                pass
        yield parameters


def training(
    parameters: Parameters,
    steps: int,
    *,
    rate: float,
    rng: np.random.Generator,
    noise: bool = True,
    batch: int = 8,
) -> Iterator[None]:
    """Train on random rows, yielding after every step; the targets are noise, or else a network could reach them."""
    fan_in, *_, fan_out = parameters.architecture.sizes
    X = rng.normal(size=(SAMPLES, fan_in))
    Y = rng.uniform(0.1, 0.9, (SAMPLES, fan_out))
    if not noise:
        Y = 1 / (1 + np.exp(-0.5 * X @ rng.normal(size=(fan_in, fan_out))))
    X, Y = X.astype(parameters.dtype), Y.astype(parameters.dtype)
    network = Network(parameters, rows=batch)
    update = Sgd(parameters, network.gradients)
    for _ in range(steps):
        rows = slice(None) if batch == SAMPLES else rng.integers(0, SAMPLES, batch)
        network.forward(X[rows])
        network.backward(Y[rows])
        update.step(rate)
        yield


@dataclass(frozen=True)
class Setting:
    """A network in which the last hidden unit is made a twin of the first, and how it is trained."""

    sizes: tuple[int, int, int]
    rate: float = 0.1
    noise: bool = True
    batch: int = 8
    activation: str = "sigmoid"
    constant: bool = False

    def twins(self, dtype: type, seed: int = 1) -> tuple[Parameters, np.random.Generator]:
        """Return the network with its exact twins, or with all its units equal, and the numbers for its training."""
        rng = np.random.default_rng(seed)
        parameters = Parameters(Architecture(self.sizes, activation=self.activation), dtype)
        initialise(parameters, rng, **({"scheme": "constant", "value": 0.3} if self.constant else SCHEMES[0]))
        parameters.weights[0][-1] = parameters.weights[0][0]
        parameters.weights[1][:, -1] = parameters.weights[1][:, 0]
        return parameters, rng

    def growth(self, steps: int) -> float:
        """Say by what factor, at most, the network moves twins apart that are 1e-7 of their size from each other.

        Worked out in float64, where rounding is nine digits below that: it is a property of the network and its
        data, not of the arithmetic.
        """
        parameters, rng = self.twins(np.float64)
        off = np.random.default_rng(2)
        for weights in last_unit(parameters):
            weights *= 1 + 1e-7 * off.normal(size=weights.shape)  # noqa: PLW2901 - in place
        least, worst = distance(parameters), 1.0
        steps_done = training(parameters, steps, rate=self.rate, rng=rng, noise=self.noise, batch=self.batch)
        for _ in islice(steps_done, 9, None, 10):  # every tenth tells enough
            now = distance(parameters)
            least = min(least, now)
            worst = max(worst, now / least)
        return worst

    def found(self, dtype: type, steps: int, *, ulps: int) -> bool:
        """Say whether the twins, planted up to ``ulps`` units in the last place apart, are one group after training."""
        parameters, rng = self.twins(dtype)
        off = np.random.default_rng(3)
        for weights in last_unit(parameters):
            weights += off.integers(-ulps, ulps + 1, weights.shape) * np.spacing(weights)  # noqa: PLW2901
        for _ in training(parameters, steps, rate=self.rate, rng=rng, noise=self.noise, batch=self.batch):
            pass
        last = self.sizes[1] - 1
        return any({0, last} <= set(group) for group in layer_symmetry(parameters, 1).groups)


def last_unit(parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Return views of the last hidden unit's row of V and column of W."""
    return parameters.weights[0][-1], parameters.weights[1][:, -1]


def distance(parameters: Parameters) -> float:
    """How far the last hidden unit is from the first, relative to their size: in row with bias, or in column."""
    rows = np.concatenate([parameters.weights[0], parameters.biases[0][:, None]], axis=1)
    apart = []
    for part in (rows, parameters.weights[1].T):
        sizes = np.linalg.norm(part, axis=1)
        apart.append(np.linalg.norm(part[-1] - part[0]) / max(sizes[0], sizes[-1], np.median(sizes)))
    return float(max(apart))
