"""A student's numbers as a YAML file: the empty one, the key, and what comes back, read with care.

The text goes through the reader of the configuration files, which nothing can make run code, guess types or hang; every
problem of a file is told at once, each with its line and column, what was expected and what was given.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.config.files import read_text
from bpcli.config.problems import Collector, ConfigProblems, KeyPath, Place
from bpcli.config.problems import Problem as Complaint
from bpcli.config.reader import MAX_BYTES, Unreadable, read
from bpcli.config.tree import Node
from bpcli.config.words import did_you_mean, listed, printable, show
from bpcli.errors import DataError
from bpcli.gradcheck.problem import Problem
from bpcli.network import Array
from bpcli.walkthrough.blanks import Blank, blanks

Write = Callable[[Any], str]
MOST_DIGITS = 12
HEADING = ("seed", "digits")  # which sheet it is; everything else in the file is a blank


@dataclass(frozen=True, eq=False)
class Answers:
    """What one student wrote.

    Attributes:
        source: the file, for messages.
        values: the blanks by name, of their right shapes; NaN where nothing was written. May lack names.
        seed: of the sheet, as the file says; None if it does not.
        digits: the same.
    """

    source: str
    values: Mapping[str, Array] = field(default_factory=dict)
    seed: int | None = None
    digits: int | None = None


def template(problem: Problem, seed: int | None, digits: int, title: str) -> str:
    """Return the YAML to be filled in: every blank by name, null where nothing is written yet."""
    return _text(problem, seed, digits, title, lambda _: "null")


def filled(problem: Problem, digits: int, seed: int | None = None, title: str = "Key") -> str:
    """Return the same file with the right numbers, rounded: the key."""
    return _text(problem, seed, digits, title, lambda value: f"{value:.{digits}f}")


def answers_of(values: Mapping[str, Array], digits: int, source: str = "answers") -> Answers:
    """Return numbers as somebody writes them down: rounded to so many digits."""
    rounded = {name: np.round(np.asarray(value, np.float64), digits) for name, value in values.items()}
    return Answers(source, rounded, digits=digits)


def read_answers(path: Path, problem: Problem) -> Answers:
    """Read what was filled in; blanks, rows and numbers may be null or missing.

    Raises:
        DataError: it cannot be read, or holds names, shapes or numbers that do not fit: all of them at once.
        MachineError: the disk or the permissions do not allow it.
    """
    wanted = {blank.name: blank for blank in blanks(problem)}
    entries, problems = _entries(path)
    values: dict[str, Array] = {}
    for name, node in entries.items():
        if name in wanted:
            values[name] = _tensor(wanted[name], node, problems)
        elif name not in HEADING:
            hint = did_you_mean(name, [*wanted, *HEADING]) or f"the blanks are {listed(wanted)}"
            problems.add(node.key_place or node.place, (name,), f"this sheet has no such blank; {hint}")
    seed, digits = _heading(entries, problems)
    _raise_if_any(problems)
    return Answers(str(path), values, seed, digits)


def read_heading(path: Path) -> tuple[int | None, int | None]:
    """Return the seed and the digits that a file says it is for, None where it does not: which sheet to draw.

    Raises:
        DataError: it cannot be read, or either is not a whole number.
        MachineError: the disk or the permissions do not allow it.
    """
    entries, problems = _entries(path)
    found = _heading(entries, problems)
    _raise_if_any(problems)
    return found


def _text(problem: Problem, seed: int | None, digits: int, title: str, number: Write) -> str:
    example = f"{0.62246:.{digits}f}"
    lines = [
        f"# {printable(title)}",
        f"# Write each number in place of its null, rounded to {digits} digits after the point: {example}",
        "# Keep null where you have none. Calculate on with the numbers that you wrote: what follows",
        "# from an earlier slip still earns its mark. A row of numbers is a row of the matrix.",
        *([] if seed is None else [f"seed: {seed}"]),
        f"digits: {digits}",
        "",
    ]
    for blank in blanks(problem):
        shape = "×".join(map(str, blank.shape)) or "one number"
        if len(blank.shape) < 2:
            lines.append(f"{blank.name}: {_row(blank.value, number)}  # {shape}")
        else:
            lines.append(f"{blank.name}:  # {shape}")
            lines += [f"  - {_row(row, number)}" for row in blank.value]
    return "\n".join(lines) + "\n"


def _row(value: Array, number: Write) -> str:
    return number(value) if value.ndim == 0 else "[" + ", ".join(map(number, value)) + "]"


def _entries(path: Path) -> tuple[dict[str, Node], Collector]:
    """The keys of a file with what stands there, and the problems so far."""
    if not path.is_file():  # nor a pipe, which would keep its reader waiting
        raise DataError(f"{path}: there is no such file; bpcli walkthrough --worksheet writes one to fill in")
    problems = Collector()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path}: longer than {MAX_BYTES // 1024} KiB; this is no answer to a worksheet")
        root = read(read_text(path), lambda line, column: Place.in_file(str(path), line, column), problems)
    except ConfigProblems as error:  # not UTF-8
        raise DataError(str(error)) from None
    except Unreadable as error:
        complaint = Complaint(str(path), error.place.line, error.place.column, "", error.message)
        raise DataError(str(complaint)) from None
    if root is not None and root.value is None:
        return {}, problems
    if root is None or not isinstance(root.value, dict):
        _raise_if_any(problems)
        raise DataError(f"{path}: it must hold a line for each blank, such as a: [0.5, -1.25]")
    return root.value, problems


def _raise_if_any(problems: Collector) -> None:
    try:
        problems.raise_if_any()
    except ConfigProblems as error:
        raise DataError(str(error)) from None


def _heading(entries: Mapping[str, Node], problems: Collector) -> tuple[int | None, int | None]:
    return _whole("seed", inf, entries, problems), _whole("digits", MOST_DIGITS, entries, problems)


def _whole(name: str, most: float, entries: Mapping[str, Node], problems: Collector) -> int | None:
    """A whole number of the heading; None where there is none, or none that fits."""
    node = entries.get(name)
    if node is None or node.value is None:
        return None
    if isinstance(node.value, int) and not isinstance(node.value, bool) and 0 <= node.value <= most:
        return node.value
    limit = f" up to {most:.0f}" if isfinite(most) else ""
    problems.add(node.place, (name,), f"{_shown(node.value)} is not a whole number{limit}")
    return None


def _shown(value: object) -> str:
    return "a list or a mapping" if isinstance(value, list | dict) else show(value)


def _tensor(blank: Blank, node: Node, problems: Collector) -> Array:
    """One blank as an array of its shape; NaN where nothing was written or what was written is refused."""
    values = np.full(blank.shape, np.nan)
    if node.value is None:
        return values
    given = _shape(node, len(blank.shape))
    if given is not None and not _fits(given, blank.shape):
        problems.add(node.place, (blank.name,), _wrong_shape(blank, given))
        return values
    for index, place, number in _numbers(node, (blank.name,), blank.shape, problems):
        if not isfinite(number):
            problems.add(
                place, (blank.name, *index), f"{show(number)} is no number to be marked; write null for none"
            )
        values[index] = number
    return values


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
        return f"{message}: it stands transposed"
    if len(given) == len(blank.shape) and given and (given[-1] or 0) == 2 * blank.shape[-1]:
        return f"{message}; are there decimal commas? Write 0.62 for 0,62"
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
            problems.add(node.place, path, f"{_shown(node.value)} stands where {shape[0]} numbers belong")
            return
        for i, item in enumerate(node.value):
            for index, place, number in _numbers(item, (*path, i), shape[1:], problems):
                yield (i, *index), place, number
    elif isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield (), node.place, float(node.value)
    else:
        problems.add(node.place, path, _no_number(node.value))


def _no_number(value: object) -> str:
    """That something is not a number, and what was probably meant."""
    if isinstance(value, str):
        with_point = value.strip().replace("−", "-").replace(",", ".")
        try:
            return f"{show(value)} is not a number; write {float(with_point):g}"
        except ValueError:
            pass
    return f"{_shown(value)} is not a number; write for example 0.62, or null for none"
