"""Colours that can be read on light and dark terminals, and curves of which the first is never hidden."""

import io

import pytest
from rich._palettes import EIGHT_BIT_PALETTE
from rich.color import Color
from rich.console import Console

from bpcli.render import styles
from bpcli.render.curves import MARKERS, Plot


def luminance(rgb):
    """Relative luminance of an sRGB colour, as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrasts(color):
    """The contrast of one of the 256 colours with white and with black."""
    light = luminance(EIGHT_BIT_PALETTE[Color.parse(color).number])
    return 1.05 / (light + 0.05), (light + 0.05) / 0.05


@pytest.mark.parametrize("color", styles.CURVES)
def test_contrast_is_enough_on_white_and_on_black(color):
    """3:1 or more with either."""
    assert min(contrasts(color)) >= 3


@pytest.mark.parametrize("color", ["color(11)", "color(14)"])
def test_a_pale_colour_would_be_found(color):
    """The yellow and cyan that terminals have are too pale on white."""
    assert min(contrasts(color)) < 3


def test_every_curve_has_a_marker_and_a_colour_of_its_own():
    """As many colours as markers, no two alike."""
    assert len(set(styles.CURVES)) == len(set(MARKERS)) == 6


def test_the_first_curve_covers_the_others():
    """Where two curves coincide, the first is seen; the legend names both."""
    points = [(x, 1.0 + x) for x in range(10)]
    printed = io.StringIO()
    console = Console(file=printed, width=60)
    console.print(Plot({"training": points, "validation": points}, log=False, ends=("1", "10")))
    drawing = printed.getvalue().split("└")[0]
    assert "•" in drawing
    assert "×" not in drawing
    assert "• training   × validation" in printed.getvalue()


def test_curves_are_coloured_as_their_legend():
    """A mark in the drawing has the colour that the legend gives its name."""
    printed = io.StringIO()
    console = Console(file=printed, width=60, force_terminal=True, color_system="256", no_color=False)
    series = {"training": [(0, 1e5), (1, 2e5)], "validation": [(0, 3e5), (1, 4e5)]}
    console.print(Plot(series, log=False, ends=("1", "2")))
    drawing, legend = printed.getvalue().split("└")
    for mark, code in (("•", "31"), ("×", "130")):
        assert f"\x1b[38;5;{code}m{mark}" in drawing
        assert f"\x1b[38;5;{code}m{mark}" in legend
