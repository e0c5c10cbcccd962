"""Whether targets are classes or numbers, and which position each label has among its classes."""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets.cells import is_text, number, shown
from bpcli.datasets.dataset import Column, Dataset, FloatArray, IntArray, Table, Task

AUTO_CLASSES = 20  # up to so many distinct integers are classes unless the task says otherwise
FRACTION_CLASSES = 1000  # beyond so many distinct fractions, "classification" was hardly meant


def infer_task(table: Table, task: Literal["auto"] | Task, name: str) -> Dataset:
    """Decide what the targets of a table mean.

    Several columns are classification if every row has a single 1 and otherwise 0: the columns are the
    classes. One column is classification if it holds text, or integers of at most 20 distinct values: the
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

    def meaning(y: tuple[Column, ...], where: str) -> NDArray[Any]:
        return _positions(y, classes, where) if decided == "classification" else _numbers(y, where)

    targets = meaning(table.y, where)
    if decided == "classification" and (targets == targets[0]).all():
        raise DataError(
            f"{where}: every row has the class {classes[targets[0]]!r}; "
            "classification needs two classes (for numbers, set data.task: regression)"
        )
    validation = None
    if table.validation:
        X_validation, y_validation = table.validation
        validation = X_validation, meaning(y_validation, f"{table.place}: y_validation")
    return Dataset(name, table.X, targets, table.features, classes, table.outputs, decided, validation)


def _decide(y: tuple[Column, ...], task: Literal["auto"] | Task, where: str) -> Task:
    if len(y) > 1:
        one_hot = _is_one_hot(_numbers(y, where))
        if task == "classification" and not one_hot:
            raise DataError(
                f"{where}: several target columns are classes only if each row has one 1 and otherwise 0; "
                "name one column of labels, or set data.task: regression"
            )
        return "classification" if one_hot and task != "regression" else "regression"
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
    values = {value for cell in cells if (value := number(cell)) is not None}
    if len(values) > AUTO_CLASSES or any(value != math.floor(value) for value in values):
        raise DataError(
            f"{where}: numbers, but text in {len(words):,} of {len(cells):,} rows, first {shown(words[0])}; "
            "correct the text, or set data.task: classification if all of them are labels"
        )
    labels = len(set(cells))
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
