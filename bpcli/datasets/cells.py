"""What one cell of a text table is: a number, a mark for a missing value, or text."""

import math
import re

import numpy as np

from bpcli.datasets.dataset import Column

# What numpy.loadtxt takes for a number. float() would also take 1_000 and the digits of other scripts.
_number = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_decimal_comma = re.compile(r"[+-]?[0-9]+,[0-9]+").fullmatch

_MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "+nan", "-nan", "null", "none", "?", "-"})
_INFINITE = frozenset({sign + word for sign in ("", "+", "-") for word in ("inf", "infinity")})
_MARKS = _MISSING | _INFINITE


def number(cell: str) -> float | None:
    """The finite number that a (stripped) cell holds, or None."""
    if not _number(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def is_text(cell: str) -> bool:
    """Whether a cell can be a name or a label: neither a number nor a mark for a missing one."""
    return not (_number(cell) or cell.lower() in _MARKS)


def explain(cell: str) -> str:
    """What a cell that should hold a number holds instead, and what to do."""
    if cell.lower() in _MISSING:
        held = f"{cell!r} stands for a missing value" if cell else "the cell is empty"
        return f"{held}; fill it in, or remove the row"
    if cell.lower() in _INFINITE:
        return f"{cell!r} is not finite; write a finite number, or remove the row"
    if _number(cell):
        return f"{cell!r} is too large for a 64-bit number; choose another unit, or remove the row"
    if "\n" in cell or "\r" in cell:
        return f"{shown(cell)} contains a line break; is a closing quote missing?"
    if _decimal_comma(cell):
        return f"{cell!r} is not a number; write the decimal point as '.', and no separator between thousands"
    return f"{shown(cell)} is not a number; replace the text by numbers, or remove the column"


def shown(text: str) -> str:
    """A text from a file, quoted, and short enough for a message."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def target_column(cells: list[str]) -> Column:
    """N target cells as numbers if all of them are, else as the texts they are."""
    values = [number(cell) for cell in cells]
    return cells if None in values else np.array(values, dtype=np.float64)


def target_faults(cells: list[str]) -> list[int]:
    """The positions of target cells that are neither a number nor a label.

    In a column of numbers that is everything else. In a column of texts it is an empty cell, and one that
    runs over several lines, as after a quote that nobody closed; "NA" beside "DE" and "FR" is a country.
    """
    if any(is_text(cell) for cell in cells):
        return [i for i, cell in enumerate(cells) if cell == "" or "\n" in cell or "\r" in cell]
    return [i for i, cell in enumerate(cells) if number(cell) is None]
