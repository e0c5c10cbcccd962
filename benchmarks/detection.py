"""What the detection of equal hidden units costs beside an epoch, and how often its rule is wrong.

    python benchmarks/detection.py [cost|flags|misses|all] [--networks N] [--steps N]

``cost`` times epochs of 784-1024-10 on 10,000 random rows and, right after each, the count of different units as an
epoch takes it: of the weights that it left, of constant ones, of a tie that rounding has touched, and of one that
comes apart: in V and W, in V alone, and two of them in V alone. It shows the medians of five rounds. ``flags`` counts
groups in random networks, ``misses`` planted twins that are not found after training, where the network itself keeps
them together (tests/symmetry/surveys.py says how). OPENBLAS_NUM_THREADS=1 restricts BLAS to one thread.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import product, repeat
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bpcli.config import TrainingConfig
from bpcli.datasets import Prepared
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.symmetry import effective_units, network_symmetry
from bpcli.training.loop import Trainer
from tests.symmetry.surveys import STABLE, Setting, random_networks

ROUNDS = 5
SIZES = (784, 1024, 10)
ROWS = 10_000


def cost() -> None:
    """Print the share of an epoch that the detection takes, for each precision and batch size."""
    print(
        "784-1024-10, 10,000 rows; units of trained, constant and rounded weights, and of a tie that comes apart"
    )
    print("in V and W, in V, and two in V")
    print(f"precision  batch   epoch ms   {'count ms':39}share of the epoch, %")
    for dtype, batch in product((np.float32, np.float64), (32, 256, 1000)):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(ROWS, SIZES[0])).astype(dtype)
        Y = np.eye(SIZES[-1], dtype=dtype)[rng.integers(0, SIZES[-1], ROWS)]
        parameters = Parameters(Architecture(SIZES), dtype)
        initialise(parameters, rng, "xavier")
        constant = Parameters(Architecture(SIZES), dtype)
        initialise(constant, rng, "constant", value=0.3)
        rounded = constant.copy()
        rounded.flat *= 1 + np.finfo(dtype).eps * rng.integers(-2, 3, rounded.flat.shape).astype(dtype)
        two = constant.copy()
        two.weights[0][...] = rng.normal(size=(2, SIZES[0]))[np.arange(SIZES[1]) % 2]
        apart, apart_in_V = constant.copy(), constant.copy()
        for weights in (apart.flat, apart_in_V.weights[0], two.weights[0]):
            factor = 1 + 30 * 1024 * np.finfo(dtype).eps * rng.normal(size=weights.shape)
            np.multiply(weights, factor.astype(dtype), out=weights)
        networks = (parameters, constant, rounded, apart, apart_in_V, two)
        settings = TrainingConfig(epochs=ROUNDS, batch_size=batch)
        trainer = Trainer(Network(parameters, batch), prepared(X, Y), settings, rng)
        epochs, detections = [], []
        started = perf_counter()
        for _ in trainer.epochs():
            epochs.append(perf_counter() - started)
            detections.append([seconds(weights) for weights in networks])
            started = perf_counter()
        times = [median(column) for column in zip(*detections, strict=True)]
        epoch = median(epochs) - times[0]  # it has one in it
        print(
            f"{np.dtype(dtype).name:9}  {batch:5}  {1e3 * epoch:9.0f}  "
            + " ".join(f"{1e3 * t:5.1f}" for t in times)
            + "    "
            + " ".join(f"{100 * t / epoch:6.2f}" for t in times),
            flush=True,
        )


def prepared(X: np.ndarray, Y: np.ndarray) -> Prepared:
    """Return data as the loop takes them."""
    return Prepared(
        name="random",
        task="classification",
        features=tuple(map(str, range(X.shape[1]))),
        classes=tuple(map(str, range(Y.shape[1]))),
        outputs=tuple(map(str, range(Y.shape[1]))),
        X=X,
        Y=Y,
        X_validation=X[:0],
        Y_validation=Y[:0],
        offset=np.zeros(X.shape[1]),
        scale=np.ones(X.shape[1]),
        digest="",
    )


def seconds(parameters: Parameters) -> float:
    """Time one detection, once: in training, too, it finds the caches full of something else."""
    started = perf_counter()
    effective_units(parameters)
    return perf_counter() - started


def flags(networks: int) -> None:
    """Print how many random networks have a group, among any, and among those with the fewest weights."""
    worst = {"fans": (1, 1), "dtype": np.float32, "bias": False}
    for name, drawn in (("any", {}), ("fans 1-1, float32, no bias", worst)):
        flagged = sum(
            any(layer.groups for layer in network_symmetry(parameters))
            for parameters in random_networks(networks, **drawn)
        )
        print(f"{name}: {flagged} of {networks} random networks of 2 to 256 units are flagged", flush=True)


def misses(steps: int) -> None:
    """Print how many planted twins are found after training, by whether the network keeps them together."""
    sizes = [(1, 2, 1), (2, 5, 1), (5, 12, 2), (16, 32, 1), (32, 17, 4), (64, 64, 10)]
    drawn = product(sizes, (0.01, 0.1, 1.0), (True, False), (8, 64), (False, True))
    settings = [
        Setting(size, rate, noise, batch, ("sigmoid", "tanh")[index // 5 % 2], constant)
        for index, (size, rate, noise, batch, constant) in enumerate(drawn)
    ]
    counts: Counter[tuple[bool, bool]] = Counter()
    with ProcessPoolExecutor() as pool:
        for setting, (growth, found) in zip(settings, pool.map(twins, settings, repeat(steps)), strict=True):
            for (dtype, ulps), hit in found.items():
                counts[growth <= STABLE, hit] += 1
                if growth <= STABLE and not hit:
                    print(f"missed: {setting}, {dtype}, {ulps} ulps, growth {growth:.3g}", flush=True)
    for kept, name in ((True, f"kept together (growth at most {STABLE:g})"), (False, "moved apart")):
        print(f"{name}: {counts[kept, True]} of {counts[kept, True] + counts[kept, False]} twins are found")


def twins(setting: Setting, steps: int) -> tuple[float, dict[tuple[str, int], bool]]:
    """Return the growth of one setting, and whether its twins are found in each precision, exact and 2 ulps apart."""
    found = {
        (np.dtype(dtype).name, ulps): setting.found(dtype, steps, ulps=ulps)
        for dtype, ulps in product((np.float32, np.float64), (0, 2))
    }
    return setting.growth(steps), found


def main() -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["cost", "flags", "misses", "all"], default="all")
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=10_000)
    options = parser.parse_args()
    if options.what in ("cost", "all"):
        cost()
    if options.what in ("flags", "all"):
        flags(options.networks)
    if options.what in ("misses", "all"):
        misses(options.steps)


if __name__ == "__main__":
    main()
