"""A sheet as the text of one file, in any of the formats."""

import io
from collections.abc import Callable, Sequence
from typing import Literal

from rich.console import RenderableType

from bpcli.render.safe_console import SafeConsole
from bpcli.render.walkthrough.html import html
from bpcli.render.walkthrough.latex import latex
from bpcli.render.walkthrough.markdown import markdown
from bpcli.render.walkthrough.text import text
from bpcli.walkthrough.blocks import Sheet

Format = Literal["text", "markdown", "latex", "html"]
PRINTED = ("html", "latex")  # with pages
SUFFIXES: dict[str, str] = {"text": ".txt", "markdown": ".md", "latex": ".tex", "html": ".html"}
COLUMNS = 100


def page(sheet: Sheet, format_: Format) -> str:
    """The whole file; text is 100 columns wide and without colour."""
    return _PAGES[format_](sheet)


def _text(sheet: Sheet) -> str:
    return printed(text(sheet))


def printed(renderable: RenderableType) -> str:
    """What a screen without colour shows, as the text of a file."""
    file = io.StringIO()
    SafeConsole(file=file, width=COLUMNS, no_color=True, highlight=False, markup=False).print(renderable)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def class_page(sheets: Sequence[Sheet], format_: Format) -> str:
    """All sheets of a class in one file to be printed, in HTML or LaTeX."""
    return html(*sheets) if format_ == "html" else latex(*sheets)


_PAGES: dict[str, Callable[[Sheet], str]] = {
    "text": _text,
    "markdown": markdown,
    "latex": latex,
    "html": html,
}
