"""Heat maps tell exact zero, four quarters and what is no number apart, without colour."""

import io
from math import inf, nan

import numpy as np
from rich.console import Console

from bpcli.render.trajectories import frame, heat_maps
from bpcli.symmetry_demo.comparison import Snapshot, Spread


def drawn(renderable, width=100):
    """Return the lines of a renderable."""
    console = Console(file=(page := io.StringIO()), width=width)
    console.print(renderable)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def test_shades_are_quarters_of_the_largest_distance():
    """Of 8: 0 is a dot, 1 the first quarter, 3 the second, 5 the third, 7 and 8 the last; twice each."""
    row = np.array([[0.0, 1.0, 3.0, 5.0, 7.0, 8.0]])
    lines = drawn(heat_maps({"a": row}, units=1))
    assert lines[:2] == ["a", "··░░▒▒▓▓████"]
    assert lines[2] == "· exactly 0; : under 1e-6 of 8; ░ ▒ ▓ █ up to ¼, ½, ¾ and all of it"


def test_a_tiny_distance_is_not_zero():
    """1e-12 beside 8 has a mark of its own: neither the dot of 0 nor the shade of a quarter."""
    assert drawn(heat_maps({"a": np.array([[0.0, 1e-12, 8.0]])}, units=1))[1] == "··::██"


def test_what_is_not_finite_is_a_question():
    """After a divergence the others are still drawn, by the largest finite distance."""
    assert drawn(heat_maps({"a": np.array([[0.0, inf, nan, 2.0]])}, units=1))[1] == "··????██"
    assert drawn(heat_maps({"a": np.array([[nan]])}, units=1))[1] == "??"


def test_wide_layers_are_cut_and_say_so():
    """Twelve units of a hundred."""
    lines = drawn(heat_maps({"a": np.ones((64, 64))}, units=100))
    assert len(lines[1]) == 24
    assert lines[-1].endswith("the first 12 of 100 units")


def test_a_picture_of_the_steps_fits_a_small_terminal():
    """Five networks of 64 units at 60 columns: at most 24 lines."""
    snapshot = Snapshot(1000, 0.1, Spread(1.234e-12, 1.0, 0.0, 0.0), 64)
    names = ("constant", "zero", "random", "nudged", "half-tied")
    picture = frame(dict.fromkeys(names, snapshot), dict.fromkeys(names, np.ones((64, 64))))
    lines = drawn(picture, 60)
    assert lines[0] == "step 1,000"
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 60
