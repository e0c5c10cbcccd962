"""Whether targets are classes or numbers, and which position each label has among its classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets import dates
from bpcli.datasets.cell_columns import Cells, NumberColumn, TextColumn
from bpcli.datasets.cells import amount, is_missing, is_text, number, shown
from bpcli.datasets.columns import SUFFIXED, UNIT, common_unit, multiplied_out, number_values, one_spelling
from bpcli.datasets.dataset import Column, Dataset, FloatArray, IntArray, Table, Task

AUTO_CLASSES = 20  # up to so many distinct integers are classes unless the task says otherwise
_STRAY = 0.01  # of the rows: so few fractions among a few integers are probably typing errors
_MANY = 1000  # rows that show that there are many values
_STRAY_ROWS = 20  # in tables of at least so many rows
FRACTION_CLASSES = 1000  # beyond so many distinct fractions, "classification" was hardly meant


def infer_task(table: Table, task: Literal["auto"] | Task, name: str) -> Dataset:
    """Decide what the targets of a table mean.

    Several columns are classification if every row has a single 1 and otherwise 0: the columns are the
    classes; any other zeros and ones are multi-label. One column is classification if it holds
    text, or integers of at most 20 distinct values: the
    labels are the classes, numbers in numerical order ("1" for 1.0), text in alphabetical order. All else is
    regression.

    Args:
        table: what a source held.
        task: "auto" for the rules above; else they only say whether that task is possible.
        name: the data set's name.

    Raises:
        DataError: the task does not fit the targets, or there is a single class.
    """
    more = ", …" if len(table.outputs) > 5 else ""
    where = f"{table.place}: target {', '.join(map(shown, table.outputs[:5]))}{more}"
    decided = _decide(table.y, task, where)
    classes: tuple[str, ...] = ()
    if decided == "classification":
        classes = _distinct(table.y[0])[0] if len(table.y) == 1 else table.outputs
    elif decided == "multilabel":
        classes = table.outputs

    def meaning(y: tuple[Column, ...], where: str) -> NDArray[Any]:
        return _positions(y, classes, where) if decided == "classification" else _numbers(y, where)

    targets = meaning(table.y, where)
    if decided == "classification" and (targets == targets[0]).all():
        raise DataError(
            f"{where}: every row has the class {classes[targets[0]]!r}; "
            "classification needs two classes (for numbers, set data.task: regression)"
        )
    if table.text and decided == "regression" and len(targets) > 1 and (targets == targets[0]).all():
        raise DataError(
            f"{where}: every row has the same number, {targets[0, 0]:g}; there is nothing to predict"
        )
    validation = None
    if table.validation:
        X_validation, y_validation = table.validation
        validation = X_validation, meaning(y_validation, f"{table.place}: y_validation")
    return Dataset(
        name,
        table.X,
        targets,
        table.features,
        classes,
        table.outputs,
        decided,
        validation,
        table.categories,
        table.roles,
        table.notes,
        table.text,
        table.formats,
        table.decimal,
    )


@dataclass(frozen=True, eq=False)
class TargetCells:
    """The target columns of a text table, a column for each; what was done; and the format of each."""

    y: tuple[Column, ...]  # of the kept rows
    kept: NDArray[np.bool_]  # N: rows with a target
    notes: tuple[str, ...]
    formats: tuple[str, ...] = ()


def read_targets(
    cells: Cells, positions: Sequence[int], task: Literal["auto"] | Task, missing: str, invalid: str = "error"
) -> TargetCells:
    """Read the target columns: numbers, or labels as they are written.

    Rows without a target are left out, and that is said. Labels that differ in upper and lower case only are one label.

    Raises:
        DataError: a cell that is neither, with its line.
    """
    notes: list[str] = []
    columns: list[Column] = []
    kept = np.ones(len(cells.numbers), bool)
    formats = tuple(target_format(cells, j, task) for j in positions)
    for j, form in zip(positions, formats, strict=True):
        found = cells.column(j)
        text = cells.text(j) if isinstance(found, TextColumn) else None
        gaps = missing_labels(text) if text else np.zeros(0, bool)
        absent = (
            gaps[found.codes] if isinstance(found, TextColumn) else np.isnan(found.values) & ~_is_other(found)
        )
        if absent.any():
            row = int(absent.argmax())
            if missing == "error":
                raise DataError(
                    f"{cells.where(row, j)}: there is no target in {absent.sum():,} rows; remove them, or set "
                    "data.missing: impute"
                )
            rows = f"{absent.sum():,} row{'s' if absent.sum() > 1 else ''}"
            notes.append(
                f"{rows} without a value of {cells.names[j]} left out (first: line {cells.line(row)})"
            )
            kept &= ~absent
        if text:
            column = _target_column(cells, j, text, gaps, task, invalid, notes, form)
        else:
            column = number_values(cells, j, invalid, target=True)
            if task == "auto":
                _refuse_stray_fractions(cells, j, column)
        if not isinstance(column, list) and (strange := np.isnan(column) & ~absent).any():
            notes.append(f"{strange.sum():,} rows left out in which {cells.names[j]} is not a number")
            kept &= ~strange
        columns.append(column)
    if not kept.any():
        raise DataError(f"{cells.place}: no row has a target; choose another column with data.target")
    if not kept.all():
        columns = [
            [cell for cell, keep in zip(column, kept.tolist(), strict=True) if keep]
            if isinstance(column, list)
            else column[kept]
            for column in columns
        ]
    return TargetCells(tuple(columns), kept, tuple(notes), formats)


def target_format(cells: Cells, j: int, task: Literal["auto"] | Task) -> str:
    """Whether K and M are multiplied out in target column j, or which unit stands after its numbers; of labels "".

    Labels with a unit are few, unless the task says that they are numbers.
    """
    if j not in cells.texts:
        return ""
    text, decimal = cells.text(j), cells.layout.decimal
    if multiplied_out(text, decimal):
        return SUFFIXED
    words = [word for word in text.vocabulary if not is_missing(word)]
    numbers = task == "regression" or (task == "auto" and len(words) > AUTO_CLASSES)
    unit = common_unit(words, decimal) if numbers else ""
    return UNIT + unit if unit else ""


def _is_other(column: NumberColumn) -> NDArray[np.bool_]:
    found = np.zeros(len(column.values), bool)
    found[list(column.others)] = True
    return found


def missing_labels(text: TextColumn) -> NDArray[np.bool_]:
    """Which words of a target column stand for a missing value. NA beside DE and FR is a country."""
    words = [word for word in text.vocabulary if is_text(word)]
    codes = len(words) > 1 and all(len(word) == 2 and word.isupper() for word in words)
    return np.array(
        [
            is_missing(word, among_words=bool(words)) and not (codes and word == "NA")
            for word in text.vocabulary
        ],
        bool,
    )


def _target_column(
    cells: Cells,
    j: int,
    text: TextColumn,
    gaps: NDArray[np.bool_],
    task: Literal["auto"] | Task,
    invalid: str,
    notes: list[str],
    form: str,
) -> Column:
    words = [word for word, gap in zip(text.vocabulary, gaps.tolist(), strict=True) if not gap]
    decimal = cells.layout.decimal
    values = [number(word, decimal) for word in words]
    numeric = [value for value in values if value is not None]
    suffixes = form == SUFFIXED
    strange = [
        word
        for word, value in zip(words, values, strict=True)
        if value is None
        and not form.startswith(UNIT)
        and (not (found := amount(word, decimal)) or (found.suffix and not suffixes))
    ]
    whole = all(value == math.floor(value) for value in numeric)
    if not strange:
        counted = number_values(cells, j, invalid, target=True, form=form)
        if form:
            what = "K and M multiplied out" if suffixes else f"{form.removeprefix(UNIT)} left out"
            notes.append(f"{cells.names[j]}: {what}")
        coded = any(len(word) > 1 and word[0] == "0" and word.isdigit() for word in words)
        merged = len(set(numeric)) < len(numeric)
        if task != "regression" and len(numeric) == len(words) and whole and (coded or merged):
            if coded and len(set(words)) <= max(AUTO_CLASSES, len(text.codes) // 2):
                notes.append(f"{cells.names[j]}: labels with leading zeros are kept as they are written")
                return _words(text)
            if max(map(abs, numeric), default=0) >= 2**53:
                return _words(text)
        if task == "auto":
            _refuse_stray_fractions(cells, j, counted)
        if task != "regression" and whole and merged and len(set(numeric)) <= AUTO_CLASSES:
            notes.append(f"{cells.names[j]}: labels that are the same number are one class")
        return counted
    few = len(set(numeric)) <= AUTO_CLASSES and whole
    if task == "regression" or (numeric and not few and task == "auto"):
        # Says which cell is not a number, and where; or counts it as missing.
        return number_values(cells, j, invalid, target=True)
    broken = next((word for word in words if any(c in word for c in "\n\r\0\u2028\u2029")), None)
    comment = next((word for word in words if " # " in word), None) if cells.layout.comment != "#" else None
    if broken is not None or comment is not None:
        bad = broken if broken is not None else comment
        row = int((text.codes == text.vocabulary.index(str(bad))).argmax())
        what = (
            "contains a NUL byte: the file is damaged"
            if "\0" in str(bad)
            else "contains a line break; is a closing quote missing?"
            if broken is not None
            else "seems to end with a comment; remove it, or set data.comment: '#'"
        )
        raise DataError(f"{cells.where(row, j)}: {shown(str(bad))} {what}")
    counts = np.bincount(text.codes, minlength=len(text.vocabulary)).tolist()
    labels = {
        word: count
        for word, count, gap in zip(text.vocabulary, counts, gaps.tolist(), strict=True)
        if not gap
    }
    spelling, told = one_spelling(labels)
    if told:
        notes.append(f"{cells.names[j]}: {told}")
    same = _same_numbers(labels) if numeric else {}
    if same:
        notes.append(f"{cells.names[j]}: {', '.join(f'{a!r} read as {b!r}' for a, b in same.items())}")
    if task == "auto":
        _refuse_doubtful_labels(
            [word for word in _words(text) if word in labels],
            f"{cells.place}: target {shown(cells.names[j])}",
        )
    final = [spelling.get(word, same.get(word, word)) for word in text.vocabulary]
    return [final[code] for code in text.codes.tolist()]


def _same_numbers(labels: dict[str, int]) -> dict[str, str]:
    """Labels such as 1.0 where 1 is a label too."""
    return {word: word[:-2] for word in labels if word.endswith(".0") and word[:-2] in labels}


def _words(text: TextColumn) -> list[str]:
    return [text.vocabulary[code] for code in text.codes.tolist()]


def _refuse_stray_fractions(cells: Cells, j: int, values: FloatArray) -> None:
    """A single 0.5 among thousands of zeros and ones must not make a regression of a classification."""
    fractions = np.flatnonzero(values != np.floor(values))
    fractions = fractions[~np.isnan(values[fractions])]
    filled = values[~np.isnan(values)]
    if not 0 < len(fractions) <= _STRAY * len(filled) or len(filled) < _STRAY_ROWS:
        return
    if (
        len(np.unique(values[:_MANY])) <= 2 * AUTO_CLASSES
        and len(np.unique(np.floor(filled))) <= AUTO_CLASSES
        and len(np.unique(filled[filled == np.floor(filled)])) <= AUTO_CLASSES
    ):
        row = int(fractions[0])
        raise DataError(
            f"{cells.where(row, j)}: {values[row]:g} among {len(filled) - len(fractions):,} whole numbers that look "
            "like classes; correct it, or set data.task: classification or regression"
        )


def _decide(y: tuple[Column, ...], task: Literal["auto"] | Task, where: str) -> Task:
    if len(y) > 1:
        one_hot = _is_one_hot(_numbers(y, where))
        if task == "classification" and not one_hot:
            raise DataError(
                f"{where}: several target columns are classes only if each row has one 1 and otherwise 0; "
                "name one column of labels, or set data.task: regression"
            )
        if one_hot and task != "regression":
            return "classification"
        Y = _numbers(y, where)
        binary = bool(((Y == 0) | (Y == 1)).all() and (Y.min(axis=0) < Y.max(axis=0)).all())
        return "multilabel" if binary and task == "auto" else "regression"
    column = y[0]
    if isinstance(column, list):
        if task == "auto":
            _refuse_doubtful_labels(column, where)
        return "classification" if task == "auto" else task
    values, _ = np.unique(
        column, return_counts=True
    )  # without the counts it loads numpy.ma, which takes long
    whole = bool((values == np.floor(values)).all())
    if task == "auto":
        return "classification" if whole and len(values) <= AUTO_CLASSES else "regression"
    if task == "classification" and not whole and len(values) > FRACTION_CLASSES:
        raise DataError(
            f"{where}: {len(values):,} distinct numbers, some of them fractions, are not classes; "
            "set data.task: regression"
        )
    return task


def _refuse_doubtful_labels(cells: list[str], where: str) -> None:
    """Text is taken for labels, unless it looks like typing errors among measurements, or like names of the rows."""
    words = [cell for cell in cells if is_text(cell)]
    if not words:
        return
    values = {value for cell in cells if (value := number(cell)) is not None}
    if len(values) > AUTO_CLASSES or any(value != math.floor(value) for value in values):
        raise DataError(
            f"{where}: numbers, but text in {len(words):,} of {len(cells):,} rows, first {shown(words[0])}; "
            "correct the text, or set data.task: classification if all of them are labels"
        )
    labels = len(set(cells))
    if labels > AUTO_CLASSES and dates.date_format(sorted(set(cells))):
        raise DataError(
            f"{where}: {labels:,} different dates or times are probably not classes; choose another column with "
            "data.target, or set data.task: classification"
        )
    if labels > max(AUTO_CLASSES, len(cells) // 2):
        raise DataError(
            f"{where}: {labels:,} different texts in {len(cells):,} rows are probably not classes; "
            "choose another column with data.target, or set data.task: classification"
        )


def _numbers(y: tuple[Column, ...], where: str) -> FloatArray:
    """The columns side by side, N×d2."""
    for column in y:
        if isinstance(column, list):
            i, text = next((i, cell) for i, cell in enumerate(column, start=1) if number(cell) is None)
            wanted = "several target columns" if len(y) > 1 else "regression"
            raise DataError(f"{where}: row {i} holds {shown(text)}; {wanted} must be numbers")
    return np.stack([np.asarray(column) for column in y], axis=1)


def _is_one_hot(Y: FloatArray) -> bool:
    return bool(((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all())


def _distinct(column: Column) -> tuple[tuple[str, ...], IntArray]:
    """The labels of a column in their order, and for each of the N rows the position of its label."""
    if isinstance(column, list):
        labels = sorted(set(column))
        position = {label: i for i, label in enumerate(labels)}
        return tuple(labels), np.array([position[cell] for cell in column], dtype=np.int64)
    values, positions = np.unique(column, return_inverse=True)
    # Adding 0.0 turns -0.0 into 0.0, which is the same label.
    names = tuple(repr(value + 0.0).removesuffix(".0") for value in values.tolist())
    return names, positions.astype(np.int64)


def _positions(y: tuple[Column, ...], classes: tuple[str, ...], where: str) -> IntArray:
    """For each of the N rows the position of its label among the classes."""
    if len(y) > 1:
        Y = _numbers(y, where)
        if not _is_one_hot(Y):
            raise DataError(f"{where}: rows are not one-hot, but those of y are; write one 1 and otherwise 0")
        positions: IntArray = np.argmax(Y, axis=1)
        return positions
    labels, rows = _distinct(y[0])
    position = {label: i for i, label in enumerate(classes)}
    if strangers := [label for label in labels if label not in position]:
        raise DataError(
            f"{where}: the label {shown(strangers[0])} is not among the training classes "
            f"{', '.join(classes[:10])}{', …' if len(classes) > 10 else ''}; remove its rows"
        )
    return np.array([position[label] for label in labels], dtype=np.int64)[rows]
