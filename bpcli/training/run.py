"""A training session that is kept in a folder, checkpoint by checkpoint, and can be resumed from there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from bpcli.common.errors import DataError, UsageError
from bpcli.common.files import write_together
from bpcli.config import Config, to_yaml
from bpcli.network import Array
from bpcli.training import checkpoint, run_folder
from bpcli.training.environment import differences
from bpcli.training.loop import FINAL, EpochRecord
from bpcli.training.metrics import Metrics, read_metrics
from bpcli.training.result import RunHeader, TrainResult
from bpcli.training.sealed_files import commented, npz, read_json, sealed_json, write_commented, write_json
from bpcli.training.session import Session

ENDED = {"early_stopping": "stopped early", "diverged": "diverged"}


class Run:
    """A session and its folder: ``epochs()`` trains, ``finish()`` writes the summary and returns the result.

    ``Run.create`` and ``Run.resume`` make one, and lock its folder until their block ends.
    """

    def __init__(self, session: Session, folder: Path, run_id: str, warnings: Iterable[str] = ()) -> None:
        self.session, self.folder, self.run_id = session, folder, run_id
        self.header: RunHeader = session.header(folder, run_id, warnings)
        self._best_written = 0  # the epoch of the weights in best.npz; 0 where that is not known
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
        with run_folder.held(folder) as killed:
            run_folder.clear(folder, force=force, killed=killed)
            config = session.config
            text, environment = to_yaml(config), session.environment(variables)
            run = cls(session, folder, checkpoint.identity(config, text, environment))
            files = {run_folder.CONFIG: commented(text)}
            if session.data.encoding:
                encoding = session.data.encoding.to_plain() | {"run_id": run.run_id}
                files[run_folder.ENCODING] = sealed_json(encoding)
            files[run_folder.ENVIRONMENT] = sealed_json(environment | {"run_id": run.run_id})
            files[run_folder.INITIAL] = run.initial()
            run.checkpoint(files)
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
            MachineError: if one of its files is missing, damaged, or of another run.
        """
        run_folder.existing_run(folder)
        with run_folder.held(folder):
            run_folder.remove_left_over(folder)
            found = checkpoint.read_identity(folder)
            config, then = found.config, found.environment
            session = Session(found.name, config)
            if session.data.digest != then["data"]["sha256"]:
                raise DataError(
                    f"{config.data.source}: the data have changed since {folder} was created; restore them, "
                    "or start a new run"
                )
            state, records = _read_state(folder, session, found.run_id)
            extended = _extended(config, epochs, state)
            session.extend(extended)
            session.restore(state, records)
            now = session.environment(variables)
            warnings = [
                f"{text} since this run was created: the last digits may differ from those of an uninterrupted run"
                for text in differences(then, now)
            ]
            run = cls(session, folder, found.run_id, warnings)
            if not (folder / run_folder.INITIAL).exists():
                write_together({folder / run_folder.INITIAL: run.initial()})
            if extended != config:
                write_commented(
                    folder / run_folder.CONFIG, checkpoint.with_epochs(found.text, extended.training.epochs)
                )
            yield run

    def epochs(self, interrupted: Callable[[], bool] = lambda: False) -> Iterator[EpochRecord]:
        """Train, yielding each epoch's record; write a checkpoint every ``checkpoint_every`` epochs and at the end."""
        training, trainer = self.session.config.training, self.session.trainer
        if trainer.stopped_by is None and trainer.epoch < training.epochs:
            # The summary of an earlier state must not outlive it if this process is killed.
            (self.folder / run_folder.SUMMARY).unlink(missing_ok=True)
        before = trainer.epoch
        for record in self.session.epochs(interrupted):
            self._metrics.add(record)
            due = record.epoch // training.checkpoint_every > before // training.checkpoint_every
            if due and record.epoch < training.epochs:  # that of the last epoch says why training ended
                self.checkpoint()
            before = record.epoch
            yield record
        self.checkpoint()

    def checkpoint(self, files: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Write the state to the disk, after other ``files`` by their names.

        The checkpoint has a name only when all that it refers to is on the disk, names included.
        """
        trainer, metrics = self.session.trainer, self._metrics
        group = {**files, run_folder.METRICS: metrics.content()}
        if trainer.best_epoch != self._best_written:
            best = checkpoint.weights(self.session, self.run_id, trainer.best, trainer.best_epoch)
            group[run_folder.BEST] = npz(best)
        state = npz(checkpoint.checkpoint(self.session, self.run_id, metrics.seal()))
        for together in (group, {run_folder.CHECKPOINT: state}):
            write_together({self.folder / name: content for name, content in together.items()})
        self._best_written = trainer.best_epoch

    def initial(self) -> bytes:
        """Return the file of the weights before training."""
        return npz(checkpoint.weights(self.session, self.run_id, self.session.initial, 0))

    def finish(self) -> TrainResult:
        """Measure the kept weights, write ``summary.json`` and return the result."""
        result = self.session.result(self.header)
        summary = self.folder / run_folder.SUMMARY
        # A finished run that is only shown again keeps the summary with the time that it took.
        if self.session.trained or not summary.exists():
            write_json(summary, result.document())
        return result


def _read_state(folder: Path, session: Session, run_id: str) -> tuple[dict[str, Array], list[EpochRecord]]:
    """Read the checkpoint and the epochs before it, and check all files of the run against each other."""
    path = folder / run_folder.CHECKPOINT
    state = checkpoint.read_checkpoint(path, session, run_id)
    epochs, hidden = int(state["epoch"]), len(session.config.model.hidden)
    metrics = folder / run_folder.METRICS
    records, seal = read_metrics(
        metrics, session.metric, hidden, epochs, every=session.config.training.evaluate_every
    )
    if seal != str(state["metrics"]):
        raise checkpoint.foreign(metrics, seal, str(state["metrics"]))
    checkpoint.check_state(path, session, state, records)
    for name in (run_folder.BEST, run_folder.INITIAL):
        if (folder / name).exists():
            checkpoint.read_weights(folder / name, session, run_id)
    summary = folder / run_folder.SUMMARY
    if summary.exists() and (found := str(read_json(summary).get("run_id"))) != run_id:
        raise checkpoint.foreign(summary, found, run_id)
    return state, records


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
