"""How numbers and terms are printed: decimals, short round numbers, aligned points, and where a line may break."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isclose

import numpy as np

from bpcli.network import Array
from bpcli.walkthrough.blocks import Block, Equation, Mode, Numbers, Sheet, Table, Term, visible

EXACT = 1e-13  # a sum of round numbers is round but for this much
HUGE, TINY = 1e7, 1e-6  # from here on, and below, a power of ten says more than zeros
GIVEN_DIGITS = 12
ABREAST = 8  # blanks that have room for wide ones
LONG = 6  # rows of a table on a worksheet, beyond which it is halved
GAP = None  # stands where entries were left out


@dataclass(frozen=True)
class Cell:
    """A number as it is printed, and the digits that are left out behind it, which keep its column aligned."""

    text: str
    omitted: str = ""


Grid = list[list[Cell | None]]


def grid(numbers: Numbers, digits: int, most: tuple[int, int] = (8, 8)) -> Grid:
    """The cells of a matrix; of one with more rows or columns than ``most``, the first ones and the last."""
    values = numbers.values.reshape(numbers.shape)
    if numbers.form == "exact":
        whole = _aligned([[exact(value) for value in row] for row in values.tolist()])
    else:
        decimals = needed(values, digits)
        whole = [[cell(value, decimals) for value in row] for row in values.tolist()]
    rows, columns = (_kept(size, limit) for size, limit in zip(values.shape, most, strict=True))
    return [[whole[row][column] if row >= 0 and column >= 0 else GAP for column in columns] for row in rows]


def _kept(size: int, limit: int) -> list[int]:
    """The indices that are shown; -1 stands for those left out."""
    return list(range(size)) if size <= limit else [*range(max(limit - 2, 1)), -1, size - 1]


def needed(values: Array, digits: int) -> int:
    """The decimals that these numbers need, ``digits`` at most; 0.5 and 1 need one."""
    entries = values.ravel().tolist()
    for decimals in range(digits):
        if all(isclose(round(each, decimals), each, rel_tol=EXACT, abs_tol=EXACT) for each in entries):
            return decimals
    return digits


def cell(value: float, decimals: int) -> Cell:
    """A number with this many decimals; a round one is printed short, a huge one with a power of ten."""
    if abs(value) >= HUGE:
        return Cell(significant(value, decimals))
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    if not isclose(float(text), value, rel_tol=EXACT, abs_tol=EXACT) or "." not in text:
        return Cell(text)
    short = text.rstrip("0").rstrip(".")
    return Cell(short, text[len(short) :])


def exact(value: float) -> str:
    """A given number with all its digits, twelve at most: what is printed is what is calculated with."""
    text = f"{value:.{GIVEN_DIGITS}g}"
    if value and not TINY <= abs(value) < HUGE:
        return _power(text)
    return np.format_float_positional(float(text), trim="-").removeprefix("-" if not value else "")


def _aligned(rows: list[list[str]]) -> list[list[Cell]]:
    """Cells whose points stand below one another."""

    def behind(text: str) -> int:
        return 0 if "e" in text else len(text) - (text.find(".") if "." in text else len(text))

    most = max(behind(text) for row in rows for text in row)
    zeros = "." + "0" * most
    return [[Cell(text, "" if "e" in text else zeros[behind(text) : most]) for text in row] for row in rows]


def significant(value: float, digits: int) -> str:
    """A number with this many significant digits, at least four."""
    return _power(f"{value:.{max(digits, 4)}g}")


def _power(text: str) -> str:
    """1e-08 as 1e-8."""
    return re.sub(r"e([+-])0*(\d+)$", lambda found: f"e{found[1].strip('+')}{found[2]}", text)


def scalar(numbers: Numbers, digits: int) -> str:
    """A number by itself."""
    value = float(numbers.values)
    if numbers.form == "exact":
        return exact(value)
    return significant(value, digits) if numbers.form == "significant" else cell(value, digits).text


def operand(numbers: Numbers, digits: int, before: object) -> str:
    """A number after an operator: in parentheses where two signs would meet."""
    text = scalar(numbers, digits)
    return f"({text})" if text.startswith("-") and before in ("+", "-", "·") else text


def padded(cell: Cell | None, width: int) -> str:
    """A cell in a column of this width, its point where that of the others is."""
    return "…".rjust(width) if cell is None else (cell.text + " " * len(cell.omitted)).rjust(width)


def unbroken(terms: Iterable[Term]) -> list[list[Term]]:
    """The terms in groups that stay on one line: products, parentheses, and the operator or comma beside them."""
    groups: list[list[Term]] = []
    depth, waiting = 0, False
    for term in terms:
        closes = isinstance(term, str) and term.startswith((")", "]", ","))
        joins = closes or term == "·"
        if groups and (depth or waiting or joins):
            groups[-1].append(term)
        else:
            groups.append([term])
        waiting = isinstance(term, str) and not closes
        if isinstance(term, str):
            depth += term.count("(") - term.count(")")
    return groups


def sets(blocks: Sequence[Block], sheet: Sheet) -> list[Block | list[list[Equation]]]:
    """The visible blocks; on a worksheet equations that follow one another are one set, which stands side by side.

    A set is of stacks: the rows of a gradient, or the entries of a sum, below one another; any other equation alone.
    """
    shown = [block for block in blocks if visible(block, sheet.mode)]
    if sheet.mode != "worksheet":
        return list(shown)
    found: list[Block | list[list[Equation]]] = []
    for _, run in groupby(shown, lambda block: isinstance(block, Equation)):
        members = list(run)
        equations = [block for block in members if isinstance(block, Equation)]
        if not equations:
            found += members
            continue
        stacks: list[list[Equation]] = []
        for equation in equations:
            if equation.slots and stacks and stacks[-1][0].slots:
                stacks[-1].append(equation)
            else:
                stacks.append([equation])
        found.append(stacks)
    return found


def crowded(equation: Equation) -> bool:
    """Whether so many blanks stand side by side in an equation of a worksheet that each must be narrower."""
    terms = [*equation.shown_working("worksheet"), equation.answer]
    return sum(max(each.shape[1], 1) for each in terms if isinstance(each, Numbers)) > ABREAST


def side_by_side(table: Table, mode: Mode) -> list[Table]:
    """The parts of a table that stand side by side: a long one on a worksheet is halved, to take less of the page."""
    half = (len(table.rows) + 1) // 2
    if mode != "worksheet" or len(table.rows) <= LONG:
        return [table]
    return [replace(table, rows=rows) for rows in (table.rows[:half], table.rows[half:])]


def before(group: list[Term], place: int) -> Term:
    """What stands before a term of its group; nothing before the first."""
    return group[place - 1] if place else ""
