"""A training session that is kept in a folder, checkpoint by checkpoint, and can be resumed from there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bpcli.common.errors import DataError, UsageError
from bpcli.common.files import write_atomically
from bpcli.config import Config, read, to_yaml
from bpcli.network import Array, Parameters
from bpcli.training import run_folder
from bpcli.training.environment import describe_environment, differences
from bpcli.training.loop import FINAL, EpochRecord
from bpcli.training.metrics import Metrics, read_metrics
from bpcli.training.result import RunHeader, TrainResult
from bpcli.training.sealed_files import (
    check_commented,
    damaged,
    read_json,
    read_npz,
    write_commented,
    write_json,
    write_npz,
)
from bpcli.training.session import Session

ENDED = {"early_stopping": "stopped early", "diverged": "diverged"}


class Run:
    """A session and its folder: ``epochs()`` trains, ``finish()`` writes the summary and returns the result.

    ``Run.create`` and ``Run.resume`` make one, and lock its folder until their block ends.
    """

    def __init__(self, session: Session, folder: Path, warnings: Iterable[str] = ()) -> None:
        self.session, self.folder = session, folder
        self.header: RunHeader = session.header(folder, warnings)
        self._metrics = Metrics(session.metric, len(session.config.model.hidden))
        for record in session.records:
            self._metrics.add(record)

    @classmethod
    @contextmanager
    def create(
        cls,
        config: Config,
        name: str,
        folder: Path | None,
        variables: Mapping[str, str],
        *,
        force: bool = False,
    ) -> Iterator["Run"]:
        """Create a run, and lock its folder until the block ends; ``variables`` is the process environment.

        Without ``folder`` it is ``runs/<UTC time>-<name>``, with -2, -3 … appended where that exists.

        Raises:
            UsageError: if the folder holds a run and ``force`` is not given, or another process has locked it.
            DataError: if the data cannot be used.
        """
        if folder:
            run_folder.check_free(folder, force=force)  # refuse before the data are read
        session = Session(name, config)
        folder = folder or run_folder.make_default(name, datetime.now(UTC))
        with run_folder.held(folder):
            run_folder.clear(folder, force=force)
            write_commented(folder / run_folder.CONFIG, to_yaml(session.config))
            if session.data.encoding:
                write_json(folder / run_folder.ENCODING, session.data.encoding.to_plain())
            environment = describe_environment(name, session.data, variables)
            write_json(folder / run_folder.ENVIRONMENT, environment)
            run = cls(session, folder)
            run.write_weights(run_folder.INITIAL, session.initial)
            run.checkpoint()
            yield run

    @classmethod
    @contextmanager
    def resume(
        cls, folder: Path, variables: Mapping[str, str], *, epochs: int | None = None
    ) -> Iterator["Run"]:
        """Resume the run in ``folder`` from its last checkpoint, with ``epochs`` in total if given.

        On the same machine, with the same versions and threads, what follows is bit-identical to a run that was
        never stopped; a difference in those is among the warnings of the header.

        Raises:
            UsageError: if the folder is not a run, another process has locked it, or ``epochs`` is not possible.
            DataError: if the data have changed since the run was created.
            MachineError: if one of its files is missing or damaged.
        """
        run_folder.existing_run(folder)
        with run_folder.held(folder):
            run_folder.sweep(folder)
            check_commented(folder / run_folder.CONFIG)
            config = read(folder / run_folder.CONFIG)
            then = read_json(folder / run_folder.ENVIRONMENT)
            checkpoint = folder / run_folder.CHECKPOINT
            state = read_npz(checkpoint)
            if "epoch" not in state:
                raise damaged(checkpoint, "it does not hold the state of a run")
            extended = _extended(config, epochs, state)
            session = Session(str(then["configuration"]), extended)
            if session.data.digest != then["data"]["sha256"]:
                raise DataError(
                    f"{config.data.source}: the data have changed since {folder} was created; restore them, "
                    "or start a new run"
                )
            hidden, done = len(config.model.hidden), int(state["epoch"])
            records = read_metrics(folder / run_folder.METRICS, session.metric, hidden, done)
            try:
                session.restore(state, records)
            except (KeyError, ValueError) as error:
                raise damaged(checkpoint, "it is not the state of the network in config.yaml") from error
            now = describe_environment(session.name, session.data, variables)
            warnings = [
                f"{text} since this run was created: the last digits may differ from those of an uninterrupted run"
                for text in differences(then, now)
            ]
            if extended != config:
                write_commented(folder / run_folder.CONFIG, to_yaml(extended))
            yield cls(session, folder, warnings)

    def epochs(self, interrupted: Callable[[], bool] = lambda: False) -> Iterator[EpochRecord]:
        """Train, yielding each epoch's record; write a checkpoint every ``checkpoint_every`` epochs and at the end."""
        training, trainer = self.session.config.training, self.session.trainer
        if trainer.stopped_by is None and trainer.epoch < training.epochs:
            # The summary of an earlier state must not outlive it if this process is killed.
            (self.folder / run_folder.SUMMARY).unlink(missing_ok=True)
        for record in self.session.epochs(interrupted):
            self._metrics.add(record)
            if record.epoch % training.checkpoint_every == 0:
                self.checkpoint()
            yield record
        self.checkpoint()

    def checkpoint(self) -> None:
        """Write the state to disk, the checkpoint last: what it refers to is on the disk by then."""
        trainer = self.session.trainer
        write_atomically(self.folder / run_folder.METRICS, self._metrics.content())
        if trainer.best_epoch:
            self.write_weights(run_folder.BEST, trainer.best)
        last = dict(trainer.network.parameters.named())  # under their names too, for use elsewhere
        write_npz(self.folder / run_folder.CHECKPOINT, trainer.state() | last | self._description())

    def finish(self) -> TrainResult:
        """Measure the kept weights, write ``summary.json`` and return the result."""
        result = self.session.result(self.header)
        summary = self.folder / run_folder.SUMMARY
        # A finished run that is only shown again keeps the summary with the time that it took.
        if self.session.trained or not summary.exists():
            write_json(summary, result.document())
        return result

    def write_weights(self, name: str, parameters: Parameters) -> None:
        """Write parameters under their names, with what is needed to use them elsewhere."""
        write_npz(self.folder / name, dict(parameters.named()) | self._description())

    def _description(self) -> dict[str, Array]:
        """Return how inputs are scaled, what the outputs mean, and which functions the network applies."""
        model, data = self.session.config.model, self.session.data
        return {
            "input_offset": data.offset,
            "input_scale": data.scale,
            "features": np.array(data.features),
            "outputs": np.array(data.outputs),
            "classes": np.array(data.classes, dtype=np.str_),
            "activation": np.array(model.activation),
            "output": np.array(model.output),
        }


def _extended(config: Config, epochs: int | None, state: Mapping[str, Array]) -> Config:
    """The configuration with more (or fewer) epochs in all, where that leaves the epochs done as they were."""
    done = int(state["epoch"])
    if epochs is None or epochs == config.training.epochs:
        return config
    if str(state["stopped_by"]) in FINAL:
        raise UsageError(
            f"--epochs {epochs}: the run {ENDED[str(state['stopped_by'])]} after epoch {done}, and "
            "more epochs change nothing; start a new run with other settings"
        )
    if epochs < done:
        raise UsageError(
            f"--epochs {epochs}: the run has {done} epochs already; give the number in all, {done} or more"
        )
    if config.training.schedule.name == "cosine":
        raise UsageError(
            f"--epochs {epochs}: a cosine schedule spans the {config.training.epochs} epochs it was made for, so "
            "the run cannot be lengthened; start a new run with the number of epochs you want"
        )
    training = config.training.model_copy(update={"epochs": epochs})
    return config.model_copy(update={"training": training})
