"""Where a command prints: results on stdout; progress, warnings and errors on stderr."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from bpcli.common.text import printable
from bpcli.render.styles import BAD, CAUTION


class _Console(Console):
    """A console that prints file names as they are, and does not mind a reader who leaves, as ``head`` does.

    Names, labels and messages from files may hold what a terminal obeys; nothing of that leaves this console.
    """

    def __init__(self, *, stderr: bool = False, color: bool = True) -> None:
        super().__init__(stderr=stderr, no_color=None if color else True, highlight=False, markup=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield what is to be printed, with control characters in its texts escaped."""
        for text, style, control in super().render(renderable, options):
            safe = text if control else "\n".join(map(printable, text.split("\n")))
            yield Segment(safe, style, control)

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
            self._print(text)

    def document(self, document: dict[str, Any]) -> None:
        """Print the JSON document, if --json was given: exactly one, at full precision."""
        if self.as_json:
            self._print(json.dumps(document, indent=2, allow_nan=False) + "\n")

    def _print(self, text: str) -> None:
        """Print what is not for rich."""
        try:
            print(text, end="", flush=True)  # noqa: T201
        except BrokenPipeError:
            self.out.on_broken_pipe()

    def warn(self, texts: Iterable[str]) -> None:
        """Print warnings, a paragraph each."""
        for text in texts:
            _warning(self.err, text)


def print_warning(message: str, *, color: bool = True) -> None:
    """Print what a library warns of as a warning of ours: one message, and no line of code."""
    _warning(_Console(stderr=True, color=color), message)


def _warning(console: Console, text: str) -> None:
    console.print(Text.assemble(("warning: ", f"bold {CAUTION}"), printable(text)))


def print_error(lines: Sequence[str], *, color: bool = True) -> None:
    """Print the one message of a command that failed; problems of several lines stand below their number."""
    message = "\n".join([f"{len(lines)} problems", *lines] if len(lines) > 1 else lines)
    _Console(stderr=True, color=color).print(
        Text.assemble(("error: ", f"bold {BAD}"), message), soft_wrap=True
    )
