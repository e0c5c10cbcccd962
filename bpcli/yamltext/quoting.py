"""Values and keys as a message quotes them, written as YAML writes them."""

from collections.abc import Sequence

from bpcli.common.text import LONGEST, printable
from bpcli.yamltext.scalars import flow


def show(value: object) -> str:
    """A value as a message quotes it: text in quotes, everything else as YAML writes it."""
    if isinstance(value, str):
        return f"'{printable(value, LONGEST)}'"
    return printable(flow(value), LONGEST)


def dotted(path: Sequence[str | int]) -> str:
    """A path as one writes it after ``--set``, with ``[i]`` for the items of a list."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{printable(part, LONGEST)}" for part in path]
    return "".join(parts).removeprefix(".")
