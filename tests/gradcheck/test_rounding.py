"""Right answers are right in every style and precision, and one wrong entry is wrong in float32 too."""

from dataclasses import replace

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.points import points_for
from bpcli.gradcheck.rounding import CERTAIN, EXCUSED, computed_in_float32, float32_spread
from bpcli.network import Architecture
from bpcli.network.example import Example
from tests.gradcheck.styles import right_gradients
from tests.network.test_gradients import PAIRS


def random_network(rng, kind, scale, samples):
    """Weights of some scale, inputs of order 1."""
    parameters = {}
    for names, (fan_in, fan_out) in zip(kind.names(), kind.shapes(), strict=True):
        parameters[names.matrix] = scale * rng.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in)
        if kind.bias:
            parameters[names.bias] = 0.5 * scale * rng.normal(size=fan_out)
    outputs = kind.sizes[-1]
    Y = rng.uniform(size=(samples, outputs))
    if kind.output == "softmax":
        Y = np.eye(outputs)[rng.integers(0, outputs, samples)]
    return Example(kind, rng.normal(size=(samples, kind.sizes[0])), Y, parameters)


@pytest.mark.parametrize("networks", [12, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("precision", ["float64", "float32", "mixed"])
def test_a_right_answer_is_never_called_wrong(precision, networks):
    """Every activation, output and loss, weights from 0.001 to 2; in short two styles, else twenty."""
    rng = np.random.default_rng(3)
    verdicts = []
    for index in range(networks):
        output, loss = PAIRS[index % 4]
        sizes = tuple(int(size) for size in rng.integers(2, 9, 3))
        activation = ("sigmoid", "tanh", "relu")[index % 3]
        kind = Architecture(sizes, activation, output, loss, bool(index % 5))
        scale = float(rng.choice([2, 1, 0.1, 0.01, 0.001]))
        example = random_network(rng, kind, scale, int(rng.integers(3, 40)))
        for _ in range(2 if networks == 12 else 20):
            given = right_gradients(example, rng, precision)
            verdicts.append((scale, grade("right", [example], [given]).verdict))
    assert "wrong" not in {verdict for _, verdict in verdicts}
    # At tiny weights 1 - a² is 1 - h² to the last digits, and nobody can tell; elsewhere they are correct.
    ordinary = [verdict for scale, verdict in verdicts if scale >= 0.1]
    assert ordinary.count("correct") >= 0.9 * len(ordinary)


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_float32_with_targets_or_masks_in_float64_is_correct(activation):
    """What NumPy makes float64 by itself: (A > 0) * 1.0 under relu, and Y as it came."""
    kind = Architecture((3, 4, 5), activation)
    for seed in range(6):
        example = random_example(
            random_network(np.random.default_rng(seed), kind, 1.0, 7), np.random.default_rng(seed)
        )
        p = {name: tensor.astype(np.float32) for name, tensor in example.parameters.items()}
        X = example.X.astype(np.float32)
        A = X @ p["V"].T + p["bias_V"]
        H = 1 / (1 + np.exp(-A)) if activation == "sigmoid" else np.maximum(A, 0)
        Z = 1 / (1 + np.exp(-(H @ p["W"].T + p["bias_W"])))
        Y = example.Y if activation == "sigmoid" else example.Y.astype(np.float32)
        D2 = (Z - Y) * Z * (1 - Z) / len(X)
        D1 = D2 @ p["W"] * (H * (1 - H) if activation == "sigmoid" else (A > 0) * 1.0)
        given = {"V": D1.T @ X, "W": D2.T @ H, "bias_V": D1.sum(axis=0), "bias_W": D2.sum(axis=0)}
        assert given["V"].dtype == np.float64
        assert grade("mixed", [example], [given]).verdict == "correct"


@pytest.mark.parametrize("bias", [-8.0, -11.0])
def test_a_saturated_sigmoid_may_be_written_in_any_form(bias):
    """1 - 1 / (1 + eᵇ) is off by a rounding unit of 1, much where z is 1e-5; an entry that is off by 1 % is wrong."""
    kind = Architecture((3, 2, 6), "relu", bias=True)
    rng = np.random.default_rng(56)
    example = random_network(rng, kind, 1.0, 6)
    example.parameters["bias_W"][2] = bias
    p = {name: tensor.astype(np.float32) for name, tensor in example.parameters.items()}
    X, Y = example.X.astype(np.float32), example.Y.astype(np.float32)
    H = np.maximum(X @ p["V"].T + p["bias_V"], 0)
    Z = 1 - 1 / (1 + np.exp(H @ p["W"].T + p["bias_W"]))
    D2 = (Z - Y) * Z * (1 - Z) / np.float32(len(X))
    D1 = (D2 @ p["W"]) * (H > 0)
    given = {"V": D1.T @ X, "W": D2.T @ H, "bias_V": D1.sum(axis=0), "bias_W": D2.sum(axis=0)}
    given = {name: tensor.astype(np.float64) for name, tensor in given.items()}
    assert grade("right", [example], [given]).verdict == "correct"
    given["V"][0, 0] *= 1.01
    assert grade("wrong", [example], [given]).verdict == "wrong"


def in_float32(sizes):
    """A network with 32 samples, and the right answer in float32."""
    rng = np.random.default_rng(0)
    example = random_network(rng, Architecture(sizes), 1.0, 32)
    return example, rng, right_gradients(example, rng, np.float32)


def test_a_single_entry_off_by_a_hundredth_is_seen_in_float32():
    """At 784-30-10, in units of what an entry's rounding is: wrong in 99 of 100, next to none within it."""
    example, _, right = in_float32((784, 30, 10))
    assert grade("right", [example], [right]).verdict == "correct"
    spread = float32_spread(example)
    units = np.concatenate([(0.01 * np.abs(right[name]) / spread[name]).ravel() for name in right])
    assert np.mean(units > EXCUSED) >= 0.99
    assert np.mean(units > CERTAIN) >= 0.999


@pytest.mark.parametrize(
    ("sizes", "entries"), [((50, 12, 5), 5), pytest.param((784, 30, 10), 300, marks=pytest.mark.slow)]
)
def test_an_answer_with_a_single_entry_off_by_a_hundredth_is_wrong_in_float32(sizes, entries):
    """The whole judgement, for entries drawn at random."""
    example, rng, right = in_float32(sizes)
    caught = 0
    for _ in range(entries):
        spoilt = {name: tensor.copy() for name, tensor in right.items()}
        at = tuple(int(rng.integers(size)) for size in spoilt["V"].shape)
        spoilt["V"][at] *= np.float32(1.01)
        verdict = grade("spoilt", [example], [spoilt]).verdict
        assert verdict != "correct" or abs(right["V"][at]) * 0.01 < CERTAIN * float32_spread(example)["V"][at]
        caught += verdict == "wrong"
    assert caught >= 0.99 * entries


def test_numbers_in_float64_are_not_excused_by_the_rounding_of_float32():
    """One entry that is off by as much as float32 might be is an outlier among entries that are exact."""
    example = random_network(np.random.default_rng(1), Architecture((3, 4, 5)), 1.0, 7)
    true = dict(example.stepped().gradients.named())["V"].copy()
    spread = float32_spread(example)["V"]
    spoilt = true.copy()
    spoilt[0, 0] += 5 * spread[0, 0]
    assert not computed_in_float32(spoilt, true, spread)
    noisy = true + spread * np.random.default_rng(0).normal(size=true.shape)
    assert computed_in_float32(noisy, true, spread)


def test_the_spread_is_measured_once_for_an_example():
    """A class of a hundred is judged at the same example."""
    example = random_network(np.random.default_rng(1), Architecture((3, 4, 5)), 1.0, 7)
    assert float32_spread(example) is float32_spread(example)


def test_softmax_targets_that_do_not_sum_to_one_are_refused():
    """There z - y is not the derivative, z Σy - y is."""
    kind = Architecture((3, 4, 5), "sigmoid", "softmax", "cross_entropy")
    example = random_network(np.random.default_rng(1), kind, 1.0, 7)
    assert points_for(Config(), example).examples == (example,)
    half = replace(example, Y=example.Y * np.where(np.arange(7) == 2, 0.5, 1.0)[:, None])
    with pytest.raises(UsageError, match=r"row 2 sums to 0\.5; with a softmax output each row must sum to 1"):
        points_for(Config(), half)
    assert points_for(Config(), replace(half, architecture=Architecture((3, 4, 5))))
