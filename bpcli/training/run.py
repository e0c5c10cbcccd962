"""A run from its configuration to its result: data, network and loop put together, and a folder that keeps it all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from bpcli.config import Config, read, to_yaml
from bpcli.datasets import Prepared, load, prepare
from bpcli.errors import DataError, UsageError
from bpcli.network import Architecture, Array, Network, Parameters, initialise
from bpcli.symmetry import network_symmetry, unit_differences
from bpcli.training import run_folder
from bpcli.training.environment import describe_environment, differences
from bpcli.training.evaluation import Evaluator
from bpcli.training.files import (
    check_commented,
    damaged,
    read_json,
    read_npz,
    write_atomically,
    write_commented,
    write_json,
    write_npz,
)
from bpcli.training.loop import FINAL, EpochRecord, Trainer
from bpcli.training.measuring import gradient_reports
from bpcli.training.metrics import Metrics, read_metrics
from bpcli.training.result import DataFacts, RunHeader, TrainResult

ENDED = {"early_stopping": "stopped early", "diverged": "diverged"}


class Run:
    """One run: ``epochs()`` trains, ``finish()`` sums up.

    Made by ``new_run`` and ``resumed_run``, which give it its ``folder`` and hold it.
    """

    folder: Path

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config = name, config
        for_data, for_weights, for_order = map(
            np.random.default_rng, np.random.SeedSequence(config.seed).spawn(3)
        )
        self.data = prepared_data(config, for_data)
        self.metric = "accuracy" if self.data.task == "classification" else "r2"
        self.network = build_network(config, self.data)
        initialise(self.network.parameters, for_weights, **config.model.init.model_dump())
        self.initial = self.network.parameters.copy()
        self.trainer = Trainer(self.network, self.data, config.training, for_order)
        self.records: list[EpochRecord] = []
        self._metrics = Metrics(self.metric)
        self.resumed_at: int | None = None
        self.warnings: list[str] = []
        self._seconds = 0.0

    def _keep(self, record: EpochRecord) -> None:
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
        started = perf_counter()
        for record in self.trainer.epochs(interrupted):
            self._keep(record)
            # A summary of a former state must not outlive it, should this process be killed.
            (self.folder / run_folder.SUMMARY).unlink(missing_ok=True)
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
            self._write_weights(run_folder.BEST, self.trainer.best)
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

    def _write_weights(self, name: str, parameters: Parameters) -> None:
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


def prepared_data(config: Config, rng: np.random.Generator) -> Prepared:
    """Load, split, scale and encode the configured data."""
    source = config.data
    dataset = load(
        source.source,
        target=source.target,
        task=source.task,
        samples=source.samples,
        noise=source.noise,
        rng=rng,
    )
    return prepare(
        dataset,
        validation=source.validation,
        scaling=source.scale,
        output=config.model.output,
        loss=config.training.loss,
        dtype=np.dtype(config.model.dtype),
        rng=rng,
    )


def build_network(config: Config, data: Prepared) -> Network:
    """Return the configured network for this data, its parameters still zero, with buffers for one batch."""
    model, size = config.model, config.training.batch_size
    architecture = Architecture(
        sizes=(data.X.shape[1], *model.hidden, data.Y.shape[1]),
        activation=model.activation,
        output=model.output,
        loss=config.training.loss,
        bias=model.bias,
    )
    rows = len(data.X) if size == "full" else min(size, len(data.X))
    return Network(Parameters(architecture, np.dtype(model.dtype)), rows)


@contextmanager
def new_run(
    config: Config, name: str, folder: Path | None, variables: Mapping[str, str], *, force: bool = False
) -> Iterator[Run]:
    """Start a run and hold its folder until the block ends; ``variables`` is the process environment.

    Without ``folder`` it is ``runs/<UTC time>-<name>``, or with -2, -3 … at its end the first that is not taken.

    Raises:
        UsageError: if the folder holds a run and ``force`` is not given, or another process holds it.
        DataError: if the data cannot be used.
    """
    if folder:
        run_folder.check_free(folder, force=force)  # refuse before the data are read
    run = Run(name, config)
    run.folder = folder or run_folder.make_default(name, datetime.now(UTC))
    with run_folder.held(run.folder):
        run_folder.clear(run.folder, force=force)
        write_commented(run.folder / run_folder.CONFIG, to_yaml(config))
        write_json(run.folder / run_folder.ENVIRONMENT, describe_environment(name, run.data, variables))
        run._write_weights(run_folder.INITIAL, run.initial)
        run.checkpoint()
        yield run


@contextmanager
def resumed_run(folder: Path, variables: Mapping[str, str], *, epochs: int | None = None) -> Iterator[Run]:
    """Take up the run in ``folder`` where its checkpoint left it, with ``epochs`` in all if given.

    What follows is bit for bit what would have followed had it never stopped: on the same machine, with the same
    versions and threads; a difference in those is among the run's warnings.

    Raises:
        UsageError: if the folder is no run, another process holds it, or ``epochs`` does not fit.
        DataError: if the data are not those the run began with.
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
            raise damaged(checkpoint, "it holds something else than the state of a run")
        run = Run(str(then["configuration"]), _extended(config, epochs, state))
        run.folder = folder
        if run.data.digest != then["data"]["sha256"]:
            raise DataError(
                f"{config.data.source}: the data are not those that {folder} began with; restore them, "
                "or start a new run"
            )
        now = describe_environment(run.name, run.data, variables)
        run.warnings += [
            f"{text} since this run began: its numbers may differ in the last digits from a run without a break"
            for text in differences(then, now)
        ]
        try:
            run.trainer.restore(state)
        except (KeyError, ValueError) as error:
            raise damaged(checkpoint, "it is not the state of the network in config.yaml") from error
        run.resumed_at = run.trainer.epoch
        for record in read_metrics(folder / run_folder.METRICS, run.metric, run.trainer.epoch):
            run._keep(record)
        if run.config != config:
            write_commented(folder / run_folder.CONFIG, to_yaml(run.config))
        yield run


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
