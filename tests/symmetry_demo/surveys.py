"""Random settings of the demo, in short for the tests and in full by itself: is any claim called false?

``python -m tests.symmetry_demo.surveys 1000`` counts verdicts and reasons, and how many faults
planted in the algebra of each claim are seen.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np

from bpcli.config import resolve
from bpcli.network import Network
from bpcli.network.layer import Layer
from bpcli.symmetry_demo import logistic
from bpcli.symmetry_demo.claim import Claim
from bpcli.symmetry_demo.demo import Demo
from bpcli.symmetry_demo.result import Demonstration
from bpcli.symmetry_demo.starts import starts

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
        yield {**options, "data": (X, Y), "weight": demo.weight}, demo.run()


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


def _outputs() -> AbstractContextManager[Any]:
    """(a) One hidden unit of every network computes 1.01 h + 0.01."""
    forward = Layer.forward

    def faulty(self: Layer, x: np.ndarray, matmul: Any) -> np.ndarray:
        out = forward(self, x, matmul)
        if out.shape[-1] != 1:
            out[..., -1] = 1.01 * out[..., -1] + 0.01
        return out

    return patch.object(Layer, "forward", faulty)


def _passed() -> AbstractContextManager[Any]:
    """(b) What is passed back is too large, the same for every unit."""
    pass_back = Layer.pass_back

    def faulty(self: Layer, below: Layer, matmul: Any) -> None:
        pass_back(self, below, matmul)
        below.grad_out[...] = 1.01 * below.grad_out + 0.01

    return patch.object(Layer, "pass_back", faulty)


def _targets() -> AbstractContextManager[Any]:
    """(c) Every output is given the target of the first."""
    backward = Network.backward

    def faulty(self: Network, Y: np.ndarray) -> None:
        backward(self, np.repeat(Y[..., :1], Y.shape[-1], axis=-1))

    return patch.object(Network, "backward", faulty)


def _gradients() -> AbstractContextManager[Any]:
    """(d), (e) The gradients of the first hidden unit, its row of V and its column of W, have the wrong sign.

    A sign changes Adam's first step too. W is part of it because V has no gradient where w = 0, or where the δ^(2) of
    a sample add up to 0.
    """
    backward = Network.backward

    def faulty(self: Network, Y: np.ndarray) -> None:
        backward(self, Y)
        if len(self.layers) > 1:
            self.layers[0].grad_weight[..., 0, :] *= -1
            self.layers[1].grad_weight[..., :, 0] *= -1

    return patch.object(Network, "backward", faulty)


def _tied() -> AbstractContextManager[Any]:
    """(f) The network called random has two equal units."""
    draw = starts  # as it is before it is replaced

    def faulty(random: Any, weight: float) -> Any:
        found = draw(random, weight)
        return found | {"random": found["half-tied"]}

    return patch("bpcli.symmetry_demo.demo.starts", faulty)


def _apart() -> AbstractContextManager[Any]:
    """(g) Classes that a line separates: no optimum exists, and the weights grow without bound."""
    draw = logistic.overlapping_classes

    def faulty(rng: Any, dtype: Any) -> Any:
        X, y = draw(rng, dtype)
        return X + 20 * y.astype(dtype), y

    return patch("bpcli.symmetry_demo.demo.overlapping_classes", faulty)


PLANTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "a": _outputs,
    "b": _passed,
    "c": _targets,
    "d": _gradients,
    "e": _gradients,
    "f": _tied,
    "g": _apart,
}


def claims(found: Demonstration) -> dict[str, Claim]:
    """The claims by their letters."""
    return {claim.id: claim for claim in found.claims}


def outcome(sound: Claim, faulty: Claim) -> str:
    """Whether a planted fault is seen, or what it leaves as it is: no number that decides the claim has changed."""
    if faulty.holds is False:
        return "seen"
    if faulty.measured != sound.measured:
        return "missed"
    return "without effect" if sound.holds else "claim open"


def main(count: int, seed: int = 7, planted: int = 40) -> int:
    """Print the verdicts of ``count`` settings, and how often the fault of each claim is seen in ``planted`` more."""
    verdicts: Counter[tuple[str, bool | None]] = Counter()
    reasons: Counter[str] = Counter()
    bad = 0
    with TemporaryDirectory() as folder:
        for setting, found in demonstrations(count, Path(folder), seed):
            for claim in found.claims:
                verdicts[claim.id, claim.holds] += 1
                if claim.holds is None:
                    reasons[f"({claim.id}) {claim.remark or 'NO REASON'}"] += 1
                if claim.holds is False or not (claim.holds or claim.remark):
                    bad += 1
                    print(f"({claim.id}) {claim.holds}: {claim.measured}; {setting}")  # noqa: T201
        for letter in "abcdefg":
            told = {holds: verdicts[letter, holds] for holds in (True, None, False)}
            print(f"({letter}) holds {told[True]}, open {told[None]}, false {told[False]}")  # noqa: T201
        for reason, times in sorted(reasons.items()):
            print(f"{times:5} {reason}")  # noqa: T201
        sound = [claims(found) for _, found in demonstrations(planted, Path(folder), seed + 1)]
        for letter, plant in PLANTS.items():
            with plant():
                faulty = [claims(found) for _, found in demonstrations(planted, Path(folder), seed + 1)]
            outcomes = [outcome(then[letter], now[letter]) for then, now in zip(sound, faulty, strict=True)]
            print(f"({letter}) fault planted in {planted} settings: {dict(Counter(outcomes))}")  # noqa: T201
            bad += outcomes.count("missed")
    return bad


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]))))
