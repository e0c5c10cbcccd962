"""Trains the networks of a group one after another in machine code, many epochs in each call of the compiled engine.

The steps are those that ``bpcli train`` takes with the compiled engine. Where losses decide when a network stops early,
they are computed as there, after every epoch; else the kernel computes them, and the scores at the end are exact.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from bpcli.engine import CompiledStack, Rule, load_kernel
from bpcli.network import Array
from bpcli.sweep.stack import ORDERS, End, Group, Start, empty_end, limits, order_chunks, train
from bpcli.training.schedules import learning_rate

_RATES = 32  # schedules that are kept, by initial rate: computing one takes a fifth of the training of XOR


def prepare_kernel(dtype: str) -> str | None:
    """Compile what is trained with, so that no two processes do it at the same time.

    Returns what is wrong with its cache, if anything.
    """
    return load_kernel(dtype, epochs=True).note


class _CompiledGroup(Group):
    """A group whose epochs are trained in machine code; ``losses`` and all else is that of NumPy."""

    def __init__(
        self, start: Start, members: Array, theta: Array, slots: Mapping[str, Array] | None = None
    ) -> None:
        super().__init__(start, members, theta, slots)
        self._stack = _stack(start, self, members)

    def train_epoch(self, order: Array, epoch: int, interrupted: Callable[[], bool]) -> bool:
        """Take the steps of one epoch of each network; False if interrupted."""
        start, settings = self.start, self.start.configs[0].training
        for at, (member, seed) in enumerate(zip(self.members, self.of_seed, strict=True)):
            if interrupted():
                return False
            first = start.configs[member].training.optimizer.learning_rate
            rate = np.array([learning_rate(settings.schedule, first, epoch, settings.epochs)])
            taken = (epoch - 1) * -(-order.shape[1] // self.network.rows)
            self._stack.train(at, _rows(start, seed), order[seed], rate, np.zeros(1, bool), np.inf, taken)
        return True


def train_compiled(
    start: Start,
    interrupted: Callable[[], bool] = lambda: False,
    seen: Callable[[int], None] = lambda _: None,
) -> End | None:
    """Do what ``stack.train`` does."""
    settings = start.configs[0].training
    if settings.early_stopping is not None:
        return train(start, interrupted, seen, _CompiledGroup)
    end, networks = empty_end(start), np.arange(len(start.configs))
    group = Group(start, networks, start.theta)
    stack, limit = _stack(start, group, networks), limits(start)
    rows, epochs = start.X.shape[1], settings.epochs
    batches = -(-rows // group.network.rows)
    number = np.arange(1, epochs + 1)
    evaluated = (number % settings.evaluate_every == 0) | (number == epochs)
    end.epochs[:], end.kept[:], end.stopped_by[:] = epochs, epochs, "epochs"

    @lru_cache(_RATES)
    def rates(initial: float, first: int, last: int) -> Array:
        """The learning rate of each epoch after ``first`` up to ``last``, for whoever begins with the same."""
        return np.array(
            [learning_rate(settings.schedule, initial, epoch, epochs) for epoch in number[first:last]]
        )

    for seed in range(len(start.X)):
        first, members = 0, np.flatnonzero(start.of_seed == seed).tolist()
        for orders in order_chunks(start, seed, epochs, max(1, ORDERS // rows)):
            last = first + len(orders)
            recorded = np.flatnonzero((end.recorded > first) & (end.recorded <= last))
            for member in [*members]:
                if interrupted():
                    return None
                own_rates = rates(start.configs[member].training.optimizer.learning_rate, first, last)
                wanted = evaluated[first:last]
                done, *losses = stack.train(
                    member, _rows(start, seed), orders, own_rates, wanted, limit[seed], first * batches
                )
                seen(done)
                for curve, found in zip((end.train, end.validation), losses, strict=True):
                    curve[member, recorded] = found[end.recorded[recorded] - first - 1]
                if wanted[done - 1] and _diverged(
                    losses[0][done - 1], losses[1][done - 1], limit[seed], start
                ):
                    members.remove(member)
                    seen(epochs - first - done)
                    end.epochs[member] = end.kept[member] = first + done
                    end.stopped_by[member] = "diverged"
                    after = end.recorded >= first + done
                    end.train[member, after] = end.validation[member, after] = np.inf
            first = last
    end.theta[...] = group.parameters.flat
    return end


def _diverged(loss: float, validation_loss: float, limit: float, start: Start) -> bool:
    monitored = validation_loss if start.X_validation.shape[1] else loss
    return not (loss <= limit and np.isfinite(monitored))


def _rows(start: Start, seed: int) -> tuple[Array, Array, Array, Array]:
    return start.X[seed], start.Y[seed], start.X_validation[seed], start.Y_validation[seed]


def _stack(start: Start, group: Group, members: Array) -> CompiledStack:
    """The kernels for the networks of a group, which lends them its parameters and what its rule remembers."""
    rules = []
    for member in members:
        training = start.configs[member].training
        constants = training.optimizer.model_dump(exclude={"name", "learning_rate"})
        memory = group.optimiser.slots
        rules.append(Rule(training.optimizer.name, **constants, decay=training.decay, memory=memory))
    return CompiledStack(group.network, rules)
