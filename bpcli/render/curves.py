"""Loss curves over epochs, drawn in the terminal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log10
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from bpcli.common.display import without
from bpcli.render.styles import CURVES
from bpcli.render.text import heading

if TYPE_CHECKING:
    from bpcli.training.loop import EpochRecord

MARKERS = ("•", "×", "+", "o", "*", "#")
HEIGHT = 12
LABELLED = (0, 4, 8, 11)  # rows that carry their loss
FLAT = 0.03  # of its height, within which a curve is drawn as level
LOG_RATIO = 10  # one decade: from there on a linear axis would flatten the later part of the curve


def loss_curves(records: Sequence["EpochRecord"]) -> list[RenderableType]:
    """Draw training and validation loss; on a log axis where they span more than a decade.

    The series differ by marker, not by colour alone, and neither hides the other. Losses that are not finite are left
    out, and a line says so.
    """
    series = {
        "training": [(r.epoch, r.train.loss) for r in records],
        "validation": [(r.epoch, r.validation.loss) for r in records if r.validation],
    }
    drawn = {name: [(x, y) for x, y in points if isfinite(y)] for name, points in series.items()}
    drawn = {name: points for name, points in drawn.items() if points}
    losses = [loss for points in drawn.values() for _, loss in points]
    if len(records) < 2 or not losses:
        return []
    log = axis_is_log(losses)
    plot = Plot(drawn, log, (f"epoch {records[0].epoch:,}", f"{records[-1].epoch:,}"))
    parts: list[RenderableType] = [heading("Loss", f"by epoch{', log axis' if log else ''}"), plot]
    left_out = sum(len(points) for points in series.values()) - len(losses)
    if left_out:
        parts.append(Text(f"{left_out} not finite, left out", style="dim"))
    return parts


def axis_is_log(values: Sequence[float]) -> bool:
    """Whether these values, finite and at least one, want a logarithmic axis: positive, and over a decade apart."""
    return min(values) > 0 and max(values) >= LOG_RATIO * min(values)


@dataclass(frozen=True)
class Plot:
    """Up to six curves as wide as the terminal, each with its own marker, none hidden, with axes of our own.

    Where curves meet, their markers take turns. The plotting library rounds its tick labels (0.65 becomes 1), so it
    draws the curves only; the labels here are the values that their rows stand for, to three digits.

    Attributes:
        series: the points of each curve by its name; a curve without points is left out.
        log: whether the vertical axis is logarithmic; then every y is positive.
        ends: what stands at the left and the right end of the horizontal axis.
        span: the x of those ends; without it, the first and the last of the points.
    """

    series: Mapping[str, Sequence[tuple[float, float]]]
    log: bool
    ends: tuple[str, str]
    span: tuple[float, float] | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        # Drawing takes the library that is slowest to import, so it is imported when something is drawn. Where Numba is
        # installed, it would load that too and compile its loops, which takes longer than many a training.
        with without("numba"):
            from uniplot import plot_to_string

        # A mark belongs to a name, drawn or not, so that two plots of the same networks can be compared.
        looks = zip(MARKERS, CURVES, self.series.items(), strict=False)
        drawn = [(mark, color, name, curve) for mark, color, (name, curve) in looks if curve]
        points = [point for *_, curve in drawn for point in curve]
        first, last = self.span or (min(x for x, _ in points), max(x for x, _ in points))
        left, right = self.ends
        low, high = self._heights([y for _, y in points])
        labels = {row: self._label(low, high, row) for row in LABELLED}
        margin = max(map(len, labels.values())) + 1
        width = max(10, options.max_width - margin - 2)
        # One drawing for each curve: in one for all of them, the last would cover the others.
        drawings = [
            plot_to_string(
                xs=[x for x, _ in curve],
                ys=[log10(y) if self.log else y for _, y in curve],
                x_min=first,
                x_max=last,
                y_min=low,
                y_max=high,
                x_labels=False,
                y_labels=False,
                x_gridlines=[],
                y_gridlines=[],
                character_set="ascii",
                force_ascii_characters=[mark],
                color=False,
                lines=True,
                width=width,
                height=HEIGHT,
            ).splitlines()[: HEIGHT + 2]
            for mark, *_, curve in drawn
        ]
        for row, lines in enumerate(zip(*drawings, strict=True), start=-1):
            text = Text(_interleaved(lines, [mark for mark, *_ in drawn], row))
            for mark, color, *_ in drawn:
                text.highlight_regex(re.escape(mark), color)
            yield Text.assemble(f"{labels.get(row, ''):>{margin - 1}} ", text)
        ends = f"{left:<{width - len(right)}}{right}"
        yield Text(f"{'':{margin}} {ends}", style="dim")
        yield from _legend(
            [(mark, color, name) for mark, color, name, _ in drawn], margin + 1, options.max_width
        )

    def _heights(self, values: Sequence[float]) -> tuple[float, float]:
        """The range of the vertical axis, in log10 on a log axis; never empty."""
        low, high = (log10(y) if self.log else y for y in (min(values), max(values)))
        slack = (high - low) / (2 * HEIGHT)
        if high - low <= FLAT * abs(high):  # else four labels of three digits would all be the same
            slack = 2 * FLAT * abs(high) or 1e-3
        return low - slack, high + slack

    def _label(self, low: float, high: float, row: int) -> str:
        """The value in the middle of a row, rows counted from the top."""
        middle = high - (row + 0.5) * (high - low) / HEIGHT
        return f"{10**middle if self.log else middle:.3g}"


def _legend(entries: Sequence[tuple[str, str, str]], margin: int, width: int) -> Iterator[Text]:
    """The marks with their names, on as many lines as they take; no line ends between the two."""
    line = Text(" " * margin)
    for mark, color, name in entries:
        entry = Text.assemble((mark, color), f" {name}")
        if len(line) > margin and len(line) + len(entry) > width:
            yield line
            line = Text(" " * margin)
        line.append_text(entry).append("   ")
    line.rstrip()
    yield line


def _interleaved(lines: Sequence[str], marks: Sequence[str], row: int) -> str:
    """One row of several drawings in one: in a place that several curves cross, their marks take turns."""
    places = []
    for column, here in enumerate(zip(*lines, strict=True)):
        crossing = [mark for mark in marks if mark in here]
        places.append(crossing[(column + row) % len(crossing)] if crossing else here[0])
    return "".join(places)
