"""The options that commands share, each written once."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bpcli.cli.completion import runs, settings
from bpcli.common.errors import UsageError
from bpcli.common.files import check_replaceable
from bpcli.yamltext.scalars import show

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


def chosen_parts(wanted: Sequence[str], letters: str) -> list[str]:
    """Return the parts that "a", "c-e" or "a,c" name, in the order of ``letters``; all of them where nothing is wanted.

    Raises:
        UsageError: one of them is not a part.
    """
    chosen: set[str] = set()
    for word in (word.strip().lower() for text in wanted for word in text.split(",")):
        first, dash, last = word.partition("-")
        ends = [first, last if dash else first]
        if not all(end in letters and len(end) == 1 for end in ends) or ends[0] > ends[1]:
            raise UsageError(
                f"--part: there is no part {show(word)}; write a letter from a to {letters[-1]}, or a range such as a-c"
            )
        chosen |= set(letters[letters.index(ends[0]) : letters.index(ends[1]) + 1])
    return [letter for letter in letters if letter in chosen or not chosen]


def check_free(path: Path, *, force: bool) -> None:
    """Check, before any work is done, that a file may be written.

    Raises:
        UsageError: its folder does not exist, or it does and ``force`` is not given, or it is no file.
    """
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")
    check_unused([path], force=force)


def check_unused(paths: Sequence[Path], *, force: bool) -> None:
    """Check that files may be written whose folder is made where it does not exist.

    Raises:
        UsageError: one is there and ``force`` is not given, or is no file.
    """
    for path in paths:
        check_replaceable(path)
    taken = [path for path in paths if os.path.lexists(path)]  # a link that leads nowhere is somebody's too
    if taken and not force:
        more = f", and {len(taken) - 1} more" if taken[1:] else ""
        raise UsageError(
            f"{taken[0]} exists already{more}: choose another name, or overwrite {'them' if more else 'it'} with "
            "--force"
        )
