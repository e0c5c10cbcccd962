"""Where a command prints: results on stdout; the progress bar, warnings and errors on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from bpcli.common.text import printable
from bpcli.render.styles import BAD, CAUTION, LIBRARY

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


Record = TypeVar("Record")


def _console(*, stderr: bool = False, color: bool = True) -> "Console":
    """Return a console that prints file names as they are, and does not mind a reader who leaves, as ``head`` does."""
    from rich.theme import Theme  # rich takes a tenth of a second, and a quiet command prints nothing

    from bpcli.render.safe_console import SafeConsole

    class StreamConsole(SafeConsole):
        def on_broken_pipe(self) -> None:
            """Go on without a reader: what was begun is finished, and what is printed goes nowhere."""
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    return StreamConsole(
        stderr=stderr,
        no_color=None if color else True,
        highlight=False,
        markup=False,
        theme=Theme(LIBRARY),
    )


class Screen:
    """The two streams of a command, as its common options want them.

    Attributes:
        speaks: whether a report is shown at all, neither --quiet nor --json being given.
        as_json, shows_progress: whether there is a document, and a moving bar.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False, color: bool = True) -> None:
        self.as_json = as_json
        self.speaks = not (quiet or as_json)
        self._color = color
        # Colour may be forced into a pipe, a moving bar may not.
        self.shows_progress = not quiet and sys.stderr.isatty()

    @cached_property
    def out(self) -> "Console":
        """What prints to stdout."""
        return _console(color=self._color)

    @cached_property
    def err(self) -> "Console":
        """What prints to stderr."""
        return _console(stderr=True, color=self._color)

    def show(self, renderable: "RenderableType", *, whole_lines: bool = False) -> None:
        """Print a part of the report, unless --quiet or --json was given.

        ``whole_lines`` leaves lines as long as they are: what is copied from the screen or saved must not be folded.
        """
        if self.speaks:
            self.out.print(renderable, soft_wrap=whole_lines)

    def show_as_is(self, text: str) -> None:
        """Print the text of a file as it would be written, unless --quiet or --json was given."""
        if self.speaks:
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
    _warning(_console(stderr=True, color=color), message)


def _warning(console: "Console", text: str) -> None:
    from rich.text import Text

    console.print(Text.assemble(("warning: ", f"bold {CAUTION}"), printable(text)))


def track(
    records: Iterable[Record],
    screen: Screen,
    *,
    what: str,
    done: int,
    total: int,
    seen: Callable[[Record], tuple[int, float]],
) -> Iterator[Record]:
    """Yield the records on, showing how many of ``total`` steps are done, the loss and the time left.

    ``what`` a step is called, ``done`` of them were there before, and ``seen`` tells a record's step and loss.
    """
    if not screen.shows_progress:
        yield from records
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        MofNCompleteColumn(),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen.err, transient=True, expand=True) as progress:
        task = progress.add_task("training", total=total, completed=done, loss="")
        for record in records:
            step, loss = seen(record)
            progress.update(task, completed=step, loss=f"{loss:.4g}")
            yield record


def print_error(lines: Sequence[str], *, color: bool = True) -> None:
    """Print the one message of a command that failed; problems of several lines stand below their number.

    A terminal gets lines that are folded between words, a file or a pipe whole ones.
    """
    from rich.text import Text

    message = "\n".join([f"{len(lines)} problems", *lines] if len(lines) > 1 else lines)
    console = _console(stderr=True, color=color)
    text = Text.assemble(("error: ", f"bold {BAD}"), message)
    console.print(text, soft_wrap=not console.is_terminal)
