"""The blanks of a worksheet: whole quantities by name, in the order in which they are worked out."""

from dataclasses import dataclass

import numpy as np

from bpcli.errors import UsageError
from bpcli.gradcheck.problem import Problem
from bpcli.network import Array
from bpcli.training.optimisers import Sgd
from bpcli.walkthrough.chain import steps


@dataclass(frozen=True, eq=False)
class Blank:
    """A quantity to be worked out.

    Attributes:
        name: as everywhere: a, grad_W, new_V …
        shape: () for the losses, (d,) for a vector, (rows, columns) for a matrix.
        value: the core's number, in float64.
    """

    name: str
    shape: tuple[int, ...]
    value: Array


def blanks(problem: Problem) -> tuple[Blank, ...]:
    """Return the blanks of a point in order of computation, every value from the core.

    a, h, b, z, loss; grad_z, Omega, delta_2, grad_W; grad_h, Lambda, delta_1, grad_V; new_W, new_V; loss_after.
    With biases grad_bias_W and new_bias_W follow their matrix; other depths go the same way, layer by layer. Under
    softmax there is no Omega, which would be a matrix there.

    Raises:
        UsageError: if there is more than one sample.
    """
    if problem.samples != 1:
        raise UsageError(f"a worksheet is about one point, and here are {problem.samples} samples")
    values = core_values(problem)
    return tuple(Blank(step.name, values[step.name].shape, values[step.name]) for step in steps(problem))


def core_values(problem: Problem) -> dict[str, Array]:
    """Return every quantity of one point by name, without the axis of the samples, and those of the update."""
    network = problem.stepped()
    over_samples = {"x", "y"}
    for names in problem.architecture.names():
        over_samples |= {names.pre, names.out, names.slope, names.grad_out, names.delta}
    values = {
        name: np.array(value[0] if name in over_samples else value)
        for name, value in network.quantities().items()
    }
    values["loss"] = np.array(network.loss(problem.Y))
    Sgd(network.parameters, network.gradients).step(problem.learning_rate)
    values |= {f"new_{name}": tensor.copy() for name, tensor in network.parameters.named()}
    network.forward(problem.X)
    values["loss_after"] = np.array(network.loss(problem.Y))
    return values
