"""Text formatting for messages: printable text on one line, lists in words, and suggestions for mistyped words."""

import difflib
import re
from collections.abc import Iterable

LONGEST = 60  # characters of anything quoted
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with one of these first, a spreadsheet computes a cell


def printable(text: str, limit: int | None = None) -> str:
    """Return ``text`` cut to ``limit``, with line breaks and control characters escaped: they could fake output."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cell(text: str) -> str:
    """Return ``text`` as a cell of a table that no spreadsheet takes for a formula."""
    found = printable(text)
    return f"'{found}" if text.startswith(FORMULA) else found


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """Return ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """Return the choice that ``word`` probably stands for, ignoring case, or None if none is close."""
    if not isinstance(word, str) or len(word) > LONGEST:
        return None
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def did_you_mean(word: object, choices: Iterable[str]) -> str | None:
    """Return ``did you mean X?`` for the nearest choice, in quotes if it is not one word, or None if none is close."""
    choice = nearest(word, choices)
    if choice is None:
        return None
    shown = choice if re.fullmatch(r"[\w.-]+", choice) else f"'{printable(choice, LONGEST)}'"
    return f"did you mean {shown}?"
