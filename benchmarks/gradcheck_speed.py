"""How long it takes to differentiate a 784-30-10 network numerically, and to name what is wrong with its gradients.

    python benchmarks/gradcheck_speed.py

23,860 parameters, 32 points, one process, the ways in turn, the median of five rounds. The plain way computes two
whole forward passes for every parameter (central differences); it is timed on some parameters, drawn at random, and
multiplied up to all of them. ``torch.autograd.gradcheck`` is run whole where torch can be imported.

Then the search for mistakes, at 3-4-2 and at 784-30-10: in gradients with three of them, and in noise, which nothing
explains and for which everything is tried. What belongs to the point is prepared by a first answer, which is not timed.
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.numerical import derivatives
from bpcli.network import Architecture, Parameters, initialise
from bpcli.network.example import Example
from tests.mistakes.byhand import answer

THREE = {"omega-twice", "no-lambda", "bias-is-value"}
ROUNDS = 5
PLAIN_PARAMETERS = 1000


def example() -> Example:
    """A sigmoid network with biases, Xavier weights and inputs like scaled pixels."""
    rng = np.random.default_rng(0)
    architecture = Architecture((784, 30, 10))
    parameters = Parameters(architecture)
    initialise(parameters, rng, "xavier")
    X, Y = rng.uniform(size=(32, 784)), np.eye(10)[rng.integers(0, 10, 32)]
    return Example(architecture, X, Y, dict(parameters.named()))


def increments(point: Example, method: str) -> float:
    """Seconds for every parameter and for ∇z, ∇h and ∇x as well."""
    started = perf_counter()
    derivatives(point, method=method)
    return perf_counter() - started


def plain(point: Example, rng: np.random.Generator) -> float:
    """Seconds for two forward passes per parameter, multiplied up from those measured."""
    network = point.network()
    flat = network.parameters.flat
    entries = rng.choice(flat.size, PLAIN_PARAMETERS, replace=False)
    started = perf_counter()
    for entry in entries:
        kept = flat[entry]
        for moved in (kept + 1e-5, kept - 1e-5):
            flat[entry] = moved
            network.forward(point.X)
            network.loss(point.Y)
        flat[entry] = kept
    return (perf_counter() - started) * flat.size / PLAIN_PARAMETERS


def torch_gradcheck(point: Example) -> float | None:
    """Seconds for torch's own check of the same loss by the same parameters; None without torch."""
    try:
        import torch
    except ImportError:
        return None
    tensors = [torch.tensor(t, requires_grad=True) for t in point.parameters.values()]
    X, Y = torch.tensor(point.X), torch.tensor(point.Y)

    def loss(V, bias_V, W, bias_W):  # type: ignore[no-untyped-def]
        h = torch.sigmoid(X @ V.T + bias_V)
        z = torch.sigmoid(h @ W.T + bias_W)
        return 0.5 * ((z - Y) ** 2).sum() / len(X)

    started = perf_counter()
    # Its time is what counts here, not its verdict: an absolute tolerance of 1e-5 certifies small gradients unseen.
    torch.autograd.gradcheck(loss, tensors)
    return perf_counter() - started


def searched(sizes: tuple[int, ...], samples: int) -> tuple[float, float]:
    """Seconds to name three mistakes, and to find that noise is none of any."""
    blank = Example(
        Architecture(sizes), np.zeros((samples, sizes[0])), np.zeros((samples, sizes[-1])), {}, 0.3
    )
    point = random_example(blank, np.random.default_rng(0))
    three = {**answer(point, "omega-twice", "no-lambda"), "bias_V": point.parameters["bias_V"]}
    noise = {name: np.random.default_rng(1).normal(size=tensor.shape) for name, tensor in three.items()}
    found = grade("three", [point], [three])
    assert {name for finding in found.findings for name in finding.ids} == THREE, found.findings
    assert set(grade("noise", [point], [noise]).unexplained) == set(noise)
    times: dict[str, list[float]] = {"three": [], "noise": []}
    for _ in range(ROUNDS):
        for name, gradients in (("three", three), ("noise", noise)):
            started = perf_counter()
            grade(name, [point], [gradients])
            times[name].append(perf_counter() - started)
    return median(times["three"]), median(times["noise"])


if __name__ == "__main__":
    point, rng = example(), np.random.default_rng(1)
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for method in ("complex", "central"):
            seconds.setdefault(f"increments, {method}", []).append(increments(point, method))
        seconds.setdefault("plain way", []).append(plain(point, rng))
        by_torch = torch_gradcheck(point)
        if by_torch is not None:
            seconds.setdefault("torch.autograd.gradcheck", []).append(by_torch)
    by_complex, by_central = (median(seconds[f"increments, {method}"]) for method in ("complex", "central"))
    print(f"784-30-10, {point.architecture.parameter_count:,} parameters, {point.samples} points")
    for name, times in seconds.items():
        print(
            f"{name:26} {median(times):8.2f} s  ({min(times):.2f} to {max(times):.2f})  "
            f"{median(times) / by_complex:6.1f} × increments, complex {median(times) / by_central:6.1f} × central"
        )
    print(f"the plain way: measured on {PLAIN_PARAMETERS:,} parameters, multiplied up to all")
    if "torch.autograd.gradcheck" not in seconds:
        print("torch.autograd.gradcheck: torch is not at hand")
    for sizes, samples in (((3, 4, 2), 7), ((784, 30, 10), 32)):
        three, noise = searched(sizes, samples)
        print(
            f"{'-'.join(map(str, sizes))}: three mistakes named in {three:.3f} s, noise given up in {noise:.3f} s"
        )
