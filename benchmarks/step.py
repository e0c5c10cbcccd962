"""The time of a training step beside that of the plain NumPy one writes in a lecture, in one process.

    OPENBLAS_NUM_THREADS=1 python benchmarks/step.py [--dtype float32] [--no-bias]

Both train the same network on the same batches: gather, forward, backward, update. The lecture's has five products,
1/(1+np.exp(-a)), and a new array for every result. A round times one after the other; the ratio is the median over
the rounds, with its quartiles. Beside it stands the time of the matrix products alone.
"""

import argparse
import itertools
import os
from time import perf_counter

import numpy as np

from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training.descent import Batches, descend
from bpcli.training.optimisers import Sgd

SHAPES = [((2, 2, 1), 4), ((64, 32, 10), 32), ((784, 30, 10), 10), ((784, 1024, 10), 256)]
RATE = 0.5


def sigmoid(a):
    """The sigmoid of a lecture."""
    return 1 / (1 + np.exp(-a))


def lecture(X, Y, batches, V, W, biases):
    """Train in place as one writes it in a lecture; ``biases`` is empty, or bias_V and bias_W."""
    bias_V, bias_W = biases or (0, 0)
    for rows in batches:
        x, y = X[rows], Y[rows]
        h = sigmoid(x @ V.T + bias_V) if biases else sigmoid(x @ V.T)
        z = sigmoid(h @ W.T + bias_W) if biases else sigmoid(h @ W.T)
        delta_2 = (z - y) * z * (1 - z) / len(x)
        grad_W = delta_2.T @ h
        delta_1 = delta_2 @ W * h * (1 - h)
        grad_V = delta_1.T @ x
        V -= RATE * grad_V
        W -= RATE * grad_W
        if biases:
            bias_V -= RATE * delta_1.sum(axis=0)
            bias_W -= RATE * delta_2.sum(axis=0)


def products_alone(network, x, steps):
    """The five matrix products of a step, into the buffers of the network."""
    first, last = network.layers
    for _ in range(steps):
        np.dot(x, first.weight_T, out=first.pre)
        np.dot(first.out, last.weight_T, out=last.pre)
        np.dot(last.delta_T, first.out, out=last.grad_weight)
        np.dot(last.delta, last.weight, out=first.grad_out)
        np.dot(first.delta_T, x, out=first.grad_weight)


def compare(sizes, size, dtype, bias, seconds):
    """Print one shape's line: microseconds of a step, and the ratios."""
    rng = np.random.default_rng(0)
    rows = max(2000, 4 * size) // size * size
    X = rng.random((rows, sizes[0])).astype(dtype)
    Y = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], rows)]
    parameters = Parameters(Architecture(sizes, bias=bias), dtype)
    initialise(parameters, rng, "xavier")
    V, W = (weight.copy() for weight in parameters.weights)
    biases = tuple(np.zeros(n, dtype) for n in sizes[1:]) if bias else ()
    network = Network(parameters, size)
    optimiser = Sgd(parameters, network.gradients)
    ours = Batches(X, Y, size, np.random.default_rng(1))

    def train():
        for _ in descend(network, ours.epoch(), optimiser, itertools.repeat(RATE)):
            pass

    def in_lecture():
        lecture(X, Y, rng.permutation(rows).reshape(-1, size), V, W, biases)

    def products():
        products_alone(network, X[:size], rows // size)

    def timed(step):
        started = perf_counter()
        step()
        return (perf_counter() - started) / (rows // size)

    steps = (train, in_lecture, products)
    started = perf_counter()
    for step in steps:
        timed(step)
    # Short turns and many of them, so that whatever else the machine does meets all three alike.
    rounds = max(7, round(seconds / (perf_counter() - started)))
    times = np.array([[timed(step) for step in steps] for _ in range(rounds)])
    us = 1e6 * np.median(times, axis=0)
    ratio = times[:, 0] / times[:, 1]
    low, high = np.quantile(ratio, [0.25, 0.75])
    print(
        f"{'-'.join(map(str, sizes)):>12} batch {size:<4} bpcli {us[0]:8.1f} µs   lecture {us[1]:8.1f} µs   "
        f"ratio {np.median(ratio):.2f} ({low:.2f} to {high:.2f} in half of {rounds} rounds)   "
        f"to the products alone {np.median(times[:, 0] / times[:, 2]):.2f}"
    )


def main():
    """Compare every shape."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dtype", default="float64", choices=["float64", "float32"])
    parser.add_argument("--no-bias", action="store_true", help="without biases in both")
    parser.add_argument("--seconds", type=float, default=5, help="of timing for each shape, about")
    options = parser.parse_args()
    print(f"NumPy {np.__version__}, OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}")
    for sizes, size in SHAPES:
        compare(sizes, size, np.dtype(options.dtype), not options.no_bias, options.seconds)


if __name__ == "__main__":
    main()
