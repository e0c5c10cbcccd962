"""Reads an answers file: from its text to arrays of the shapes of the blanks.

The text goes through the reader of the configuration files, which runs no code and guesses no types; every problem of a
file is reported at once, each with its line and column, what was expected and what was given.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite, isnan, nan
from pathlib import Path

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.text import LONGEST, printable
from bpcli.network import Array
from bpcli.worksheets.blanks import Blank
from bpcli.yamltext.problems import Collector, ConfigProblems, KeyPath, Place
from bpcli.yamltext.problems import Problem as Complaint
from bpcli.yamltext.reader import MAX_BYTES, read
from bpcli.yamltext.scalars import show
from bpcli.yamltext.syntax_errors import YamlSyntaxError
from bpcli.yamltext.text_file import read_text
from bpcli.yamltext.tree import Node

NUMBER = re.compile(r"[-+]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][-+]?[0-9]+)?")
NOTHING = ("null", "~", "")

PAGES = (".html", ".htm", ".tex", ".md", ".pdf")  # what a worksheet is printed as


class AnswerProblems(DataError):
    """Everything that is wrong with an answers file, a line for each problem."""

    def __init__(self, problems: ConfigProblems) -> None:
        super().__init__(str(problems))
        self._lines = problems.lines

    @property
    def lines(self) -> Sequence[str]:
        """A line for each problem."""
        return self._lines


def entries_of(path: Path) -> tuple[dict[str, Node], Collector, str]:
    """Return the keys of a file with what stands there, the problems so far, and its text.

    Raises:
        DataError: it cannot be read as keys and values at all.
        MachineError: the disk or the permissions do not allow it.
    """
    if not path.is_file():  # nor a pipe, which would keep its reader waiting
        raise DataError(
            f"{path}: there is no such file; bpcli walkthrough --seeds 1:30 --out class writes them"
        )
    if path.suffix.lower() in PAGES:
        raise DataError(
            f"{path}: a page is not marked; answers are written into the file answers-*.yaml that comes with "
            "the worksheet"
        )
    problems = Collector()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path}: longer than {MAX_BYTES // 1024} KiB; an answers file is much shorter")
        text = read_text(path)
        root = read(text, lambda line, column: Place.in_file(str(path), line, column), problems)
    except ConfigProblems as error:  # not UTF-8
        raise DataError(str(error)) from None
    except YamlSyntaxError as error:
        complaint = Complaint(str(path), error.place.line, error.place.column, "", error.message)
        raise DataError(str(complaint)) from None
    if root is not None and root.value is None:
        return {}, problems, text
    if root is None or not isinstance(root.value, dict):
        raise_if_any(problems)
        raise DataError(f"{path}: it must have one line per blank, such as a: [0.5, -1.25]")
    return root.value, problems, text


def raise_if_any(problems: Collector) -> None:
    """Raise DataError with every problem, in the order of their places, if there is any."""
    try:
        problems.raise_if_any()
    except ConfigProblems as error:
        raise AnswerProblems(error) from None


def shown(value: object) -> str:
    """A value as a message quotes it."""
    return "a list or a mapping" if isinstance(value, list | dict) else show(value)


def number_of(text: str) -> float:
    """Read a number as people write it: 0.62, 0,62, -3/4, 1e-3; NaN for null.

    Raises:
        ValueError: it is something else.
    """
    text = text.strip().strip("\"'").replace("−", "-")
    if text in NOTHING:
        return nan
    above, slash, below = text.partition("/")
    if slash and number_of(below):
        return number_of(above) / number_of(below)
    if slash or not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def numbers_of(text: str, count: int) -> list[float] | None:
    """Read ``count`` numbers on a line, with decimal points or commas, between spaces, commas or semicolons.

    None where that cannot be done in one way: ``0,5 1,5`` are two numbers, and so are ``0,5``, where two are wanted.
    """
    text = text.strip().strip(";[]").strip()
    ways = [
        re.split(r"\s*;\s*", text),
        re.split(r"\s*;\s*|,\s+|\s+", text),
        re.split(r"\s*[;,]\s*|\s+", text),
    ]
    pieces = re.split(r"\s*,\s*", text)
    if len(pieces) == 2 * count and all(piece.isdecimal() for piece in pieces[1::2]):
        ways.append([",".join(pair) for pair in zip(pieces[::2], pieces[1::2], strict=True)])
    for way in ways:
        if len(way) == count:
            with suppress(ValueError):
                return [number_of(piece.strip("[] ")) for piece in way]
    return None


def first_numbers(line: str, most: int) -> list[float]:
    """Read the numbers of a line that somebody typed, ``most`` of them or fewer.

    Raises:
        ValueError: it holds something else, or too many; the message says so.
    """
    for count in range(most, 0, -1):
        found = numbers_of(line, count)
        if found is not None and all(map(isfinite, found)):
            return found
    many = numbers_of(line, len(re.findall(r"[^\s;,]+", line)))
    if many is None:
        raise ValueError(
            f"{printable(line.strip(), LONGEST)!r} is no list of numbers; type for example 0.62 -1.5"
        )
    raise ValueError(f"{len(many)} numbers, where {most} {'is' if most == 1 else 'are'} asked for")


def tensor_of(blank: Blank, node: Node, problems: Collector, text: str = "") -> Array:
    """Return one blank as an array of its shape; NaN where nothing was written or what was written is refused.

    Where the shape does not fit, the ``text`` of the file tells whether the commas were decimal ones.
    """
    values = np.full(blank.shape, np.nan)
    if node.value is None:
        return values
    node = _with_decimal_commas(node, blank.shape, text.splitlines())
    given = _shape(node, len(blank.shape))
    if given is not None and not _fits(given, blank.shape):
        problems.add(node.place, (blank.name,), _wrong_shape(blank, given))
        return values
    for index, place, number in _numbers(node, (blank.name,), blank.shape, problems):
        if not isfinite(number):
            problems.add(
                place,
                (blank.name, *index),
                f"{show(number)} is not a finite number; write null for no answer",
            )
        values[index] = number
    return values


def _with_decimal_commas(node: Node, shape: tuple[int, ...], lines: list[str]) -> Node:
    """A list that has too many items because each comma parts two of them, read once more with decimal commas."""
    if not isinstance(node.value, list) or not shape:
        return node
    if len(shape) > 1:
        return replace(node, value=[_with_decimal_commas(row, shape[1:], lines) for row in node.value])
    place = node.place
    if len(node.value) == shape[0] or place.line is None or place.column is None or place.line > len(lines):
        return node
    written = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
    numbers = numbers_of(written.partition("]")[0], shape[0]) if written.startswith("[") else None
    if numbers is None:
        return node
    return replace(node, value=[Node(None if isnan(number) else number, place) for number in numbers])


def _shape(node: Node, depth: int) -> tuple[int | None, ...] | None:
    """The shape of nested lists; None within it where rows differ in length, None at all where all is null."""
    if not isinstance(node.value, list):
        return ()
    rows = [_shape(item, depth - 1) for item in node.value if item.value is not None]
    if not rows:
        return (len(node.value),)
    same = rows[0] if all(row == rows[0] for row in rows) else (None,)
    return (len(node.value), *(same or ()))


def _fits(given: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    """Whether a shape is the right one; a matrix of rows that are all null has only its number of rows."""
    return given == shape or (len(shape) == 2 and given == shape[:1])


def _wrong_shape(blank: Blank, given: tuple[int | None, ...]) -> str:
    want = "×".join(map(str, blank.shape)) or "one number"
    if None in given:
        return f"its rows have different lengths; it must be {want}"
    found = "×".join(map(str, given)) or "one number"
    message = f"its shape is {found}; it must be {want}"
    if len(given) == 2 and given[::-1] == blank.shape:
        return f"{message}: it is transposed"
    if len(given) == len(blank.shape) and given and (given[-1] or 0) == 2 * blank.shape[-1]:
        return f"{message}; are there decimal commas? Write 0.62, or part the numbers by semicolons"
    if len(given) == 1 and len(blank.shape) == 2:
        return f"{message}: write a list for each row, [[0.5, …], …]"
    return f"{message}: write [0.5, …]" if len(blank.shape) == 1 and not given else message


def _numbers(
    node: Node, path: KeyPath, shape: tuple[int, ...], problems: Collector
) -> Iterator[tuple[tuple[int, ...], Place, float]]:
    """Every number below a node with its index and place; what is none is noted."""
    if node.value is None:
        return
    if shape:
        if not isinstance(node.value, list):
            problems.add(
                node.place,
                path,
                f"{shown(node.value)} is given where a list of {shape[0]} numbers is expected",
            )
            return
        for i, item in enumerate(node.value):
            for index, place, number in _numbers(item, (*path, i), shape[1:], problems):
                yield (i, *index), place, number
    elif isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield (), node.place, float(node.value)
    elif isinstance(node.value, str) and (typed := _written(node.value)) is not None:
        yield (), node.place, typed
    else:
        problems.add(
            node.place,
            path,
            f"{shown(node.value)} is not a number; write for example 0.62 or 3/4, or null for no answer",
        )


def _written(text: str) -> float | None:
    """A number that YAML takes for text: 0,62 and 3/4."""
    try:
        return number_of(text)
    except ValueError:
        return None
