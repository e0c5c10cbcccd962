"""Units with the same h up to a factor are found, and only those: judged by their outputs on many inputs."""

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters
from bpcli.symmetry import layer_symmetry, unit_differences
from bpcli.symmetry.functional import shared_functions


def network(activation, dtype=np.float64, units=6):
    """Random weights with biases."""
    parameters = Parameters(Architecture((3, units, 2), activation=activation), dtype)
    parameters.flat[...] = np.random.default_rng(0).normal(size=parameters.flat.shape)
    return parameters


def factor(parameters, one, other):
    """The constant c with h_other = c h_one over 200 inputs, or None, from the outputs of the network itself."""
    X = np.random.default_rng(1).normal(size=(200, 3)).astype(parameters.dtype)
    running = Network(parameters, len(X))
    running.forward(X)
    h = running.layers[0].out.astype(np.float64)
    c = float(h[:, one] @ h[:, other] / (h[:, one] @ h[:, one]))
    return c if abs(h[:, other] - c * h[:, one]).max() < 1e-5 else None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1.0, -1.0, 2.5, -0.3])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
def test_a_note_is_given_exactly_where_the_outputs_are_proportional(activation, scale, dtype):
    """Unit 4 takes a multiple of the row and bias of unit 1, and keeps a column of W of its own."""
    parameters = network(activation, dtype)
    parameters.weights[0][4] = scale * parameters.weights[0][1]
    parameters.biases[0][4] = scale * parameters.biases[0][1]
    symmetry = layer_symmetry(parameters, 1)
    assert symmetry.effective_units == 6
    proportional = factor(parameters, 1, 4) is not None
    assert shared_functions(parameters, symmetry) == (((1, 4),) if proportional else ())
    notes = [unit.same_function for unit in unit_differences(parameters, parameters, symmetry)]
    assert notes == [(), (4,), (), (), (1,), ()] if proportional else not any(notes)


def test_tied_units_get_no_second_note():
    """What is exact is said already; a third unit with the same row and another column is news."""
    parameters = network("tanh")
    for unit in (2, 3):
        parameters.weights[0][unit], parameters.biases[0][unit] = (
            parameters.weights[0][0],
            parameters.biases[0][0],
        )
    parameters.weights[1][:, 2] = parameters.weights[1][:, 0]
    assert shared_functions(parameters, layer_symmetry(parameters, 1)) == ((0, 2, 3),)
    parameters.weights[0][3] = 1.0
    assert shared_functions(parameters, layer_symmetry(parameters, 1)) == ()


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_rows_of_any_size_are_compared(size):
    """Their squares vanish or overflow; what is proportional is still found, and nothing else."""
    parameters = network("relu")
    parameters.weights[0][...] *= size
    parameters.biases[0][...] *= size
    assert shared_functions(parameters, layer_symmetry(parameters, 1)) == ()
    parameters.weights[0][4] = 2 * parameters.weights[0][1]
    parameters.biases[0][4] = 2 * parameters.biases[0][1]
    assert shared_functions(parameters, layer_symmetry(parameters, 1)) == ((1, 4),)


def test_weights_that_are_not_finite_share_nothing():
    """After a divergence there is no function to share."""
    parameters = network("relu")
    parameters.flat[...] = np.nan
    assert shared_functions(parameters, layer_symmetry(parameters, 1)) == ()
