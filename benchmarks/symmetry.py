"""Equal units in order-stable arithmetic: no bit apart, at any size; and what BLAS on this machine makes of them.

    python benchmarks/symmetry.py [SEED]

Prints, for constant networks of every width and batch from 1 to 64, the largest spread seen; the same over 5,000
steps at some of them; xor 2-5-1 from ½ over 20,000 steps in both arithmetics; how the claims of the demo fare on
1,000 random settings; and how long the default demo takes
as a whole process.
"""

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bpcli.config.models import TrainingConfig
from bpcli.config.variants import Sgd
from bpcli.network import Architecture, fixed_order_matmul
from bpcli.symmetry_demo.comparison import Comparison
from bpcli.symmetry_demo.starts import constant
from tests.symmetry_demo.surveys import demonstrations

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
KINDS = list(itertools.product(ACTIVATIONS, (np.float32, np.float64), (True, False), (1, 3)))


def comparison(width, samples, kind, steps, rng, product=fixed_order_matmul):
    """Train one constant network, and return its largest spread and the step at which it split, or None."""
    activation, dtype, bias, outputs = kind
    inputs = int(rng.integers(1, 17))
    X = rng.normal(size=(samples, inputs)).astype(dtype)
    Y = rng.uniform(0.1, 0.9, (samples, outputs)).astype(dtype)
    architecture = Architecture((inputs, width, outputs), activation=activation, bias=bias)
    # A rate at which nothing diverges: the outputs of these two know no bound.
    rate = 0.02 if activation in ("relu", "identity") else 0.5
    return watched(architecture, X, Y, steps, rate, product)


def watched(architecture, X, Y, steps, rate, product):
    """Train a constant network with w = ½ on these samples."""
    settings = TrainingConfig(epochs=steps, optimizer=Sgd(learning_rate=rate))
    start = constant(architecture, X.dtype, 0.5)
    found = Comparison({"constant": start}, X, Y, settings, product)
    for _ in found.run():
        pass
    if not np.isfinite(found.snapshots["constant"][-1].loss):
        raise SystemExit(f"{architecture} diverged: its spread says nothing")
    spreads = [max(m.spread.V, m.spread.W, m.spread.h, m.spread.delta) for m in found.snapshots["constant"]]
    return max(spreads), found.first_split["constant"]


def every_size(rng):
    """Every width and every batch from 1 to 64, all 32 kinds of network in turn, two for each pair of sizes."""
    largest, splits, runs = 0.0, 0, 0
    for number, (width, samples) in enumerate(itertools.product(range(1, 65), range(1, 65))):
        for kind in (KINDS[number % len(KINDS)], KINDS[(7 * number + width) % len(KINDS)]):
            spread, split = comparison(width, samples, kind, 20, rng)
            largest, splits, runs = max(largest, spread), splits + (split is not None), runs + 1
    print(
        f"{runs:6,} networks, widths and batches 1 to 64, 20 steps:  largest spread {largest}, splits {splits}"
    )


def many_steps(rng):
    """All 32 kinds over 5,000 steps, each at a width and a batch of its own."""
    found = [
        comparison(int(rng.integers(2, 65)), int(rng.integers(1, 65)), kind, 5000, rng) for kind in KINDS
    ]
    largest, splits = max(spread for spread, _ in found), sum(split is not None for _, split in found)
    print(
        f"{len(found):6,} networks, every kind, 5,000 steps:               largest spread {largest}, splits {splits}"
    )


def xor():
    """2-5-1 without biases from ½ at rate 10, full batch, 20,000 steps."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    Y = np.array([[0.0], [1.0], [1.0], [0.0]])
    architecture = Architecture((2, 5, 1), bias=False)
    for dtype in (np.float32, np.float64):
        for name, product in (("stable", fixed_order_matmul), ("blas", np.matmul)):
            spread, split = watched(architecture, X.astype(dtype), Y.astype(dtype), 20_000, 10.0, product)
            told = "never split" if split is None else f"first split at step {split:,}"
            print(f"xor 2-5-1, {np.dtype(dtype).name}, {name:6}: largest spread {spread:.4g}, {told}")


def claims(seed):
    """The claims of the demo on 1,000 random settings: none may be called false."""
    verdicts = Counter()
    with TemporaryDirectory() as folder:
        for _, found in demonstrations(1000, Path(folder), seed):
            verdicts.update((claim.id, claim.holds) for claim in found.claims)
    for letter in "abcdefg":
        told = ", ".join(f"{name} {verdicts[letter, holds]:5,}" for name, holds in
                         (("true", True), ("open", None), ("false", False)))  # fmt: skip
        print(f"claim ({letter}) on 1,000 random settings: {told}")


def default_demo():
    """The default demo as a whole process, start-up included."""
    seconds = []
    for _ in range(5):
        started = perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bpcli", "symmetry-demo"], check=True, stdout=subprocess.DEVNULL
        )
        seconds.append(perf_counter() - started)
    print(f"bpcli symmetry-demo: median {median(seconds):.2f} s, longest {max(seconds):.2f} s")


if __name__ == "__main__":
    generator = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    every_size(generator)
    many_steps(generator)
    xor()
    claims(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    default_demo()
