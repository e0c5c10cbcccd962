"""Where a command prints: results on stdout; progress, warnings and errors on stderr."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text
from rich.theme import Theme

from bpcli.render.styles import BAD, CAUTION, LIBRARY


class _Console(Console):
    """A console that prints file names as they are, and does not mind a reader who leaves, as ``head`` does."""

    def __init__(self, *, stderr: bool = False, color: bool = True) -> None:
        super().__init__(
            stderr=stderr,
            no_color=None if color else True,
            highlight=False,
            markup=False,
            theme=Theme(LIBRARY),
        )

    def on_broken_pipe(self) -> None:
        """Go on without a reader: what was begun is finished, and what is printed goes nowhere."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Screen:
    """The two streams of a command, as its common options want them."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, color: bool = True) -> None:
        self.as_json = as_json
        self._speaks = not (quiet or as_json)
        self.out = _Console(color=color)
        self.err = _Console(stderr=True, color=color)
        # Colour may be forced into a pipe, a moving bar may not.
        self.shows_progress = not quiet and sys.stderr.isatty()

    def show(self, renderable: RenderableType, *, whole_lines: bool = False) -> None:
        """Print a part of the report, unless --quiet or --json was given.

        ``whole_lines`` leaves lines as long as they are: what is copied from the screen or saved must not be folded.
        """
        if self._speaks:
            self.out.print(renderable, soft_wrap=whole_lines)

    def show_as_is(self, text: str) -> None:
        """Print the text of a file as it would be written, unless --quiet or --json was given."""
        if self._speaks:
            print(text, end="")  # noqa: T201 - not for rich

    def document(self, document: dict[str, Any]) -> None:
        """Print the JSON document, if --json was given: exactly one, at full precision."""
        if self.as_json:
            print(json.dumps(document, indent=2, allow_nan=False))  # noqa: T201 - not for rich

    def warn(self, texts: Iterable[str]) -> None:
        """Print warnings, a paragraph each."""
        for text in texts:
            self.err.print(Text.assemble(("warning: ", f"bold {CAUTION}"), text))


def print_error(message: str, *, color: bool = True) -> None:
    """Print the one message of a command that failed; problems of several lines stand below their number."""
    if "\n" in message:
        message = f"{len(message.splitlines())} problems\n{message}"
    _Console(stderr=True, color=color).print(
        Text.assemble(("error: ", f"bold {BAD}"), message), soft_wrap=True
    )
