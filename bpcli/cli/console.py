"""Where a command prints: results on stdout; progress, warnings and errors on stderr."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text


class Screen:
    """The two streams of a command, as its common options want them."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, color: bool = True) -> None:
        self.as_json = as_json
        self._speaks = not (quiet or as_json)
        no_color = None if color else True
        self.out = Console(no_color=no_color, highlight=False)
        self.err = Console(stderr=True, no_color=no_color, highlight=False)
        self.shows_progress = not quiet and self.err.is_terminal

    def show(self, renderable: RenderableType) -> None:
        """Print a part of the report, unless --quiet or --json was given."""
        if self._speaks:
            self.out.print(renderable)

    def document(self, document: dict[str, Any]) -> None:
        """Print the JSON document, if --json was given: exactly one, at full precision."""
        if self.as_json:
            print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))  # noqa: T201 - not for rich

    def warn(self, texts: Iterable[str]) -> None:
        """Print warnings, a paragraph each."""
        for text in texts:
            self.err.print(Text.assemble(("warning: ", "bold yellow"), text))


def complain(message: str, *, color: bool = True) -> None:
    """Print the one message of a command that failed; problems of several lines stand below their number."""
    if "\n" in message:
        message = f"{len(message.splitlines())} problems\n{message}"
    console = Console(stderr=True, no_color=None if color else True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), message))
