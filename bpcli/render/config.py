"""What ``bpcli config`` shows: the shipped configurations, or one configuration with the origin of each value."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.config import Config, Resolved, Shipped, ShownLine
from bpcli.render.styles import ACCENT, GOOD
from bpcli.render.text import counted

if TYPE_CHECKING:  # a list of names needs no NumPy
    from bpcli.datasets import Prepared


def shipped_table(configurations: Sequence[Shipped]) -> RenderableType:
    """Return a table of names and descriptions."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style=ACCENT, no_wrap=True)
    table.add_column()
    for each in configurations:
        table.add_row(each.name, each.description)
    return Group(table, Text(), Text.assemble(("Train one with: ", "dim"), ("bpcli train NAME", ACCENT)))


def shown_config(lines: Sequence[ShownLine]) -> RenderableType:
    """Return the resolved configuration as YAML, with the origin of each value as a comment; defaults are dim."""
    width = max(len(line.text) for line in lines if line.origin)
    text = Text()
    for line in lines:
        text.append(line.text, style="" if line.origin not in ("", "default") else "dim")
        if line.origin:
            text.append(f"{'':{width - len(line.text)}}  # {line.origin}", style="dim")
        text.append("\n")
    text.rstrip()
    return text


def checked(resolved: Resolved, data: "Prepared | None") -> RenderableType:
    """Return the message that a configuration is valid, with its main values, and what its data are."""
    said = Text.assemble(
        (str(resolved.path), ACCENT), ": ", ("valid", GOOD), f"; {_in_a_line(resolved.config)}"
    )
    if data is None:
        return said.append("; standard input is not read")
    rows, held_out = len(data.X), len(data.X_validation)
    split = f"{rows:,} rows to train on, {held_out:,} held out" if held_out else f"{rows:,} rows"
    return said.append(f"; {split}; {counted(data.X.shape[1], 'input')}; {data.task}")


def _in_a_line(config: Config) -> str:
    hidden = " → ".join(str(width) for width in config.model.hidden) or "none"
    return (
        f"data {config.data.source}, hidden {hidden}, {config.training.loss}, {config.training.optimizer.name}, "
        f"{config.training.epochs} epochs"
    )
