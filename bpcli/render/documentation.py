"""Pages of the documentation in the terminal: Markdown without colours that cannot be read on white."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bpcli.render.styles import ACCENT

if TYPE_CHECKING:
    from bpcli.mistakes.catalogue import Mistake

_MORE = Text.assemble(("More: ", "dim"), ("bpcli docs mistakes", ACCENT))


class _Code(CodeBlock):
    """A block of code as it is, set in; the schemes of rich bring a background of their own."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Padding(Text(str(self.text).rstrip(), style=ACCENT, overflow="fold"), (0, 0, 0, 4))


class _Heading(Heading):
    """A heading at the left, as in the reports."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield Group(Text(), self.text) if self.tag != "h1" else self.text


class _Table(TableElement):
    """A table whose cells fold; those of rich cut words off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"
            yield table


class _Page(Markdown):
    elements: ClassVar = {
        **Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "heading_open": _Heading,
        "table_open": _Table,
    }


def markdown(text: str) -> RenderableType:
    """Show a page, or a part of one."""
    return _Page(text)


def explained_mistake(row: "Mistake") -> RenderableType:
    """Show all that the catalogue says of one mistake."""
    from bpcli.render.mistakes import algebra  # numerics, which a page does not need

    arises = Text.assemble(("how it arises  ", "dim"), row.arises)
    return Group(
        Text(row.id, style=f"bold {ACCENT}"),
        algebra(row, "wrong"),
        Padding(arises, (0, 0, 0, 2)),
        Text(),
        _MORE,
    )


def contents(pages: Sequence[tuple[str, str]]) -> RenderableType:
    """List the pages by name and title."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style=ACCENT, no_wrap=True)
    table.add_column()
    for name, title in pages:
        table.add_row(name, title)
    return Group(table, Text(), Text.assemble(("Read one with: ", "dim"), ("bpcli docs TOPIC", ACCENT)))
