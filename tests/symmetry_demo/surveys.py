"""Random settings of the demo, in short for the tests and in full for benchmarks: is any claim called false?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.config import resolve
from bpcli.symmetry_demo.demo import Demo
from bpcli.symmetry_demo.result import Demonstration

RATES = (0.01, 0.1, 0.5, 5.0)
WEIGHTS = (0.5, -0.5, 0.0, 0.1, 2.0, 1e-8, 40.0)
SCHEMES = ("xavier", "he", "normal", "uniform")


def demonstrations(count: int, folder: Path, seed: int = 0) -> Iterator[tuple[dict[str, Any], Demonstration]]:
    """Yield ``count`` settings with what the demo says of them; the data are written into ``folder``."""
    rng = np.random.default_rng(seed)
    base = folder / "survey.yaml"
    base.write_text("data: {source: survey.npz, validation: 0, scale: none}\n")
    for _ in range(count):
        X, Y = samples(rng)
        options = settings(rng)
        softmax = options["model.output"] == "softmax"
        if softmax:
            Y = np.arange(len(Y)) % 3  # softmax takes classes
        np.savez(folder / "survey.npz", X=X, y=Y)
        options["data.task"] = "classification" if softmax else "regression"
        demo = Demo("survey", resolve(str(base), options=options).config, weight=float(rng.choice(WEIGHTS)))
        for _ in demo.snapshots():
            pass
        yield {**options, "data": (X, Y), "weight": demo.weight}, demo.result()


def settings(rng: np.random.Generator) -> dict[str, Any]:
    """Any network, update rule and loss."""
    output, loss = [("sigmoid", "squared_error"), ("sigmoid", "cross_entropy"), ("identity", "squared_error"),
                    ("softmax", "cross_entropy")][rng.integers(4)]  # fmt: skip
    optimizer: dict[str, Any] = {"name": "sgd", "learning_rate": float(rng.choice(RATES))}
    if rng.random() < 0.4:
        optimizer = {"name": "adam", "learning_rate": float(rng.choice((0.001, 0.01, 0.1)))}
    elif rng.random() < 0.5:
        optimizer["momentum"] = 0.9
    return {
        "seed": int(rng.integers(1000)),
        "model.hidden": [int(rng.integers(1, 12))],
        "model.activation": str(rng.choice(["sigmoid", "tanh", "relu", "identity"])),
        "model.output": output,
        "model.bias": bool(rng.random() < 0.5),
        "model.dtype": str(rng.choice(["float32", "float64"])),
        "model.init": {"scheme": str(rng.choice(SCHEMES))},
        "training.loss": loss,
        "training.optimizer": optimizer,
        "training.weight_decay": float(rng.choice([0.0, 0.0, 1e-4, 0.1])),
        "training.epochs": int(rng.choice([1, 3, 20, 60])),
    }


def samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """X (N×d0) and Y (N×d2): noise, an encoder (X = Y = identity), classes, repeated columns, targets 1e-20 apart."""
    kind = rng.integers(5)
    if kind == 0:
        size = int(rng.integers(3, 9))
        return np.eye(size), np.eye(size)
    count, inputs, outputs = (int(n) for n in rng.integers((3, 1, 1), (20, 6, 6)))
    X = rng.normal(size=(count, inputs)) * rng.choice([0.01, 1.0, 10.0])
    if kind == 1:
        return X, np.eye(outputs)[rng.integers(outputs, size=count)]
    Y = rng.uniform(0.1, 0.9, size=(count, outputs))
    if kind == 2:
        Y = Y[:, :1] + 1e-20 * np.arange(outputs)
    elif kind == 3:
        X = np.repeat(X[:, :1], inputs, axis=1)
        Y = np.repeat(Y[:, :1], outputs, axis=1)
    return X, Y
