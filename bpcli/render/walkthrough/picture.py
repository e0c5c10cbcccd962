"""A graph in LaTeX's own picture environment, which every installation has."""

from bpcli.render.walkthrough.digits import Cell
from bpcli.render.walkthrough.layout import BLANK, PlacedArrow, PlacedBox, plan
from bpcli.render.walkthrough.tex import exponent, math, underline
from bpcli.walkthrough.blocks import Graph, Sheet

WIDTH = 100  # in characters
ACROSS, DOWN = 1.7, 4.2  # millimetres of a character; a line of text is 170 wide


def picture(block: Graph, sheet: Sheet) -> str:
    """The whole drawing."""
    placed = plan(block, WIDTH, sheet.digits, sheet.mode)
    high = placed.height * DOWN
    drawn = [part for box in placed.boxes for part in _box(box, high)]
    drawn += [part for arrow in placed.arrows for part in _arrow(arrow, high)]
    size, body = f"({placed.width * ACROSS:.2f},{high:.2f})", "\n".join(drawn)
    return (
        "\\par\\medskip{\\setlength{\\unitlength}{1mm}\\noindent\n"
        f"\\begin{{picture}}{size}\n{body}\n\\end{{picture}}}}\\par"
    )


def _put(x: float, y: float, high: float, what: str) -> str:
    """Something at a column and a line, which LaTeX counts upwards."""
    return rf"\put({x * ACROSS:.2f},{high - y * DOWN:.2f}){{{what}}}"


def _box(box: PlacedBox, high: float) -> list[str]:
    size = f"({box.width * ACROSS:.2f},{(box.height - 1) * DOWN:.2f})"
    frame = rf"\dashbox{{1}}{size}{{}}" if box.kind == "known" else rf"\framebox{size}{{}}"
    drawn = [
        _put(box.x, box.y + box.height - 0.5, high, frame),
        _put(box.x + 0.5, box.y + 0.35, high, rf"\scriptsize ${math(box.symbol)}$"),
    ]
    used = len(box.rows[0]) * (box.cell_width + 1) - 1
    start = box.x + (box.width - used) / 2
    for number, row in enumerate(box.rows, start=1):
        for column, cell in enumerate(row):
            end = start + (column + 1) * (box.cell_width + 1) - 1
            shown = rf"\makebox(0,0)[r]{{\footnotesize ${_small(cell)}$}}"
            drawn.append(_put(end, box.y + number + 0.5, high, shown))
    return drawn


def _small(cell: Cell | None) -> str:
    if cell is None:
        return r"\ldots"
    if cell.text == BLANK:
        return underline(7)
    return exponent(cell.text) + (rf"\phantom{{{cell.omitted}}}" if cell.omitted else "")


def _arrow(arrow: PlacedArrow, high: float) -> list[str]:
    if arrow.x1 == arrow.x2:
        top, bottom = min(arrow.y1, arrow.y2) - 0.5, max(arrow.y1, arrow.y2) + 1.5
        downwards = arrow.y2 > arrow.y1
        start = top if downwards else bottom
        vector = rf"\vector(0,{-1 if downwards else 1}){{{(bottom - top) * DOWN:.2f}}}"
        drawn = [_put(arrow.x1 + 0.5, start, high, vector)]
        if arrow.label:
            label = rf"\makebox(0,0)[r]{{\scriptsize ${math(arrow.label)}$}}"
            drawn.append(_put(arrow.x1 - 0.2, (top + bottom) / 2, high, label))
        return drawn
    right = 1 if arrow.x2 > arrow.x1 else -1
    begin, end = arrow.x1 + (right < 0), arrow.x2 + (right > 0)
    vector = rf"\vector({right},0){{{abs(end - begin) * ACROSS:.2f}}}"
    drawn = [_put(begin, arrow.y1 + 0.4, high, vector)]
    if arrow.label:
        label = rf"\makebox(0,0)[b]{{\scriptsize ${math(arrow.label)}$}}"
        drawn.append(_put((begin + end) / 2, arrow.y1 + 0.2, high, label))
    return drawn
