"""The update rules against their formulas, worked out number by number."""

from math import sqrt

import numpy as np
import pytest

from bpcli.network import Architecture, Parameters
from bpcli.training.optimisers import Adam, Sgd


def one_weight_and_bias(weight, bias):
    """Return parameters of one matrix entry and one bias, and gradients to be filled in."""
    architecture = Architecture((1, 1))
    parameters, gradients = Parameters(architecture), Parameters(architecture)
    parameters.flat[...] = [weight, bias]
    return parameters, gradients


def test_plain_descent_moves_by_the_rate_times_the_gradient():
    """θ ← θ - α ∇."""
    parameters, gradients = one_weight_and_bias(1.0, 2.0)
    gradients.flat[...] = [0.5, -4.0]
    Sgd(parameters, gradients).step(0.1)
    assert parameters.flat == pytest.approx([0.95, 2.4], rel=1e-15)


def test_momentum_adds_the_former_velocity():
    """v₁ = 1, v₂ = 0.9 + 1 = 1.9: after two steps at rate 0.1 the weight has moved by 0.29."""
    parameters, gradients = one_weight_and_bias(0.0, 0.0)
    rule = Sgd(parameters, gradients, momentum=0.9)
    for _ in range(2):
        gradients.flat[...] = 1.0
        rule.step(0.1)
    assert parameters.flat == pytest.approx([-0.29, -0.29], rel=1e-15)


@pytest.mark.parametrize("rule", [Sgd, Adam])
def test_weight_decay_pulls_matrices_and_spares_biases(rule):
    """With no gradient at all a decayed weight shrinks and a bias stays."""
    parameters, gradients = one_weight_and_bias(2.0, 2.0)
    rule(parameters, gradients, weight_decay=0.5).step(0.1)
    assert parameters.flat[0] < 2.0
    assert parameters.flat[1] == 2.0


def test_weight_decay_is_the_gradient_of_half_c_times_the_square():
    """θ ← θ - α (∇ + c θ) = 2 - 0.1 (3 + 0.5 · 2) = 1.6."""
    parameters, gradients = one_weight_and_bias(2.0, 0.0)
    gradients.flat[...] = [3.0, 0.0]
    Sgd(parameters, gradients, weight_decay=0.5).step(0.1)
    assert parameters.flat[0] == pytest.approx(1.6, rel=1e-15)


@pytest.mark.parametrize("rule", [Sgd, Adam])
def test_the_reported_gradient_is_left_alone(rule):
    """Decay and momentum belong to the update: the gradients read the same before and after it."""
    parameters, gradients = one_weight_and_bias(2.0, 1.0)
    gradients.flat[...] = [3.0, -1.0]
    rule(parameters, gradients, weight_decay=0.5).step(0.1)
    assert gradients.flat.tolist() == [3.0, -1.0]


def test_plain_descent_writes_the_move_over_the_gradient():
    """θ - α ∇ = 2 - 0.5 · 3; afterwards the buffer of ∇ holds α ∇, and nobody needs ∇ any more."""
    parameters, gradients = one_weight_and_bias(2.0, 1.0)
    gradients.flat[...] = [3.0, -1.0]
    Sgd(parameters, gradients).step(0.5)
    assert parameters.flat.tolist() == [0.5, 1.5]
    assert gradients.flat.tolist() == [1.5, -0.5]


def test_adam_follows_its_published_formula():
    """Three steps with changing gradients against Kingma and Ba's algorithm 1 in plain Python."""
    alpha, beta1, beta2, epsilon = 0.1, 0.8, 0.9, 1e-3
    theta, m, v = 1.0, 0.0, 0.0
    parameters, gradients = one_weight_and_bias(theta, 0.0)
    rule = Adam(parameters, gradients, beta1=beta1, beta2=beta2, epsilon=epsilon)
    for t, gradient in enumerate([0.3, -2.0, 0.7], start=1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        theta -= alpha * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + epsilon)
        gradients.flat[...] = [gradient, 0.0]
        rule.step(alpha)
    assert parameters.flat[0] == pytest.approx(theta, rel=1e-14)


def test_networks_side_by_side_may_have_rates_of_their_own():
    """A rate of shape …×1 moves each network along its own gradient at its own rate."""
    architecture = Architecture((1, 1))
    parameters, gradients = Parameters(architecture, lead=(2,)), Parameters(architecture, lead=(2,))
    gradients.flat[...] = 1.0
    Sgd(parameters, gradients).step(np.array([[0.1], [0.2]]))
    assert parameters.flat[:, 0] == pytest.approx([-0.1, -0.2])
