"""A graph as inline SVG for a page of HTML: boxes with right-aligned numbers, and arrows between them.

What the drawing cannot do without stands in attributes too: some converters apply no style sheet to a drawing.
"""

import re
from html import escape

from bpcli.render.walkthrough.layout import BLANK, PlacedArrow, PlacedBox, plan
from bpcli.walkthrough.blocks import TO_LABEL, Graph, Sheet

WIDTH = 105  # of a graph, in characters
LEVELS = {"": 0, "_": 4, "^": -5}  # of an index, downwards
ABOVE = 6  # the first line, for high indices
ACROSS, DOWN = 8, 19  # of a character, in the units of the drawing


def svg(block: Graph, sheet: Sheet) -> str:
    """The whole drawing."""
    placed = plan(block, WIDTH, sheet.digits, sheet.mode)
    width, height = placed.width * ACROSS + 4, placed.height * DOWN + 4 + ABOVE
    drawn = [part for box in placed.boxes for part in _box(box)]
    drawn += [part for arrow in placed.arrows for part in _arrow(arrow)]
    label = "The graph of the backward pass" if block.backward else "The graph of the forward pass"
    body = "\n".join(drawn)
    return (
        f'<svg class="graph" role="img" aria-label="{label}" width="{width}" height="{height}" '
        f'viewBox="0 {-ABOVE} {width} {height}" font-size="13">\n{body}\n</svg>'
    )


def _box(box: PlacedBox) -> list[str]:
    x, y = box.x * ACROSS + 2, box.y * DOWN + DOWN / 2
    drawn = [
        f'<rect class="{box.kind}" x="{x}" y="{y + 6}" width="{box.width * ACROSS}" '
        f'height="{(box.height - 1) * DOWN - 6}" rx="4" fill="none" stroke="#888"/>',
        f'<text class="symbol" x="{x + 2}" y="{y - 1}">{_label(box.symbol)}</text>',
    ]
    used = len(box.rows[0]) * (box.cell_width + 1) - 1
    start = box.x + (box.width - used) / 2
    for number, row in enumerate(box.rows, start=1):
        middle = (box.y + number) * DOWN + DOWN / 2 + 6
        for column, cell in enumerate(row):
            end = (start + (column + 1) * (box.cell_width + 1) - 1) * ACROSS + 2
            end -= len(cell.omitted) * ACROSS if cell else 0
            text = "…" if cell is None else "____" if cell.text == BLANK else cell.text.replace("-", "−")
            drawn.append(f'<text class="number" x="{end}" y="{middle}" text-anchor="end">{text}</text>')
    return drawn


def _arrow(arrow: PlacedArrow) -> list[str]:
    """A line with a head that stops at the border of the box, and its label above."""
    if arrow.x1 == arrow.x2:
        x = arrow.x1 * ACROSS + ACROSS / 2 + 2
        down = 1 if arrow.y2 > arrow.y1 else -1
        ends = ((min(arrow.y1, arrow.y2) - 0.5) * DOWN, (max(arrow.y1, arrow.y2) + 1.5) * DOWN + 6)
        start, stop = ends[::down]
        head = f"{x},{stop} {x - 4},{stop - down * 8} {x + 4},{stop - down * 8}"
        drawn = [
            f'<path d="M{x} {start}V{stop - down * 6}" stroke="#888"/>',
            f'<polygon class="head" points="{head}"/>',
        ]
        if arrow.label not in ("", TO_LABEL):
            middle = (ends[0] + ends[1]) / 2 + 4
            drawn.append(
                f'<text class="label beside" x="{x - 7}" y="{middle}" text-anchor="end">{_label(arrow.label)}</text>'
            )
        return drawn
    y = arrow.y1 * DOWN + DOWN / 2 + 3
    right = 1 if arrow.x2 > arrow.x1 else -1
    begin, end = (arrow.x1 + (right < 0)) * ACROSS + 2, (arrow.x2 + (right > 0)) * ACROSS + 2
    head = f"{end},{y} {end - right * 8},{y - 4} {end - right * 8},{y + 4}"
    drawn = [
        f'<path d="M{begin} {y}H{end - right * 6}" stroke="#888"/>',
        f'<polygon class="head" points="{head}"/>',
    ]
    if arrow.label not in ("", TO_LABEL):
        drawn.append(
            f'<text class="label" x="{(begin + end) / 2}" y="{y - 7}" text-anchor="middle">{_label(arrow.label)}</text>'
        )
    return drawn


def _label(markup: str) -> str:
    """A symbol with its indices as shifted spans; SVG has no sub and sup."""
    drawn, at = "", 0
    for kind, inner, outer in re.findall(r"([_^])\{([^}]*)\}|([^_^]+)", markup):
        level = LEVELS[kind]
        text = escape(inner.replace("T", "⊤") if kind == "^" else inner or outer).replace("-", "−")
        size = ' font-size="9"' if kind else ""
        drawn += f'<tspan dy="{level - at}"{size}>{text}</tspan>' if kind or at else text
        at = level
    return drawn
