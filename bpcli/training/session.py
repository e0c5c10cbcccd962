"""A training in memory, from its configuration to its result; a run is one that is kept in a folder."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bpcli.config import Config
from bpcli.engine import compilation_notice, load_kernel
from bpcli.network import Array, Network, Parameters
from bpcli.network.formulas import gradient_formulas
from bpcli.symmetry import network_symmetry, unit_activity, unit_differences
from bpcli.training.environment import describe_environment
from bpcli.training.evaluation import Evaluator, Metric, metric_of
from bpcli.training.loop import EpochRecord, Trainer
from bpcli.training.result import DataFacts, GradientReport, RunHeader, TrainResult
from bpcli.training.setup import FEW, setup


class Session:
    """Trains the network of a configuration: ``epochs()`` trains, ``result()`` measures what came of it.

    Attributes:
        name, config: which configuration it is, complete: what it left to the task is decided.
        data: split, scaled and encoded.
        network: the one that trains.
        initial: a copy of its initial parameters.
        trainer: the loop, with its state.
        records: the record of every epoch so far.
        resumed_at: how many epochs an earlier process had trained, or None in a new training.
    """

    def __init__(self, name: str, config: Config) -> None:
        ready = setup(config)
        self.name, self.config = name, ready.config
        self.data, self.network = ready.data, ready.network
        self._few = config.data.validation == "auto" and not len(ready.data.X_validation)
        self.initial = self.network.parameters.copy()
        self.trainer = Trainer(self.network, self.data, self.config.training, ready.rng)
        self.records: list[EpochRecord] = []
        self.resumed_at: int | None = None
        self._seconds = 0.0

    def restore(self, state: dict[str, Array], records: Iterable[EpochRecord]) -> None:
        """Go to the state that ``trainer.state()`` returned in another process, after these records."""
        self.trainer.restore(state)
        self.records[:] = records
        self.resumed_at = self.trainer.epoch

    def extend(self, config: Config) -> None:
        """Train to another number of epochs: ``config`` differs from the present one in nothing else."""
        self.config, self.trainer.settings = config, config.training

    @property
    def metric(self) -> Metric:
        """The score beside the loss."""
        return metric_of(self.data.task)

    @property
    def trained(self) -> bool:
        """Whether an epoch was completed here, and not only in an earlier process."""
        return self.trainer.epoch > (self.resumed_at or 0)

    def epochs(self, interrupted: Callable[[], bool] = lambda: False) -> Iterator[EpochRecord]:
        """Train to the configured number of epochs, yielding the record of each; only training is timed."""
        started = perf_counter()
        for record in self.trainer.epochs(interrupted):
            self.records.append(record)
            self._seconds += perf_counter() - started
            yield record
            started = perf_counter()

    def header(
        self, run: Path | None = None, run_id: str | None = None, warnings: Iterable[str] = ()
    ) -> RunHeader:
        """Return what is known before the first epoch; ``run`` is the folder that keeps the training, if any."""
        compiled = self.config.training.engine == "compiled"
        notice = compilation_notice(self.config.model.dtype) if compiled else None
        return RunHeader(
            run=run,
            run_id=run_id,
            name=self.name,
            config=self.config,
            data=DataFacts.of(self.data, FEW if self._few else None),
            architecture=self.network.architecture,
            resumed_at=self.resumed_at,
            warnings=(
                *warnings,
                *(self.data.warnings if self.resumed_at is None else ()),
                *filter(None, [notice]),
            ),
        )

    def environment(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Describe what the numbers depend on beside the configuration; ``variables`` is the process environment."""
        engine = self.config.training.engine
        return describe_environment(self.name, self.data.name, self.data.digest, engine, variables)

    def notes(self) -> tuple[str, ...]:
        """Say after training what it met that the header could not tell: an unusable cache of the compiled engine."""
        compiled = self.config.training.engine == "compiled" and self.trained
        note = load_kernel(self.config.model.dtype).note if compiled else None
        return (note,) if note else ()

    def result(self, header: RunHeader) -> TrainResult:
        """Measure the kept weights: scores, gradients, hidden units. ``header`` is what ``header()`` returned."""
        trainer, data = self.trainer, self.data
        kept = trainer.kept().copy()
        evaluator = Evaluator(kept, data.task)
        batch = min(self.network.rows, len(data.X))
        symmetry = network_symmetry(kept)
        with np.errstate(over="ignore", invalid="ignore"):  # weights that have diverged show in the scores
            train, train_details = evaluator.assess(data.X, data.Y, data)
            validation, validation_details = (
                evaluator.assess(data.X_validation, data.Y_validation, data)
                if len(data.X_validation)
                else (None, None)
            )
        samples = (trainer.epoch - (self.resumed_at or 0)) * len(data.X)
        return TrainResult(
            header=header,
            records=tuple(self.records),
            stopped_by=trainer.stopped_by or "epochs",
            kept_epoch=trainer.kept_epoch,
            best_epoch=trainer.best_epoch,
            train=train,
            validation=validation,
            train_details=train_details,
            validation_details=validation_details,
            batch=batch,
            gradients=gradient_reports(self.network, self.initial, kept, data.X[:batch], data.Y[:batch]),
            initial_symmetry=network_symmetry(self.initial),
            symmetry=symmetry,
            neurons=tuple(unit for layer in symmetry for unit in unit_differences(kept, self.initial, layer)),
            initial_activity=unit_activity(Network(self.initial, evaluator.network.rows), data.X),
            activity=unit_activity(evaluator.network, data.X),
            seconds=self._seconds,
            samples_per_second=samples / self._seconds if samples else None,
            parameters=kept,
            encoding=data.encoding,
        )


def gradient_reports(
    network: Network, initial: Parameters, final: Parameters, X: Array, Y: Array
) -> tuple[GradientReport, ...]:
    """Return every gradient of the mean loss over X (N×d0) and Y (N×d_L), at two sets of weights.

    ``network`` lends its buffers and is left with the final weights.
    """
    before, after = (_gradients(network, parameters, X, Y) for parameters in (initial, final))
    return tuple(
        GradientReport(
            formula=formula,
            shape=after[formula.name][0],
            initial_norm=before[formula.name][1],
            norm=after[formula.name][1],
        )
        for formula in gradient_formulas(network.architecture)
    )


def _gradients(
    network: Network, parameters: Parameters, X: Array, Y: Array
) -> dict[str, tuple[tuple[int, ...], float]]:
    """Return the shape and norm of every gradient, by name."""
    network.parameters.flat[...] = parameters.flat
    with np.errstate(all="ignore"):  # weights that have diverged show in the norms
        network.forward(X)
        network.backward(Y)
        found = network.quantities()
        return {
            formula.name: (found[formula.name].shape, float(np.linalg.norm(found[formula.name])))
            for formula in gradient_formulas(network.architecture)
        }
