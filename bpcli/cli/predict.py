"""``bpcli predict``: use the network of a run on new rows."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bpcli.cli.console import Screen
from bpcli.cli.options import NoColorOption, QuietOption, RunArgument, check_free
from bpcli.common.errors import UsageError
from bpcli.common.files import replacing
from bpcli.common.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable


def predict(
    run: RunArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A table with the columns of training, by name; - or nothing is standard input.",
        ),
    ] = "-",
    proba: Annotated[bool, typer.Option("--proba", help="Add the probability of each class.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Repeat the columns of DATA before the predictions.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="CSV file to write instead of stdout.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Predict the target of every row of a table, as CSV.

    Prints a class, or a number in the unit of the target, for each row. Some thousand rows are read,
    predicted and written at a time, so a table of any length fits. What was ignored or unknown is said on stderr.
    """
    from bpcli.models.model import Noticed
    from bpcli.models.writing import PredictionTable
    from bpcli.render.predictions import noticed
    from bpcli.training.saved_model import load_model

    screen = Screen(quiet=quiet, color=not no_color)
    if output:
        check_free(output, force=force)
    model = load_model(run)
    if proba and model.encoding.target.task == "regression":
        raise UsageError(f"{run} predicts numbers, which have no probabilities: leave --proba out")
    table, seen = PredictionTable(model, proba=proba, keep=keep), Noticed(model)
    with _written_to(output) as write:
        for chunk in model.predict_chunks(model.rows(data, verbatim=keep)):
            write(table.text(chunk))
            seen.add(chunk.rows)
    screen.warn(noticed(seen))


def on_terminal() -> bool:
    """Whether standard output is a terminal, which obeys control characters."""
    return sys.stdout.isatty()


@contextmanager
def _written_to(output: Path | None) -> "Iterator[Callable[[str], object]]":
    if output is None:
        terminal = on_terminal()
        yield lambda text: sys.stdout.write("\n".join(map(printable, text.split("\n"))) if terminal else text)
        sys.stdout.flush()
        return
    with replacing(output) as file:
        yield lambda text: file.write(text.encode())
