"""Parsing of vectors, matrices and lists of sizes that are typed on the command line."""

import json
import re
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.common.text import printable
from bpcli.network import Array
from bpcli.yamltext.scalars import show

LARGEST = 1000  # units of a layer
LONGEST = 60  # characters that a message quotes


def read_tensor(option: str, text: str) -> Array:
    """Read "1,0,1" as a vector and "1,0,1; 0,1,1" as a matrix; JSON lists mean the same.

    Raises:
        UsageError: it holds something else than finite numbers, or rows of different lengths.
    """
    value = _listed(option, text)
    if not isinstance(value, list):
        value = [value]
    rows = value if any(isinstance(row, list) for row in value) else [value]
    lengths = [len(row) if isinstance(row, list) else 1 for row in rows]
    if len(set(lengths)) > 1:
        raise UsageError(
            f"{option}: its rows have {', '.join(map(str, lengths))} entries; all rows must have the same length"
        )
    numbers = [
        _finite(option, number) for row in rows for number in (row if isinstance(row, list) else [row])
    ]
    if not numbers:
        raise UsageError(f"{option}: there is no number in {show(text)}; write for example 1,0,1")
    matrix = option in ("--V", "--W")
    tensor = np.array(numbers, np.float64).reshape(len(rows), -1)
    if matrix:
        return tensor
    if 1 not in tensor.shape:
        shape = "×".join(map(str, tensor.shape))
        raise UsageError(f"{option}: the shape given is {shape}; it must be a vector, such as 1,0,1")
    return tensor.reshape(-1)


def _listed(option: str, text: str) -> Any:
    """The text as lists of scalars."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise UsageError(
                f"{option}: {show(text)} is not a list; write for example [[1,0],[0,1]], or 1,0; 0,1"
            ) from None
    rows = [row.replace(",", " ").split() for row in text.strip().strip(";").split(";")]
    return rows if len(rows) > 1 else rows[0]


def _finite(option: str, value: Any) -> float:
    if isinstance(value, list | dict):
        raise UsageError(
            f"{option}: expected a number, or a list of rows of numbers; write for example [[1,0],[0,1]]"
        )
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UsageError(f"{option}: {show(value)} is not a number; write for example 0.5") from None
    except OverflowError:
        number = np.inf
    if isinstance(value, bool) or not np.isfinite(number):
        raise UsageError(
            f"{option}: {printable(str(value), LONGEST)} is not a finite number; write for example 0.5"
        )
    return number


def read_hidden(text: str) -> tuple[int, ...]:
    """Read "none", "3" or "4,3".

    Raises:
        UsageError: it is something else.
    """
    return () if text.strip().lower() in ("none", "") else read_sizes("--hidden", text)


def read_sizes(option: str, text: str) -> tuple[int, ...]:
    """Read "3,2,2" or "3-2-2".

    Raises:
        UsageError: it is something else, or a size is 0 or too large.
    """
    words = re.split(r"[\s,]+|(?<=\d)-(?=\d)", text.strip())
    if not all(word.isdecimal() and 0 < int(word[:9]) <= LARGEST for word in words):
        example = "none, 3, or 4,3" if option == "--hidden" else "3,2,2"
        raise UsageError(
            f"{option}: {show(text)} is not a list of sizes from 1 to {LARGEST}; write for example {example}"
        )
    return tuple(map(int, words))
