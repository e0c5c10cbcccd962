"""A sheet as the text of one file, in any of the formats."""

import io
from collections.abc import Callable
from typing import Literal

from rich.console import Console

from bpcli.render.walkthrough.html import html
from bpcli.render.walkthrough.latex import latex
from bpcli.render.walkthrough.markdown import markdown
from bpcli.render.walkthrough.text import text
from bpcli.walkthrough.blocks import Sheet

Format = Literal["text", "markdown", "latex", "html"]
SUFFIXES: dict[str, str] = {"text": ".txt", "markdown": ".md", "latex": ".tex", "html": ".html"}
COLUMNS = 100


def page(sheet: Sheet, format_: Format) -> str:
    """The whole file; text is 100 columns wide and without colour."""
    return _PAGES[format_](sheet)


def _text(sheet: Sheet) -> str:
    file = io.StringIO()
    Console(file=file, width=COLUMNS, no_color=True, highlight=False, markup=False).print(text(sheet))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


_PAGES: dict[str, Callable[[Sheet], str]] = {
    "text": _text,
    "markdown": markdown,
    "latex": latex,
    "html": html,
}
