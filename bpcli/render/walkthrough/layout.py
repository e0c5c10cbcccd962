"""Where the boxes and arrows of a graph stand, in characters and lines; text, SVG and LaTeX draw the same plan."""

from dataclasses import dataclass, field, replace

from bpcli.common.markup import plain
from bpcli.render.walkthrough.digits import Cell, Grid, grid
from bpcli.walkthrough.blocks import Box, Graph, Mode, Stage

ARROW = 5
BLANK = "_____"
BESIDE = 2  # from the edge between two boxes to the arrows on both sides of it
MOST_ROWS, MOST_COLUMNS = 6, 8


@dataclass(frozen=True)
class PlacedBox:
    """A box at a column and a line, its border included; ``rows`` are its cells, right-aligned in ``cell_width``."""

    x: int
    y: int
    width: int
    height: int
    symbol: str
    rows: Grid
    cell_width: int
    kind: str  # "known" or "found"


@dataclass(frozen=True)
class PlacedArrow:
    """From (x1, y1) to (x2, y2), horizontal with its ``label`` above it, or vertical with it on its left."""

    x1: int
    y1: int
    x2: int
    y2: int
    label: str = ""


@dataclass
class Plan:
    """The whole drawing."""

    width: int = 0
    height: int = 0
    boxes: list[PlacedBox] = field(default_factory=list)
    arrows: list[PlacedArrow] = field(default_factory=list)


@dataclass(frozen=True)
class _Measured:
    """A box with its size, before it has a place."""

    box: Box
    rows: Grid
    cell_width: int
    width: int
    height: int


@dataclass(frozen=True)
class _Stop:
    """A stage with its place on its line: where its box begins, and where what enters it does."""

    stage: Stage
    box: _Measured
    entering: list[_Measured]
    x: int
    inside: int
    right: int
    top_right: int


def plan(graph: Graph, width: int, digits: int, mode: Mode) -> Plan:
    """Place the line of boxes within ``width``, folded where it does not fit; never within a box."""
    drawing = Plan()
    lines: list[list[_Stop]] = [[]]
    right = top_right = 0  # of the boxes of this line so far, and of what enters them from above
    for stage in graph.stages:
        box = _measure(stage.box, digits, mode, MOST_COLUMNS)
        entering = _measured(stage.entering, digits, mode, width - 2 * ARROW)
        stop = _after(stage, box, entering, right, top_right, first=not lines[-1] and len(lines) == 1)
        leaves = 0 if stage is graph.stages[-1] else ARROW
        if lines[-1] and max(stop.right + leaves, stop.top_right) > width:
            lines.append([])
            stop = _after(stage, box, entering, 0, -1, first=False)
        lines[-1].append(stop)
        right, top_right = stop.right, max(stop.top_right, 0)
    top = 0
    for number, line in enumerate(lines):
        top = _draw(drawing, line, top, graph.backward, last=number == len(lines) - 1) + 1
    drawing.height = top - 1
    return drawing


def _after(
    stage: Stage, box: _Measured, entering: list[_Measured], right: int, top_right: int, *, first: bool
) -> _Stop:
    """A stage to the right of what is there; what enters it may reach over the arrows beside its box."""
    gap = 0 if first else max(ARROW, len(plain(stage.arrow)) + 4)
    x = right + gap
    group = sum(each.width for each in entering) + max(len(entering) - 1, 0)
    if not entering:
        return _Stop(stage, box, entering, x, x, x + box.width, top_right)
    if len(entering) == 1:
        inside = x + box.width // 2 - group // 2
    else:  # of two, each has a part of the box below its own
        box = replace(box, width=max(box.width, _clear(box) + 2 * BESIDE + 2))
        room = box.width - 2 - _clear(box) - 2 * BESIDE
        inside = x + _clear(box) + BESIDE + room // 2 - entering[0].width
    shift = max(0, top_right + 1 - inside)
    x, inside = x + shift, inside + shift
    return _Stop(stage, box, entering, x, inside, x + box.width, inside + group)


def _clear(box: _Measured) -> int:
    """How far the symbol reaches on the border of a box, where no arrow may stand."""
    return len(plain(box.box.symbol)) + 2


def _measured(boxes: tuple[Box, ...], digits: int, mode: Mode, width: int) -> list[_Measured]:
    """What enters a stage: with as many columns, and then with as many digits, as fit the width side by side."""
    found: list[_Measured] = []
    for fewer in range(digits, 0, -1):
        for columns in range(MOST_COLUMNS, 2, -1):
            found = [_measure(box, fewer, mode, columns) for box in boxes]
            if sum(each.width + 1 for each in found) <= width:
                return found
    return found


def _measure(box: Box, digits: int, mode: Mode, columns: int) -> _Measured:
    rows = grid(box.numbers, digits, (MOST_ROWS, columns))
    if mode == "worksheet" and not box.given:
        rows = [[cell and Cell(BLANK) for cell in row] for row in rows]
    cell_width = max(len(cell.text + cell.omitted) if cell else 1 for row in rows for cell in row)
    inner = max((cell_width + 1) * len(rows[0]) - 1, len(plain(box.symbol)) + 1)
    return _Measured(box, rows, cell_width, inner + 4, len(rows) + 2)


def _draw(drawing: Plan, line: list[_Stop], top: int, backward: bool, *, last: bool) -> int:
    """Place one line of boxes below ``top`` and return the line below it."""
    above = max((each.height for stop in line for each in stop.entering), default=0)
    tallest = max(stop.box.height for stop in line)
    start = top + above + (2 if above else 0)
    middle = start + tallest // 2
    right = None if line[0].x == 0 else 0
    for stop in line:
        y = middle - stop.box.height // 2
        _place(drawing, stop.box, stop.x, y)
        inside = stop.inside
        for each in stop.entering:
            _place(drawing, each, inside, top + above - each.height)
            down = _between(stop, inside, each.width)
            ends = (top + above, y - 1)
            leaves = backward and not each.box.known
            label = stop.stage.upward if each is stop.entering[0] else ""
            drawing.arrows.append(PlacedArrow(down, ends[leaves], down, ends[not leaves], label))
            inside += each.width + 1
        if stop.stage.joined and right is not None:
            across = (right, stop.x - 1)
            drawing.arrows.append(
                PlacedArrow(across[backward], middle, across[not backward], middle, stop.stage.arrow)
            )
        right = stop.right
    end = line[-1].right
    if not last:
        across = (end, end + ARROW - 2)
        drawing.arrows.append(PlacedArrow(across[backward], middle, across[not backward], middle))
        end += ARROW - 1
    drawing.width = max(drawing.width, end, *(stop.top_right for stop in line))
    return start + tallest


def _between(stop: _Stop, left: int, width: int) -> int:
    """The column of the arrow between a box that enters and the box below: in the middle of it where both have it."""
    first = max(left + 1, stop.x + _clear(stop.box))
    last = min(left + width - 2, stop.x + stop.box.width - 2)
    return max(first, min(left + width // 2, last))


def _place(drawing: Plan, box: _Measured, x: int, y: int) -> None:
    kind = "known" if box.box.known else "found"
    drawing.boxes.append(
        PlacedBox(x, y, box.width, box.height, box.box.symbol, box.rows, box.cell_width, kind)
    )
