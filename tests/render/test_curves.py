"""Loss curves: when their axis is logarithmic, and where their lines pass, and what stands on it."""

import re
from io import StringIO
from itertools import pairwise

import pytest
from rich.console import Console

from bpcli.render.curves import HEIGHT, MARKERS, Plot, axis_is_log, line_cells


@pytest.mark.parametrize(
    ("values", "log"), [([1.0, 10.0], True), ([1.0, 9.9], False), ([0.0, 1.0], False), ([0.0, 0.0], False)]
)
def test_an_axis_is_logarithmic_over_a_decade_of_positive_values_only(values, log):
    """Zero has no logarithm."""
    assert axis_is_log(values) is log


@pytest.mark.parametrize(
    ("ends", "cells"),
    [
        ([(0.0, 0.0), (4.0, 1.2)], {(0, 0), (1, 0), (2, 1), (3, 1), (4, 1)}),
        ([(0.0, 0.0), (1.2, 4.0)], {(0, 0), (0, 1), (1, 2), (1, 3), (1, 4)}),
        ([(0.0, 3.0), (3.0, 0.0)], {(0, 3), (1, 2), (2, 1), (3, 0)}),
        ([(2.0, 0.0), (2.0, 2.0)], {(2, 0), (2, 1), (2, 2)}),
        ([(0.0, 0.0), (2.0, 0.0), (0.0, 0.0)], {(0, 0), (1, 0), (2, 0)}),
        ([(1.3, 1.4), (1.4, 1.3)], {(1, 1)}),
        ([(1.0, 2.0)], {(1, 2)}),
    ],
    ids=["shallow", "steep", "falling", "vertical", "there and back", "within a cell", "one point"],
)
def test_a_line_passes_the_nearest_cell_of_each_column_or_row(ends, cells):
    """Worked out on squared paper: y = 0.3 x is below ½ at x = 1 and above it at x = 2."""
    assert set(line_cells(ends)) == cells


def test_a_curve_has_no_gaps():
    """From a loss that jumps up and down, each cell touches the one before."""
    points = [(float(x), y) for x, y in enumerate([0.0, 11.0, 3.2, 3.4, 9.9, 0.4])]
    for pair in pairwise(points):
        cells = sorted(set(line_cells(pair)), reverse=pair[0][1] > pair[1][1], key=lambda cell: cell[1])
        assert all(abs(a - c) <= 1 and abs(b - d) <= 1 for (a, b), (c, d) in pairwise(cells))


def test_curves_that_meet_take_turns_and_end_where_their_axes_do():
    """Of two equal lines from corner to corner each has about half of the cells; a curve without points has no name."""
    falling = [(1.0, 1.0), (2.0, 0.0)]
    plot = Plot({"one": falling, "two": falling, "none": []}, False, ("epoch 1", "2"))
    console = Console(width=36, record=True, file=StringIO())
    console.print(plot)
    lines = console.export_text().splitlines()
    inside = [line.partition("│")[2].partition("│")[0] for line in lines if "│" in line]
    assert len(inside) == HEIGHT
    assert inside[0].strip()[0] in MARKERS[:2] and inside[0].index(inside[0].strip()[0]) == 0
    assert inside[-1].strip()[-1] in MARKERS[:2] and inside[-1][-1] != " "
    marks = "".join(inside).replace(" ", "")
    assert set(marks) == set(MARKERS[:2])
    assert abs(marks.count(MARKERS[0]) - marks.count(MARKERS[1])) <= len(marks) // 4
    assert lines[-1].split() == [MARKERS[0], "one", MARKERS[1], "two"]


@pytest.mark.parametrize("losses", [(0.125, 0.125), (0.12501, 0.125), (-3.0, -3.0), (0.0, 0.0), (0.5, 0.4)])
def test_the_labels_of_an_axis_differ(losses, capsys):
    """Of a level curve too: an axis that says 0.125 four times tells nobody how level it is."""
    plot = Plot({"training": list(enumerate(losses))}, log=False, ends=("1", "2"))
    Console(width=60, color_system=None).print(plot)
    labels = re.findall(r"^ *(\S+) │", capsys.readouterr().out, re.MULTILINE)
    assert len(labels) == len(set(labels)) == 4
