"""Pictures of a report for slides: the screen as SVG, HTML or plain text, complete in one file."""

import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.cli.options import check_free
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

SUFFIXES = (".svg", ".html", ".txt")
WIDTH = 100


def check_picture(path: Path, *, force: bool) -> None:
    """Check, before any work is done, that a picture can be kept under this name.

    Raises:
        UsageError: the suffix is none of .svg, .html and .txt, the folder does not exist, or the file does and
            ``force`` is not given.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: the name must end in .svg, .html or .txt")
    check_free(path, force=force)


def save_picture(path: Path, renderable: "RenderableType", title: str) -> None:
    """Write what the screen shows, 100 columns wide and in dark letters on white, to a file.

    Raises:
        OSError: the disk or the permissions do not allow it.
    """
    from bpcli.common.files import write_atomically

    write_atomically(path, picture(renderable, path.suffix.lower(), title).encode())


def picture(renderable: "RenderableType", suffix: str, title: str) -> str:
    """Return the content of a .svg, .html or .txt file that shows ``renderable``."""
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME

    from bpcli.common.text import printable
    from bpcli.render.safe_console import SafeConsole

    title = printable(title)
    console = SafeConsole(
        file=io.StringIO(), record=True, width=WIDTH, highlight=False, markup=False, legacy_windows=False
    )
    console.print(renderable)
    if suffix == ".txt":
        return "".join(f"{line.rstrip()}\n" for line in console.export_text().splitlines())
    if suffix == ".html":
        page = console.export_html(theme=DEFAULT_TERMINAL_THEME)
        return page.replace("<head>", f"<head>\n<title>{escape(title)}</title>", 1)
    svg = console.export_svg(title=title, theme=DEFAULT_TERMINAL_THEME, unique_id="bpcli")
    # The fonts that rich would fetch from the network: without one, any fixed font at hand is taken.
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    # Without this, viewers other than browsers drop the blanks at the beginning of a piece of text.
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
