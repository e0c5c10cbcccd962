"""Draw the picture of the README: what ``bpcli train iris`` prints, as SVG for light and for dark pages.

Run it after a change of what the command prints, and commit both files:

    python docs/pictures/make.py

It runs the installed command itself, so the picture cannot show what bpcli does not print. Its run folder is
temporary. Only the time that training took differs from one run of the script to the next.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

HERE = Path(__file__).parent
COMMAND = ("bpcli", "train", "iris", "--out", "runs/iris")
WIDTH = 88
THEMES = {"train-light.svg": DEFAULT_TERMINAL_THEME, "train-dark.svg": SVG_EXPORT_THEME}


def printed() -> str:
    """Return what the command prints on a terminal with colours, ``WIDTH`` columns wide."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BPCLI_", "NO_COLOR"))}
    terminal = {
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "FORCE_COLOR": "1",
        "PYTHONUTF8": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", *COMMAND],
            cwd=folder,
            env=kept | terminal,
            stdout=subprocess.PIPE,
            check=True,
        )
    return f"$ {' '.join(COMMAND)}\n{done.stdout.decode()}"


def svg(text: str, theme: TerminalTheme) -> str:
    """Return an SVG of text with ANSI colours, which fetches nothing from elsewhere."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, highlight=False, markup=False)
    console.print(Text.from_ansi(text))
    drawn = console.export_svg(title="bpcli", theme=theme, unique_id="bpcli")
    # Rich names a host for its font. Without it, the reader's own fixed-width font is taken.
    return re.sub(r"@font-face\s*\{.*?\}\s*", "", drawn, flags=re.DOTALL)


def pictures() -> dict[str, str]:
    """Return the content of each file by its name; the command runs once."""
    text = printed()
    return {name: svg(text, theme) for name, theme in THEMES.items()}


if __name__ == "__main__":
    for name, content in pictures().items():
        (HERE / name).write_text(content, encoding="utf-8")
