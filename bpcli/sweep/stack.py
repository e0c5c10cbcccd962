"""Trains networks side by side through the one loop, each as if it were alone: its rows, its order, its own end.

The networks of a group are the leading axis of one set of parameters. Every operation treats one network as the
training of a single one does, in the same order: with the NumPy engine and products small enough for one thread of
BLAS the results are the same bits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from bpcli.config import Adam as AdamConfig
from bpcli.config import Config
from bpcli.datasets import Prepared
from bpcli.models.outputs import ROWS
from bpcli.network import Architecture, Array, Network, Parameters
from bpcli.network.losses import LOSSES
from bpcli.training.descent import descend
from bpcli.training.loop import DIVERGED, balancing, constant_loss
from bpcli.training.optimisers import Adam, Optimiser, Sgd
from bpcli.training.schedules import learning_rate

CURVE = 200  # epochs of a loss curve that are kept
ORDERS = 1 << 20  # row numbers that are drawn at a time


@dataclass(frozen=True, eq=False)
class Start:
    """K networks before their first step, on the rows of S seeds.

    Attributes:
        configs: complete, of each network.
        architecture: of all of them.
        theta: their weights, K×P.
        of_seed: which of the S has the rows of each network, K.
        X, Y, X_validation, Y_validation: S×N×d0, S×N×d_L; the last two may have no rows.
        task: what the targets are.
        orders: what shuffles the rows of each seed, S.
    """

    configs: Sequence[Config]
    architecture: Architecture
    theta: Array
    of_seed: Array
    X: Array
    Y: Array
    X_validation: Array
    Y_validation: Array
    task: str
    orders: Sequence[np.random.Generator]

    @classmethod
    def of(
        cls,
        configs: Sequence[Config],
        architecture: Architecture,
        theta: Array,
        of_seed: Sequence[int],
        data: Sequence[Prepared],
        orders: Sequence[np.random.Generator],
    ) -> "Start":
        """Stack the rows of the seeds, which have equal shapes."""
        parts = {
            name: np.stack([getattr(each, name) for each in data])
            for name in ("X", "Y", "X_validation", "Y_validation")
        }
        return cls(configs, architecture, theta, np.array(of_seed), task=data[0].task, orders=orders, **parts)


@dataclass(frozen=True, eq=False)
class End:
    """The K networks after training.

    Attributes:
        theta: the kept weights, K×P: the best ones of a network that stopped early, else the last.
        epochs, kept: how many epochs each was trained, and from which one its weights are.
        stopped_by: why each ended.
        recorded: the epochs of the curves, at most ``CURVE``.
        train, validation: the losses of each at these epochs, K×(their number); of a network that stopped early the
            last loss goes on, and after a divergence it is infinite.
    """

    theta: Array
    epochs: Array
    kept: Array
    stopped_by: Array
    recorded: Array
    train: Array
    validation: Array


def train(
    start: Start,
    interrupted: Callable[[], bool] = lambda: False,
    seen: Callable[[int], None] = lambda _: None,
    kind: "type[Group] | None" = None,
) -> End | None:
    """Train to the end; None if it was interrupted. ``seen`` is told how many networks have completed an epoch.

    ``kind`` is what takes the steps, if not NumPy.
    """
    settings = start.configs[0].training
    epochs, every = settings.epochs, settings.evaluate_every
    end = empty_end(start)
    column = {int(epoch): at for at, epoch in enumerate(end.recorded)}
    group, watch = (kind or Group)(start, np.arange(len(start.configs)), start.theta), _Watch(start)
    orders = _orders(start, epochs)
    with np.errstate(all="ignore"):  # a network that diverges shows it in its loss
        for epoch, order in enumerate(orders, 1):
            if not group.train_epoch(order, epoch, interrupted):
                return None
            seen(len(group.members))
            if epoch % every and epoch < epochs:
                continue
            train_loss, validation_loss = group.losses()
            members = group.members
            if epoch in column:
                end.train[members, column[epoch]] = train_loss
                end.validation[members, column[epoch]] = validation_loss
            over = watch.add(members, epoch, group.parameters.flat, train_loss, validation_loss)
            over |= epoch == epochs
            if over.any():
                _finish(end, watch, group, over, epoch, train_loss, validation_loss)
                seen((epochs - epoch) * int(over.sum()))
                if over.all():
                    return end
                group = group.without(over)
    raise AssertionError("every network ends with the last epoch")


class Group:
    """The networks that are still trained: ``members`` are their numbers in the start."""

    def __init__(
        self, start: Start, members: Array, theta: Array, slots: Mapping[str, Array] | None = None
    ) -> None:
        self.start, self.members = start, members
        first = start.configs[0]
        self._settings = first.training
        self.parameters = Parameters(start.architecture, theta.dtype, (len(members),))
        self.parameters.flat[...] = theta
        size = first.training.batch_size
        rows = start.X.shape[1]
        self._size = rows if size == "full" else min(size, rows)
        self.network = Network(self.parameters, self._size)
        trainings = [start.configs[member].training for member in members]
        self._rate = np.array([[each.optimizer.learning_rate] for each in trainings])
        decay = _alike([each.decay for each in trainings])
        rule = first.training.optimizer
        self.optimiser: Optimiser
        if isinstance(rule, AdamConfig):
            self.optimiser = Adam(
                self.parameters,
                self.network.gradients,
                beta1=rule.beta1,
                beta2=rule.beta2,
                epsilon=rule.epsilon,
                weight_decay=decay,
            )
        else:
            momentum = _alike([getattr(each.optimizer, "momentum", 0.0) for each in trainings])
            self.optimiser = Sgd(
                self.parameters, self.network.gradients, momentum=momentum, weight_decay=decay
            )
        for name, slot in (slots or {}).items():
            self.optimiser.slots[name][...] = slot
        self.of_seed = start.of_seed[members]
        self._losses = _Losses(start, self.parameters, self.of_seed)
        self._x, self._y = (
            np.empty((len(members), self._size, each.shape[-1]), each.dtype) for each in (start.X, start.Y)
        )

    def without(self, over: Array) -> "Group":
        """Return the networks that go on."""
        on = ~over
        slots = {
            name: slot[on] if len(slot) == len(on) and slot.ndim > 1 else slot
            for name, slot in self.optimiser.slots.items()
        }
        return type(self)(self.start, self.members[on], self.parameters.flat[on], slots)

    def train_epoch(self, order: Array, epoch: int, interrupted: Callable[[], bool]) -> bool:
        """Take the steps of one epoch; ``order`` are the row numbers of every seed, S×N. False if interrupted."""
        settings = self._settings
        rates = learning_rate(settings.schedule, self._rate, epoch, settings.epochs)
        steps = descend(self.network, self._batches(order), self.optimiser, repeat(rates))
        return not any(interrupted() for _ in steps)

    def _batches(self, order: Array) -> Iterator[tuple[Array, Array]]:
        """Gather the batches of every network: x is K×n×d0, y K×n×d_L."""
        start = self.start
        X, Y = (each.reshape(-1, each.shape[-1]) for each in (start.X, start.Y))
        rows = (order + np.arange(len(order))[:, None] * order.shape[1])[self.of_seed]
        for first in range(0, rows.shape[1], self._size):
            at = rows[:, first : first + self._size]
            x, y = self._x, self._y
            if at.shape[1] < self._size:
                x, y = (np.empty((len(at), at.shape[1], each.shape[-1]), each.dtype) for each in (x, y))
            X.take(at, axis=0, out=x, mode="clip")
            Y.take(at, axis=0, out=y, mode="clip")
            yield x, y

    def losses(self) -> tuple[Array, Array]:
        """Return the mean losses of every network over its training and its validation rows, NaN without such rows."""
        start = self.start
        validation = np.full(len(self.members), np.nan)
        if start.X_validation.shape[1]:
            validation = self._losses(start.X_validation, start.Y_validation)
        return self._losses(start.X, start.Y), validation


class _Losses:
    """Mean losses over whole sets, in float64, some rows at a time as the evaluation of a single network takes them.

    Where a loss decides when a network stops early, a small set is padded as it is there: in float64 for the same bits.
    A single network in float32 has its losses in float32, which are other ones in their last digits.
    """

    def __init__(self, start: Start, parameters: Parameters, of_seed: Array) -> None:
        self._parameters, self._of_seed = parameters, of_seed
        exact = parameters.dtype == np.float64
        self._copy = parameters if exact else Parameters(parameters.architecture, lead=parameters.lead)
        self._padded = start.configs[0].training.early_stopping is not None
        self._networks: dict[int, tuple[Network, Array]] = {}
        architecture = parameters.architecture
        self._loss = LOSSES[architecture.output, architecture.loss]
        self._all = len(of_seed) == len(start.X) and bool((of_seed == np.arange(len(of_seed))).all())

    def __call__(self, X: Array, Y: Array) -> Array:
        if self._copy is not self._parameters:
            self._copy.flat[...] = self._parameters.flat
        rows = X.shape[1]
        network, padded = self._network(ROWS if self._padded or rows > ROWS else rows)
        losses = np.empty((len(self._of_seed), rows))
        for first in range(0, rows, network.rows):
            x, y = (self._mine(each[:, first : first + network.rows]) for each in (X, Y))
            n = x.shape[1]
            if n < network.rows or x.dtype != padded.dtype:
                padded[:, :n], padded[:, n:] = x, 0
                x = padded
            network.forward(x)
            last = network.layers[-1]
            losses[:, first : first + n] = self._loss.of_samples(last.pre[:, :n], last.out[:, :n], y)
        means: Array = losses.mean(axis=-1)
        return means

    def _mine(self, of_seeds: Array) -> Array:
        """The rows of every network, from those of every seed."""
        return of_seeds if self._all else of_seeds[self._of_seed]

    def _network(self, rows: int) -> tuple[Network, Array]:
        if rows not in self._networks:
            shape = (len(self._of_seed), rows, self._copy.architecture.sizes[0])
            self._networks[rows] = Network(self._copy, rows), np.zeros(shape)
        return self._networks[rows]


class _Watch:
    """When each network ends: ``training.loop.Progress`` for K of them at once.

    Attributes:
        stopped_by: why, empty while it is trained.
        best_epoch, best: the epoch with the lowest monitored loss so far, and its weights where they may be kept.
    """

    def __init__(self, start: Start) -> None:
        stopping = start.configs[0].training.early_stopping
        self._patience = stopping.patience if stopping else None
        self._delta = stopping.min_delta if stopping else 0.0
        self._limit = limits(start)[start.of_seed]
        self._watches_validation = start.X_validation.shape[1] > 0
        networks = len(start.configs)
        self._best_loss, self._stale = np.full(networks, np.inf), np.zeros(networks, np.int64)
        self.best_epoch = np.zeros(networks, np.int64)
        self.best = start.theta.copy() if stopping else None
        self.stopped_by = np.full(networks, "", "U16")

    def add(self, members: Array, epoch: int, theta: Array, train: Array, validation: Array) -> Array:
        """Take the losses of an epoch, and return which of the members end with it."""
        monitored = validation if self._watches_validation else train
        diverged = ~((train <= self._limit[members]) & np.isfinite(monitored))
        best = self._best_loss[members]
        improved = monitored < best - self._delta
        self._stale[members] = np.where(improved, 0, self._stale[members] + 1)
        better = (monitored < best) & ~diverged
        self._best_loss[members[better]] = monitored[better]
        self.best_epoch[members[better]] = epoch
        self.stopped_by[members[diverged]] = "diverged"
        over = diverged
        if self._patience is not None and self.best is not None:
            self.best[members[better]] = theta[better]
            stale = (self._stale[members] >= self._patience) & ~diverged
            self.stopped_by[members[stale]] = "early_stopping"
            over = diverged | stale
        return over


def limits(start: Start) -> Array:
    """Return the training loss beyond which training has diverged, of each seed."""
    return np.array([DIVERGED * constant_loss(Y, start.architecture.loss) for Y in start.Y])


def _finish(
    end: End, watch: _Watch, group: Group, over: Array, epoch: int, train_loss: Array, validation_loss: Array
) -> None:
    """Write down what the networks that end now have come to."""
    members = group.members[over]
    end.epochs[members] = epoch
    end.theta[members], end.kept[members] = group.parameters.flat[over], epoch
    end.stopped_by[members] = np.where(watch.stopped_by[members] == "", "epochs", watch.stopped_by[members])
    early = end.stopped_by[members] == "early_stopping"
    if watch.best is not None:
        end.theta[members[early]] = watch.best[members[early]]
        end.kept[members[early]] = watch.best_epoch[members[early]]
    diverged = end.stopped_by[members] == "diverged"
    for curve, losses in ((end.train, train_loss), (end.validation, validation_loss)):
        last = np.where(diverged, np.inf, losses[over])
        curve[np.ix_(members, end.recorded >= epoch)] = last[:, None]


def empty_end(start: Start) -> End:
    """Return what training fills in."""
    networks, settings = len(start.configs), start.configs[0].training
    epochs = range(1, settings.epochs + 1)
    evaluated = [e for e in epochs if not e % settings.evaluate_every or e == settings.epochs]
    recorded = np.array(evaluated)[spread_out(len(evaluated), CURVE)]
    return End(
        theta=start.theta.copy(),
        epochs=np.zeros(networks, np.int64),
        kept=np.zeros(networks, np.int64),
        stopped_by=np.full(networks, "", "U16"),
        recorded=recorded,
        train=np.full((networks, len(recorded)), np.nan),
        validation=np.full((networks, len(recorded)), np.nan),
    )


def spread_out(number: int, most: int) -> Array:
    """Return at most ``most`` of the places 0 to ``number`` - 1, evenly spaced, the first and the last among them."""
    places: Array = np.unique(np.round(np.linspace(0, number - 1, min(most, number))).astype(int))
    return places


def _orders(start: Start, epochs: int) -> Iterator[Array]:
    """Yield the row numbers of each epoch, S×N."""
    seeds, rows = start.X.shape[:2]
    at_a_time = max(1, ORDERS // (seeds * rows))
    drawn = (order_chunks(start, seed, epochs, at_a_time) for seed in range(seeds))
    for chunks in zip(*drawn, strict=True):
        yield from np.stack(chunks, axis=1)


def order_chunks(start: Start, seed: int, epochs: int, at_a_time: int) -> Iterator[Array]:
    """Yield the row numbers of some epochs of one seed at a time, E×N: those that ``descent.Batches`` draws."""
    rng, rows = start.orders[seed], start.X.shape[1]
    balanced = start.configs[0].training.class_weight
    weights = balancing(start.Y[seed]) if balanced else None
    for first in range(0, epochs, at_a_time):
        number = min(at_a_time, epochs - first)
        if weights is None:
            yield rng.permuted(np.tile(np.arange(rows), (number, 1)), axis=1)
        else:
            yield np.stack([rng.choice(rows, rows, p=weights) for _ in range(number)])


def _alike(values: Sequence[Any]) -> Any:
    """One number where all networks have the same, else one for each, K×1."""
    return values[0] if len(set(values)) == 1 else np.array(values)[:, None]
