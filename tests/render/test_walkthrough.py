"""The four renderings of a walk: nothing folded through a matrix, nothing given away, nothing fetched."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from rich.console import Console

from bpcli.common.markup import plain
from bpcli.render.walkthrough.digits import Cell, cell, exact, grid, needed, scalar
from bpcli.render.walkthrough.layout import plan
from bpcli.render.walkthrough.pages import SUFFIXES, page
from bpcli.render.walkthrough.text import text
from bpcli.walkthrough.blocks import Graph, Numbers
from bpcli.walkthrough.rows import LayerRows, Row
from bpcli.walkthrough.sheet import sheet
from bpcli.walkthrough.walk import walk
from tests.walkthrough.points import point

NETWORKS = {
    "the sheet's": {"sizes": (3, 2, 2)},
    "biases": {"sizes": (3, 4, 2), "bias": True},
    "deeper": {"sizes": (3, 3, 2, 2), "bias": True, "activation": "tanh"},
    "none": {"sizes": (3, 2), "loss": "cross_entropy"},
    "softmax": {"sizes": (3, 3, 3), "output": "softmax", "loss": "cross_entropy", "activation": "relu"},
    "wide": {"sizes": (12, 9, 3), "bias": True},
}


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS)
def walked(request):
    """A walk through each kind of network."""
    return walk(point(**request.param))


def printed(walked, width, **settings):
    """The lines on a terminal of some width."""
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(text(sheet(walked, **settings)))
    return captured.get().splitlines()


@pytest.mark.parametrize(
    ("width", "style", "mode"),
    [
        (60, "delta", "walk"),
        *(pytest.param(*form, marks=pytest.mark.slow)
          for form in ((60, "vw", "walk"), (100, "vw", "walk"), (60, "delta", "worksheet"), (60, "vw", "worksheet"))),
    ],
)  # fmt: skip
def test_no_line_is_too_long_and_no_matrix_is_parted(walked, width, style, mode):
    """As many brackets open as close on every line, the corners too; no brace is torn from its symbol."""
    lines = printed(walked, width, style=style, mode=mode, explain="full")
    for line in lines:
        assert len(line) <= width
        assert line.count("╰") == line.count("╯")
        for left, right in ("⎡⎤", "⎢⎥", "⎣⎦"):
            assert line.count(left) == line.count(right), line


def test_boxes_are_whole_at_60_columns(walked):
    """The graph folds between boxes."""
    for line in printed(walked, 60, letters="ag"):
        assert line.count("┌") == line.count("┐")
        assert line.count("└") == line.count("┘")


def test_the_sheets_network_fits_100_columns_on_one_line():
    """All six boxes stand side by side, forward and backward."""
    lines = printed(walk(point((3, 2, 2))), 100, letters="ag")
    assert [line.count("▶") for line in lines if "▶" in line] == [5]
    assert [line.count("◀") for line in lines if "◀" in line] == [4]


def with_other_answers(walked):
    """The same given numbers, and every number that follows from them another one, longer and rounder in turn."""

    def other(numbers):
        return 7.0 + 3 * np.arange(np.size(numbers), dtype=float).reshape(np.shape(numbers))

    def other_row(row):
        local = None if row.derivative is None else 17.0
        return Row(11.0, local, 13.0, row.inputs, [19.0] * len(row.product))

    def other_terms(terms):
        return tuple(
            replace(term, passed=23.0, delta=29.0, derivative=None if term.derivative is None else 31.0)
            for term in terms
        )

    quantities = {
        name: each if each.phase == "given" else replace(each, value=other(each.value))
        for name, each in walked.quantities.items()
    }
    layers = tuple(
        LayerRows(
            (17.0,) * len(layer.derivatives),
            tuple(map(other_row, layer.rows)),
            tuple(map(other_terms, layer.sums)),
        )
        for layer in walked.layers
    )
    after = {name: other(value) for name, value in walked.after.items()}
    return replace(walked, quantities=quantities, layers=layers, after=after, predicted=37.0)


# Each format in one notation, and each network in two formats; the rest is slow.
FORMATS = {
    "text": ("vw", ["the sheet's", "softmax", "none"]),
    "markdown": ("vw", ["biases", "deeper", "none"]),
    "latex": ("delta", ["the sheet's", "deeper", "wide"]),
    "html": ("delta", ["biases", "softmax", "wide"]),
}


@pytest.mark.parametrize(
    ("format_", "style", "name"),
    [
        pytest.param(
            format_, style, name, marks=[] if style == short and name in names else [pytest.mark.slow]
        )
        for format_, (short, names) in FORMATS.items()
        for style in ("vw", "delta")
        for name in NETWORKS
    ],
)
def test_a_worksheet_gives_no_answer_away(format_, style, name):
    """Round or not: it is the same sheet whatever the answers are, and the key is not."""
    walked = walk(point(**NETWORKS[name]))
    sheets, keys = (
        [page(sheet(each, mode=mode, style=style), format_) for each in (walked, with_other_answers(walked))]
        for mode in ("worksheet", "key")
    )
    assert sheets[0] == sheets[1]
    assert keys[0] != keys[1]
    assert "0.5" in sheets[0]
    # What parts (b) and (g) ask for stands in no table of names either.
    assert not any(
        told in sheets[0] for told in ("arrives by", "starts the backward", "that the update uses")
    )


@pytest.mark.parametrize(("style", "width", "digits"), [("vw", 60, 4), ("delta", 100, 12)])
def test_every_vertical_arrow_leads_from_its_own_box_to_its_target(walked, style, width, digits):
    """Its column lies within both; no two touch; what is passed back leaves the lower one."""
    for part in sheet(walked, style=style, letters="ag").parts:
        for graph in (block for block in part.blocks if isinstance(block, Graph)):
            placed = plan(graph, width, digits, "walk")
            upright = [arrow for arrow in placed.arrows if arrow.x1 == arrow.x2]
            assert len(upright) == sum(len(stage.entering) for stage in graph.stages)
            for arrow in upright:
                top, bottom = sorted((arrow.y1, arrow.y2))
                (above,) = [box for box in placed.boxes if _over(box, arrow.x1) and box.y + box.height == top]
                (below,) = [box for box in placed.boxes if _over(box, arrow.x1) and box.y == bottom + 1]
                up = graph.backward and above.kind == "found"
                assert (arrow.y2 < arrow.y1 or (arrow.y1 == arrow.y2 and up)) == up
                assert arrow.x1 >= below.x + len(plain(below.symbol)) + 2
            columns = sorted((min(arrow.y1, arrow.y2), arrow.x1) for arrow in upright)
            assert all(right[1] - left[1] > 2 for left, right in pairwise(columns) if left[0] == right[0])


def _over(box, column):
    return box.x < column < box.x + box.width - 1


def test_every_box_keeps_within_the_width(walked):
    """At 12 digits, with biases and long symbols, at 60 columns."""
    for style in ("vw", "delta"):
        for line in printed(walked, 60, style=style, letters="ag", digits=12):
            assert len(line) <= 60
            assert line.count("┌") == line.count("┐")


def test_each_drawing_has_all_arrows():
    """Forward and backward: 5 across and 3 upright, 4 across and 3 upright; 3-2-2 fits one line."""
    whole = sheet(walk(point((3, 2, 2))))
    drawn = page(whole, "html")
    assert drawn.count('class="head"') == 8 + 7
    assert len(re.findall(r'<path d="M[\d.]+ [\d.]+H', drawn)) == 5 + 4
    assert len(re.findall(r'<path d="M[\d.]+ [\d.]+V', drawn)) == 3 + 3
    tex = page(whole, "latex")
    assert len(re.findall(r"\\vector\(-?1,0\)", tex)) == 5 + 4
    assert len(re.findall(r"\\vector\(0,-1\)", tex)) == 3 + 1
    assert len(re.findall(r"\\vector\(0,1\)", tex)) == 2


def test_upward_arrows_carry_their_factors():
    """hᵀ and xᵀ beside them, in every drawing."""
    whole = sheet(walk(point((3, 2, 2), bias=True)), letters="g")
    lines = printed(walk(point((3, 2, 2), bias=True)), 100, letters="g")
    assert any("xᵀ │" in line and "hᵀ │" in line for line in lines)
    assert page(whole, "html").count('class="label beside"') == 2
    assert page(whole, "latex").count(r"\makebox(0,0)[r]{\scriptsize $") == 2


def test_what_was_known_is_dashed_in_every_drawing():
    """x, y and ℓ backward; x, y, V and W forward."""
    walked = walk(point((3, 2, 2)))
    for letter, known in (("a", 4), ("g", 3)):
        whole = sheet(walked, letters=letter)
        assert sum(line.count("┌╌") for line in printed(walked, 100, letters=letter)) == known
        assert page(whole, "html").count('class="known"') == known
        assert page(whole, "latex").count(r"\dashbox") == known


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_key_holds_every_answer(format_):
    """Every entry of every quantity, rounded."""
    walked = walk(point((3, 2, 2)))
    written = page(sheet(walked, mode="key"), format_).replace("−", "-")
    for name, quantity in walked.quantities.items():
        for value in quantity.value.flat:
            form = "exact" if quantity.phase == "given" else "rounded"
            assert scalar(Numbers(value, form=form), 4) in written, name


def test_a_derivation_has_its_shapes_below_braces_in_every_format():
    """1×d^(1) below ∂ℓ/∂w_j, and the rows of ∇W on top of one another."""
    whole = sheet(walk(point((3, 2, 2))), letters="d", explain="full")
    lines = printed(walk(point((3, 2, 2))), 100, letters="d", explain="full")
    at = next(number for number, line in enumerate(lines) if "∂ℓ/∂w_j = ∂ℓ/∂z_j · ∂z_j/∂b_j" in line)
    assert lines[at + 2].split() == ["1×d⁽¹⁾", "1×1", "1×1", "1×d⁽¹⁾"]
    assert any("⎡ ∂ℓ/∂w₁ ⎤" in line for line in lines)
    row = '<span class="under shape">1×<i>d</i><sup>(1)</sup></span>'
    assert row in page(whole, "html")
    assert '<td class="row">∂<i>ℓ</i>/∂<i>w</i><sub>2</sub></td>' in page(whole, "html")
    for format_ in ("latex", "markdown"):
        written = page(whole, format_)
        assert r"\underbrace{\frac{\partial \ell }{\partial w_{j}}}_{1\times d^{(1)}}" in written
        assert (
            r"\begin{bmatrix}\partial \ell /\partial w_{1} \\ \partial \ell /\partial w_{2}\end{bmatrix}"
            in written
        )


def test_round_numbers_are_short_and_points_stand_below_one_another():
    """0.5 and not 0.5000; a column keeps its point."""
    assert needed(np.array([0.5, 1.0]), 4) == 1
    assert cell(1.0, 1) == Cell("1", ".0")
    assert cell(0.1 + 0.2, 4) == Cell("0.3", "000")
    assert cell(-1e-9, 4).text == "0.0000"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.123456"),
        (0.00001, "0.00001"),
        (1e-8, "1e-8"),
        (-1e200, "-1e200"),
        (9999999.0, "9999999"),
        (1 / 3, "0.333333333333"),
        (-0.0, "0"),
    ],
)
def test_given_numbers_keep_their_digits(value, text):
    """All of them, twelve at most; a power of ten where there would be zeros only."""
    assert exact(value) == text


def test_huge_numbers_have_a_power_of_ten():
    """And the points of a column of given numbers stand below one another."""
    assert cell(-1.7e200, 4).text == "-1.7e200"
    assert cell(123456.5, 4).text == "123456.5"
    given = grid(Numbers(np.array([0.25, 1.0, 1e200]), form="exact"), 1)
    assert given == [[Cell("0.25")], [Cell("1", ".00")], [Cell("1e200")]]


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_walk_prints_what_it_calculates_with(format_):
    """A rate of 0.00001 and an input of 0.123456, whatever the digits; that results are rounded, once."""
    given = point((3, 2, 2), rate=0.00001)
    given.X[0, 0] = 0.123456
    for mode in ("walk", "key", "worksheet"):
        written = page(sheet(walk(given), mode=mode, digits=2), format_)
        assert "0.00001" in written
        assert "0.123456" in written
        assert " ".join(written.split()).count("may change the last digit") == (mode != "worksheet")


class Page(HTMLParser):
    """What a page of HTML asks for, and whether its tags close."""

    void = ("meta", "br", "rect", "path", "polygon")

    def __init__(self):
        super().__init__()
        self.open, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        """An element begins."""
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, _tag, attrs):
        """An element that is empty."""
        self.attributes += attrs

    def handle_endtag(self, tag):
        """An element ends: the one that began last."""
        assert self.open
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(walked):
    """Every tag is closed in order, no attribute loads anything, the graph is inline."""
    for mode in ("walk", "worksheet", "key"):
        written = page(sheet(walked, mode=mode, explain="full"), "html")
        reader = Page()
        reader.feed(written)
        assert not reader.open
        assert not {name for name, _ in reader.attributes} & {"src", "href", "srcset", "data"}
        assert "url(" not in written
        assert "@import" not in written
        assert written.count("<svg") == 2


def test_a_printed_worksheet_keeps_each_part_on_one_page(walked):
    """Each part is a section, which no page break divides, and a sentence stays with the equation that it leads to."""
    written = page(sheet(walked, mode="worksheet"), "html")
    assert written.count('<article class="worksheet"') == 1
    assert len(re.findall(r"<section>\n<h2>\([a-h]\) ", written)) == 8
    printed = written.split("@media print {")[1]
    assert ".worksheet section { break-inside: avoid; }" in printed
    assert "p:has(+ .equation, + .set, + .scroll, + svg) { break-after: avoid; }" in written


def test_the_latex_has_no_letter_that_pdflatex_does_not_know(walked):
    """Every symbol became a command; braces close."""
    for style in ("vw", "delta"):
        written = page(sheet(walked, style=style, explain="full"), "latex")
        assert written.isascii()
        bare = re.sub(r"\\[{}]", "", written)
        assert bare.count("{") == bare.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_latex_compiles_and_nothing_sticks_out(tmp_path):
    """Pdflatex ends with 0, no line is longer than the page is wide, and a worksheet of 3-4-2 has three pages."""
    walked = walk(point((3, 4, 2), bias=True))
    assert "Overfull" not in compiled(page(sheet(walked, style="delta"), "latex"), tmp_path)
    worksheet = compiled(page(sheet(walked, mode="worksheet"), "latex"), tmp_path)
    assert "Overfull" not in worksheet
    assert "(3 pages," in worksheet


def compiled(tex, folder):
    """What pdflatex says of a document."""
    (folder / "walk.tex").write_text(tex, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "walk.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    return said


def test_a_worksheet_stacks_rows_and_halves_long_tables():
    """So that it fits three pages: the four rows of ∇V are one block, and the nine factors stand in two columns."""
    worksheet = sheet(walk(point((3, 4, 2), bias=True)), mode="worksheet")
    written = page(worksheet, "html")
    stacks = [
        re.findall(r"∂<i>ℓ</i>/∂<i>(\w)</i><sub>\d</sub> =", each) for each in written.split('class="stack"')
    ]
    assert [each for each in stacks if each] == [["w"] * 2, ["h"] * 4, ["v"] * 4]
    tables = re.findall(r'<table class="table">(.*?)</table>', written, re.DOTALL)
    assert [table.count("<tr>") for table in tables] == [1 + 4, 1 + 5, 1 + 4]
    tex = page(worksheet, "latex")
    tables = re.findall(r"\\begin\{tabular\}\[t\](.*?)\\end\{tabular\}", tex, re.DOTALL)
    assert [len(re.findall(r"\\\\", table)) for table in tables] == [1 + 4, 1 + 5, 1 + 4]
    assert tex.count(r"\end{tabular}}\hspace{8mm}{\small") == 1  # the halves stand in one line
    stacked = re.findall(r"\{@\{\}l@\{\}\}(.*)\\end\{array\}\$\\hspace", tex)
    assert [each.count(r"\displaystyle") for each in stacked] == [2, 4, 4]


def test_equations_hold_elements_only(walked):
    """Bare text, sub and sup in a row of boxes would stand apart."""
    written = page(sheet(walked, explain="full"), "html")
    for equation in re.findall(r'<div class="equation[^"]*">(.*?)</div>', written):
        assert equation.startswith("<span")
        depth = 0
        for tag, between in re.findall(r"(<[^>]*>)([^<]*)", equation):
            depth += 0 if tag == "<br>" else -1 if tag.startswith("</") else 1
            assert depth or not between.strip(), between
        assert depth == 0


def test_indices_are_low_in_every_drawing_of_the_page():
    """A bias has its matrix as an index in the graph too."""
    written = page(sheet(walk(point((3, 2, 2), bias=True)), letters="a"), "html")
    assert "bias_" not in written
    assert re.search(r'>bias<tspan dy="4"[^>]*>V</tspan>', written)
