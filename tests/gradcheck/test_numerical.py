"""The numerical derivatives are those of an oracle that shares no code with them, and know where they end."""

import numpy as np
import pytest

from bpcli.gradcheck import numerical
from bpcli.gradcheck.numerical import default_method, derivatives
from bpcli.network import Architecture
from bpcli.network.example import Example
from tests.network.oracle import central_difference, complex_step, plain_loss, residual
from tests.network.test_gradients import ACTIVATIONS, DEPTHS, EVERY, PAIRS, loss_of_z
from tests.network.test_gradients import problem as network_and_batch


def small(activation="sigmoid", pair=PAIRS[0], bias=True, hidden=(5,)):
    """A point with random weights and biases and seven samples."""
    network, X, Y = network_and_batch(activation, pair, bias, hidden)
    return Example(network.architecture, X, Y, dict(network.parameters.named()))


def naive(point):
    """Every derivative by the textbook's formulas: whole forward passes, one entry at a time."""
    a = point.architecture
    kinks = a.activation == "relu" and a.depth > 1
    number, differentiate = (float, central_difference) if kinks else (complex, complex_step)
    weights = [point.parameters[names.matrix].astype(number) for names in a.names()]
    biases = [
        point.parameters[names.bias].astype(number) if names.bias in point.parameters else None
        for names in a.names()
    ]
    found, h = {}, point.X.astype(number)

    def loss(start=0, h=h):
        return plain_loss(weights[start:], biases[start:], h, point.Y, a.activation, a.output, a.loss)

    for layer, names in enumerate(a.names()):
        found[names.grad_matrix] = differentiate(loss, weights[layer])
        if a.bias:
            found[names.grad_bias] = differentiate(loss, biases[layer])
    network = point.network()
    z = network.forward(point.X).astype(complex)
    for layer, (names, x) in enumerate(zip(a.names(), network.inputs, strict=True)):
        h = x.astype(number)
        found[f"grad_{names.input}"] = differentiate(lambda h=h, layer=layer: loss(layer, h), h)
        # The pre-activations move by a shift of each sample's own, as if every sample had biases of its own.
        shift, kept = np.zeros((len(x), a.sizes[layer + 1]), number), biases[layer]

        def shifted(h=h, layer=layer, shift=shift, kept=kept):
            biases[layer] = shift if kept is None else kept + shift
            value = loss(layer, h)
            biases[layer] = kept
            return value

        found[names.delta] = differentiate(shifted, shift)
    found["grad_z"] = complex_step(lambda: loss_of_z(z, point.Y, (a.output, a.loss)), z)
    return found


# Every activation with every output and loss, and each of them at every depth, with and without biases.
COVERING = [
    (activation, pair, (i // 2 + j) % 2 == 0, DEPTHS[(i + j) % 4])
    for i, activation in enumerate(ACTIVATIONS)
    for j, pair in enumerate(PAIRS)
]
OTHERS = [pytest.param(*kind, marks=pytest.mark.slow) for kind in EVERY if kind not in COVERING]


@pytest.mark.parametrize(("activation", "pair", "bias", "hidden"), [*COVERING, *OTHERS])
def test_derivatives_are_those_of_whole_forward_passes(activation, pair, bias, hidden):
    """Increments change nothing: every tensor of every kind of network agrees with the oracle, by both methods."""
    point = small(activation, pair, bias, hidden)
    expected = naive(point)
    method = default_method(point.architecture)
    found = derivatives(point, method=method)
    assert found.tensors.keys() == expected.keys()
    for name, true in expected.items():
        assert residual(found.tensors[name], true) <= (1e-13 if method == "complex" else 1e-7), name
    central = derivatives(point, method="central")
    for name, true in expected.items():
        assert not central.left_out[name].any()
        assert residual(central.tensors[name], true) <= 1e-7, name


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("method", ["complex", "central"])
def test_weight_decay_adds_its_share_to_the_matrices_only(bias, hidden, method):
    """The objective gains ½c‖·‖² of the matrices, so their derivatives gain c·W and nothing else moves."""
    point = small(bias=bias, hidden=hidden)
    without = derivatives(point, method=method).tensors
    found = derivatives(point.with_decay(0.3), method=method).tensors
    for name, tensor in without.items():
        parameter = point.parameters.get(name.removeprefix("grad_"))
        share = 0.3 * parameter if parameter is not None and parameter.ndim == 2 else 0.0
        assert residual(found[name], tensor + share) <= (1e-14 if method == "complex" else 1e-7), name


def test_a_saturated_output_keeps_the_digits_of_its_gradient():
    """Where z rounds to 1, ∇z = -1/z is still -1, and where 1-z is e^-50, ∇z is e^50."""
    point = Example(
        Architecture((1, 2), loss="cross_entropy", bias=False),
        np.array([[1.0]]),
        np.array([[1.0, 0.0]]),
        {"W": np.array([[50.0], [50.0]])},
    )
    found = derivatives(point, method="complex").tensors["grad_z"]
    assert found[0] == pytest.approx([-1.0, 1 + np.exp(50.0)], rel=1e-14)


def test_the_complex_step_refuses_relu_in_a_hidden_layer():
    """Relu has a kink; without a hidden layer there is no relu, and the complex step may go on."""
    with pytest.raises(ValueError, match="kink"):
        derivatives(small("relu"), method="complex")
    assert default_method(small("relu").architecture) == "central"
    assert default_method(small("relu", hidden=()).architecture) == "complex"
    derivatives(small("relu", hidden=()), method="complex")


def relu_line(v):
    """One sample x = 2 through h = relu(v x), z = 3 h, with y = 1: ℓ = ½ (1 - z)²."""
    return Example(
        Architecture((1, 1, 1), "relu", "identity", bias=False),
        np.array([[2.0]]),
        np.array([[1.0]]),
        {"V": np.array([[v]]), "W": np.array([[3.0]])},
    )


def test_an_entry_exactly_at_a_kink_is_left_out():
    """With v = 0 the pre-activation is 0: the loss has no derivative by v; by x and W it has, and it is 0."""
    found = derivatives(relu_line(0.0), method="central")
    assert found.left_out["grad_V"].all()
    assert not any(mask.any() for name, mask in found.left_out.items() if name not in {"grad_V", "delta_1"})
    assert found.tensors["grad_x"] == 0
    assert found.tensors["grad_W"] == 0


@pytest.mark.parametrize("v", [1e-6, -1e-6])
def test_an_entry_near_a_kink_is_retried_with_a_smaller_step(v):
    """At 1e-6 a step of 5e-6 crosses the kink and a hundredth of it does not: the derivative is one-sided and right."""
    found = derivatives(relu_line(v), method="central")
    assert found.steps["grad_V"] == pytest.approx(1e-5 / 2 / 3 / 100)
    assert not found.left_out["grad_V"].any()
    expected = -(1 - 6 * v) * 6 if v > 0 else 0.0  # ∂ℓ/∂v = -(y - z) w x
    assert found.tensors["grad_V"] == pytest.approx(expected, rel=1e-6)


def test_an_entry_within_every_step_of_a_kink_is_left_out():
    """At 1e-9 the smaller step crosses the kink too."""
    assert derivatives(relu_line(1e-9), method="central").left_out["grad_V"].all()


def test_a_step_that_is_given_is_taken_as_it_is():
    """No scaling, no retry: the entry is marked, and its value is that of the plain difference quotient."""
    found = derivatives(relu_line(0.01), method="central", step=0.1, only=["grad_V"])
    assert found.left_out["grad_V"].all()
    above, below = 0.5 * (1 - 6 * 0.11) ** 2, 0.5
    assert found.tensors["grad_V"] == pytest.approx((above - below) / 0.2)


def test_only_what_is_asked_for_is_computed():
    """``only`` names tensors as the result does."""
    found = derivatives(small(), method="complex", only={"grad_bias_V", "grad_x"})
    assert found.tensors.keys() == {"grad_bias_V", "grad_x"}


def test_the_length_of_a_chunk_changes_nothing(monkeypatch):
    """One perturbation at a time gives what many at a time give."""
    point = small(hidden=(5, 4))
    many = derivatives(point, method="complex").tensors
    monkeypatch.setattr(numerical, "CHUNK_SIZE", 1)
    for name, tensor in derivatives(point, method="complex").tensors.items():
        assert residual(tensor, many[name]) <= 1e-15, name


@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_network_of_784_30_10_agrees_with_the_naive_way_on_random_entries(times):
    """All 23,860 parameters are differentiated; a hundred of them or more, drawn at random, are recomputed naively."""
    rng = np.random.default_rng(5)
    architecture = Architecture((784, 30, 10))
    parameters = {
        "V": rng.normal(size=(30, 784)) / 28,
        "bias_V": rng.normal(size=30),
        "W": rng.normal(size=(10, 30)) / 5,
        "bias_W": rng.normal(size=10),
    }
    point = Example(architecture, rng.normal(size=(32, 784)), rng.uniform(size=(32, 10)), parameters)
    found = derivatives(point, method="complex", only=[f"grad_{name}" for name in parameters]).tensors
    assert sum(tensor.size for tensor in found.values()) == architecture.parameter_count == 23860
    moved = {name: tensor.astype(complex) for name, tensor in parameters.items()}
    for name, entries in (("V", 80), ("bias_V", 8), ("W", 8), ("bias_W", 4)):
        for _ in range(times * entries):
            at = tuple(rng.integers(size) for size in parameters[name].shape)
            moved[name][at] += 1e-30j
            loss = plain_loss(
                [moved["V"], moved["W"]],
                [moved["bias_V"], moved["bias_W"]],
                point.X,
                point.Y,
                "sigmoid",
                "sigmoid",
                "squared_error",
            )
            moved[name][at] = parameters[name][at]
            assert found[f"grad_{name}"][at] == pytest.approx(loss.imag / 1e-30, rel=1e-9, abs=1e-15)
