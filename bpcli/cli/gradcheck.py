"""``bpcli gradcheck``: check bpcli's own gradients or somebody else's, and name the mistake."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen
from bpcli.cli.interrupts import ending
from bpcli.cli.options import (
    JsonOption,
    NoColorOption,
    QuietOption,
    SeedOption,
    SetOption,
    check_unused,
    refuse_together,
)
from bpcli.cli.resolving import resolved
from bpcli.cli.variadic import VariadicFiles
from bpcli.common.errors import MachineError, UsageError

if TYPE_CHECKING:
    from bpcli.config import Config
    from bpcli.gradcheck.collect import Options
    from bpcli.gradcheck.report import GradcheckReport
    from bpcli.gradcheck.templates import Template

DEFAULT = "gradcheck"


class GradcheckCommand(VariadicFiles):
    """Lets ``--against`` take the answers of a whole class."""

    option = "--against"
    endings = (".py", ".ipynb", ".npz", ".json")


def gradcheck(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            autocompletion=completion.configurations,
            help="A YAML file, or the name of a shipped configuration. Without one: a selection of small networks.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="FILE...",
            help="Check these files: programs (.py, .ipynb) or gradients as numbers (.npz, .json).",
            readable=False,  # one that cannot be read must not keep the others from being checked
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Write the point and the weights to a .npz or .json file."
        ),
    ] = None,
    point: Annotated[
        Path | None,
        typer.Option(
            "--point", metavar="FILE", help="Check at the point in this file (as --export writes it)."
        ),
    ] = None,
    layout: Annotated[
        Literal["rows", "columns"] | None,
        typer.Option(
            "--layout",
            help="X and Y hold the samples in rows or in columns. Without it: found by trying.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        Literal["out-in", "in-out"] | None,
        typer.Option(
            "--weights",
            help="Matrices are n_out × n_in or n_in × n_out. Without it: found by trying.",
            show_default=False,
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--function",
            metavar="NAME",
            help="The function to check, or CLASS.METHOD. Without it: gradients, backward, backprop, …",
            show_default=False,
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit", metavar="SECONDS", help="Time limit per file and example.", min=0.1, max=86400
        ),
    ] = 10.0,
    memory_limit: Annotated[
        int,
        typer.Option(
            "--memory-limit",
            metavar="MIB",
            help="Memory limit per file, above what NumPy takes; 0 for none.",
            min=0,
            max=1 << 24,
        ),
    ] = 1024,
    sandbox: Annotated[
        Literal["auto", "none", "bubblewrap"],
        typer.Option(
            "--sandbox",
            help="Run programs in bubblewrap: without network, and nothing can be written to; auto: if it works.",
        ),
    ] = "auto",
    method: Annotated[
        Literal["complex", "central"] | None,
        typer.Option(
            "--method",
            help="Of the numerical derivatives of bpcli's own check. Without one: complex, central for relu.",
            show_default=False,
        ),
    ] = None,
    sweep_step: Annotated[
        bool, typer.Option("--sweep-step", help="Show the residual against the step size as a plot.")
    ] = False,
    inject: Annotated[
        str | None,
        typer.Option(
            "--inject",
            metavar="ID",
            autocompletion=completion.mistakes,
            help="Make this mistake, and see it found.",
        ),
    ] = None,
    template: Annotated[
        Literal["plain", "columns", "class", "torch", "jax"] | None,
        typer.Option(
            "--template", help="Print a small Python file to fill in, for --against.", show_default=False
        ),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            "--show", metavar="NAME", help="Of many files, show the details of this one.", show_default=False
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write a gradebook: a row for each file."),
    ] = None,
    gradescope: Annotated[
        Path | None,
        typer.Option("--gradescope", metavar="FILE", help="Write Gradescope's results.json for one file."),
    ] = None,
    feedback: Annotated[
        Literal["mistake", "hint", "fix"] | None,
        typer.Option(
            "--feedback",
            help="How much --gradescope gives away: the mistake, what was done, or the fix. Without it: hint.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the files of --export, --csv and --gradescope.")
    ] = False,
    list_mistakes: Annotated[
        bool, typer.Option("--list-mistakes", help="Print the catalogue of mistakes.")
    ] = False,
    override: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Check gradients against numerical derivatives, and name the mistake.

    Without --against, checks the code that trains: every gradient of the configured network, at its initial
    weights and after some steps of training, and every batch, update and reported loss of two epochs. Without
    CONFIG, too, it does so for a selection of small networks of every kind. With --against, checks the gradients
    that other people computed.

    A Python file or a notebook defines a function such as gradients or backward, or a class with such a method. It
    takes data, weights and biases under their usual names (x, y or X, Y; V, W or W1, b1, W2, b2; a dict of them) and
    returns the gradients in any order, or in a dict. How it is to be read is found out by calling it at a small example
    whose sizes all differ, and said in one line; --layout, --weights and --function settle it. docs/gradcheck.md has
    the whole. Each file runs in a process of its own, with limits on its time, its memory and the size of the files
    that it writes, and in bubblewrap where that works. The report says if it was; without it there is no sandbox.

    Exits with 0 if every gradient is right, with 3 if any is not, and with 1 if the machine failed to check one.
    """
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    refuse_together(
        against=against,
        export=export,
        inject=inject,
        sweep_step=sweep_step,
        list_mistakes=list_mistakes,
        template=template,
    )
    _refuse_without_files(
        against, point=point, layout=layout, weights=weights, function=function, show=show, csv=csv,
        gradescope=gradescope,
    )  # fmt: skip
    if method and (against or export or inject or sweep_step):
        raise UsageError("--method is for the check of bpcli's own gradients; leave it out here")
    if feedback and not gradescope:
        raise UsageError("--feedback says what --gradescope writes; give both, or leave it out")
    if force and not (export or csv or gradescope):
        raise UsageError(
            "--force overwrites the file of --export, --csv or --gradescope; add one, or leave it out"
        )
    check_unused([path for path in (export, csv, gradescope) if path], force=force)
    if list_mistakes:
        return _list(screen)
    if not (config or override or seed is not None or method or against or export or inject or sweep_step
            or template):  # fmt: skip
        return _finish(_selection(), screen)
    settings = resolved(
        config or DEFAULT, override, {"seed": seed}, tables=not (config or "").endswith(".npz")
    ).config
    if template:
        return _template(settings, template, screen)
    if export:
        return _export(settings, export, screen)
    if sweep_step:
        return _sweep(settings, screen)
    if inject:
        report = _injected(settings, inject)
    elif against:
        from bpcli.gradcheck.collect import Options

        options = Options(layout, weights, function, time_limit, memory_limit << 20, sandbox)
        report = _against(settings, against, point, options, screen)
    else:
        report = _own(settings, method)
    return _finish(report, screen, show=show, csv=csv, gradescope=gradescope, feedback=feedback or "hint")


def _finish(
    report: "GradcheckReport",
    screen: Screen,
    *,
    show: str | None = None,
    csv: Path | None = None,
    gradescope: Path | None = None,
    feedback: Literal["mistake", "hint", "fix"] = "hint",
) -> int:
    """Show the report, write what other programs read, and return the exit code."""
    from bpcli.render.gradcheck import gradcheck_report

    screen.show(gradcheck_report(report, show))
    _write_grades(report, csv, gradescope, feedback)
    screen.document(report.document())
    if report.by_machine:
        from bpcli.common.text import printable

        raise MachineError(
            f"the machine failed to check {len(report.by_machine)} of {len(report.checks)} files "
            f"({printable(', '.join(report.by_machine), 200)}); free space or change permissions, then try again"
        )
    return 0 if report.verdict == "correct" else 3


def _refuse_without_files(against: list[Path] | None, **options: object) -> None:
    """Reject options that say how the files of ``--against`` are checked where there are none."""
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given and not against:
        raise UsageError(f"{given[0]} is about the files of --against; give both, or leave it out")
    if options["gradescope"] and len(against or []) > 1:
        raise UsageError("--gradescope writes the result of one file; give one, or --csv for many")


def _list(screen: Screen) -> int:
    from bpcli.mistakes.catalogue import CATALOGUE
    from bpcli.render.gradcheck import catalogue_table

    screen.show(catalogue_table())
    screen.document({"schema": "bpcli.gradcheck.mistakes/1", "mistakes": [vars(m) for m in CATALOGUE]})
    return 0


def _template(config: "Config", name: "Template", screen: Screen) -> int:
    from bpcli.gradcheck.templates import template

    text = template(name, bias=config.model.bias)
    screen.show_as_is(text)
    screen.document({"schema": "bpcli.gradcheck.template/1", "text": text})
    return 0


def _write_grades(
    report: "GradcheckReport",
    csv: Path | None,
    gradescope: Path | None,
    feedback: Literal["mistake", "hint", "fix"],
) -> None:
    if not (csv or gradescope):
        return
    from bpcli.gradcheck.gradebook import write_gradebook, write_gradescope
    from bpcli.gradcheck.verdicts import SubmissionCheck

    checks = [check for check in report.checks if isinstance(check, SubmissionCheck)]
    if csv:
        write_gradebook(checks, csv)
    if gradescope:
        write_gradescope(checks[0], gradescope, feedback)


def _export(config: "Config", path: Path, screen: Screen) -> int:
    from bpcli.gradcheck.exchange import export_problem
    from bpcli.gradcheck.points import points_for

    points = points_for(config)
    screen.warn(_replacement(points.replaced))
    export_problem(points.examples[0], path)
    names = ", ".join(points.examples[0].parameters)
    screen.show(
        f"{path} written: answer with the gradients by {names} in a .npz or .json file, and have them checked with\n"
        f"bpcli gradcheck --point {path} --against FILE",
        whole_lines=True,
    )
    screen.document(
        {"schema": "bpcli.gradcheck.export/1", "path": str(path), "replaced": list(points.replaced)}
    )
    return 0


def _selection() -> "GradcheckReport":
    from bpcli.gradcheck.report import GradcheckReport
    from bpcli.gradcheck.selection import check_selection

    return GradcheckReport(check_selection(), None)


def _own(config: "Config", method: Literal["complex", "central"] | None) -> "GradcheckReport":
    from bpcli.gradcheck.own import check_own
    from bpcli.gradcheck.report import GradcheckReport
    from bpcli.training.configured import configured_example

    return GradcheckReport(check_own(config, method=method), configured_example(config))


def _sweep(config: "Config", screen: Screen) -> int:
    from bpcli.gradcheck.step_sizes import step_sweep
    from bpcli.render.step_sizes import sweep_plot
    from bpcli.training.configured import configured_example

    sweep = step_sweep(configured_example(config))
    screen.show(sweep_plot(sweep))
    screen.document(sweep.document())
    return 0


def _injected(config: "Config", name: str) -> "GradcheckReport":
    from bpcli.gradcheck.submissions import check_injected
    from bpcli.training.configured import configured_example

    return check_injected(name, configured_example(config))


def _against(
    config: "Config",
    paths: list[Path],
    point: Path | None,
    options: "Options",
    screen: Screen,
) -> "GradcheckReport":
    from bpcli.gradcheck.exchange import read_problem
    from bpcli.gradcheck.points import points_for
    from bpcli.gradcheck.submissions import check_submissions

    points = points_for(config, read_problem(point) if point else None)
    screen.warn(_replacement(points.replaced))
    with ending():
        return check_submissions(paths, points, options)


def _replacement(reasons: tuple[str, ...]) -> list[str]:
    if not reasons:
        return []
    return [
        f"the configured point cannot tell right from wrong ({'; '.join(reasons)}): a random one takes its place"
    ]
