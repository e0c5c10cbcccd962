"""``bpcli sweep``: train many networks side by side, and show which settings work and how often."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen, track
from bpcli.cli.interrupts import listening
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SeedOption, SetOption
from bpcli.cli.resolving import belongs_to
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from bpcli.sweep.combinations import SweepResult
    from bpcli.sweep.planned import Command, Planned
    from bpcli.sweep.sweeping import Sweep


class Keep(StrEnum):
    """Whose weights are kept."""

    best = "best"
    none = "none"
    all = "all"


def sweep(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG|TABLE",
            autocompletion=completion.configurations,
            help="A YAML file, the name of a shipped configuration, or a table.",
            show_default=False,
        ),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="KEY=VALUES",
            autocompletion=completion.swept,
            help="A dotted key and its values: seed=0:99, model.hidden=2,3,16x8, "
            "training.weight_decay=log:1e-5:0.1:5. Repeatable; all combinations are trained.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", help="Draw N of the combinations, each with all seeds."),
    ] = None,
    success: Annotated[
        str | None,
        typer.Option(
            "--success",
            metavar="SCORE>=X",
            help="When a network is a success: 'validation.accuracy>=0.95' or 'train.loss<0.01'.",
        ),
    ] = None,
    override: SetOption = None,
    seed: SeedOption = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", help="Number of epochs; overrides training.epochs.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes. Default: one for each processor."),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="Train on the cluster of the Dask scheduler at ADDRESS; local starts one on this machine.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder. Default: sweeps/TIME-NAME.", show_default=False),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="DIR",
            help="Go on with the sweep in this folder, also with more seeds or values; what is done is kept.",
        ),
    ] = None,
    keep: Annotated[
        Keep | None,
        typer.Option(
            "--keep", help="Weights to keep: of the best network (the default), of none, or of all."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained, and about how long it would take.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Train a network for every combination of values and every seed, side by side, and compare them.

    Prints for each combination the mean and the spread of the score over the seeds, how many networks succeed, have
    symmetric or dead units or diverged, and the loss by epoch. Each network is the one that bpcli train gives with the
    same settings and seed. Exits with 3 if none of them has a finite loss.
    """
    from bpcli.common.threads import one_thread_of_blas

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    options = {"seed": seed, "training.epochs": epochs}
    with one_thread_of_blas():  # before NumPy is loaded: a forked worker has that of this process
        command = _command(config, over or [], sample, success, override or [], options, keep, resume)
        return (
            _dry_run(command, jobs, screen) if dry_run else _swept(command, jobs, dask, out, resume, screen)
        )


def _swept(
    command: "Command",
    jobs: int | None,
    dask: str | None,
    out: Path | None,
    resume: Path | None,
    screen: Screen,
) -> int:
    from bpcli.render.advice import sweep_warnings
    from bpcli.sweep.cluster import check_installed
    from bpcli.sweep.planned import Planned
    from bpcli.training.environment import processors

    planned = Planned.of(command)
    if dask is not None:
        check_installed()
    with _opened(planned, out, resume) as opened, listening() as interrupts:
        screen.warn(opened.warnings)
        if screen.speaks:  # else what draws need not be loaded
            from bpcli.render.sweep import header

            screen.show(header(planned, opened.done))
        with opened.workers(jobs or processors(), dask) as workers:
            for _ in track(
                opened.run(workers, interrupts),
                screen,
                what="network",
                done=opened.done,
                total=planned.plan.networks,
                seen=lambda progress: (progress.networks, progress.loss),
            ):
                pass
        result = opened.finish()
        screen.warn(opened.notes)
    again = [] if jobs is None else ["--jobs", str(jobs)]
    again += [] if dask is None else ["--dask", dask]
    after = next_command(result, again)
    if screen.speaks:
        from bpcli.render.sweep import report
        from bpcli.render.train import advised

        screen.show(report(result))
        if after:
            screen.show(advised(after), whole_lines=True)
    screen.document(result.document() | {"next": after})
    screen.warn(sweep_warnings(result))
    return interrupts.exit_code() if interrupts() else 0 if result.best is not None else 3


def _command(
    config: str | None,
    over: list[str],
    sample: int | None,
    success: str | None,
    override: list[str],
    options: Mapping[str, object],
    keep: Keep | None,
    resume: Path | None,
) -> "Command":
    """Return the command that was typed; with ``--resume`` alone, the one that created the sweep."""
    from bpcli.config import is_table
    from bpcli.sweep.planned import Command
    from bpcli.sweep.sweeping import stored_command

    given = {key: value for key, value in options.items() if value is not None}
    if resume and config is None:
        if override or given:
            raise UsageError(
                "--resume DIR goes on with the settings of its sweep: --over can add seeds and values; leave --set, "
                "--seed and --epochs out"
            )
        return stored_command(resume).widened(over, sample, success, keep.value if keep else None)
    if config is None:
        raise UsageError("sweep needs a configuration, such as: bpcli sweep xor --over seed=0:99")
    other = belongs_to(config)
    if other and not is_table(config):
        raise UsageError(other)
    environment = {name: value for name, value in os.environ.items() if name.startswith("BPCLI_")}
    return Command(
        config, tuple(override), environment, given, tuple(over), sample, success, (keep or Keep.best).value
    )


def _opened(planned: "Planned", out: Path | None, resume: Path | None) -> AbstractContextManager["Sweep"]:
    from bpcli.sweep.sweeping import created, resumed
    from bpcli.training.run_folder import make_default

    if resume and out:
        raise UsageError("--resume goes on in the folder of its sweep: leave --out out")
    if resume:
        return resumed(planned, resume)
    return created(planned, out or make_default(planned.plan.layers.name, datetime.now(UTC), "sweeps"))


def _dry_run(command: "Command", jobs: int | None, screen: Screen) -> int:
    from bpcli.render.sweep import header
    from bpcli.sweep.planned import Planned
    from bpcli.training.environment import processors

    planned = Planned.of(command)
    screen.warn(planned.notices())
    estimate = planned.estimate(jobs or processors())
    screen.show(header(planned, estimate=estimate))
    screen.document(
        {
            "schema": "bpcli.sweep.estimate/1",
            "networks": planned.plan.networks,
            "combinations": [dict(each.settings) for each in planned.plan.combinations],
            "seeds": len(planned.plan.seeds),
            "groups": [{"groups": number, "networks": size} for number, size in estimate.groups],
            "jobs": estimate.jobs,
            "seconds": estimate.seconds,
        }
    )
    return 0


def next_command(result: "SweepResult", again: list[str]) -> str | None:
    """The command worth typing after this sweep: the best network as a run, or the rest of the sweep.

    ``again`` are the options that a sweep does not keep.
    """
    import shlex

    from bpcli.sweep.store import BEST_CONFIG

    if result.stopped_by == "interrupted":
        return shlex.join(["bpcli", "sweep", "--resume", result.folder, *again])
    if result.best is None:
        return None
    return shlex.join(["bpcli", "train", str(Path(result.folder) / BEST_CONFIG)])
