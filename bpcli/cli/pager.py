"""One part at a time: Enter goes on, b goes back, q ends. Lines are read, so that a pipe can press the keys."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bpcli.cli.console import Screen

if TYPE_CHECKING:
    from rich.console import RenderableType

ASK = "Enter: next part, b: back, q: end "


def page_through(parts: Sequence["RenderableType"], screen: Screen) -> None:
    """Show the parts as the keys say; the end of the input is the end of the walk."""
    at = 0
    while at < len(parts):
        screen.show(parts[at])
        if at + 1 == len(parts):
            return
        if sys.stdin.isatty():
            screen.err.print(ASK, end="", style="dim")
        answer = sys.stdin.readline()
        key = answer.strip().lower()
        if not answer or key.startswith("q"):
            return
        at = max(at - 1, 0) if key.startswith("b") else at + 1
