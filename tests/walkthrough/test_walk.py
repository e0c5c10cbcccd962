"""Every number of a walk against decimal arithmetic, the row forms against the core, and the work against a count."""

from dataclasses import dataclass

import numpy as np
import pytest

from bpcli.common.errors import DataError
from bpcli.common.markup import plain
from bpcli.network import Network
from bpcli.network.formulas import Notation
from bpcli.walkthrough.walk import core_values, multiplications, walk
from tests.walkthrough.oracle import Oracle
from tests.walkthrough.points import NAMES, point

CASES = {
    "the sheet's": {"sizes": (3, 2, 2)},
    "biases": {"sizes": (3, 4, 2), "bias": True},
    "tanh": {"sizes": (2, 3, 2), "activation": "tanh", "bias": True},
    "relu": {"sizes": (3, 3, 1), "activation": "relu", "output": "identity"},
    "deeper": {"sizes": (3, 3, 2, 2), "bias": True},
    "none": {"sizes": (3, 2)},
    "cross-entropy": {"sizes": (2, 2, 2), "loss": "cross_entropy"},
    "softmax": {"sizes": (2, 2, 3), "output": "softmax", "loss": "cross_entropy", "bias": True},
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def example(request):
    """A point of each kind of network."""
    return point(**request.param)


def test_every_quantity_agrees_with_decimal_arithmetic_to_12_digits(example):
    """Relative to the largest entry of the quantity."""
    walked, true = walk(example), Oracle(example).quantities()
    assert set(walked.quantities) == set(true)
    for name, quantity in walked.quantities.items():
        expected = np.array(true[name], dtype=np.float64)
        assert quantity.value.shape == expected.shape, name
        np.testing.assert_allclose(quantity.value, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_the_names_are_those_of_the_contract():
    """With one hidden layer and no bias: these and no others."""
    assert set(walk(point((3, 2, 2))).document()["quantities"]) == set(NAMES)


def test_the_row_forms_agree_with_the_core(example):
    """To rounding."""
    assert walk(example).largest_difference < 1e-14


def test_a_wrong_core_is_seen_by_the_row_forms(monkeypatch):
    """A gradient spoilt in its last digits shows in the largest difference."""
    backward = Network.backward

    def spoilt(network, Y):
        backward(network, Y)
        network.gradients.weights[0][0, 0] += 1e-9

    monkeypatch.setattr(Network, "backward", spoilt)
    assert walk(point((3, 2, 2))).largest_difference == pytest.approx(1e-9, rel=1e-3)


@pytest.mark.parametrize("name", ["Omega", "Lambda", "grad_bias_W", "grad_bias_V"])
def test_a_wrong_slope_or_bias_gradient_of_the_core_is_seen_by_the_row_forms(monkeypatch, name):
    """Half as large again, in the core only."""

    def spoilt(example):
        values = core_values(example)
        return values | {name: 1.5 * values[name]}

    monkeypatch.setattr("bpcli.walkthrough.walk.core_values", spoilt)
    assert walk(point((3, 2, 2), bias=True)).largest_difference > 1e-3


def test_the_predicted_decrease_is_the_real_one_for_a_small_step():
    """α‖∇ℓ‖² against the loss before and after, at α = 1e-5."""
    walked = walk(point((3, 2, 2), rate=1e-5))
    assert walked.decrease == pytest.approx(walked.predicted, rel=1e-4)


def test_numbers_out_of_range_are_refused_by_name():
    """An overflow is told of, not printed as inf."""
    spoilt = point((2, 2, 1), activation="identity", output="identity")
    spoilt.parameters["V"][...] = 1e200
    spoilt.parameters["W"][...] = 1e200
    with pytest.raises(DataError, match="overflows at this point"):
        walk(spoilt)


@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_a_saturated_output_is_walked_through(y):
    """Z rounds to 1 at b = 40, and ∇z = (1-y)(1 + e^b) - y(1 + e^-b) keeps its digits."""
    saturated = point((1, 1), loss="cross_entropy")
    saturated.X[...], saturated.Y[...], saturated.parameters["W"][...] = 1.0, y, 40.0
    walked = walk(saturated)
    expected = (1 - y) * (1 + np.exp(40.0)) - y * (1 + np.exp(-40.0))
    assert walked["grad_z"][0] == pytest.approx(expected, rel=1e-14)
    assert walked.layers[0].rows[0].passed == pytest.approx(expected, rel=1e-14)


@dataclass
class Counted:
    """A number that counts the multiplications it takes part in."""

    tally: list

    def __mul__(self, other):
        self.tally.append(1)
        return self

    def __add__(self, other):
        return self


def counted_without_reuse(sizes, softmax, bias):
    """Every gradient entry by the chain rule from scratch, on numbers that count."""
    tally = []
    one = Counted(tally)

    def delta(layer):
        """∂ℓ/∂ a unit's pre-activation; ``layer`` counts from 1."""
        if layer == len(sizes) - 1:
            terms = [one * one for _ in range(sizes[-1] if softmax else 1)]
            return sum(terms[1:], start=terms[0]) if softmax else terms[0]
        arrived = one
        for _ in range(sizes[layer + 1]):
            arrived = arrived + one * delta(layer + 1)
        return arrived * one

    for layer in range(1, len(sizes)):
        for _ in range(sizes[layer]):
            if bias:
                delta(layer)
            for _ in range(sizes[layer - 1]):
                delta(layer) * one
    return len(tally)


def counted_with_reuse(sizes, softmax):
    """The backward pass on numbers that count: each δ once, each matrix entry once."""
    tally = []
    one = Counted(tally)
    for layer in reversed(range(1, len(sizes))):
        for _ in range(sizes[layer]):
            for _ in range(sizes[layer] if softmax and layer == len(sizes) - 1 else 1):
                one * one  # δ
            for _ in range(sizes[layer - 1]):
                one * one  # ∇W
                if layer > 1:
                    one * one  # ∇h
    return len(tally)


def test_the_multiplications_are_those_that_a_computation_makes(example):
    """Both counts, on numbers that count their products."""
    net = example.architecture
    found, softmax = multiplications(net), net.output == "softmax"
    assert found.with_reuse == counted_with_reuse(net.sizes, softmax)
    assert found.without_reuse == counted_without_reuse(net.sizes, softmax, net.bias)


def test_the_sheets_network_by_hand():
    """3-2-2: 2 + 4 + 4 + 2 + 6 with reuse; 4·2 + 6·6 without."""
    found = multiplications(point((3, 2, 2)).architecture)
    assert (found.with_reuse, found.without_reuse) == (18, 44)


def test_the_second_notation_indexes_weights_from_source_to_unit():
    """What is passed back to layer 1 has the weights of layer 2, and w_ij leads from i to j."""
    net = point((3, 2, 2)).architecture
    ours, theirs = Notation(net), Notation(net, "delta")
    assert plain(theirs.passed_formula(1)) == "w⁽²⁾ diag g′(S⁽²⁾) ∂ℓ/∂x⁽²⁾"
    assert (plain(ours.entry(1, "j", "i")), plain(theirs.entry(1, "j", "i"))) == ("w_ji", "w_ij⁽²⁾")
    assert (plain(ours.symbol("V")), plain(theirs.symbol("V"))) == ("V", "w⁽¹⁾ᵀ")


@pytest.mark.parametrize(
    ("settings", "formulas"),
    [
        ({}, ("s(a)", "diag(h (1-h))", "h_j(1-h_j)")),
        ({"activation": "tanh"}, ("tanh(a)", "diag(1 - h²)", "(1-h_j²)")),
        ({"activation": "relu"}, ("max(a, 0)", "diag(1 where a > 0, else 0)", "[a_j>0]")),
        ({"activation": "identity"}, ("a", "diag(1)", "1")),
    ],
)
def test_the_formulas_of_each_activation(settings, formulas):
    """The activation, its derivative as a diagonal, and one entry of that."""
    notation = Notation(point((3, 2, 2), **settings).architecture)
    found = notation.out_formula(0), notation.derivative_formula(0), notation.derivative_entry(0, "j")
    assert tuple(map(plain, found)) == formulas


@pytest.mark.parametrize(
    ("settings", "formulas"),
    [
        ({}, ("½ ‖y - z‖²", "z_j - y_j")),
        (
            {"loss": "cross_entropy"},
            ("-Σ_j (y_j log z_j + (1-y_j) log(1-z_j))", "(z_j - y_j) / (z_j(1-z_j))"),
        ),
        ({"loss": "cross_entropy", "output": "softmax"}, ("-Σ_j y_j log z_j", "-y_j / z_j")),
    ],
)
def test_the_formulas_of_each_loss(settings, formulas):
    """The loss of one point, and where the backward pass starts."""
    notation = Notation(point((3, 2, 2), **settings).architecture)
    assert (plain(notation.loss_formula()), plain(notation.output_gradient("j"))) == formulas


def test_the_formulas_of_softmax():
    """Its Jacobian, and J for Ω in what is passed back."""
    net = point((3, 2, 2), output="softmax", loss="cross_entropy").architecture
    assert plain(Notation(net).jacobian_formula()) == "diag(z) - z zᵀ"
    assert plain(Notation(net).passed_formula(1)) == "Wᵀ J ∇z"
    assert plain(Notation(net).sum_term(1)) == "w_ji · δ_j⁽²⁾"
