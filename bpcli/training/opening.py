"""Begin a run in a folder of its own, or take one up again; either way the folder is held until it is done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bpcli.common.errors import DataError, UsageError
from bpcli.config import Config, read, to_yaml
from bpcli.network import Array
from bpcli.training import run_folder
from bpcli.training.environment import describe_environment, differences
from bpcli.training.loop import FINAL
from bpcli.training.metrics import read_metrics
from bpcli.training.run import Run
from bpcli.training.sealed_files import (
    check_commented,
    damaged,
    read_json,
    read_npz,
    write_commented,
    write_json,
)

ENDED = {"early_stopping": "stopped early", "diverged": "diverged"}


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
        run.write_weights(run_folder.INITIAL, run.initial)
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
        hidden = len(run.config.model.hidden)
        for record in read_metrics(folder / run_folder.METRICS, run.metric, hidden, run.trainer.epoch):
            run.keep(record)
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
