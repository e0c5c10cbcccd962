"""Hidden units that cannot learn are named, rows that teach nothing counted: each is planted, beside ones that can."""

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters
from bpcli.symmetry import saturated_rows, unit_activity

X = np.linspace(-1, 1, 11)[:, None]  # more rows than the networks below take at once


def network(activation, biases, *, dtype=np.float64, rows=4):
    """Return a network of one input whose unit j computes g(x + biases[j])."""
    parameters = Parameters(Architecture((1, len(biases), 1), activation=activation), dtype)
    parameters.weights[0][...] = 1
    parameters.weights[1][...] = 1
    parameters.biases[0][...] = biases
    return Network(parameters, rows)


def test_a_relu_is_dead_where_it_is_off_on_every_row():
    """x + 0 is on somewhere, x - 2 nowhere, x - 0.95 on the last row only, x - 1 there exactly at the kink."""
    assert unit_activity(network("relu", [0, -2, -0.95, -1]), X) == (("active", "dead", "active", "dead"),)


@pytest.mark.parametrize(
    ("activation", "steep", "flat", "dead"), [("sigmoid", 6.9, 7.0, 40.0), ("tanh", 3.9, 4.0, 22.0)]
)
def test_a_slope_below_a_hundredth_is_saturated_and_one_of_zero_dead(activation, steep, flat, dead):
    """By hand, at the row x = -1: s′(5.9) = 0.00272 and s′(6) = 0.00247; tanh′(2.9) = 0.0120 and tanh′(3) = 0.0099."""
    found = unit_activity(network(activation, [0, steep, flat, -flat, dead]), X)
    assert found == (("active", "active", "saturated", "saturated", "dead"),)


@pytest.mark.parametrize(("activation", "bias"), [("relu", -3.0), ("tanh", 30.0), ("sigmoid", 50.0)])
def test_a_dead_unit_gets_no_gradient_and_others_do(activation, bias):
    """The finding against ∇V itself."""
    net = network(activation, [0.1, bias], rows=len(X))
    assert unit_activity(net, X) == (("active", "dead"),)
    net.forward(X)
    net.backward(np.zeros((len(X), 1)))
    assert (net.gradients.weights[0][:, 0] != 0).tolist() == [True, False]
    assert (net.gradients.biases[0] != 0).tolist() == [True, False]


def test_single_precision_underflows_earlier():
    """1 - s(18) is less than half a unit in the last place of float32, and is not in float64."""
    for dtype, expected in ((np.float32, "dead"), (np.float64, "saturated")):
        assert unit_activity(network("sigmoid", [19.0], dtype=dtype), X.astype(dtype)) == ((expected,),)


def test_an_identity_is_always_active():
    """Its slope is 1 wherever it is."""
    assert unit_activity(network("identity", [0, 1e6]), X) == (("active", "active"),)


def test_every_hidden_layer_is_judged():
    """Two relus of the second layer have large negative biases."""
    parameters = Parameters(Architecture((1, 2, 3, 1), activation="relu"))
    parameters.flat[...] = 0.5
    parameters.biases[1][1:] = -100
    assert unit_activity(Network(parameters, 4), X) == (("active", "active"), ("active", "dead", "dead"))


def test_what_is_not_a_number_is_no_finding():
    """A relu calls NaN off, but diverged weights are not dead units."""
    assert unit_activity(network("relu", [np.nan, -5.0]), X) == (("active", "dead"),)


def test_a_network_without_hidden_layers_has_no_units_to_judge():
    """Logistic regression."""
    assert unit_activity(Network(Parameters(Architecture((1, 1))), 4), X) == ()


def test_a_row_teaches_nothing_where_an_output_is_flat_and_on_the_wrong_side():
    """By hand: 0.9974 · 0.0026 = 0.00259 is above a hundredth of ¼, 0.9976 · 0.0024 = 0.00239 below it."""
    z = np.array([[0.9976, 0.5], [0.9976, 0.5], [0.9974, 0.5], [0.5, 0.0024], [0.0, 1.0], [np.nan, 0.5]])
    Y = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    rows = [saturated_rows(z[[i]], Y[[i]]) for i in range(len(z))]
    assert rows == [1, 0, 0, 1, 1, 0]
    assert saturated_rows(z, Y) == 3


def test_the_gradients_hardly_correct_a_row_that_is_counted():
    """Against Ω ∇z itself: below a hundredth of what the same ∇z gives where the sigmoid is steepest."""
    net = Network(Parameters(Architecture((1, 1), bias=False)), 2)
    net.parameters.flat[...] = 7.0
    net.forward(np.array([[1.0], [0.1]]))
    net.backward(np.zeros((2, 1)))
    (last,) = net.layers
    taught = last.delta[:, 0] / (0.25 * last.grad_out[:, 0])
    assert (taught < 0.01).tolist() == [True, False]
    assert [saturated_rows(last.out[[i]], np.zeros((1, 1))) for i in range(2)] == [1, 0]
