"""The training loop: a generator of epoch records that knows no screen and no disk."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from math import inf
from typing import Literal

import numpy as np

from bpcli.config import EarlyStopping, TrainingConfig
from bpcli.datasets import Prepared
from bpcli.network import Array, Network, Parameters
from bpcli.symmetry import effective_units
from bpcli.training.descent import Batches, descend
from bpcli.training.evaluation import Evaluator, Scores
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser, compiled_epochs

StoppedBy = Literal["epochs", "early_stopping", "interrupted", "diverged"]
DIVERGED = 1e4  # times the loss of the best constant output: no training comes back from there
FINAL: tuple[StoppedBy, ...] = ("early_stopping", "diverged")  # after these, more epochs change nothing


@dataclass(frozen=True)
class EpochRecord:
    """What is known after an epoch (counted from 1): scores and units are those of the weights it ended with.

    ``effective_units`` has a number for each hidden layer: how many different units it has.
    """

    epoch: int
    learning_rate: float
    train: Scores
    validation: Scores | None
    effective_units: tuple[int, ...]

    @property
    def monitored(self) -> float:
        """The loss that early stopping watches: the validation loss, or without such a set the training loss."""
        return (self.validation or self.train).loss


@dataclass
class Progress:
    """Which epoch was the best, and whether training is over: all of it follows from the records.

    Attributes:
        stopping: when to stop early, if at all.
        limit: the training loss beyond which training has diverged.
        best_epoch: the epoch with the lowest monitored loss so far; 0 before the first.
        best_loss: that loss.
        stale: how many epochs in a row brought no improvement.
        stopped_by: why training is over, or None while it is not.
    """

    stopping: EarlyStopping | None
    limit: float
    best_epoch: int = 0
    best_loss: float = inf
    stale: int = 0
    stopped_by: StoppedBy | None = None

    def add(self, record: EpochRecord) -> bool:
        """Take the record of the next epoch, and return whether its weights are the best so far."""
        stopping = self.stopping
        if not (record.train.loss <= self.limit and np.isfinite(record.monitored)):
            self.stopped_by = "diverged"
            return False
        self.stale += 1
        if record.monitored < self.best_loss - (stopping.min_delta if stopping else 0.0):
            self.stale = 0
        better = record.monitored < self.best_loss
        if better:
            self.best_loss, self.best_epoch = record.monitored, record.epoch
        if stopping and self.stale >= stopping.patience:
            self.stopped_by = "early_stopping"
        return better


class Trainer:
    """Trains one network on prepared data, epoch by epoch; everything random comes from ``rng``.

    ``state()`` after any epoch is all that a later ``restore()`` needs to go on bit for bit.

    Attributes:
        epoch: how many epochs are complete.
        progress: which of them was the best, and whether training is over.
        best: the parameters of the best one.
        settings: how to train.
        optimiser: the update rule, with what it remembers.
        batches: the shuffled training rows.

    With ``visibly``, the compiled engine too fills every quantity of ``network`` at each step, and so is slow.
    """

    def __init__(
        self,
        network: Network,
        data: Prepared,
        settings: TrainingConfig,
        rng: np.random.Generator,
        *,
        visibly: bool = False,
    ) -> None:
        self.network = network
        self.epoch = 0
        self.progress = Progress(
            settings.early_stopping, DIVERGED * constant_loss(data.Y, network.architecture.loss)
        )
        self.best = network.parameters.copy()
        self.settings = settings
        self._data, self._rng = data, rng
        self.optimiser = build_optimiser(network, settings)
        weights = balancing(data.Y) if settings.class_weight else None
        self.batches = Batches(data.X, data.Y, network.rows, rng, weights)
        self._one_epoch = self._descend
        if settings.engine == "compiled":
            compiled = compiled_epochs(network, data.X, data.Y, self.optimiser, settings)
            train = compiled.train_visibly if visibly else compiled.train
            self._one_epoch = lambda rate, interrupted: train(self.batches.shuffle(), rate, interrupted)
        self._evaluator = Evaluator(network.parameters, data.task, fast=True)

    def epochs(self, interrupted: Callable[[], bool] = lambda: False) -> Iterator[EpochRecord]:
        """Train on to the configured number of epochs, yielding a record after each that is evaluated.

        ``interrupted`` is asked after every batch, or by the compiled engine a few times a second. If it says yes, the
        unfinished epoch is undone, so that the state is that of a complete one. A loss that is not finite, or grows
        without bound, ends training with its record yielded.
        """
        settings, progress = self.settings, self.progress
        while progress.stopped_by is None and self.epoch < settings.epochs:
            before = self.state()
            rate = learning_rate(
                settings.schedule, settings.optimizer.learning_rate, self.epoch + 1, settings.epochs
            )
            # A diverging run overflows before its loss shows it; the record says so, once, instead of a warning.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                if not self._one_epoch(rate, interrupted):
                    self.restore(before)
                    progress.stopped_by = "interrupted"
                    return
                self.epoch += 1
                if self.epoch % settings.evaluate_every and self.epoch < settings.epochs:
                    continue
                record = self._record(rate)
            if progress.add(record):
                self.best.flat[...] = self.network.parameters.flat
            yield record
        progress.stopped_by = progress.stopped_by or "epochs"

    def _descend(self, rate: float, interrupted: Callable[[], bool]) -> bool:
        """Train for an epoch by the core; False if it was interrupted."""
        steps = descend(self.network, self.batches.epoch(), self.optimiser, repeat(rate))
        return not any(interrupted() for _ in steps)

    def _record(self, rate: float) -> EpochRecord:
        data = self._data
        return EpochRecord(
            epoch=self.epoch,
            learning_rate=rate,
            train=self._evaluator.scores(data.X, data.Y),
            validation=self._evaluator.scores(data.X_validation, data.Y_validation)
            if len(data.X_validation)
            else None,
            effective_units=effective_units(self.network.parameters),
        )

    @property
    def stopped_by(self) -> StoppedBy | None:
        """Why training is over, or None while it is not."""
        return self.progress.stopped_by

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest monitored loss so far; 0 before the first."""
        return self.progress.best_epoch

    def kept(self) -> Parameters:
        """Return the weights to use: the best if training stopped early, else the last."""
        return self.best if self.stopped_by == "early_stopping" else self.network.parameters

    @property
    def kept_epoch(self) -> int:
        """The epoch that the kept weights are from; 0 if they are the initial ones."""
        return self.best_epoch if self.stopped_by == "early_stopping" else self.epoch

    def state(self) -> dict[str, Array]:
        """Return copies of everything that decides how training goes on, as arrays for an NPZ."""
        return {
            "parameters": self.network.parameters.flat.copy(),
            "best": self.best.flat.copy(),
            "epoch": np.array(self.epoch),
            "best_epoch": np.array(self.best_epoch),
            "best_loss": np.array(self.progress.best_loss),
            "stale": np.array(self.progress.stale),
            "stopped_by": np.array(self.stopped_by or ""),
            "rng": np.array(json.dumps(self._rng.bit_generator.state)),
            **{f"optimiser_{name}": slot.copy() for name, slot in self.optimiser.slots.items()},
        }

    def restore(self, state: dict[str, Array]) -> None:
        """Go back, or forward, to a state that ``state()`` returned, of the same network and settings."""
        self.network.parameters.flat[...] = state["parameters"]
        self.best.flat[...] = state["best"]
        self.epoch = int(state["epoch"])
        progress = self.progress
        progress.best_epoch = int(state["best_epoch"])
        progress.best_loss = float(state["best_loss"])
        progress.stale = int(state["stale"])
        progress.stopped_by = next((reason for reason in FINAL if reason == str(state["stopped_by"])), None)
        self._rng.bit_generator.state = json.loads(str(state["rng"]))
        for name, slot in self.optimiser.slots.items():
            slot[...] = state[f"optimiser_{name}"]


def balancing(Y: Array) -> Array:
    """The probability of each of M rows with which every class is drawn equally often."""
    classes = (Y[:, 0] >= 0.5).astype(np.int64) if Y.shape[1] == 1 else Y.argmax(axis=1)
    counts = np.bincount(classes)
    weights: Array = 1 / (counts[classes] * np.count_nonzero(counts))
    return weights


def constant_loss(Y: Array, loss: str) -> float:
    """The mean loss of the best outputs that are the same for every row (M×d_L targets), and at least a little."""
    if loss == "cross_entropy":
        return float(Y.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        mean = Y.mean(axis=0, dtype=np.float64)
        spread = 0.5 * ((Y - mean) ** 2).sum(axis=1).mean()
        size = 0.5 * (np.asarray(Y, np.float64) ** 2).sum(axis=1).mean()
    # Targets that hardly vary say little of what a loss is: then their size does.
    return float(max(spread, 1e-3 * size, 1e-6)) if np.isfinite(size) else np.inf
