"""The reference loss and update are those of decimal arithmetic with 50 digits, and of numbers worked by hand."""

from decimal import Decimal, localcontext
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from bpcli.gradcheck import reference
from bpcli.network import Architecture
from tests.network.oracle import central_difference
from tests.network.test_gradients import PAIRS

ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"]


def decimal_activation(name, a):
    """One layer's outputs from a list of Decimals."""
    if name == "sigmoid":
        return [1 / (1 + (-x).exp()) for x in a]
    if name == "tanh":
        return [(x.exp() - (-x).exp()) / (x.exp() + (-x).exp()) for x in a]
    if name == "relu":
        return [max(x, Decimal(0)) for x in a]
    if name == "softmax":
        return [x.exp() / sum(y.exp() for y in a) for x in a]
    return a


def decimal_loss(architecture, parameters, X, Y):
    """The mean loss by sums and products of Decimals, straight from the definitions: -Σ y log z and its like."""
    total = Decimal(0)
    for x, targets in zip(X.tolist(), Y.tolist(), strict=True):
        h, y = [Decimal(v) for v in x], [Decimal(v) for v in targets]
        for layer, names in enumerate(architecture.names(), start=1):
            last = layer == architecture.depth
            bias = (
                parameters[names.bias].tolist() if architecture.bias else [0] * len(parameters[names.matrix])
            )
            rows = zip(parameters[names.matrix].tolist(), bias, strict=True)
            a = [sum(Decimal(w) * v for w, v in zip(row, h, strict=True)) + Decimal(b) for row, b in rows]
            h = decimal_activation(architecture.output if last else architecture.activation, a)
        for t, z in zip(y, h, strict=True):
            if architecture.loss == "squared_error":
                total += (t - z) ** 2 / 2
            else:
                total -= t * z.ln() if t else 0
                total -= (1 - t) * (1 - z).ln() if architecture.output == "sigmoid" and t != 1 else 0
    return total / len(X)


def network(activation, pair, bias, hidden, scale=1.0):
    """An architecture with random parameters and three samples."""
    output, loss = pair
    rng = np.random.default_rng(len(hidden))
    architecture = Architecture((3, *hidden, 2), activation, output, loss, bias)
    parameters = {}
    for names, (fan_in, fan_out) in zip(architecture.names(), architecture.shapes(), strict=True):
        parameters[names.matrix] = scale * rng.normal(size=(fan_out, fan_in))
        if bias:
            parameters[names.bias] = rng.normal(size=fan_out)
    Y = np.eye(2)[[0, 1, 1]] if output == "softmax" else rng.uniform(size=(3, 2))
    return architecture, parameters, rng.normal(size=(3, 3)), Y


@pytest.mark.parametrize(
    ("activation", "pair", "bias", "hidden"),
    list(product(ACTIVATIONS, PAIRS, [True, False], [(), (4,), (4, 5)])),
)
def test_the_loss_is_that_of_decimal_arithmetic(activation, pair, bias, hidden):
    """Every kind of network: 50 digits against 16, in float64 and in complex128."""
    architecture, parameters, X, Y = network(activation, pair, bias, hidden)
    with localcontext() as context:
        context.prec = 50
        true = float(decimal_loss(architecture, parameters, X, Y))
    assert reference.mean_loss(architecture, parameters, X, Y) == pytest.approx(true, rel=1e-14)
    complex_parameters = {name: tensor.astype(complex) for name, tensor in parameters.items()}
    found = reference.mean_loss(architecture, complex_parameters, X.astype(complex), Y)
    assert (found.real, found.imag) == (pytest.approx(true, rel=1e-14), 0)


@pytest.mark.parametrize("pair", PAIRS)
def test_pre_activations_of_hundreds_cost_no_digits(pair):
    """Where z rounds to 0 or 1 the loss is still that of the definition, without a warning."""
    architecture, parameters, X, Y = network("tanh", pair, True, (4,), scale=200.0)
    with localcontext() as context:
        context.prec = 400
        true = float(decimal_loss(architecture, parameters, X, Y))
    assert reference.mean_loss(architecture, parameters, X, Y) == pytest.approx(true, rel=1e-13)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "softmax"])
def test_the_derivatives_of_activations_are_difference_quotients(name):
    """Each entry of the output by the same entry of the pre-activation."""
    a = np.random.default_rng(0).normal(size=(4, 3))
    found = reference.activation_derivative(name, a)
    for index in np.ndindex(a.shape):
        one = a.copy()
        true = central_difference(lambda one=one, index=index: reference.activation(name, one)[index], one)
        assert found[index] == pytest.approx(true[index], abs=1e-9)


def test_networks_side_by_side_have_a_loss_each():
    """Leading axes hold perturbed networks."""
    architecture, parameters, X, Y = network("sigmoid", PAIRS[3], True, (4,))
    many = {name: np.stack([tensor, 2 * tensor]) for name, tensor in parameters.items()}
    twice = {name: 2 * tensor for name, tensor in parameters.items()}
    expected = [reference.mean_loss(architecture, p, X, Y) for p in (parameters, twice)]
    assert reference.mean_loss(architecture, many, X, Y) == pytest.approx(expected, rel=1e-14)


def test_momentum_by_hand():
    """μ = ½, g = 1 then 2, α = 0.1: v = 1, 2.5, so θ = 1 - 0.1 - 0.25."""
    rule, memory = SimpleNamespace(name="sgd", momentum=0.5), {}
    first = reference.update(rule, memory, np.array(1.0), np.array(1.0), 0.1)
    second = reference.update(rule, memory, first, np.array(2.0), 0.1)
    assert (first, second) == (pytest.approx(0.9), pytest.approx(0.65))


def test_adam_by_hand():
    """Its first step is α g / (|g| + ε); its second, worked in fractions for β₁ = ½, β₂ = ¾ and g = 3 then -1."""
    rule, memory = SimpleNamespace(name="adam", beta1=0.5, beta2=0.75, epsilon=0.5), {}
    first = reference.update(rule, memory, np.array(2.0), np.array(3.0), 0.1)
    assert first == pytest.approx(2 - 0.1 * 3 / 3.5)
    # m = ½·1.5 - ½·1 = ¼, m̂ = ¼/¾ = ⅓; v = ¾·2.25 + ¼·1 = 1.9375, v̂ = 1.9375 / 0.4375.
    expected = first - 0.1 * (1 / 3) / ((1.9375 / 0.4375) ** 0.5 + 0.5)
    assert reference.update(rule, memory, first, np.array(-1.0), 0.1) == pytest.approx(expected)


def test_schedules_by_hand():
    """Half a cosine stands at the mean of its ends after half of the epochs; steps fall after every second epoch."""
    step = SimpleNamespace(name="step", every=2, factor=0.1)
    rates = [reference.scheduled_rate(step, 8.0, epoch, 5) for epoch in range(1, 6)]
    assert rates == pytest.approx([8, 8, 0.8, 0.8, 0.08])
    cosine = SimpleNamespace(name="cosine", minimum=2.0)
    assert reference.scheduled_rate(cosine, 8.0, 1, 10) == 8
    assert reference.scheduled_rate(cosine, 8.0, 6, 10) == pytest.approx(5)
    assert reference.scheduled_rate(SimpleNamespace(name="constant"), 8.0, 6, 10) == 8
