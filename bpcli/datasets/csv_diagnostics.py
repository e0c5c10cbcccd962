"""Diagnoses a text table that NumPy cannot read: reads it cell by cell and names the first fault and its place."""

from typing import NoReturn

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.cells import explain, number, target_column, target_faults
from bpcli.datasets.csv_dialect import Dialect, records
from bpcli.datasets.dataset import Column, FloatArray


def read_cell_by_cell(text: str, dialect: Dialect) -> tuple[FloatArray, tuple[Column, ...]]:
    """X (N×d0) and the target columns by the csv module: of a sound table, just what the fast way reads.

    Raises:
        DataError: a row of another length than the first, or cells that are not what their columns need: the
            first of them, and how many more there are.
    """
    rows = records(text, dialect.delimiter, dialect.place)
    if dialect.header:
        next(rows)
    lines: list[int] = []
    X: list[list[float | None]] = []
    y: list[list[str]] = [[] for _ in dialect.targets]
    faults: list[tuple[int, int, str]] = []  # line, column, cell
    for line, cells in rows:
        if len(cells) != len(dialect.names):
            _refuse_ragged(line, len(cells), dialect)
        lines.append(line)
        x = [number(cells[j]) for j in dialect.features]
        if None in x:
            faults += [(line, j, cells[j]) for j in dialect.features if number(cells[j]) is None]
        X.append(x)
        for column, j in zip(y, dialect.targets, strict=True):
            column.append(cells[j])
    for column, j in zip(y, dialect.targets, strict=True):
        faults += [(lines[i], j, column[i]) for i in target_faults(column)]
    if faults:
        _refuse_cells(faults, dialect)
    return np.array(X, dtype=np.float64), tuple(target_column(column) for column in y)


def _refuse_ragged(line: int, count: int, dialect: Dialect) -> NoReturn:
    """Faulty cells can wait: where a delimiter is missing or one too many, they are often its consequence."""
    first = "the header" if dialect.header else "the first row"
    raise DataError(
        f"{dialect.place}:{line}: this row has {count} {'cell' if count == 1 else 'cells'}, "
        f"{first} has {len(dialect.names)}; give every row the same number of cells"
    )


def _refuse_cells(faults: list[tuple[int, int, str]], dialect: Dialect) -> NoReturn:
    line, j, cell = min(faults)
    count = f" ({len(faults):,} faulty cells in all)" if len(faults) > 1 else ""
    raise DataError(f"{dialect.place}:{line}: {dialect.column(j)}: {explain(cell)}{count}")
