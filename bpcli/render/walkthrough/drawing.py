"""Graphs on the terminal, drawn with box characters."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from bpcli.render.walkthrough.digits import padded
from bpcli.render.walkthrough.flow import ANSWER, GIVEN
from bpcli.render.walkthrough.layout import Plan, plan
from bpcli.walkthrough.blocks import Graph, Sheet
from bpcli.walkthrough.markup import plain

STYLES = {"known": GIVEN, "found": ANSWER}
LINES = {"known": ("╌", "╎"), "found": ("─", "│")}


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
