"""Colours that can be read on light and dark terminals, and curves none of which hides another."""

import ast
import io
import re
from pathlib import Path

import pytest
from rich._palettes import EIGHT_BIT_PALETTE
from rich.color import Color
from rich.console import Console
from rich.default_styles import DEFAULT_STYLES
from rich.style import Style

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


@pytest.mark.parametrize("count", range(2, 7))
@pytest.mark.parametrize("rise", [0.0, 1.0, 100.0])
def test_no_curve_hides_another(count, rise):
    """Where all curves coincide, flat or steep, each is seen as often as any other, give or take its turn."""
    points = [(x, 1.0 + rise * x) for x in range(10)]
    printed = io.StringIO()
    console = Console(file=printed, width=60)
    names = ("constant", "zero", "random", "nudged", "half-tied", "logistic")[:count]
    console.print(Plot(dict.fromkeys(names, points), log=False, ends=("1", "10")))
    drawing = printed.getvalue().split("└")[0]
    seen = [drawing.count(mark) for mark in MARKERS[:count]]
    assert min(seen) > 0
    assert max(seen) <= 2 * min(seen)


def test_a_curve_that_meets_no_other_has_its_own_mark_throughout():
    """Turns are taken where curves meet, and nowhere else."""
    printed = io.StringIO()
    series = {"training": [(0, 1.0), (9, 1.0)], "validation": [(0, 5.0), (9, 5.0)]}
    Console(file=printed, width=60).print(Plot(series, log=False, ends=("1", "10")))
    lines = [line for line in printed.getvalue().splitlines() if "│" in line]
    assert [{mark for mark in "•×" if mark in line} for line in lines if "•" in line or "×" in line] == [
        {"×"},
        {"•"},
    ]


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


PLAIN = re.compile(r"\b(?:bright_)?(?:black|red|green|yellow|blue|magenta|cyan|white(?!-))\b")
ROOT = Path(__file__).parents[2]


def plain_colours(source):
    """The texts of a program, docstrings aside, that name one of the 16 colours whose look the terminal decides."""
    tree = ast.parse(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documents
        and PLAIN.search(node.value)
    ]


@pytest.mark.parametrize("room", ["render", "cli"])
def test_every_colour_on_the_terminal_is_one_of_the_styles(room):
    """No renderer and no command names a colour of its own; pages in HTML and SVG have their own."""
    paths = [path for path in (ROOT / "bpcli" / room).rglob("*.py") if path.stem not in {"stylesheet", "svg"}]
    found = {path.name: plain_colours(path.read_text(encoding="utf-8")) for path in paths}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_a_plain_colour_would_be_found():
    """The test above sees a style as it was written before."""
    assert plain_colours('"""Cyan."""\nText("a", style="bold cyan")') == ["bold cyan"]


@pytest.mark.parametrize("style", [*styles.HELP.values(), *filter(None, styles.LIBRARY.values())])
def test_what_libraries_colour_is_legible_too(style):
    """The help, the progress bar and pages of the documentation use the same colours, or the terminal's own."""
    color = Style.parse(style).color
    assert color is None or min(contrasts(color.name)) >= 3


def test_no_style_of_a_page_is_left_to_the_library():
    """What rich colours in Markdown by itself, such as headings of the third level, has a colour of ours or none."""
    coloured = {
        name for name, style in DEFAULT_STYLES.items() if name.startswith("markdown.") and style.color
    }
    assert coloured - set(styles.LIBRARY) == set()


def test_the_help_knows_every_style_that_is_set():
    """Typer has a style of each of these names; one that it renames would be set in vain."""
    from typer import rich_utils

    assert [name for name in styles.HELP if not hasattr(rich_utils, name)] == []
