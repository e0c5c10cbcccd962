"""A run from its configuration to its result: data, network and loop put together, and a folder that keeps it all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from bpcli.common.files import write_atomically
from bpcli.config import Config
from bpcli.network import Array, Network, Parameters
from bpcli.symmetry import network_symmetry, unit_activity, unit_differences
from bpcli.training import run_folder
from bpcli.training.building import begin
from bpcli.training.evaluation import Evaluator
from bpcli.training.loop import EpochRecord, Trainer
from bpcli.training.measuring import gradient_reports
from bpcli.training.metrics import Metrics
from bpcli.training.result import DataFacts, RunHeader, TrainResult
from bpcli.training.sealed_files import (
    write_json,
    write_npz,
)


class Run:
    """One run: ``epochs()`` trains, ``finish()`` sums up.

    Made by ``new_run`` and ``resumed_run``, which give it its ``folder`` and hold it.
    """

    folder: Path

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config = name, config
        beginning = begin(config)
        self.data, self.network = beginning.data, beginning.network
        self.metric = "accuracy" if self.data.task == "classification" else "r2"
        self.initial = self.network.parameters.copy()
        self.trainer = Trainer(self.network, self.data, config.training, beginning.order)
        self.records: list[EpochRecord] = []
        self._metrics = Metrics(self.metric, len(config.model.hidden))
        self.resumed_at: int | None = None
        self.warnings: list[str] = []
        self._seconds = 0.0

    def keep(self, record: EpochRecord) -> None:
        """Take up the record of one more epoch."""
        self.records.append(record)
        self._metrics.add(record)

    def header(self) -> RunHeader:
        """Say what is known before the first epoch."""
        return RunHeader(
            run=self.folder,
            name=self.name,
            config=self.config,
            data=DataFacts.of(self.data),
            architecture=self.network.architecture,
            resumed_at=self.resumed_at,
            warnings=tuple(self.warnings),
        )

    def epochs(self, interrupted: Callable[[], bool] = lambda: False) -> Iterator[EpochRecord]:
        """Train, yielding each epoch's record, with a checkpoint every so many epochs and one at the end."""
        if self.trainer.stopped_by is None and self.trainer.epoch < self.config.training.epochs:
            # A summary of a former state must not outlive it, should this process be killed.
            (self.folder / run_folder.SUMMARY).unlink(missing_ok=True)
        started = perf_counter()
        for record in self.trainer.epochs(interrupted):
            self.keep(record)
            if record.epoch % self.config.training.checkpoint_every == 0:
                self.checkpoint()
            self._seconds += perf_counter() - started
            yield record
            started = perf_counter()
        self.checkpoint()

    def checkpoint(self) -> None:
        """Write the state to disk. The checkpoint comes last: what it speaks of is then there already."""
        write_atomically(self.folder / run_folder.METRICS, self._metrics.content())
        if self.trainer.best_epoch:
            self.write_weights(run_folder.BEST, self.trainer.best)
        last = dict(self.network.parameters.named())  # once more under their names, for use elsewhere
        write_npz(self.folder / run_folder.CHECKPOINT, self.trainer.state() | last | self._description())

    def finish(self) -> TrainResult:
        """Measure the kept weights, write ``summary.json`` and return the result."""
        trainer, data = self.trainer, self.data
        kept = trainer.kept().copy()
        evaluator = Evaluator(kept, data.task, max(len(data.X), len(data.X_validation)))
        batch = min(self.network.rows, len(data.X))
        symmetry = network_symmetry(kept)
        with np.errstate(over="ignore", invalid="ignore"):  # weights that have diverged show in the scores
            train = evaluator.scores(data.X, data.Y)
            validation = (
                evaluator.scores(data.X_validation, data.Y_validation) if len(data.X_validation) else None
            )
        result = TrainResult(
            header=self.header(),
            records=tuple(self.records),
            stopped_by=trainer.stopped_by or "epochs",
            kept_epoch=trainer.kept_epoch,
            best_epoch=trainer.best_epoch,
            train=train,
            validation=validation,
            batch=batch,
            gradients=gradient_reports(self.network, self.initial, kept, data.X[:batch], data.Y[:batch]),
            initial_symmetry=network_symmetry(self.initial),
            symmetry=symmetry,
            neurons=tuple(unit for layer in symmetry for unit in unit_differences(kept, self.initial, layer)),
            initial_activity=unit_activity(Network(self.initial, evaluator.network.rows), data.X),
            activity=unit_activity(evaluator.network, data.X),
            seconds=self._seconds,
            samples_per_second=self._samples() / self._seconds if self._samples() else None,
        )
        summary = self.folder / run_folder.SUMMARY
        # A finished run that is only shown again keeps the summary with the time that it took.
        if self._samples() or not summary.exists():
            write_json(summary, result.document())
        return result

    def _samples(self) -> int:
        return (self.trainer.epoch - (self.resumed_at or 0)) * len(self.data.X)

    def write_weights(self, name: str, parameters: Parameters) -> None:
        """Write weights by name, with what they need to be used elsewhere."""
        write_npz(self.folder / name, dict(parameters.named()) | self._description())

    def _description(self) -> dict[str, Array]:
        """What the weights need to be used elsewhere: how inputs are scaled and what the outputs mean."""
        model, data = self.config.model, self.data
        return {
            "input_offset": data.offset,
            "input_scale": data.scale,
            "features": np.array(data.features),
            "outputs": np.array(data.outputs),
            "classes": np.array(data.classes, dtype=np.str_),
            "activation": np.array(model.activation),
            "output": np.array(model.output),
        }
