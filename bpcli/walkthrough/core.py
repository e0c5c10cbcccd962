"""One step at one point, as the training core takes it: every quantity by its name, vectors without the batch axis."""

from itertools import repeat

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.training.descent import descend
from bpcli.training.optimisers import Sgd


def core_values(example: Example) -> dict[str, Array]:
    """Return every quantity of a point of one sample, and those of a step of plain gradient descent.

    The names are those of ``Network.quantities``, and beside them loss, new_V, new_W (and new_bias_V …); a_after,
    h_after, b_after, z_after, which are those of the forward pass with the new weights; and loss_after.
    """
    over_samples = {"x", "y"}
    for names in example.architecture.names():
        over_samples |= {names.pre, names.out, names.derivative, names.grad_out, names.delta}
    network = example.network()
    update = Sgd(network.parameters, network.gradients)
    steps = descend(network, repeat((example.X, example.Y)), update, repeat(example.learning_rate))
    next(steps)
    values = {
        name: np.array(value[0] if name in over_samples else value)
        for name, value in network.quantities().items()
    }
    values["loss"] = np.array(network.loss(example.Y))
    next(steps)  # the update is taken, and the next passes are those with the new weights
    after = network.quantities()
    values |= {f"new_{name}": tensor.copy() for name, tensor in network.parameters.named()}
    for names in example.architecture.names():
        values |= {f"{name}_after": np.array(after[name][0]) for name in (names.pre, names.out)}
    values["loss_after"] = np.array(network.loss(example.Y))
    return values
