"""``bpcli gradcheck``: check bpcli's own gradients or somebody else's, and name the mistake."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bpcli.cli.console import Screen
from bpcli.cli.interrupts import ending
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SeedOption, SetOption, refuse_together
from bpcli.cli.resolving import resolved
from bpcli.cli.variadic import VariadicFiles
from bpcli.common.errors import MachineError, UsageError

if TYPE_CHECKING:
    from bpcli.config import Config
    from bpcli.gradcheck.report import GradcheckReport

DEFAULT = "gradcheck"


class GradcheckCommand(VariadicFiles):
    """Lets ``--against`` take the answers of a whole class."""

    option = "--against"
    endings = (".py", ".npz", ".json")


def gradcheck(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            help="A YAML file, or the name of a shipped configuration. Without one: gradcheck, a 3-4-2 network.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="FILE...",
            help="Check the gradients in these files: .py with a function gradients, or .npz and .json answers.",
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
        Literal["rows", "columns"],
        typer.Option("--layout", help="Whether X and Y hold the samples in rows or in columns."),
    ] = "rows",
    time_limit: Annotated[
        float, typer.Option("--time-limit", metavar="SECONDS", help="For each file.", min=0.1, max=86400)
    ] = 10.0,
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
        typer.Option("--inject", metavar="ID", help="Make this mistake, and see it found."),
    ] = None,
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
    weights and after some steps of training. With --against, checks the gradients that other people computed.

    A Python file defines a function `gradients` whose parameter names say what it wants: `x, y` for a point at a
    time (1-D arrays; bpcli averages the results over the points), or `X, Y` for the batch; `V, W`, and `bias_V,
    bias_W` where there are biases; `learning_rate` and `weight_decay` if it asks. It returns a tuple in the order
    V, W, bias_V, bias_W, or a dict by those names. Each file runs in a process of its own, with limits on its time,
    its memory and the size of the files that it writes; that is no sandbox.

    Exits with 0 if every gradient is right, with 3 if any is not, and with 1 if the machine failed to check one.
    """
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    refuse_together(
        against=against, export=export, inject=inject, sweep_step=sweep_step, list_mistakes=list_mistakes
    )
    _refuse_alone(
        against=against, point=point, method=method, own=not (against or export or inject or sweep_step)
    )
    if list_mistakes:
        return _list(screen)
    settings = resolved(config or DEFAULT, override, {"seed": seed}).config
    if export:
        return _export(settings, export, screen)
    if sweep_step:
        return _sweep(settings, screen)
    if inject:
        report = _injected(settings, inject)
    elif against:
        report = _against(settings, against, point, layout, time_limit, screen)
    else:
        report = _own(settings, method)
    from bpcli.render.gradcheck import gradcheck_report

    screen.show(gradcheck_report(report))
    screen.document(report.document())
    if report.by_machine:
        from bpcli.common.text import printable

        raise MachineError(
            f"the machine failed to check {len(report.by_machine)} of {len(report.checks)} files "
            f"({printable(', '.join(report.by_machine), 200)}); free space or change permissions, then try again"
        )
    return 0 if report.verdict == "correct" else 3


def _refuse_alone(*, against: object, point: Path | None, method: str | None, own: bool) -> None:
    if point and not against:
        raise UsageError(
            "--point says where the answers of --against are checked; give both, or leave it out"
        )
    if method and not own:
        raise UsageError("--method is for the check of bpcli's own gradients; leave it out here")


def _list(screen: Screen) -> int:
    from bpcli.mistakes.catalogue import CATALOGUE
    from bpcli.render.gradcheck import catalogue_table

    screen.show(catalogue_table())
    screen.document({"schema": "bpcli.gradcheck.mistakes/1", "mistakes": [vars(m) for m in CATALOGUE]})
    return 0


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


def _own(config: "Config", method: Literal["complex", "central"] | None) -> "GradcheckReport":
    from bpcli.gradcheck.own import check_own
    from bpcli.gradcheck.points import configured_point
    from bpcli.gradcheck.report import GradcheckReport

    return GradcheckReport(check_own(config, method=method), configured_point(config))


def _sweep(config: "Config", screen: Screen) -> int:
    from bpcli.gradcheck.points import configured_point
    from bpcli.gradcheck.sweep import step_sweep
    from bpcli.render.sweep import sweep_plot

    sweep = step_sweep(configured_point(config))
    screen.show(sweep_plot(sweep))
    screen.document(sweep.document())
    return 0


def _injected(config: "Config", name: str) -> "GradcheckReport":
    from bpcli.gradcheck.against import check_injected
    from bpcli.gradcheck.points import configured_point

    return check_injected(name, configured_point(config))


def _against(
    config: "Config",
    paths: list[Path],
    point: Path | None,
    layout: Literal["rows", "columns"],
    time_limit: float,
    screen: Screen,
) -> "GradcheckReport":
    from bpcli.gradcheck.against import check_submissions
    from bpcli.gradcheck.exchange import read_problem
    from bpcli.gradcheck.points import points_for

    points = points_for(config, read_problem(point) if point else None)
    screen.warn(_replacement(points.replaced))
    with ending():
        return check_submissions(paths, points, layout=layout, time_limit=time_limit)


def _replacement(reasons: tuple[str, ...]) -> list[str]:
    if not reasons:
        return []
    return [
        f"the configured point cannot tell right from wrong ({'; '.join(reasons)}): a random one takes its place"
    ]
