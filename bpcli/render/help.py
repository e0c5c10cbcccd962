"""The tables of ``--help`` in a narrow terminal: what a name means stands below it where there is no room beside it."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_ROOM = 32  # characters, with fewer of which beside the names most lines hold two or three words
_GAP = 2  # between two columns of typer's tables
# <bool>, <str>, <list[Path]>: Python's words, which nobody types.
_PLAIN_TYPE = re.compile(r"<\w+(\[\w+\])?>")


class HelpTable(Table):
    """A table of typer's: names in all columns but the last, and there what they mean."""

    def add_row(self, *cells: RenderableType | None, **how: object) -> None:
        """Add a row as typer does, without the name of a type where nothing has to be typed of that form."""
        super().add_row(
            *("" if _PLAIN_TYPE.fullmatch(str(cell)) else cell for cell in cells),
            **how,  # type: ignore[arg-type]
        )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw two columns where the second has room, else a paragraph for each row."""
        *names, meanings = [list(column.cells) for column in self.columns]
        taken = sum(
            _GAP + max(Measurement.get(console, options, cell).maximum for cell in column) for column in names
        )
        if options.max_width - taken >= _ROOM:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._stacked(zip(*names, strict=True), meanings)

    def _stacked(
        self, names: Iterator[tuple[RenderableType, ...]], meanings: list[RenderableType]
    ) -> RenderResult:
        for row, meaning in zip(names, meanings, strict=True):
            yield Text("  ").join(cell for cell in row if isinstance(cell, Text) and cell.plain)
            yield Padding(meaning, (0, 0, 0, 4))
