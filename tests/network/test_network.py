"""What the network promises beside its gradients: its buffers, its names, its leading axes, its arithmetic."""

import tracemalloc
from itertools import chain, product, repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcli.config import TrainingConfig
from bpcli.datasets import Prepared
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.network.activations import activate
from bpcli.training.descent import descend
from bpcli.training.loop import Trainer

NAMES = {
    (2, 1): "x y W b z Omega grad_z delta_1 grad_W",
    (2, 3, 1): "x y V a h Lambda grad_h delta_1 grad_V W b z Omega grad_z delta_2 grad_W",
    (2, 3, 4, 1): (
        "x y W1 a1 h1 Lambda_1 grad_h1 delta_1 grad_W1 W2 a2 h2 Lambda_2 grad_h2 delta_2 grad_W2 "
        "W3 b z Omega grad_z delta_3 grad_W3"
    ),
}


def random_network(sizes, *, rows, lead=(), dtype=np.float64, seed=0, product=np.matmul, **functions):
    """Return a network whose weights and biases are all random."""
    parameters = Parameters(Architecture(sizes, **functions), dtype, lead)
    parameters.flat[...] = np.random.default_rng(seed).normal(size=parameters.flat.shape)
    return Network(parameters, rows, product)


@pytest.mark.parametrize("sizes", NAMES)
def test_every_quantity_has_its_name(sizes):
    """The names of the sheet with one hidden layer; W alone with none; numbered with more."""
    network = random_network(sizes, rows=5, bias=False)
    network.forward(np.ones((5, 2)))
    network.backward(np.ones((5, 1)))
    assert set(network.quantities()) == set(NAMES[sizes].split())


def test_shapes_are_those_of_the_contract():
    """V is d1×d0 and W d2×d1: a row is a neuron; batch quantities hold a row per sample."""
    network = random_network((4, 3, 2), rows=9)
    network.forward(np.ones((7, 4)))
    network.backward(np.ones((7, 2)))
    shapes = {name: value.shape for name, value in network.quantities().items()}
    assert shapes["V"] == shapes["grad_V"] == (3, 4)
    assert shapes["W"] == shapes["grad_W"] == (2, 3)
    assert shapes["bias_V"] == shapes["grad_bias_V"] == (3,)
    assert shapes["a"] == shapes["h"] == shapes["Lambda"] == shapes["grad_h"] == shapes["delta_1"] == (7, 3)
    assert shapes["b"] == shapes["z"] == shapes["Omega"] == shapes["grad_z"] == shapes["delta_2"] == (7, 2)


def test_quantities_before_a_step_are_refused():
    """There is nothing to name before a forward and a backward pass."""
    with pytest.raises(ValueError, match="before a forward and a backward pass"):
        random_network((2, 2, 1), rows=1).quantities()


SQUARED, ENTROPY = ("sigmoid", "squared_error"), ("softmax", "cross_entropy")
# Every two of the three together.
STEPS = [
    ("sgd", SQUARED, np.float32),
    ("sgd", ENTROPY, np.float64),
    ("adam", SQUARED, np.float64),
    ("adam", ENTROPY, np.float32),
]
OTHER_STEPS = [
    pytest.param(*step, marks=pytest.mark.slow)
    for step in product(["sgd", "adam"], [SQUARED, ENTROPY], [np.float32, np.float64])
    if step not in STEPS
]


@pytest.mark.parametrize(("optimizer", "pair", "dtype"), [*STEPS, *OTHER_STEPS])
def test_a_training_step_allocates_no_array_that_grows_with_the_data(optimizer, pair, dtype):
    """The steps of the training loop at 784-30-10 stay below 75 kB with batches of 10 and of 2,000.

    The bound holds views, iterators and the one buffer of 64 kB that NumPy may take, whatever the data, to broadcast or
    to sum. One number for each sample and output, the smallest array that a careless step would make, is 80 kB or
    more with the larger batch; a batch of inputs gathered anew is over 6 MB.
    """
    output, loss = pair
    for rows in (10, 2000):
        network = random_network((784, 30, 10), rows=rows, dtype=dtype, output=output, loss=loss)
        network.parameters.flat *= 0.01
        rng = np.random.default_rng(1)
        X = rng.random((2 * rows, 784), dtype)
        Y = np.eye(10, dtype=dtype)[rng.integers(0, 10, 2 * rows)]
        data = Prepared(
            "random", "classification", (), (), (), X, Y, X[:0], Y[:0], np.zeros(784), np.ones(784), ""
        )
        settings = TrainingConfig.model_validate(
            {"optimizer": {"name": optimizer}, "batch_size": rows, "weight_decay": 1e-4, "loss": loss}
        )
        trainer = Trainer(network, data, settings, rng)
        batches = chain(trainer.batches.epoch(), trainer.batches.epoch())
        steps = descend(network, batches, trainer.optimiser, repeat(0.1))
        next(steps)
        next(steps)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        next(steps)
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        assert peak < 75_000


def test_a_short_last_batch_uses_the_same_buffers():
    """A batch of 3 after one of 8 gives what a network made for 3 gives, in the memory of the first."""
    long, short = random_network((4, 3, 2), rows=8), random_network((4, 3, 2), rows=3)
    X, Y = np.random.default_rng(2).normal(size=(8, 4)), np.full((8, 2), 0.5)
    long.forward(X)
    long.backward(Y)
    buffer = long.layers[0].out
    for network in (long, short):
        network.forward(X[:3])
        network.backward(Y[:3])
    assert np.shares_memory(buffer, long.layers[0].out)
    assert np.allclose(long.gradients.flat, short.gradients.flat, rtol=1e-14)


@pytest.mark.parametrize("sizes", [(4, 2), (4, 3, 2), (4, 5, 3, 2)])
def test_networks_side_by_side_are_the_networks_one_by_one(sizes):
    """Two by three networks with leading axes: outputs, losses and gradients of each are its own."""
    rng = np.random.default_rng(5)
    X, Y = rng.normal(size=(6, 4)), rng.uniform(size=(6, 2))
    together = random_network(sizes, rows=6, lead=(2, 3))
    z = together.forward(X)
    together.backward(Y)
    for index in np.ndindex(2, 3):
        alone = random_network(sizes, rows=6)
        alone.parameters.flat[...] = together.parameters.flat[index]
        assert np.allclose(alone.forward(X), z[index], rtol=1e-14)
        alone.backward(Y)
        assert np.allclose(alone.gradients.flat, together.gradients.flat[index], rtol=1e-12)
        assert alone.loss(Y) == pytest.approx(together.loss(Y)[index], rel=1e-14)


def test_the_matrix_product_is_supplied_from_outside():
    """Every product of a step goes through the function given, those with the input 1 of the biases too."""
    shapes = []

    def counted(left, right, /, *, out):
        shapes.append(out.shape)
        np.einsum("...ij,...jk->...ik", left, right, out=out)

    ordered = random_network((4, 3, 2), rows=6, product=counted)
    blas = random_network((4, 3, 2), rows=6)
    X, Y = np.random.default_rng(6).normal(size=(6, 4)), np.full((6, 2), 0.25)
    for network in (ordered, blas):
        network.forward(X)
        network.backward(Y)
    assert shapes == [(6, 3), (6, 2), (2, 3), (1, 2), (6, 3), (3, 4), (1, 3)]
    assert np.allclose(ordered.gradients.flat, blas.gradients.flat, rtol=1e-13)


@given(st.floats(width=64, allow_nan=False))
def test_the_sigmoid_neither_overflows_nor_warns_in_float64(a):
    """Any input, the infinities included, with every fault that NumPy warns of raised as an error.

    That e⁻ᵃ may round to 0 is none of them: s(a) is 1 there to the last digit.
    """
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h, derivative = activate("sigmoid", np.array([a]))
    assert 0 <= h[0] <= 1
    assert 0 <= derivative[0] <= 0.25


@given(st.floats(width=32, allow_nan=False))
def test_the_sigmoid_neither_overflows_nor_warns_in_float32(a):
    """The same in single precision, and it stays in single precision."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h, _ = activate("sigmoid", np.array([a], np.float32))
    assert h.dtype == np.float32
    assert 0 <= h[0] <= 1


def test_a_small_sigmoid_keeps_its_digits():
    """s(-40) is e⁻⁴⁰ to the last digit, not the zero that ½ (1 + tanh(a/2)) makes of it."""
    h, derivative = activate("sigmoid", np.array([-40.0]))
    assert h[0] == pytest.approx(4.248354255291589e-18, rel=1e-15)
    assert derivative[0] == pytest.approx(4.248354255291589e-18, rel=1e-15)


def test_nan_is_passed_on():
    """No activation hides a NaN: the loss must show it."""
    for name in ("sigmoid", "tanh", "relu", "softmax"):
        h, _ = activate(name, np.array([[np.nan, 1.0]]))
        assert np.isnan(h[0, 0])


def test_softmax_of_huge_numbers_is_finite():
    """The largest is subtracted first: e^1000 is never formed."""
    z, _ = activate("softmax", np.array([[1000.0, 1000.0, -1000.0]]))
    assert np.array_equal(z, [[0.5, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("b", "y", "expected"), [(800.0, 0.0, 800.0), (-800.0, 1.0, 800.0), (800.0, 1.0, 0.0)]
)
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_cross_entropy_of_a_saturated_output_is_exact(output, b, y, expected):
    """Computed from pre-activations: where z rounds to 0 or 1 the loss is still |b|, and nothing warns."""
    sizes = (1, 1) if output == "sigmoid" else (1, 2)
    network = random_network(sizes, rows=1, output=output, loss="cross_entropy", bias=False)
    network.parameters.flat[...] = [b] if output == "sigmoid" else [b, 0.0]
    Y = np.array([[y]] if output == "sigmoid" else [[y, 1 - y]])
    network.forward(np.ones((1, 1)))
    network.backward(Y)
    assert network.loss(Y) == pytest.approx(expected, abs=1e-300)
    assert not np.isnan(network.quantities()["grad_z"]).any()


@pytest.mark.parametrize("pair", [("softmax", "squared_error"), ("identity", "cross_entropy")])
def test_outputs_and_losses_that_do_not_go_together_are_refused(pair):
    """The combinations that have no formula in the contract."""
    with pytest.raises(ValueError, match="does not go with"):
        Architecture((2, 1), output=pair[0], loss=pair[1])


@pytest.mark.parametrize(
    ("scheme", "settings", "low", "high", "std"),
    [
        ("constant", {"value": 0.5}, 0.5, 0.5, 0.0),
        ("zeros", {}, 0.0, 0.0, 0.0),
        ("normal", {"std": 0.1}, -1.0, 1.0, 0.1),
        ("uniform", {"low": -0.5, "high": 0.25}, -0.5, 0.25, 0.75 / 12**0.5),
        ("xavier", {}, -((6 / 500) ** 0.5), (6 / 500) ** 0.5, (2 / 500) ** 0.5),
        ("he", {}, -1.0, 1.0, (2 / 300) ** 0.5),
    ],
)
def test_each_scheme_draws_from_its_distribution(scheme, settings, low, high, std):
    """Range and standard deviation of 60,000 draws (fan-in 300, fan-out 200); biases are zero."""
    parameters = Parameters(Architecture((300, 200)))
    initialise(parameters, np.random.default_rng(0), scheme, **settings)
    weight, bias = parameters.weights[0], parameters.biases[0]
    assert low <= weight.min() <= weight.max() <= high
    assert weight.std() == pytest.approx(std, rel=0.02)
    assert not bias.any()


def test_a_copy_of_parameters_has_its_own_numbers():
    """Changing the copy leaves the original alone; its named views are its own."""
    original = random_network((2, 3, 1), rows=1).parameters
    twin = original.copy()
    twin.flat[...] = 0
    assert original.flat.all()
    assert not dict(twin.named())["V"].any()


def test_parameters_have_the_shapes_that_an_architecture_says():
    """Matrices first, then biases, whatever their order in memory."""
    architecture = Architecture((4, 3, 2))
    shapes = architecture.parameter_shapes()
    assert shapes == {"V": (3, 4), "W": (2, 3), "bias_V": (3,), "bias_W": (2,)}
    assert {name: tensor.shape for name, tensor in Parameters(architecture).named()} == shapes
    assert Architecture((4, 2), bias=False).parameter_shapes() == {"W": (2, 4)}
