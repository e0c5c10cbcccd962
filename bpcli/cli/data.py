"""``bpcli data``: look at a table before training on it."""

from pathlib import Path
from typing import Annotated

import typer

from bpcli.cli.console import Screen
from bpcli.cli.options import (
    IgnoreOption,
    JsonOption,
    NoColorOption,
    QuietOption,
    SetOption,
    TargetOption,
    check_free,
)
from bpcli.cli.resolving import resolved
from bpcli.cli.train import settings
from bpcli.common.errors import UsageError
from bpcli.common.files import write_atomically


def data(
    table: Annotated[
        str,
        typer.Argument(metavar="TABLE", help="A table: a .csv, .tsv, .txt, … file, or - for standard input."),
    ],
    target: TargetOption = None,
    ignore: IgnoreOption = None,
    override: SetOption = None,
    write_config: Annotated[
        Path | None,
        typer.Option(
            "--write-config", metavar="FILE", help="Write a configuration that trains on the table."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Look at a table: columns, missing values, ranges, classes, and what training would do with each column.

    Suspected identifiers are left out, and a column that determines the target is named.
    """
    from bpcli.config import is_table
    from bpcli.render.data import profile_report
    from bpcli.training.setup import look, written_config

    arrays = table.lower().endswith((".npz", ".npy"))
    if arrays or not is_table(table):
        other = f"bpcli train {table}" if arrays else f"for a configuration: bpcli config show {table}"
        raise UsageError(f"{table}: bpcli data looks at text tables, such as a .csv file; {other}")
    if write_config:
        check_free(write_config, force=force)
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    config = resolved(table, override, settings(target, ignore), tables=True).config
    profile = look(config)
    screen.show(profile_report(profile))
    screen.document(profile.document())
    if write_config:
        write_atomically(write_config, written_config(config, profile, write_config).encode())
        screen.show(f"\nwritten {write_config}; next: bpcli train {write_config}", whole_lines=True)
