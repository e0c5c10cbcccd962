"""``bpcli runs``: list, show and compare runs, and find the best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bpcli.cli.console import Screen
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, RunArgument

if TYPE_CHECKING:
    from bpcli.training.run_list import RunFacts

app = typer.Typer(
    help="List, show and compare runs, and find the best.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds the runs.")]


@app.command("list")
def list_(
    folder: FolderArgument = Path("runs"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """List the runs in a folder with their scores."""
    from bpcli.render.predictions import run_table
    from bpcli.training.run_list import find_runs

    found = find_runs(folder)
    _shown(found, run_table(found), Screen(quiet=quiet, as_json=as_json, color=not no_color))


@app.command()
def show(
    run: RunArgument, as_json: JsonOption = False, quiet: QuietOption = False, no_color: NoColorOption = False
) -> None:
    """Show one run: its data, settings and scores."""
    from bpcli.render.predictions import run_details
    from bpcli.training.run_list import read_run

    found = read_run(run)
    _shown([found], run_details(found), Screen(quiet=quiet, as_json=as_json, color=not no_color))


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Folders of runs.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Compare runs: their scores, and the settings in which they differ."""
    from bpcli.render.predictions import compared
    from bpcli.training.run_list import differences, read_run

    found = [read_run(run) for run in runs]
    differing = differences(found)
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    screen.show(compared(found, differing))
    screen.document(
        {
            "schema": "bpcli.runs/1",
            "runs": [run.document() for run in found],
            "differences": {key: list(values) for key, values in differing.items()},
        }
    )


@app.command()
def best(
    folder: FolderArgument = Path("runs"),
    data: Annotated[
        str | None, typer.Option("--data", metavar="SOURCE", help="Only runs whose data source ends so.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Print the folder of the run with the highest validation score, for use in a script."""
    from rich.text import Text

    from bpcli.config.fields import is_own_table
    from bpcli.training.run_list import best_run, find_runs

    found = [run for run in find_runs(folder) if data is None or run.source.endswith(data)]
    winner = best_run(found)
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    screen.show(Text(winner.folder), whole_lines=True)
    screen.document({"schema": "bpcli.runs/1", "runs": [winner.document()]})
    if not winner.validated and is_own_table(winner.source):
        screen.warn(
            [
                "no run here held rows out: the scores are those of the rows trained on, and say little of new ones. "
                "To compare settings, train with --set data.validation=0.2"
            ]
        )


def _shown(runs: "list[RunFacts] | tuple[RunFacts, ...]", table: object, screen: Screen) -> None:
    screen.show(table)  # type: ignore[arg-type]
    screen.document({"schema": "bpcli.runs/1", "runs": [run.document() for run in runs]})
