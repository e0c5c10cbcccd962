"""``bpcli train``: train a network and show everything it did."""

import csv
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen, track
from bpcli.cli.interrupts import listening
from bpcli.cli.options import (
    IgnoreOption,
    JsonOption,
    NoColorOption,
    QuietOption,
    SeedOption,
    SetOption,
    TargetOption,
)
from bpcli.cli.resolving import resolved
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from bpcli.training.run import Run

DEFAULT = "digits"


def train(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG|TABLE",
            autocompletion=completion.configurations,
            help="A YAML file, the name of a shipped configuration (see bpcli config list), or a table: a .csv or .npz "
            "file, or - for standard input. Default: digits.",
            show_default=False,
        ),
    ] = None,
    target: TargetOption = None,
    ignore: IgnoreOption = None,
    hidden: Annotated[
        str | None, typer.Option("--hidden", metavar="N,…", help="Width of each hidden layer; 0 for none.")
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            "--activation", metavar="NAME", help="Of the hidden units: sigmoid, tanh, relu, identity."
        ),
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", "--lr", metavar="X", help="Learning rate.", show_default=False)
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="N", help="Samples per step, or full.")
    ] = None,
    override: SetOption = None,
    seed: SeedOption = None,
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", help="Number of epochs in total; overrides training.epochs."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Run folder. Default: runs/TIME-NAME, the time in UTC.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="RUN",
            autocompletion=completion.runs,
            help="Continue the run in this folder, bit for bit.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the run in --out.")] = False,
    units: Annotated[
        bool, typer.Option("--units", help="List the hidden units in a table, even if all are distinct.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Train a network, and show its loss curves, gradients and hidden units.

    Prints the data, the network and the settings; the scores; the loss by epoch; every gradient with its formula,
    shape and norm; how far the hidden units moved, and which of them are equal. The run is kept in a folder. Exits
    with 3 if training diverged.
    """
    from bpcli.render.advice import next_command, warnings

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    overrides = [*(override or [])]
    if resume:
        _refuse_beside_resume(
            config=config,
            target=target,
            ignore=ignore,
            hidden=hidden,
            activation=activation,
            rate=rate,
            batch=batch,
            set=overrides,
            seed=seed,
            out=out,
            force=force,
        )
        opened, again = _resumed(resume, epochs), ["bpcli", "train", str(resume / "config.yaml")]
    else:
        values = settings(target, ignore, hidden, activation, rate, batch)
        opened = _new(
            config or DEFAULT,
            overrides,
            {"seed": seed, "training.epochs": epochs, **values},
            out,
            force=force,
        )
        again = ["bpcli", "train", config or DEFAULT, *in_words(overrides, values)]
        again += [] if epochs is None else ["--epochs", str(epochs)]
    with opened as run, listening() as interrupts:
        screen.warn(run.header.warnings)
        if screen.speaks:  # else what draws need not be loaded
            from bpcli.render.train import header

            screen.show(header(run.header))
        for _ in track(
            run.epochs(interrupts),
            screen,
            what="epoch",
            done=run.session.trainer.epoch,
            total=run.session.config.training.epochs,
            seen=lambda record: (record.epoch, record.monitored),
        ):
            pass
        result = run.finish()
        screen.warn(run.session.notes())
    if screen.speaks:
        from bpcli.render.train import advised, report

        screen.show(report(result, units=units))
        screen.show(advised(next_command(result, again, seed)), whole_lines=True)
    screen.document(result.document())
    screen.warn(warnings(result))
    return {"diverged": 3, "interrupted": interrupts.exit_code()}.get(result.stopped_by, 0)


def settings(
    target: str | None,
    ignore: str | None,
    hidden: str | None = None,
    activation: str | None = None,
    rate: float | None = None,
    batch: str | None = None,
) -> dict[str, object]:
    """Return the values of the short options by the dotted keys that they set; None for those not given."""
    widths = None if hidden is None else [_integer(word) for word in hidden.split(",")]
    return {
        "data.target": None if target is None else _columns(target),
        "data.ignore": None if ignore is None else _columns(ignore),
        "model.hidden": [] if widths == [0] else widths,
        "model.activation": activation,
        "training.optimizer.learning_rate": rate,
        "training.batch_size": None if batch is None else _integer(batch),
    }


def in_words(overrides: list[str], values: Mapping[str, object]) -> list[str]:
    """Return ``--set`` and short options as ``--set KEY=VALUE``, which every command takes."""
    texts = [*overrides, *(f"{key}={_typed(value)}" for key, value in values.items() if value is not None)]
    return [word for text in texts for word in ("--set", text)]


def _typed(value: object) -> str:
    """A value as ``--set`` takes it: numbers and plain words between commas, as shells expand brackets; else YAML."""
    from bpcli.yamltext.scalars import flow

    if isinstance(value, list) and value and all(_plain(each, flow(each)) for each in value):
        return ",".join(map(str, value))
    return flow(value)


def _plain(value: object, written: str) -> bool:
    """Whether a value is a whole number, or a word that nothing else than a word is written like."""
    return isinstance(value, int) or (str(value).isidentifier() and written == value)


def _columns(text: str) -> list[str]:
    """Names between commas; a name with a comma stands in double quotes."""
    return next(csv.reader([text], skipinitialspace=True))


def _integer(word: str) -> int | str:
    return int(word) if word.strip().isdecimal() else word


def _new(
    config: str, overrides: list[str], options: dict[str, object], out: Path | None, *, force: bool
) -> AbstractContextManager["Run"]:
    from bpcli.training.run import Run

    found = resolved(config, overrides, options, tables=True)
    if force and out is None:
        raise UsageError("--force overwrites the run in --out DIR; give that folder, or leave --force out")
    return Run.create(found.config, found.name, out, os.environ, force=force)


def _resumed(folder: Path, epochs: int | None) -> AbstractContextManager["Run"]:
    from bpcli.training.run import Run

    return Run.resume(folder, os.environ, epochs=epochs)


def _refuse_beside_resume(**options: object) -> None:
    given = [
        "CONFIG" if name == "config" else f"--{name}"
        for name, value in options.items()
        if value not in (None, []) and value is not False
    ]
    if given:
        raise UsageError(
            f"--resume continues a run as it was configured, so {', '.join(given)} cannot be given with it; "
            "only --epochs can, to train for longer"
        )
