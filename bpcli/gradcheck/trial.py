"""The small example at which a program shows how it is to be read: all its sizes differ, so that shapes tell."""

import numpy as np

from bpcli.gradcheck.conventions.reading import Layers
from bpcli.network import Architecture, Array, Parameters
from bpcli.network.example import Example

INPUTS, SAMPLES = 7, 13
HIDDEN = (10, 16, 19, 22, 25, 28)  # at least 2 apart, since a bias may be a column of its matrix
OUTPUTS = 4


def layers_of(architecture: Architecture) -> Layers:
    """The names and the sizes of each layer's parameters, from the first to the output."""
    return tuple(
        (names.matrix, names.bias if architecture.bias else None, fan_out, fan_in)
        for names, (fan_in, fan_out) in zip(architecture.names(), architecture.shapes(), strict=True)
    )


def trial_example(example: Example) -> Example:
    """Return an example of the same depth and functions at which no two sizes coincide; one output stays one."""
    net = example.architecture
    hidden = [HIDDEN[i] if i < len(HIDDEN) else HIDDEN[-1] + 3 * i for i in range(net.depth - 1)]
    outputs = 1 if net.sizes[-1] == 1 else OUTPUTS
    architecture = Architecture(
        (INPUTS, *hidden, outputs), activation=net.activation, output=net.output, loss=net.loss, bias=net.bias
    )
    rng = np.random.default_rng(0)
    parameters = Parameters(architecture)
    parameters.flat[...] = rng.normal(0.0, 0.5, parameters.flat.shape)
    return Example(
        architecture,
        rng.normal(size=(SAMPLES, INPUTS)),
        _targets(example, rng, outputs),
        {name: tensor.copy() for name, tensor in parameters.named()},
        learning_rate=example.learning_rate,
        weight_decay=example.weight_decay,
    )


def _targets(example: Example, rng: np.random.Generator, outputs: int) -> Array:
    """Targets of the same kind: classes where the example's rows hold a single 1."""
    if outputs > 1 and np.isin(example.Y, (0, 1)).all() and (example.Y.sum(axis=1) == 1).all():
        return np.eye(outputs)[np.arange(SAMPLES) % outputs]
    if np.isin(example.Y, (0, 1)).all():
        return rng.integers(0, 2, (SAMPLES, outputs)).astype(np.float64)
    return rng.uniform(0.1, 0.9, (SAMPLES, outputs))


def arrays_of(example: Example) -> dict[str, Array]:
    """What a program may ask for: data, parameters, rates, and the forward pass of each layer."""
    network = example.network()
    network.forward(example.X)
    passes: dict[str, Array] = {}
    for number, layer in enumerate(network.layers, 1):
        passes |= {f"pre_{number}": layer.pre.copy(), f"out_{number}": layer.out.copy()}
    return {
        "X": example.X,
        "Y": example.Y,
        "learning_rate": np.array(example.learning_rate),
        "weight_decay": np.array(example.weight_decay),
        **example.parameters,
        **passes,
    }
