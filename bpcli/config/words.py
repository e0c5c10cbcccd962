"""Values, keys and suggestions as a message shows them: short, printable, and never more than one line."""

import difflib
from collections.abc import Iterable, Sequence

from bpcli.config.scalars import flow

_SHOWN = 60


def printable(text: str, limit: int | None = None) -> str:
    """``text`` cut to ``limit``, without line breaks and control characters, which could fake a message."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def show(value: object) -> str:
    """A value as a message quotes it: text in quotes, everything else as YAML writes it."""
    if isinstance(value, str):
        return f"'{printable(value, _SHOWN)}'"
    return printable(flow(value), _SHOWN)


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def dotted(path: Sequence[str | int]) -> str:
    """A path as one writes it after ``--set``, with ``[i]`` for the items of a list."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{printable(part, _SHOWN)}" for part in path]
    return "".join(parts).removeprefix(".")


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` was probably meant to be, if there is one."""
    if not isinstance(word, str) or len(word) > _SHOWN:
        return None
    close = difflib.get_close_matches(word.lower(), list(choices), n=1)
    return close[0] if close else None


def did_you_mean(word: object, choices: Iterable[str]) -> str | None:
    """The question that suggests the nearest choice, or None where no choice is near."""
    choice = nearest(word, choices)
    return None if choice is None else f"did you mean {choice}?"
