"""``bpcli evaluate``: score the network of a run on rows whose target is known."""

from typing import Annotated

import typer

from bpcli.cli.console import Screen
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, RunArgument


def evaluate(
    run: RunArgument,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A table with the columns of training, the target too, an NPZ or NPY; - is standard input. Default: "
            "the rows that the run held out for validation.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Score the network of a run on a table: loss, accuracy by class, or R² and errors in the unit of the target."""
    from bpcli.render.predictions import evaluated, noticed
    from bpcli.training.evaluating import evaluate as score
    from bpcli.training.evaluating import evaluate_held_out
    from bpcli.training.saved_model import load_model

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    result = evaluate_held_out(run) if data is None else score(load_model(run), str(run), data)
    screen.warn(noticed(result.noticed))
    screen.show(evaluated(result))
    screen.document(result.document())
