"""Text as a message shows it: printable, on one line, and with a suggestion where a word was probably mistyped."""

import difflib
from collections.abc import Iterable

LONGEST = 60  # characters of anything quoted


def printable(text: str, limit: int | None = None) -> str:
    """``text`` cut to ``limit``, without line breaks and control characters, which could fake a message."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` was probably meant to be, if there is one."""
    if not isinstance(word, str) or len(word) > LONGEST:
        return None
    close = difflib.get_close_matches(word.lower(), list(choices), n=1)
    return close[0] if close else None


def did_you_mean(word: object, choices: Iterable[str]) -> str | None:
    """The question that suggests the nearest choice, or None where no choice is near."""
    choice = nearest(word, choices)
    return None if choice is None else f"did you mean {choice}?"
