"""From a command's CONFIG, options and environment (which only ``cli/`` reads) to its configuration.

What is not a configuration, but something that another command takes, is refused with that command.
"""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.common.errors import UsageError
from bpcli.common.text import printable

if TYPE_CHECKING:
    from bpcli.config import Layers, Resolved

PROGRAMS = (".py", ".ipynb")
TABLES = (".csv", ".tsv", ".npy", ".npz", ".xlsx", ".parquet")
PAGES = (".html", ".htm", ".tex", ".md", ".txt", ".pdf", ".svg")
ANSWERS = re.compile(r"^(network|digits):", re.MULTILINE)  # which a configuration does not have


def resolved(
    config: str, overrides: Sequence[str] | None, options: Mapping[str, object], *, tables: bool = False
) -> "Resolved":
    """Return the configuration with ``--set``, the environment and named options such as ``seed`` applied.

    Args:
        config: The name of a shipped configuration, or a path.
        overrides: The values of ``--set``.
        options: The values of named options by dotted key; None for an option that is not given.
        tables: Whether the command also takes a table in place of a configuration.

    Raises:
        UsageError: There is no such configuration, or the file is of another kind.
    """
    return layers_of(config, overrides, options, tables=tables).resolved()


def layers_of(
    config: str, overrides: Sequence[str] | None, options: Mapping[str, object], *, tables: bool = False
) -> "Layers":
    """Return what that configuration is merged from; arguments and errors are those of ``resolved``."""
    from bpcli.config import is_table, read_layers

    other = belongs_to(config)
    if other and not (tables and is_table(config) and not _is_of_a_run(Path(config))):
        raise UsageError(other)
    return read_layers(config, overrides=overrides or [], environment=os.environ, options=options)


def belongs_to(name: str) -> str | None:
    """Say which command takes the file or folder of this name; None if there is none, or it may be a configuration."""
    path = Path(name)
    try:
        there, folder = path.is_file(), path.is_dir()
    except (OSError, ValueError):
        return None  # no path at all
    given, shown = shlex.quote(name), printable(name)
    if folder and (path / "plan.json").is_file():
        return f"{shown} is the folder of a sweep: go on with it by bpcli sweep --resume {given}"
    if folder and (path / "config.yaml").is_file():
        return (
            f"{shown} is a run folder: continue it with bpcli train --resume {given}, or use its configuration, "
            f"{shlex.quote(str(path / 'config.yaml'))}"
        )
    if not there:
        return None
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if _is_of_a_run(path):
        return f"{shown} holds weights of a run: the run is the folder, {shlex.quote(str(path.parent))}"
    if suffix in PROGRAMS:
        return (
            f"{shown} is a program: bpcli gradcheck --against {given} checks the gradients that it computes"
        )
    if suffix in TABLES:
        gradients = f"; if it holds gradients, bpcli gradcheck --against {given} checks them"
        return (
            f"{shown} holds data, and is no configuration: bpcli train {given} trains on it"
            f"{gradients if suffix == '.npz' else ''}"
        )
    if suffix == ".json":
        return f"{shown} is no configuration: if it holds gradients, bpcli gradcheck --against {given} checks them"
    if suffix in PAGES:
        return (
            f"{shown} is a page to be read: a worksheet is answered in the answers-*.yaml beside it, which bpcli "
            "walkthrough --grade marks"
        )
    if suffix in (".yaml", ".yml") and ANSWERS.search(_beginning(path)):
        return f"{shown} has the answers to a worksheet: bpcli walkthrough --grade {given} marks them"
    return None


def _is_of_a_run(path: Path) -> bool:
    """Whether the file holds weights beside the configuration that they were trained with."""
    return path.suffix == ".npz" and (path.parent / "config.yaml").is_file()


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(2000).decode(errors="replace")
    except OSError:
        return ""  # reading it as a configuration reports what is wrong
