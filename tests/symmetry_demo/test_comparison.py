"""Networks side by side: equal units stay equal to the last bit, and what parts them is dated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.config import resolve
from bpcli.config.models import TrainingConfig
from bpcli.config.variants import Sgd as SgdConfig
from bpcli.network import Architecture, Network, Parameters, fixed_order_matmul
from bpcli.symmetry_demo.comparison import Comparison, recorded_steps
from bpcli.symmetry_demo.starts import constant, starts
from bpcli.training.optimisers import Sgd

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])


def training(steps, rate=0.5):
    """Return the settings of plain gradient descent."""
    return TrainingConfig(epochs=steps, optimizer=SgdConfig(learning_rate=rate))


def run(comparison):
    """Take every step, and return the comparison."""
    for _ in comparison.run():
        pass
    return comparison


def data(samples, inputs, outputs, dtype, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Return random samples with targets inside (0, 1)."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(samples, inputs)).astype(dtype),
        rng.uniform(0.1, 0.9, (samples, outputs)).astype(dtype),
    )


def largest_spread(comparison):
    """The largest spread of V, W, h and δ of the constant network at any recorded step."""
    spreads = [snapshot.spread for snapshot in comparison.snapshots["constant"]]
    return max(max(s.V, s.W, s.h, s.delta) for s in spreads)


@settings(max_examples=15, deadline=None)
@given(
    width=st.integers(1, 64),
    samples=st.integers(1, 64),
    inputs=st.integers(1, 12),
    dtype=st.sampled_from([np.float32, np.float64]),
    activation=st.sampled_from(["sigmoid", "tanh", "relu", "identity"]),
    bias=st.booleans(),
    outputs=st.sampled_from([1, 3]),
)
def test_the_spread_of_equal_units_is_exactly_zero(width, samples, inputs, dtype, activation, bias, outputs):
    """Any width, batch, precision and activation: not a bit apart after 20 steps."""
    architecture = Architecture((inputs, width, outputs), activation=activation, bias=bias)
    start = constant(architecture, np.dtype(dtype), 0.3)
    comparison = run(
        Comparison(
            {"constant": start}, *data(samples, inputs, outputs, dtype), training(20), fixed_order_matmul
        )
    )
    assert largest_spread(comparison) == 0.0
    assert comparison.first_split == {"constant": None}
    assert not np.array_equal(comparison.ends["constant"].flat, start.flat) or activation == "relu"


@pytest.mark.parametrize("steps", [500, pytest.param(5000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("width", "samples", "dtype", "activation", "bias", "outputs"),
    [
        (7, 13, np.float64, "sigmoid", True, 3),
        (17, 5, np.float32, "tanh", False, 1),
        (30, 9, np.float64, "tanh", True, 1),
        (5, 31, np.float32, "sigmoid", False, 3),
    ],
)
def test_many_steps_leave_no_bit_apart(width, samples, dtype, activation, bias, outputs, steps):
    """Widths that BLAS is known to split, over steps in which a difference would grow."""
    architecture = Architecture((4, width, outputs), activation=activation, bias=bias)
    start = constant(architecture, np.dtype(dtype), 0.5)
    comparison = run(
        Comparison(
            {"constant": start}, *data(samples, 4, outputs, dtype), training(steps, 1.0), fixed_order_matmul
        )
    )
    assert comparison.snapshots["constant"][-1].step == steps
    assert largest_spread(comparison) == 0.0
    assert comparison.first_split == {"constant": None}


@pytest.mark.parametrize("steps", [2000, pytest.param(20_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_xor_from_constant_weights_stays_tied(dtype, steps):
    """2-5-1 at rate 10, where the tied solution is unstable: a nudge of one unit ends far apart, equality does not."""
    start = constant(Architecture((2, 5, 1), bias=False), np.dtype(dtype), 0.5)
    X, Y = (part.astype(dtype) for part in XOR)
    networks = {name: each for name, each in starts(start, 0.5).items() if name in ("constant", "nudged")}
    comparison = run(Comparison(networks, X, Y, training(steps, 10.0), fixed_order_matmul))
    assert largest_spread(comparison) == 0.0
    assert comparison.first_split["constant"] is None
    assert comparison.snapshots["nudged"][-1].spread.weights > 1


def test_the_networks_are_trained_by_the_training_core():
    """With BLAS, each network ends bit for bit where a network by itself does under the same update rule."""
    X, Y = data(9, 3, 2, np.float64)
    start = Parameters(Architecture((3, 4, 2)))
    start.flat[...] = np.random.default_rng(1).normal(size=start.flat.shape)
    comparison = run(Comparison(starts(start, 0.5), X, Y, training(50), np.matmul))
    for name, first in comparison.starts.items():
        alone = first.copy()
        network = Network(alone, 9)
        rule = Sgd(alone, network.gradients)
        for _ in range(50):
            network.forward(X)
            network.backward(Y)
            rule.step(0.5)
        assert np.array_equal(alone.flat, comparison.ends[name].flat), name


def test_both_arithmetics_compute_the_same_network():
    """Order-stable and BLAS differ by rounding only: by less than 1e-12 after 100 steps that are not chaotic."""
    X, Y = data(9, 3, 2, np.float64)
    start = Parameters(Architecture((3, 4, 2)))
    start.flat[...] = np.random.default_rng(1).normal(size=start.flat.shape)
    ends = [
        run(Comparison({"random": start}, X, Y, training(100), product)).ends["random"].flat
        for product in (fixed_order_matmul, np.matmul)
    ]
    assert abs(ends[0] - ends[1]).max() < 1e-12


def test_the_first_split_is_dated():
    """A product that moves the last unit's pre-activation by 1e-9 in its 7th forward pass: split after step 7."""
    calls = 0

    def leaking(left, right, /, *, out):
        nonlocal calls
        fixed_order_matmul(left, right, out=out)
        if out.shape[-2:] == (8, 6) and np.shares_memory(right, comparison._parameters.weights[0]):
            calls += 1
            if calls == 7:
                out[..., -1] += 1e-9

    X, Y = data(8, 3, 2, np.float64)
    start = constant(Architecture((3, 6, 2), bias=False), np.dtype(np.float64), 0.5)
    comparison = Comparison({"constant": start}, X, Y, training(20), leaking)
    run(comparison)
    assert comparison.first_split == {"constant": 7}


def test_units_that_began_different_are_no_split():
    """The nudged unit is not compared with the others, the tied half of half-tied not with its free half."""
    start = Parameters(Architecture((3, 6, 2)))
    start.flat[...] = np.random.default_rng(1).normal(size=start.flat.shape)
    comparison = run(
        Comparison(starts(start, 0.5), *data(8, 3, 2, np.float64), training(30), fixed_order_matmul)
    )
    assert set(comparison.first_split.values()) == {None}
    assert {name: snapshots[-1].effective_units for name, snapshots in comparison.snapshots.items()} == {
        "constant": 1,
        "zero": 1,
        "random": 6,
        "nudged": 2,
        "half-tied": 4,
    }


def test_the_nudge_is_a_nudge():
    """1e-12 in float64, eight units in the last place in float32, to the first row of V alone."""
    for dtype, expected in ((np.float64, 1e-12), (np.float32, 8 * 2.0**-24)):
        found = starts(constant(Architecture((3, 4, 2)), np.dtype(dtype), 0.5), 0.5)["nudged"]
        moved = found.weights[0] - np.asarray(0.5, dtype)
        assert moved[0] == pytest.approx([expected] * 3, rel=1e-3)
        assert not moved[1:].any()
        assert (found.weights[1] == 0.5).all()


def test_a_divergence_ends_the_race():
    """Identity units at a rate of 1e6: the last recorded loss is not finite, and no step follows it."""
    architecture = Architecture((3, 4, 2), activation="identity", output="identity")
    comparison = run(
        Comparison(starts(constant(architecture, np.dtype(np.float64), 0.5), 0.5), *data(8, 3, 2, np.float64),
             training(1000, 1e6), fixed_order_matmul)
    )  # fmt: skip
    assert not np.isfinite(comparison.snapshots["constant"][-1].loss)
    assert comparison.snapshots["constant"][-1].step < 1000


def test_the_recorded_steps_begin_dense():
    """0, 1, powers of ten and the last step are always among them, and there are not more than two hundred."""
    found = recorded_steps(20_000)
    assert {0, 1, 10, 100, 1000, 10_000, 20_000} <= found
    assert len(found) < 200
    assert recorded_steps(1) == {0, 1}


@pytest.mark.parametrize("name", ["symmetry-demo", "symmetry-xor", "symmetry"])
def test_the_shipped_configurations_have_constant_weights(name):
    """Each of them gives the w of the constant network."""
    assert resolve(name).config.model.init.scheme == "constant"
