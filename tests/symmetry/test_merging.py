"""The merged network has fewer units and the same outputs."""

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters
from bpcli.symmetry import layer_symmetry
from bpcli.symmetry.units import merged


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("sizes", "layer"), [((3, 7, 2), 1), ((3, 7, 5, 2), 1), ((3, 4, 7, 2), 2)])
def test_the_outputs_stay_the_same(sizes, layer, bias):
    """Units 1, 4 and 6 equal, 0 and 5 equal: seven units become four, in the first layer or the second."""
    parameters = Parameters(Architecture(sizes, bias=bias))
    rng = np.random.default_rng(0)
    parameters.flat[...] = rng.normal(size=parameters.flat.shape)
    for unit, twin in ((1, 4), (1, 6), (0, 5)):
        parameters.weights[layer - 1][twin] = parameters.weights[layer - 1][unit]
        parameters.weights[layer][:, twin] = parameters.weights[layer][:, unit]
        if bias:
            parameters.biases[layer - 1][twin] = parameters.biases[layer - 1][unit]
    small = merged(parameters, layer_symmetry(parameters, layer))
    assert small.architecture.sizes[layer] == 4
    X = rng.normal(size=(20, 3))
    outputs = [Network(p, 20).forward(X) for p in (parameters, small)]
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-14)


def test_the_outgoing_weights_are_summed():
    """By hand: three units with rows (1, 2) and outgoing weights 3, 3, 3 are one with outgoing weight 9."""
    parameters = Parameters(Architecture((2, 3, 1), bias=False), np.float32)
    parameters.weights[0][...] = [1, 2]
    parameters.weights[1][...] = 3
    small = merged(parameters, layer_symmetry(parameters, 1))
    assert small.weights[0].tolist() == [[1, 2]]
    assert small.weights[1].tolist() == [[9]]
    assert small.dtype == np.float32


def test_without_groups_nothing_changes():
    """Random units: the same network in a buffer of its own."""
    parameters = Parameters(Architecture((2, 3, 1)))
    parameters.flat[...] = np.arange(13)
    small = merged(parameters, layer_symmetry(parameters, 1))
    assert np.array_equal(small.flat, parameters.flat)
    assert small.flat is not parameters.flat
