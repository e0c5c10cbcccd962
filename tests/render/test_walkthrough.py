"""The four renderings of a walk: nothing folded through a matrix, nothing given away, nothing fetched."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from rich.console import Console

from bpcli.render.walkthrough.digits import Cell, cell, needed, scalar
from bpcli.render.walkthrough.pages import SUFFIXES, page
from bpcli.render.walkthrough.text import text
from bpcli.walkthrough.blocks import Numbers
from bpcli.walkthrough.parts import sheet
from bpcli.walkthrough.walk import walk
from tests.walkthrough.points import point

NETWORKS = {
    "the sheet's": {"sizes": (3, 2, 2)},
    "small": {"sizes": (2, 2, 1)},
    "biases": {"sizes": (3, 4, 2), "bias": True},
    "deeper": {"sizes": (3, 3, 2, 2), "bias": True, "activation": "tanh"},
    "none": {"sizes": (3, 2), "loss": "cross_entropy"},
    "softmax": {"sizes": (3, 3, 3), "output": "softmax", "loss": "cross_entropy", "activation": "relu"},
    "wide": {"sizes": (20, 12, 9), "bias": True},
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


@pytest.mark.parametrize(("width", "style"), [(60, "vw"), (60, "delta"), (100, "vw")])
def test_no_line_is_too_long_and_no_matrix_is_parted(walked, width, style):
    """As many brackets open as close on every line, the corners too."""
    for mode in ("walk", "worksheet"):
        for line in printed(walked, width, style=style, mode=mode):
            assert len(line) <= width
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


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_worksheet_gives_no_answer_away(walked, format_):
    """Of four and more decimals, the given numbers have none: neither has the sheet."""
    written = page(sheet(walked, mode="worksheet"), format_)
    body = re.sub(r"<style>.*</style>", "", written, flags=re.DOTALL)
    assert not re.findall(r"\d\.\d{4}\b", body)
    assert "0.5" in body


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_key_holds_every_answer(format_):
    """Every entry of every quantity, rounded."""
    walked = walk(point((3, 2, 2)))
    written = page(sheet(walked, mode="key"), format_).replace("−", "-")
    for name, quantity in walked.quantities.items():
        for value in quantity.value.flat:
            form = "exact" if quantity.when == "given" else "rounded"
            assert scalar(Numbers(value, form=form), 4) in written, name


def test_round_numbers_are_short_and_points_stand_below_one_another():
    """0.5 and not 0.5000; a column keeps its point."""
    assert needed(walk(point((3, 2, 2)))["V"], 4) == 1
    assert cell(1.0, 1) == Cell("1", ".0")
    assert cell(0.1 + 0.2, 4) == Cell("0.3", "000")
    assert cell(-1e-9, 4).text == "0.0000"


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
        written = page(sheet(walked, mode=mode), "html")
        reader = Page()
        reader.feed(written)
        assert not reader.open
        assert not {name for name, _ in reader.attributes} & {"src", "href", "srcset", "data"}
        assert "url(" not in written
        assert "@import" not in written
        assert written.count("<svg") == 2


def test_the_latex_has_no_letter_that_pdflatex_does_not_know(walked):
    """Every symbol became a command; braces close."""
    for style in ("vw", "delta"):
        written = page(sheet(walked, style=style), "latex")
        assert written.isascii()
        bare = re.sub(r"\\[{}]", "", written)
        assert bare.count("{") == bare.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_latex_compiles_and_nothing_sticks_out(tmp_path):
    """Pdflatex ends with 0, and no line is longer than the page is wide."""
    (tmp_path / "walk.tex").write_text(page(sheet(walk(point((3, 4, 2), bias=True)), style="delta"), "latex"))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "walk.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
