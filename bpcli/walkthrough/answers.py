"""A student's numbers as a YAML file: the empty one, the key, and what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.config.problems import Collector
from bpcli.config.tree import Node
from bpcli.config.words import did_you_mean, listed, printable
from bpcli.errors import UsageError
from bpcli.gradcheck.problem import Problem
from bpcli.network import Array
from bpcli.walkthrough.answer_file import entries_of, raise_if_any, shown, tensor_of
from bpcli.walkthrough.blanks import blanks

Write = Callable[[Any], str]
MOST_DIGITS = 12
MOST_NUMBERS = 1000  # to be worked out by hand, and far below what the reader takes
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
    """Return the YAML to be filled in: every blank by name, null where nothing is written yet.

    Raises:
        UsageError: if the network is too large for a sheet, or there is more than one sample.
    """
    return _text(problem, seed, digits, title, lambda _: "null")


def filled(problem: Problem, digits: int, seed: int | None = None, title: str = "Key") -> str:
    """Return the same file with the right numbers, rounded: the key. Raises as ``template`` does."""
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
    entries, problems = entries_of(path)
    values: dict[str, Array] = {}
    for name, node in entries.items():
        if name in wanted:
            values[name] = tensor_of(wanted[name], node, problems)
        elif name not in HEADING:
            hint = did_you_mean(name, [*wanted, *HEADING]) or f"the blanks are {listed(wanted)}"
            problems.add(node.key_place or node.place, (name,), f"this sheet has no such blank; {hint}")
    seed, digits = _heading(entries, problems)
    raise_if_any(problems)
    return Answers(str(path), values, seed, digits)


def read_heading(path: Path) -> tuple[int | None, int | None]:
    """Return the seed and the digits that a file says it is for, None where it does not: which sheet to draw.

    Raises:
        DataError: it cannot be read, or either is not a whole number.
        MachineError: the disk or the permissions do not allow it.
    """
    entries, problems = entries_of(path)
    found = _heading(entries, problems)
    raise_if_any(problems)
    return found


def _text(problem: Problem, seed: int | None, digits: int, title: str, number: Write) -> str:
    wanted = blanks(problem)
    if (count := sum(blank.value.size for blank in wanted)) > MOST_NUMBERS:
        raise UsageError(
            f"a worksheet of these sizes would ask for {count:,} numbers; take a smaller network, such as 3-4-2"
        )
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
    for blank in wanted:
        shape = "×".join(map(str, blank.shape)) or "one number"
        if len(blank.shape) < 2:
            lines.append(f"{blank.name}: {_row(blank.value, number)}  # {shape}")
        else:
            lines.append(f"{blank.name}:  # {shape}")
            lines += [f"  - {_row(row, number)}" for row in blank.value]
    return "\n".join(lines) + "\n"


def _row(value: Array, number: Write) -> str:
    return number(value) if value.ndim == 0 else "[" + ", ".join(map(number, value)) + "]"


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
    problems.add(node.place, (name,), f"{shown(node.value)} is not a whole number{limit}")
    return None
