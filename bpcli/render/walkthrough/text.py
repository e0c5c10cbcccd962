"""A walkthrough on the terminal: matrices in tall brackets with their shapes below, folded between factors only."""

from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from bpcli.common.markup import mixed, plain
from bpcli.render.text import columns as table_of
from bpcli.render.walkthrough.digits import padded
from bpcli.render.walkthrough.flow import ANSWER, GIVEN, Flow
from bpcli.render.walkthrough.layout import BLANK, Plan, plan
from bpcli.walkthrough.blocks import (
    Block,
    Givens,
    Graph,
    Mode,
    Part,
    Prose,
    Question,
    Room,
    Sheet,
    Table,
    visible,
)

STYLES = {"known": GIVEN, "found": ANSWER}
LINES = {"known": ("╌", "╎"), "found": ("─", "│")}
KEPT = "\ue000"  # a space where no line may end; a private character, as Rich folds at every kind of space
LINE = 8 * BLANK  # to write on
SHORT = 45  # characters of a formula that stays on one line


def text(sheet: Sheet) -> RenderableType:
    """The whole sheet."""
    return Group(text_title(sheet), *(text_part(sheet, part) for part in sheet.parts))


def text_title(sheet: Sheet) -> RenderableType:
    """Its first two lines."""
    name = [Text(f"Name: {sheet.name or 4 * BLANK}")] if sheet.mode == "worksheet" else []
    below = [Text(_prose(line), style="dim") for line in sheet.subtitle]
    return Group(Text(sheet.title, style="bold"), *below, *name)


def text_given(sheet: Sheet) -> RenderableType:
    """The title, and below it the given numbers and the notation, without a word on how to write."""
    given = [block for part in sheet.parts if not part.letter for block in part.blocks]
    blocks = [_block(block, sheet, last=True) for block in given if not isinstance(block, Prose)]
    below = [Text(_prose(line), style="dim") for line in sheet.subtitle]
    return Group(Text(sheet.title, style="bold"), *below, Text(), *blocks, Text())


def text_part_title(part: Part) -> Text:
    """The title of one part, below an empty line."""
    letter = f"({part.letter}) " if part.letter else ""
    return Text.assemble("\n", (letter + _prose(part.title), "bold"))


def text_part(sheet: Sheet, part: Part) -> RenderableType:
    """One part."""
    title = text_part_title(part)
    blocks = [block for block in part.blocks if visible(block, sheet.mode)]
    return Group(title, *(_block(block, sheet, last=block is blocks[-1]) for block in blocks))


def _prose(markup: str) -> str:
    """Text with its formulas, which stand between dollar signs, as Unicode."""
    return mixed(markup, str, plain)


class _Paragraph:
    """Text that is folded between words, but not within a short formula."""

    def __init__(self, markup: str, style: str = "") -> None:
        self._text = mixed(markup, str, lambda formula: _kept_together(plain(formula)))
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in wrap(self._text, options.max_width, break_long_words=False, break_on_hyphens=False):
            yield Text(line.replace(KEPT, " "), style=self._style)


def _kept_together(formula: str) -> str:
    return formula.replace(" ", KEPT) if len(formula) <= SHORT else formula


def _block(block: Block, sheet: Sheet, *, last: bool) -> RenderableType:
    match block:
        case Prose(markup):
            return _Paragraph(markup)
        case Question(markup):
            return _Paragraph(markup, "italic")
        case Room():
            return _room(block, sheet.mode, last=last)
        case Table():
            table = _table(block, sheet.mode)
            return table if last else Group(table, Text())
        case Graph():
            return Group(Drawing(block, sheet), Text())
        case Givens():
            remarks = Padding(_Paragraph("with " + ", ".join(block.remarks)), (0, 0, 0, 2))
            return Group(Flow(block, sheet, apart=False), remarks)
        case _:
            return Flow(block, sheet, apart=not last)


def _room(block: Room, mode: Mode, *, last: bool) -> RenderableType:
    """Lines to write on, or what the key has there."""
    if mode == "key" and block.lines > 1:
        shown: RenderableType = Group(
            _Paragraph(block.prompt), Padding(_Paragraph(block.answer), (0, 0, 0, 2))
        )
    elif mode == "key":
        shown = _Paragraph(f"{block.prompt} {block.answer}")
    elif block.lines == 1:
        shown = Text(f"{_prose(block.prompt)} {LINE}", no_wrap=True, overflow="crop")
    else:
        shown = Group(_Paragraph(block.prompt), *(Text(f"  {LINE}") for _ in range(block.lines)))
    return shown if last else Group(shown, Text())


def _table(block: Table, mode: Mode) -> RenderableType:
    table = table_of(*block.header)
    for row in block.rows:
        table.add_row(*(_prose(cell) if i < block.filled(mode) else BLANK for i, cell in enumerate(row)))
    return table


class Drawing:
    """The graph, drawn with box characters."""

    def __init__(self, graph: Graph, sheet: Sheet) -> None:
        self._graph, self._sheet = graph, sheet

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        placed = plan(self._graph, options.max_width - 2, self._sheet.digits, self._sheet.mode)
        for number, line in enumerate(drawn(placed)):
            shown = Text(line)
            for box in placed.boxes:
                if box.y < number < box.y + box.height - 1:
                    shown.stylize(STYLES[box.kind], box.x + 1, box.x + box.width - 1)
            yield Text.assemble("  ", shown) if line else Text()


def drawing(graph: Graph, sheet: Sheet, width: int) -> list[str]:
    """The lines of the graph, without colour."""
    return drawn(plan(graph, width, sheet.digits, sheet.mode))


def drawn(placed: Plan) -> list[str]:
    """The lines of a plan."""
    canvas = [[" "] * (placed.width + 8) for _ in range(placed.height + 1)]

    def put(x: int, y: int, word: str) -> None:
        canvas[y][x : x + len(word)] = word

    for box in placed.boxes:
        across, down = LINES[box.kind]
        title = f"{across} {plain(box.symbol)} "
        put(box.x, box.y, "┌" + title + across * (box.width - 2 - len(title)) + "┐")
        for number, row in enumerate(box.rows, start=1):
            cells = " ".join(padded(cell, box.cell_width) for cell in row)
            put(box.x, box.y + number, down + f" {cells} ".center(box.width - 2) + down)
        put(box.x, box.y + box.height - 1, "└" + across * (box.width - 2) + "┘")
    for arrow in placed.arrows:
        if arrow.x1 == arrow.x2:
            top, bottom = sorted((arrow.y1, arrow.y2))
            for y in range(top, bottom + 1):
                put(arrow.x1, y, "│")
            put(arrow.x2, arrow.y2, "▼" if arrow.y2 >= arrow.y1 else "▲")
            label = plain(arrow.label)
            put(arrow.x1 - 1 - len(label), (top + bottom + 1) // 2, label)
        else:
            left, right = sorted((arrow.x1, arrow.x2))
            label = plain(arrow.label)
            line = (
                f"{label:─^{max(right - left - 1, 1)}}"
                if not label
                else f" {label} ".center(right - left - 1, "─")
            )
            put(left, arrow.y1, "─" + line + "▶" if arrow.x2 > arrow.x1 else "◀" + line + "─")
    return ["".join(line).rstrip() for line in canvas[: placed.height]]
