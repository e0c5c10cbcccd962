"""The kernels behind the interface of ``network`` and of the loop: an epoch in one call, and a gradient by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bpcli.engine.jit import load_kernel
from bpcli.network import Array, Network, Parameters

_PATIENCE = 0.05  # seconds, about, after which the loop asks whether to stop
_STEP, _MAC = 5e-7, 3e-10  # seconds of a step, and of each of its multiplications, at least


@dataclass(frozen=True, eq=False)
class Rule:
    """An update rule: its name and constants, and the arrays that it remembers, which are changed in place.

    Attributes:
        name: ``gradient`` leaves the parameters alone and fills the gradients.
        decay: c of ½c‖·‖² over the matrices.
        memory: as ``Optimiser.slots``: velocity; or m, v and t.
    """

    name: Literal["gradient", "sgd", "adam"]
    momentum: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    decay: float = 0.0
    memory: Mapping[str, Array] = field(default_factory=dict)


class _Steps:
    """The kernel with everything that stays the same from step to step, for one network and up to ``rows`` samples."""

    def __init__(self, network: Network, rule: Rule, rows: int) -> None:
        from bpcli.engine import kernels

        parameters, architecture = network.parameters, network.architecture
        real = parameters.dtype.type
        sizes = architecture.sizes
        weights, biases, start = [], [], 0
        for fan_in, fan_out in architecture.shapes():
            weights.append(start)
            biases.append(start + fan_out * fan_in if architecture.bias else -1)
            start += fan_out * (fan_in + architecture.bias)
        widths = np.array([0, *sizes[1:], *sizes[1:], sizes[0]])
        *places, end = (rows * np.cumsum(widths)).tolist()
        outs, deltas, gathered = places[: architecture.depth], places[architecture.depth : -1], places[-1]
        code = {"gradient": kernels.GRADIENT, "sgd": kernels.SGD, "adam": kernels.ADAM}[rule.name]
        if rule.name == "sgd" and rule.momentum:
            code = kernels.MOMENTUM
        functions = {
            "sigmoid": kernels.SIGMOID,
            "tanh": kernels.TANH,
            "relu": kernels.RELU,
            "identity": kernels.IDENTITY,
            "softmax": kernels.SOFTMAX,
        }
        losses = {"squared_error": kernels.SQUARED_ERROR, "cross_entropy": kernels.CROSS_ENTROPY}
        self._shape = (
            *(np.array(numbers, np.int64) for numbers in (sizes, weights, biases, outs, deltas)),
            gathered,
            functions[architecture.activation],
            functions[architecture.output],
            losses[architecture.loss],
            code,
        )
        self._work = np.zeros(end, parameters.dtype)
        self._count = np.arange(max(rows, *sizes))
        self._one, self._real, self._rows = real(1), real, rows
        self._constants = self._constants_of(rule)
        self._dtype = parameters.dtype.name
        # Networks side by side are trained one after the other.
        self._taken = rule.memory.get("t", np.zeros(1, np.int64))
        memory = [slot for name, slot in rule.memory.items() if name != "t"]
        gradient = network.gradients.flat
        # What a rule does not use may be anything.
        first_memory, second_memory, *_ = [*memory, gradient, gradient]
        self._networks = [
            (parameters.flat[at], gradient[at], first_memory[at], second_memory[at])
            for at in np.ndindex(*parameters.lead)
        ]

    def __call__(self, X: Array, Y: Array, order: Array, batches: range, rate: float) -> None:
        """Take the steps of these batches; X and Y are flat, ``order`` names their rows."""
        kernel, begun = load_kernel(self._dtype).run, int(self._taken[0])
        for theta, gradient, first, second in self._networks:
            self._taken[0] = begun
            kernel(
                *(X, Y, order, batches.start, batches.stop, self._rows),
                *self._shape,
                *(theta, gradient, first, second, self._work, self._count),
                *(self._real(rate), *self._constants, self._taken, self._one),
            )

    def _constants_of(self, rule: Rule) -> tuple[Any, ...]:
        first = rule.momentum if rule.name == "sgd" else rule.beta1
        return tuple(map(self._real, (rule.decay, first, rule.beta2, rule.epsilon)))


class CompiledNetwork(Network):
    """A network whose gradients are the compiled ones; every other quantity is computed as in ``Network``."""

    def __init__(self, parameters: Parameters, rows: int) -> None:
        super().__init__(parameters, rows)
        self._gradient: dict[int, _Steps] = {}

    def backward(self, Y: Array) -> None:
        """Fill the gradients of the mean loss over the batch of the last forward pass; Y is N×d_L."""
        super().backward(Y)
        X = self.inputs[0]
        if len(X) not in self._gradient:
            self._gradient[len(X)] = _Steps(self, Rule("gradient"), len(X))
        self._gradient[len(X)](_flat(X), _flat(Y), np.arange(len(X)), range(1), 0.0)


class CompiledEpochs:
    """Epochs of training on X (M×d0) and Y (M×d_L), ``network.rows`` rows at a time."""

    def __init__(self, network: Network, X: Array, Y: Array, rule: Rule) -> None:
        self._network, self._X, self._Y = network, X, Y
        self._flat_X, self._flat_Y = _flat(X), _flat(Y)
        self._steps = _Steps(network, rule, network.rows)
        macs = 3 * network.rows * sum(fan_in * fan_out for fan_in, fan_out in network.architecture.shapes())
        self._at_a_time = max(1, int(_PATIENCE / (_STEP + _MAC * macs)))

    def train(self, order: Array, rate: float, interrupted: Callable[[], bool]) -> bool:
        """Go once through the rows in this order; False if it was interrupted.

        ``interrupted`` is asked from time to time, which changes no number.
        """
        batches = -(-len(order) // self._network.rows)
        for start in range(0, batches, self._at_a_time):
            self._steps(
                self._flat_X,
                self._flat_Y,
                order,
                range(start, min(batches, start + self._at_a_time)),
                rate,
            )
            if interrupted():
                return False
        return True

    def train_visibly(self, order: Array, rate: float, interrupted: Callable[[], bool]) -> bool:
        """Do the same a step at a time, with every quantity of the network filled before ``interrupted`` is asked."""
        network, rows = self._network, self._network.rows
        for start in range(0, len(order), rows):
            batch = order[start : start + rows]
            network.forward(self._X[batch])
            network.backward(self._Y[batch])
            if interrupted():
                return False
            number = start // rows
            self._steps(self._flat_X, self._flat_Y, order, range(number, number + 1), rate)
        return True


class CompiledStack(_Steps):
    """Networks side by side, each trained by itself for many epochs in one call; ``network`` has their leading axis."""

    def __init__(self, network: Network, rules: Sequence[Rule]) -> None:
        super().__init__(network, rules[0], network.rows)
        self._rules = rules

    def train(
        self,
        member: int,
        rows: tuple[Array, Array, Array, Array],
        orders: Array,
        rates: Array,
        evaluated: Array,
        limit: float,
        taken: int,
    ) -> tuple[int, Array, Array]:
        """Train one network for E epochs, or until its loss is not at most ``limit``.

        Args:
            member: which one.
            rows: X (M×d0) and Y (M×d_L), and those of validation, which may have no rows.
            orders: the row numbers of each epoch, E×M.
            rates: the learning rate of each, E.
            evaluated: after which epochs losses are wanted, E.
            limit: of the training loss.
            taken: the steps that were taken before.

        Returns:
            The number of epochs, and the losses over both sets after each, E, NaN where they were not wanted.
        """
        kernel, rates = load_kernel(self._dtype, epochs=True).run, rates.astype(self._real)
        losses, validation_losses = (np.full(len(rates), np.nan, self._real) for _ in range(2))
        constants = self._constants_of(self._rules[member])
        epochs: int = kernel(
            *(*map(_flat, rows), _flat(orders), rates, evaluated),
            *(self._real(limit), losses, validation_losses, self._rows),
            *self._shape,
            *(*self._networks[member], self._work, self._count),
            *(*constants, np.array([taken]), self._one),
        )
        return epochs, losses, validation_losses


def _flat(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1)
