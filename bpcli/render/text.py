"""How numbers, shapes and headings are written, the same everywhere."""

from math import isfinite
from typing import TYPE_CHECKING

# Warnings are written with the words of this module where nothing else is shown, and Rich takes long to load.
if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table
    from rich.text import Text

LOSS_NAMES = {"squared_error": "squared error ½‖y-z‖²", "cross_entropy": "cross-entropy"}


def number(value: float | None) -> str:
    """Four significant digits, enough to compare and short enough for a column; – where there is no number."""
    if value is None:
        return "–"
    if not isfinite(value):
        return "not finite"
    return f"{value:.4g}"


def measure(value: float | None) -> str:
    """A number in a unit of its own: as ``number``, but 12,340 and not 1.234e+04."""
    return f"{value:,.0f}" if value is not None and 1e4 <= abs(value) < 1e12 else number(value)


def shape(sizes: tuple[int, ...]) -> str:
    """A shape as the sheet writes it: 10×32."""
    return "×".join(str(size) for size in sizes)


def counted(amount: int, noun: str, plural: str = "") -> str:
    """An amount with its noun: 1 class, 1,797 rows."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def ranges(units: tuple[int, ...], most: int | None = None) -> str:
    """Units in increasing order, runs of three or more joined: 0–3, 7, 9; of more than ``most`` pieces, 0–3, 7 … 90."""
    runs: list[list[int]] = []
    for unit in sorted(units):
        if runs and unit == runs[-1][-1] + 1:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    pieces = [
        piece
        for run in runs
        for piece in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(unit) for unit in run])
    ]
    if most is not None and len(pieces) > most:
        return f"{', '.join(pieces[: most - 1])} … {pieces[-1]}"
    return ", ".join(pieces)


def heading(title: str, remark: str = "") -> "Text":
    """A section's title, and beside it what it shows."""
    from rich.text import Text

    return Text.assemble("\n", (title, "bold"), (f"  {remark}" if remark else "", "dim"))


def columns(*names: str, numbers: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> "Table":
    """An empty table, its columns close enough together for 60 characters.

    ``numbers`` stand to the right; they and what is ``whole`` are never folded. The other columns fold between words.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        longest = max((len(word) for word in name.split()), default=0)
        if name in numbers:
            table.add_column(name, justify="right", no_wrap=True, min_width=longest)
        else:
            table.add_column(name, overflow="fold", no_wrap=name in whole, min_width=longest)
    return table


class Fitting:
    """The first of several forms of one thing that the terminal has room for, else the last.

    That is where nothing of it is folded; if it is ``foldable``, where no word is broken.
    """

    def __init__(self, *forms: "RenderableType", foldable: bool = False) -> None:
        self._forms, self._foldable = forms, foldable

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Choose by the width that each form needs."""
        unbounded = options.update(width=10_000)
        for form in self._forms[:-1]:
            needed = console.measure(form, options=unbounded)
            if (needed.minimum if self._foldable else needed.maximum) <= options.max_width:
                yield form
                return
        yield self._forms[-1]


def known(**rows: str) -> "Table":
    """What is known in a few lines, each under a short name."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(name, text)
    return table
