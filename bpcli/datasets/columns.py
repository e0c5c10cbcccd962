"""What becomes of each column of a text table: target, number, category, date, or left out, with the reason."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.text import did_you_mean
from bpcli.datasets import dates
from bpcli.datasets.cell_columns import Cells, NumberColumn, TextColumn
from bpcli.datasets.cells import amount, any_case, explain, is_missing, measure, number, shown
from bpcli.datasets.dataset import Category, FloatArray, Role

FEW = 20  # distinct values of a column of categories among numbers
_FAULTY = 0.1  # of the cells: so many that are not numbers are faults among numbers, more make a column text
_WORDS = 2  # so few distinct words among numbers are faults too, however often they come
_DISTINCT = 0.5  # of the rows: a text column with more distinct values says who a row is, not what it is like
SUFFIXED = "suffixed"  # the format of a column of numbers in which K and M are multiplied out
UNIT = "unit "  # begins that of a column in which a unit stands after every number
_LONG = 2e15  # numbers of over 15 digits may be identifiers; microseconds since 1970 reach this in 2033
_SAMPLE = 1000  # numbers that show how a column is written
_FEWEST_ROWS = 10  # of a table in which row numbers can be told from numbers
_NAMED_ID = re.compile(
    r"(?:^|[\s_.-])(?:id|ids|uuid|guid|key|index|rownames?|row|serial no\.?|record no\.?)$|^unnamed|.+[a-z]Id$|.+ID$",
    re.IGNORECASE,
)
_MARKS = {
    "()": "parentheses read as minus",
    "\u2212": "− read as minus",
    "thousands": "thousands separators left out",
    "%": "in percent",
    "K": "K and M multiplied out",
    "D": "D read as the E of an exponent",
    "wide": "full-width digits read as 0 to 9",
}
LAST = (-1,)


@dataclass(frozen=True)
class InputOptions:
    """What a configuration says about the columns of a table."""

    ignore: tuple[str | int, ...] = ()
    categories: tuple[str | int, ...] = ()
    numbers: tuple[str | int, ...] = ()
    dates: tuple[str | int, ...] = ()
    missing: str = "impute"  # impute | drop | error
    invalid: str = "error"  # error | missing: text in a column of numbers
    missing_values: tuple[str, ...] = ()  # cells that stand for a missing value


def target_positions(
    target: Sequence[str | int] | None, width: int, names: Sequence[str] | None, place: str
) -> tuple[int, ...]:
    """Positions, in the order asked for, of the target columns of a table that is ``width`` columns wide.

    Args:
        target: names, or positions from 0 (-1 is the last); None is the last column.
        width: how many columns there are.
        names: the columns' names, or None if the table has no header.
        place: what an error message calls the table.

    Raises:
        DataError: no such column, one chosen twice, none chosen, or no column left to be a feature.
    """
    wanted = LAST if target is None else tuple(target)
    if not wanted:
        raise DataError(f"{place}: data.target chooses no column; name one, or leave it out for the last")
    found = column_positions(wanted, width, names, place)
    if len(set(found)) < len(found):
        raise DataError(f"{place}: data.target {list(wanted)} names a column twice; name each once")
    if len(found) == width:
        columns = "its only column" if width == 1 else f"all of its {width} columns"
        quoted = width == 1 and names is not None and "," in names[0]
        advice = "remove the quotes around whole rows" if quoted else "check data.delimiter and data.target"
        raise DataError(f"{place}: no column is left as a feature: the target takes {columns}; {advice}")
    return found


def column_positions(
    wanted: Iterable[str | int], width: int, names: Sequence[str] | None, place: str
) -> tuple[int, ...]:
    """The position of each column that is named, or given by its position.

    Raises:
        DataError: there is no such column.
    """
    wanted = tuple(wanted)
    # Not made for nothing: a table may have 100,000 columns.
    index = {name: j for j, name in reversed(list(enumerate(names or ())))} if wanted else {}
    found = []
    for column in wanted:
        if isinstance(column, str) and column.strip() in index:
            found.append(index[column.strip()])
            continue
        if isinstance(column, str) and not column.removeprefix("-").isdecimal():
            raise DataError(_no_such_name(column, names, width, place))
        position = int(column)
        if not -width <= position < width:
            raise DataError(
                f"{place}: there is no column {position}: the table has {width} columns; "
                f"write 0 to {width - 1}, or -1 for the last"
            )
        found.append(position % width)
    return tuple(found)


def _no_such_name(name: str, names: Sequence[str] | None, width: int, place: str) -> str:
    if names is None:
        return (
            f"{place}: there is no column {name!r}: the file has no header, so its columns have no names; "
            f"write a position, 0 to {width - 1}, or -1 for the last"
        )
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    hint = f" ({meant})" if (meant := did_you_mean(name, names)) else ""
    message = f"{place}: there is no column {name!r}{hint}; the columns are: {listed}"
    if len(names) == 1:
        quoted = "," in names[0]
        return message + ("; remove the quotes around whole rows" if quoted else "; set data.delimiter")
    whole = next((each for each in names if each.partition(",")[0].strip() == name.strip()), "")
    return message + (f"; a name with a comma stands in double quotes: '\"{whole}\"'" if "," in whole else "")


def decide_roles(cells: Cells, targets: Sequence[int], options: InputOptions) -> dict[int, Role]:
    """The role of each column that is not a target, by its position.

    Raises:
        DataError: a column of numbers with cells that are none, or one that cannot be what it is declared as.
    """
    names = cells.names if cells.layout.header else None
    declared = {
        what: set(column_positions(getattr(options, what), len(cells.names), names, cells.place))
        for what in ("ignore", "categories", "numbers", "dates")
    }
    roles: dict[int, Role] = {}
    least, greatest = np.fmin.reduce(cells.numbers, axis=0), np.fmax.reduce(cells.numbers, axis=0)
    for j, name in enumerate(cells.names):
        if j in targets:
            continue
        if j in declared["ignore"]:
            roles[j] = Role(name, "left out", "ignored")
        elif j in declared["categories"]:
            roles[j] = Role(name, "category", "declared")
        elif j in declared["dates"]:
            roles[j] = _declared_date(cells, j)
        else:
            roles[j] = _role(
                cells,
                j,
                options,
                is_number=j in declared["numbers"],
                span=(float(least[j]), float(greatest[j])),
            )
    if all(role.kind == "left out" for role in roles.values()):
        # Then the row numbers are all there is: a series by time, say.
        counted = {j: role for j, role in roles.items() if role.why == "row numbers"}
        roles |= {j: Role(role.name, "number") for j, role in counted.items()}
    return roles


def _declared_date(cells: Cells, j: int) -> Role:
    words = [word for word in cells.text(j).vocabulary if not is_missing(word)]
    form = dates.date_format(words, digits=True)
    if not form:
        strange = next((word for word in words if not dates.date_format([word], digits=True)), None)
        fault = "its dates have several formats" if strange is None else f"{shown(strange)} is not a date"
        raise DataError(
            f"{cells.place}: {cells.layout.column(j)}: {fault if words else 'every cell is empty'}; write dates as "
            "2024-01-31, or leave the column out of data.dates"
        )
    return Role(cells.names[j], "date", "declared", form)


def _role(cells: Cells, j: int, options: InputOptions, *, is_number: bool, span: tuple[float, float]) -> Role:
    name, column = cells.names[j], cells.column(j)
    if isinstance(column, NumberColumn) and not column.others:
        if is_number:
            return Role(name, "number", "declared")
        return _number_role(name, column.values, cells, j, span)
    rare = isinstance(column, NumberColumn) and len(column.others) <= _FAULTY * len(column.values)
    if rare and isinstance(column, NumberColumn) and len(np.unique(column.values[:1000])) > FEW:
        number_values(cells, j, options.invalid)
        return Role(name, "number", "marks or text among the numbers")
    text = cells.text(j)
    counts = np.bincount(text.codes, minlength=len(text.vocabulary))
    suffixed = multiplied_out(text, cells.layout.decimal)
    kinds = [_cell_kind(word, cells.layout.decimal, suffixes=suffixed) for word in text.vocabulary]
    rows: Counter[str] = Counter()
    for kind, count in zip(kinds, counts.tolist(), strict=True):
        rows[kind] += count
    words = [word for word, kind in zip(text.vocabulary, kinds, strict=True) if kind == "text"]
    numeric = sum(count for kind, count in rows.items() if kind not in ("text", "missing"))
    distinct_numbers = len(words) and sum(kind not in ("text", "missing") for kind in kinds)
    filled = numeric + rows["text"]
    if not filled:
        return Role(name, "left out", "empty")
    if not words:
        values = number_values(cells, j, options.invalid, form=SUFFIXED if suffixed else "")
        marks = sorted({kind for kind in rows if kind not in ("number", "missing")})
        if not marks:
            if is_number:
                return Role(name, "number", "declared")
            return _number_role(name, values, cells, j, (float(np.nanmin(values)), float(np.nanmax(values))))
        if suffixed:
            marks = ["K", *(mark for mark in marks if mark != "K")]
        why = "; ".join(_MARKS.get(mark, f"{mark} left out") for mark in marks)
        return Role(name, "number", why, SUFFIXED if suffixed else "")
    # Few are categories, unless they are declared to be numbers.
    alone = set(rows) <= {"number", "missing", "text"} and numeric <= rows["text"]
    measured = alone and (is_number or len(words) > FEW)
    if measured and (unit := common_unit(words, cells.layout.decimal)):
        return Role(name, "number", f"{unit} left out", UNIT + unit)
    codes_of_few = distinct_numbers <= FEW and rows["text"] >= 2 * len(words)
    # A word or two that come again among many numbers stand for a missing value, or for one below a limit.
    faulty = rows["text"] <= max(1, _FAULTY * filled) or (len(words) <= _WORDS and distinct_numbers > FEW)
    if is_number or (numeric > rows["text"] and faulty and not codes_of_few):
        number_values(cells, j, options.invalid)
        return Role(name, "number", "text counted as missing")
    return _text_role(name, text, words, filled)


def common_unit(words: Sequence[str], decimal: str) -> str:
    """The unit that stands after a number in each of the words; "" if there is none."""
    units = {found[1] if (found := measure(word, decimal)) else "" for word in words}
    return units.pop() if len(units) == 1 else ""


def multiplied_out(text: TextColumn, decimal: str) -> bool:
    """Whether 1.5K and 3M are numbers: nothing else is text in the column, and they are more than a few.

    One 38M among ages is a typing error, and among other text it is a word.
    """
    suffixed = filled = 0
    counts = np.bincount(text.codes, minlength=len(text.vocabulary)).tolist()
    for cell, count in zip(text.vocabulary, counts, strict=True):
        if number(cell, decimal) is None:
            if is_missing(cell):
                continue
            found = amount(cell, decimal)
            if not found:
                return False
            suffixed += count * found.suffix
        filled += count
    return suffixed > _FAULTY * filled


def _cell_kind(cell: str, decimal: str, *, suffixes: bool) -> str:
    """number, missing, text, or the mark of an amount."""
    if number(cell, decimal) is not None:
        return "number"
    if is_missing(cell):
        return "missing"
    found = amount(cell, decimal)
    return found.mark if found and (suffixes or not found.suffix) else "text"


def _number_role(name: str, values: FloatArray, cells: Cells, j: int, span: tuple[float, float]) -> Role:
    """The role of N numbers that range over ``span``."""
    if np.isnan(span[0]):
        return Role(name, "left out", "empty")
    if span[0] >= _LONG and span[1] < 1e20 and _are_long_codes(values):
        return Role(name, "left out", "an identifier: over 15 digits")
    n = len(values)
    unnamed = j == 0 and cells.layout.header and name == "column 0"
    if n < _FEWEST_ROWS or not (
        unnamed or _NAMED_ID.search(name) or (values[0] in (0, 1) and values[1] == values[0] + 1)
    ):
        return Role(name, "number")
    if np.isnan(values).any() or (values != np.floor(values)).any():
        return Role(name, "number")
    steps = np.diff(values)
    if values[0] in (0, 1) and (steps == 1).all():
        return Role(name, "left out", "row numbers")
    if unnamed:
        return Role(name, "left out", "an index without a name")
    if _NAMED_ID.search(name) and len(np.unique(values)) == n:
        return Role(name, "left out", "an identifier: all distinct")
    return Role(name, "number")


def _are_long_codes(values: FloatArray) -> bool:
    """Whether N large numbers are whole, and some have over 15 digits before the zeros at the end, unlike 1.2e16."""
    some = values[~np.isnan(values)][:_SAMPLE]
    digits = (repr(value).partition("e")[0].replace(".", "").rstrip("0") for value in some.tolist())
    return bool((some == np.floor(some)).all()) and any(len(each) > 15 for each in digits)


def _text_role(name: str, text: TextColumn, words: list[str], filled: int) -> Role:
    levels = len({word.casefold() for word in text.vocabulary if not is_missing(word, among_words=True)})
    form = dates.date_format(words)
    if form and form not in dates.OF_DAY:
        return Role(name, "left out", "dates (data.dates uses them)", form)
    if levels > max(2, _DISTINCT * filled) and (levels > FEW or levels > 0.9 * filled):
        if form:
            return Role(name, "left out", "times (data.dates uses them)", form)
        sentences = sum(" " in word for word in words) > len(words) / 2
        return Role(name, "left out", "free text" if sentences else "nearly all distinct")
    return Role(name, "category")


def number_values(  # noqa: PLR0912 - one branch for each way to write a number
    cells: Cells, j: int, invalid: str = "error", *, target: bool = False, form: str = ""
) -> FloatArray:
    """The N numbers of column j, NaN where one is missing; amounts are read without their mark.

    ``form`` is the format of the column: whether K and M are multiplied out, or which unit may stand after a number.

    Raises:
        DataError: a cell that is not a number, unless ``invalid`` is "missing"; or marks that do not go together.
    """
    column, suffixes = cells.column(j), form == SUFFIXED
    unit = form.removeprefix(UNIT) if form.startswith(UNIT) else ""
    if isinstance(column, NumberColumn):
        if not column.others:
            return column.values
        values, faults = column.values.copy(), {}
        for row, cell in column.others.items():
            measured = measure(cell, cells.layout.decimal, cells.layout.thousands) if unit else None
            found = amount(cell, cells.layout.decimal, cells.layout.thousands)
            if measured and measured[1] == unit:
                values[row] = measured[0]
            elif found and found.mark != "%" and (suffixes or not found.suffix):
                values[row] = found.value
            else:
                faults[row] = cell
        if faults and invalid == "error":
            _refuse(cells, j, faults, target=target)
        return values
    parsed: list[float] = []
    marks: Counter[str] = Counter()
    strange: dict[int, str] = {}
    counts = np.bincount(column.codes, minlength=len(column.vocabulary)).tolist()
    for position, cell in enumerate(column.vocabulary):
        value = number(cell, cells.layout.decimal)
        if value is None and not is_missing(cell):
            measured = measure(cell, cells.layout.decimal, cells.layout.thousands) if unit else None
            found = amount(cell, cells.layout.decimal, cells.layout.thousands)
            if measured and measured[1] == unit:
                value = measured[0]
            elif found and (suffixes or not found.suffix):
                value = found.value
                marks[found.mark] += counts[position]
            else:
                strange[position] = cell
        elif value is not None:
            marks[""] += counts[position]
        parsed.append(np.nan if value is None else value)
    units = {mark for mark in marks if (mark and mark not in _MARKS) or mark == "%"}
    if len(units) > 1 or ("%" in units and marks[""] > 0):
        rare = min(units | ({""} if marks[""] and "%" in units else set()), key=lambda mark: marks[mark])
        strange |= {
            position: cell
            for position, cell in enumerate(column.vocabulary)
            if (found := amount(cell, cells.layout.decimal)) and found.mark == (rare or "%")
        }
    if strange and invalid == "error":
        rows = np.flatnonzero(np.isin(column.codes, list(strange)))
        _refuse(cells, j, {int(row): column.vocabulary[column.codes[row]] for row in rows}, target=target)
    for position in strange:
        parsed[position] = np.nan
    return np.array(parsed)[column.codes] if parsed else np.empty(0)


def _refuse(cells: Cells, j: int, faults: dict[int, str], *, target: bool) -> None:
    row = min(faults)
    cell = faults[row]
    count = f" ({len(faults):,} such cells)" if len(faults) > 1 else ""
    reason = explain(cell)
    if (found := amount(cell, cells.layout.decimal)) and not found.suffix:
        reason = f"{shown(cell)} has another unit than the other cells"
    name = cells.names[j]
    if cell == name and cells.layout.header:
        raise DataError(f"{cells.where(row, j)}: the header is repeated here; remove this row")
    advice = (
        "; correct it, or leave its row out (--set data.invalid=missing)"
        if target
        else f"; correct it, leave the column out (--ignore {name!r}), or count it as missing (--set "
        "data.invalid=missing)"
    )
    raise DataError(f"{cells.where(row, j)}: {reason}{count}{'' if ';' in reason else advice}")


_TOTALS = frozenset(
    {
        "total",
        "totals",
        "grand total",
        "sum",
        "summe",
        "gesamt",
        "insgesamt",
        "somme",
        "totale",
        "suma",
        "totaal",
    }
)


def ends_with_totals(cells: Cells, sums: FloatArray | float = 0.0, count: int = 0) -> bool:
    """Whether the last row alone says that it holds totals, and a number of it is the sum of those above.

    Above the cells may be ``count`` rows more, whose sums by column are given.
    """
    numbers = cells.numbers
    if count + len(numbers) < _FEWEST_ROWS:
        return False
    told = any(
        _is_total(text.vocabulary[text.codes[-1]])
        and text.codes[-1] not in text.codes[:-1]  # sum and mean may be categories
        for text in cells.texts.values()
    )
    if not told and not any(
        _is_total(cells.others.get((len(numbers) - 1, j), "")) for j in cells.others_by_column
    ):
        return False
    above = sums_of(numbers[:-1], sums)
    return bool((np.isclose(numbers[-1], above, rtol=1e-6, atol=0) & (above != 0)).any())


def sums_of(numbers: FloatArray, above: FloatArray | float = 0.0) -> FloatArray:
    """The sums by column ``above`` N×d numbers, and of these without what is missing, d; infinite if too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(above + np.nansum(numbers, axis=0))


def _is_total(cell: str) -> bool:
    return cell.rstrip(":").casefold() in _TOTALS


def category_of(cells: Cells, j: int) -> tuple[Category, str]:
    """Column j as a category, and a sentence if spellings were taken for one another."""
    text = cells.text(j)
    counts = np.bincount(text.codes, minlength=len(text.vocabulary)).tolist()
    spelling, merged = one_spelling(dict(zip(text.vocabulary, counts, strict=True)))
    levels: dict[str, int] = {}
    position = [
        -1 if is_missing(word, among_words=True) else levels.setdefault(spelling.get(word, word), len(levels))
        for word in text.vocabulary
    ]
    order = sorted(levels)
    rank = {levels[level]: i for i, level in enumerate(order)}
    table = np.array([rank.get(p, -1) for p in position], np.int32)
    codes = table[text.codes] if len(table) else text.codes
    return Category(cells.names[j], codes, tuple(order)), f"{cells.names[j]}: {merged}" if merged else ""


def one_spelling(counts: dict[str, int]) -> tuple[dict[str, str], str]:
    """Words that differ in upper and lower case only → the most frequent spelling; and a phrase that says so."""
    groups: dict[str, list[str]] = {}
    folded = any_case(counts)
    for word in counts:
        if (letters := word.casefold()) in folded and (len(word) > 1 or len(folded[letters]) == 1):
            groups.setdefault(letters, []).append(word)
    spelling: dict[str, str] = {}
    told: list[str] = []
    for words in groups.values():
        if len(words) > 1:
            best = max(words, key=lambda word: counts[word])
            spelling |= dict.fromkeys(words, best)
            others = ", ".join(shown(word) for word in words if word != best)
            told.append(f"{others} read as {shown(best)}")
    return spelling, "; ".join(told[:3])
