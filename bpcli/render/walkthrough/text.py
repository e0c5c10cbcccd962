"""A walkthrough on the terminal: matrices in tall brackets with their shapes below, folded between factors only."""

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.render.text import columns as table_of
from bpcli.render.walkthrough.drawing import Drawing
from bpcli.render.walkthrough.flow import Flow
from bpcli.render.walkthrough.layout import BLANK
from bpcli.walkthrough.blocks import (
    Block,
    Givens,
    Graph,
    Mode,
    Part,
    Prose,
    Question,
    Sheet,
    Table,
    visible,
)
from bpcli.walkthrough.markup import mixed, plain


def text(sheet: Sheet) -> RenderableType:
    """The whole sheet."""
    return Group(text_title(sheet), *(text_part(sheet, part) for part in sheet.parts))


def text_title(sheet: Sheet) -> RenderableType:
    """Its first two lines."""
    name = [Text("Name: " + 4 * BLANK)] if sheet.mode == "worksheet" else []
    below = [Text(_prose(line), style="dim") for line in sheet.subtitle]
    return Group(Text(sheet.title, style="bold"), *below, *name)


def text_part(sheet: Sheet, part: Part) -> RenderableType:
    """One part."""
    letter = f"({part.letter}) " if part.letter else ""
    title = Text.assemble("\n", (letter + _prose(part.title), "bold"))
    blocks = [block for block in part.blocks if visible(block, sheet.mode)]
    return Group(title, *(_block(block, sheet, last=block is blocks[-1]) for block in blocks))


def _prose(markup: str) -> str:
    """Text with its formulas, which stand between dollar signs, as Unicode."""
    return mixed(markup, str, plain)


def _block(block: Block, sheet: Sheet, *, last: bool) -> RenderableType:
    match block:
        case Prose(markup):
            return Text(_prose(markup))
        case Question(markup):
            return Text(_prose(markup), style="italic")
        case Table():
            table = _table(block, sheet.mode)
            return table if last else Group(table, Text())
        case Graph():
            return Group(Drawing(block, sheet), Text())
        case Givens():
            remarks = Text("  with " + ", ".join(_prose(remark) for remark in block.remarks))
            return Group(Flow(block, sheet, apart=False), remarks)
        case _:
            return Flow(block, sheet, apart=not last)


def _table(block: Table, mode: Mode) -> RenderableType:
    table = table_of(*block.header)
    for row in block.rows:
        table.add_row(*(_prose(cell) if i < block.filled(mode) else BLANK for i, cell in enumerate(row)))
    return table
