"""What asks at the keyboard: one part at a time, and the quiz. Lines are read, so that a pipe can answer."""

import sys
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from bpcli.cli.console import Screen
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bpcli.worksheets.blanks import Blank
    from bpcli.worksheets.quiz import Quiz

ASK = "Enter: next part, b: back, q: end "
HOW_TO_ANSWER = (
    "Type the numbers of each quantity, row by row and rounded to {digits} decimals, such as 0.5 -1.25; decimal commas "
    "and fractions are fine.\n"
    "?: a hint, Enter: leave it out, q: end. Continue with your own numbers: an error carried forward gets full marks."
)
NO_INPUT = "--quiz reads answers from standard input, and there are none: run it in a terminal, or pipe in a line each"


def page_through(parts: "Sequence[RenderableType]", screen: Screen) -> None:
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


def ask_all(
    quiz: "Quiz",
    headings: "Mapping[str, RenderableType]",
    symbols: Mapping[str, str],
    hints: Mapping[str, str],
    screen: Screen,
) -> int:
    """Ask for one blank after the other, judge each answer, and show the marks at the end.

    Args:
        quiz: the blanks.
        headings: what is shown before the first blank of a part, by its letter.
        symbols: how each blank is written, by its name.
        hints: the formula of each blank, by its name.
        screen: where it is shown.

    Returns:
        0 if everything is right, 3 if something is not, 130 after Ctrl-C.

    Raises:
        UsageError: there is no input at all.
    """
    from bpcli.render.marks import judged, marks

    screen.show(HOW_TO_ANSWER.format(digits=quiz.digits))
    part, ended, heard = "", "", False
    try:
        for blank in quiz.blanks:
            if blank.letter != part:
                part = blank.letter
                screen.show(headings[part])
            numbers = _numbers(blank, symbols[blank.name], hints[blank.name], screen)
            heard = True
            if numbers:
                screen.show(judged(quiz.answer(blank, numbers)))
            else:
                quiz.leave_out(blank)
                screen.show("  left out")
    except EOFError:
        if not heard:
            screen.show("")
            raise UsageError(NO_INPUT) from None
        ended = "the input ended"
    except _Ended:
        ended = "ended"
    except KeyboardInterrupt:
        ended = "interrupted"
    screen.show(f"\n{ended}: {quiz.answered} of {len(quiz.blanks)} answered\n" if ended else "")
    grade = quiz.grade()
    if grade.blanks:
        screen.show(marks(grade))
    if ended == "interrupted":
        return 130
    return 0 if grade.entirely_right and not ended else 3


class _Ended(Exception):
    """Somebody typed q."""


def _numbers(blank: "Blank", symbol: str, hint: str, screen: Screen) -> list[float]:
    """Ask until a blank has as many numbers as it needs; none where it is left out.

    Raises:
        EOFError: the input has ended.
        _Ended: somebody typed q.
    """
    from bpcli.worksheets.answer_file import first_numbers

    needed = prod(blank.shape)
    found: list[float] = []
    while len(found) < needed:
        screen.out.print(_prompt(blank, symbol, needed, len(found)), end="", style="bold", soft_wrap=True)
        line = _line()
        if not sys.stdin.isatty():
            screen.show("")  # nobody has pressed Enter there
        word = line.strip().lower()
        if word in ("q", "quit"):
            raise _Ended
        if not word and not found:
            return []
        if word == "?":
            screen.show(f"  hint: {hint}", whole_lines=True)
        elif word:
            try:
                found += first_numbers(line, needed - len(found))
            except ValueError as error:
                screen.show(f"  {error}", whole_lines=True)
    return found


def _line() -> str:
    """The next line of the input.

    Raises:
        EOFError: there is none.
    """
    line = sys.stdin.readline() if sys.stdin and not sys.stdin.closed else ""
    if not line:
        raise EOFError
    return line


def _prompt(blank: "Blank", symbol: str, needed: int, found: int) -> str:
    """The symbol and the name of a blank, and what is missing of it: ∇W, grad_W (2×2 = 4 numbers, row by row)."""
    shape = "×".join(map(str, blank.shape))
    many = f"{shape} = {needed} numbers, row by row" if len(blank.shape) > 1 else f"{needed} numbers"
    name = symbol if symbol == blank.name else f"{symbol}, {blank.name}"
    return f"{name} ({f'{needed - found} more' if found else many if needed > 1 else 'a number'}): "
