"""One step of a 2-2-1 network, worked out on paper, against the code.

The numbers are chosen so that every sigmoid is a simple fraction: s(ln 3) = 3/4, s(-ln 3) = 1/4, s(0) = 1/2,
s(2 ln 3) = 9/10, where s(ln r) = r / (1 + r).

    x = (1, 2)ᵀ     V = ln3 · ( 1  0 )      a = V x = ln3 · (1, -1)      h = (3/4, 1/4)
                              (-1  0 )
    W = ln3 · (3, -1)                       b = W h = ln3 · (9/4 - 1/4) = 2 ln3      z = 9/10
    y = 1/2                                 ℓ = ½ (1/2 - 9/10)² = ½ · 4/25 = 2/25

    ∇z = z - y = 2/5                        Ω = z (1-z) = 9/100
    δ² = Ω ∇z = 18/500 = 9/250
    ∇W = δ² hᵀ = (27/1000, 9/1000)
    ∇h = Wᵀ δ² = ln3 · (27/250, -9/250)
    Λ = h (1-h) = (3/16, 3/16)
    δ¹ = Λ ∇h = ln3 · (81/4000, -27/4000)
    ∇V = δ¹ xᵀ = ln3 · ( 81/4000  162/4000)
                       (-27/4000  -54/4000)

With the rate α = 10:  V - α ∇V and W - α ∇W, both gradients taken before either matrix moves.
"""

from fractions import Fraction as F
from math import log

import numpy as np

from bpcli.network import Architecture, Network, Parameters
from bpcli.training.optimisers import Sgd

LN3 = log(3)
V = LN3 * np.array([[1.0, 0.0], [-1.0, 0.0]])
W = LN3 * np.array([[3.0, -1.0]])


def stepped_network():
    """Return the network of the docstring after its forward and backward pass."""
    network = Network(Parameters(Architecture((2, 2, 1), bias=False)), rows=1)
    network.parameters.weights[0][...] = V
    network.parameters.weights[1][...] = W
    network.forward(np.array([[1.0, 2.0]]))
    network.backward(np.array([[0.5]]))
    return network


def agrees(found, expected):
    """Whether two arrays agree to 12 digits."""
    return np.allclose(found, np.array(expected, dtype=float), rtol=1e-12, atol=0)


def test_every_quantity_of_the_step_is_the_one_on_paper():
    """Forward values, both deltas, and all four gradients, to 12 digits."""
    found = stepped_network().quantities()
    assert agrees(found["a"], [[LN3, -LN3]])
    assert agrees(found["h"], [[F(3, 4), F(1, 4)]])
    assert agrees(found["Lambda"], [[F(3, 16), F(3, 16)]])
    assert agrees(found["b"], [[2 * LN3]])
    assert agrees(found["z"], [[F(9, 10)]])
    assert agrees(found["Omega"], [[F(9, 100)]])
    assert agrees(found["grad_z"], [[F(2, 5)]])
    assert agrees(found["delta_2"], [[F(9, 250)]])
    assert agrees(found["grad_W"], [[F(27, 1000), F(9, 1000)]])
    assert agrees(found["grad_h"], [[LN3 * 27 / 250, -LN3 * 9 / 250]])
    assert agrees(found["delta_1"], [[LN3 * 81 / 4000, -LN3 * 27 / 4000]])
    assert agrees(found["grad_V"], LN3 * np.array([[81, 162], [-27, -54]]) / 4000)


def test_the_loss_is_the_one_on_paper():
    """ℓ = ½ (y - z)² = 2/25."""
    assert agrees(stepped_network().loss(np.array([[0.5]])), F(2, 25))


def test_the_update_moves_both_matrices_by_gradients_taken_before_either_moved():
    """V ← V - α ∇V and W ← W - α ∇W with α = 10."""
    network = stepped_network()
    Sgd(network.parameters, network.gradients, momentum=0.0, weight_decay=0.0).step(learning_rate=10.0)
    assert agrees(
        network.parameters.weights[0],
        LN3 * np.array([[1 - 810 / 4000, -1620 / 4000], [-1 + 270 / 4000, 540 / 4000]]),
    )
    assert agrees(network.parameters.weights[1], [[3 * LN3 - 0.27, -LN3 - 0.09]])
