"""The gradients that train are the derivatives of the loss, whatever the network is made of."""

from itertools import product

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters, initialise
from tests.network.oracle import central_difference, complex_step, plain_loss, residual

PAIRS = [
    ("sigmoid", "squared_error"),
    ("identity", "squared_error"),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
]
DEPTHS = [(), (5,), (5, 4), (5, 4, 6)]
ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"]

EVERY = list(product(ACTIVATIONS, PAIRS, [True, False], DEPTHS))


def in_short(activation, pair, _bias, hidden):
    """Whether a kind is in a Latin square, in which every two of activation, loss, bias and depth meet."""
    return (ACTIVATIONS.index(activation) + PAIRS.index(pair) + DEPTHS.index(hidden)) % 4 == 0


KINDS = [pytest.param(*kind, marks=[] if in_short(*kind) else [pytest.mark.slow]) for kind in EVERY]


def problem(activation, pair, bias, hidden, dtype=np.float64):
    """Return a network with random weights and biases, and a batch of seven samples."""
    output, loss = pair
    rng = np.random.default_rng(len(hidden) + 10 * bias)
    architecture = Architecture((4, *hidden, 3), activation, output, loss, bias)
    parameters = Parameters(architecture, dtype)
    parameters.flat[...] = rng.uniform(-1, 1, parameters.flat.shape).astype(np.float32)
    X = rng.normal(size=(7, 4)).astype(np.float32).astype(dtype)
    if output == "softmax":
        Y = np.eye(3, dtype=dtype)[rng.integers(0, 3, 7)]
    else:
        Y = rng.uniform(0, 1, (7, 3)).astype(np.float32).astype(dtype)
    return Network(parameters, rows=7), X, Y


def oracle_gradients(network, X, Y):
    """Differentiate the textbook loss by every parameter: complex step, or central differences for relu."""
    architecture = network.architecture
    kink = architecture.activation == "relu" and architecture.depth > 1
    number = np.float64 if kink else np.complex128
    weights = [w.astype(number) for w in network.parameters.weights]
    biases = [None if b is None else b.astype(number) for b in network.parameters.biases]

    def loss():
        return plain_loss(
            weights, biases, X, Y, architecture.activation, architecture.output, architecture.loss
        )

    differentiate = central_difference if kink else complex_step
    tensors = [t for pair in zip(weights, biases, strict=True) for t in pair if t is not None]
    return [differentiate(loss, tensor) for tensor in tensors], 1e-6 if kink else 1e-9


@pytest.mark.parametrize(("activation", "pair", "bias", "hidden"), KINDS)
def test_float64_gradients_agree_with_numerical_derivatives(activation, pair, bias, hidden):
    """Every matrix and bias, to a relative residual of 1e-9 (1e-6 where relu rules the complex step out)."""
    network, X, Y = problem(activation, pair, bias, hidden)
    network.forward(X)
    network.backward(Y)
    expected, bound = oracle_gradients(network, X, Y)
    for (name, found), true in zip(network.gradients.named(), expected, strict=True):
        assert residual(found, true) <= bound, name


@pytest.mark.parametrize(("activation", "pair", "bias", "hidden"), KINDS)
def test_float32_gradients_agree_with_float64_to_rounding(activation, pair, bias, hidden):
    """The same numbers in float32 give the same gradients within sixteen units of its rounding."""
    narrow, X, Y = problem(activation, pair, bias, hidden, np.float32)
    wide, X64, Y64 = problem(activation, pair, bias, hidden, np.float64)
    narrow.forward(X)
    narrow.backward(Y)
    wide.forward(X64)
    wide.backward(Y64)
    for (name, found), (_, true) in zip(narrow.gradients.named(), wide.gradients.named(), strict=True):
        assert found.dtype == np.float32
        assert residual(found.astype(np.float64), true) <= 16 * np.finfo(np.float32).eps, name


@pytest.mark.parametrize(("activation", "pair", "bias", "hidden"), KINDS)
def test_gradients_that_are_passed_back_agree_too(activation, pair, bias, hidden):
    """∇z, δ and, by the layers between, ∇h: each is the derivative by the quantity that it is named after."""
    network, X, Y = problem(activation, pair, bias, hidden)
    network.forward(X)
    network.backward(Y)
    found = network.quantities()
    output, loss = pair
    number = np.float64 if activation == "relu" else np.complex128
    differentiate = central_difference if activation == "relu" else complex_step
    weights = [w.astype(number) for w in network.parameters.weights]
    biases = [None if b is None else b.astype(number) for b in network.parameters.biases]
    names = network.architecture.names()
    for above, name in enumerate(names[1:], start=1):
        h = found[name.input].astype(number)

        def loss_from_h(h=h, above=above):
            return plain_loss(weights[above:], biases[above:], h, Y, activation, output, loss)

        true = differentiate(loss_from_h, h)
        assert residual(found[f"grad_{name.input}"], true) <= (1e-6 if number is np.float64 else 1e-9)
    b = found["b"].astype(np.complex128)
    one = [np.eye(3)]
    true = complex_step(lambda: plain_loss(one, [None], b, Y, activation, output, loss), b)
    assert residual(found[f"delta_{len(names)}"], true) <= 1e-9
    z = found["z"].astype(np.complex128)
    true = complex_step(lambda: loss_of_z(z, Y, pair), z)
    assert residual(found["grad_z"], true) <= 1e-9


def loss_of_z(z, Y, pair):
    """The mean loss written in the outputs themselves."""
    if pair == ("sigmoid", "cross_entropy"):
        return -(Y * np.log(z) + (1 - Y) * np.log(1 - z)).sum(axis=1).mean()
    if pair == ("softmax", "cross_entropy"):
        return -(Y * np.log(z)).sum(axis=1).mean()
    return 0.5 * ((Y - z) ** 2).sum(axis=1).mean()


@pytest.mark.parametrize(("activation", "pair", "bias", "hidden"), KINDS)
def test_the_code_that_trains_runs_in_complex_arithmetic(activation, pair, bias, hidden):
    """A complex step through forward() and loss() themselves gives what backward() gives."""
    network, X, Y = problem(activation, pair, bias, hidden)
    network.forward(X)
    network.backward(Y)
    wide = Parameters(network.architecture, np.complex128)
    wide.flat[...] = network.parameters.flat
    twin = Network(wide, rows=7)

    def loss():
        twin.forward(X)
        return twin.loss(Y)

    assert residual(network.gradients.flat, complex_step(loss, wide.flat)) <= 1e-12


@pytest.mark.parametrize("pair", PAIRS)
def test_the_loss_is_the_textbooks(pair):
    """The value that is reported, not its gradient only, is the mean of the textbook's formula."""
    network, X, Y = problem("sigmoid", pair, True, (5,))
    network.forward(X)
    expected = plain_loss(network.parameters.weights, network.parameters.biases, X, Y, "sigmoid", *pair)
    assert network.loss(Y) == pytest.approx(expected, rel=1e-14)


def test_weights_of_a_named_scheme_are_the_same_in_both_precisions():
    """The draw is made in float64 and rounded: float32 starts where float64 starts."""
    architecture = Architecture((4, 5, 3))
    narrow, wide = Parameters(architecture, np.float32), Parameters(architecture, np.float64)
    initialise(narrow, np.random.default_rng(3), "xavier")
    initialise(wide, np.random.default_rng(3), "xavier")
    assert np.array_equal(narrow.flat, wide.flat.astype(np.float32))
