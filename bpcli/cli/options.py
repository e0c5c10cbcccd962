"""The options that commands share, each written once."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bpcli.cli.completion import runs, settings
from bpcli.common.errors import UsageError

SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=settings,
        help="Override a value: dotted key, YAML value, for example --set model.hidden=16,8. Repeatable.",
    ),
]
SeedOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        help="Random seed of the split, the initial weights and the shuffling; overrides seed.",
    ),
]
TargetOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="COLUMNS",
        help="Column to predict, by name or position from 0; several with commas. Default: the last one.",
        show_default=False,
    ),
]
IgnoreOption: TypeAlias = Annotated[
    str | None, typer.Option("--ignore", metavar="COLUMNS", help="Columns to leave out, with commas.")
]
RunArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="RUN", autocompletion=runs, help="The folder of a run.")
]
JsonOption: TypeAlias = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document at full precision, and nothing else, on stdout."),
]
QuietOption: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")
]
NoColorOption: TypeAlias = Annotated[bool, typer.Option("--no-color", help="Print without colour.")]


def refuse_together(**modes: object) -> None:
    """Reject options that cannot be combined; the names are those of the options, _ for -.

    Raises:
        UsageError: More than one of them is given.
    """
    given = [f"--{name.replace('_', '-')}" for name, value in modes.items() if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be combined: give one of them at a time")


def check_free(path: Path, *, force: bool) -> None:
    """Check, before any work is done, that a file may be written.

    Raises:
        UsageError: its folder does not exist, or it does and ``force`` is not given.
    """
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir() or (path.exists() and not force):
        raise UsageError(f"{path} exists already: choose another name, or overwrite it with --force")
