"""The slow way of reading a text table, cell by cell: it finds the first fault and says where it stands."""

from typing import NoReturn

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.cells import explain, number, target_column, target_faults
from bpcli.datasets.dataset import Column, FloatArray
from bpcli.datasets.layout import Layout, records


def read_carefully(text: str, layout: Layout) -> tuple[FloatArray, tuple[Column, ...]]:
    """X (N×d0) and the target columns by the csv module: of a sound table, just what the fast way reads.

    Raises:
        DataError: a row of another length than the first, or cells that are not what their columns need: the
            first of them, and how many more there are.
    """
    rows = records(text, layout.delimiter, layout.place)
    if layout.header:
        next(rows)
    lines: list[int] = []
    X: list[list[float | None]] = []
    y: list[list[str]] = [[] for _ in layout.targets]
    faults: list[tuple[int, int, str]] = []  # line, column, cell
    for line, cells in rows:
        if len(cells) != len(layout.names):
            _refuse_ragged(line, len(cells), layout)
        lines.append(line)
        x = [number(cells[j]) for j in layout.features]
        if None in x:
            faults += [(line, j, cells[j]) for j in layout.features if number(cells[j]) is None]
        X.append(x)
        for column, j in zip(y, layout.targets, strict=True):
            column.append(cells[j])
    for column, j in zip(y, layout.targets, strict=True):
        faults += [(lines[i], j, column[i]) for i in target_faults(column)]
    if faults:
        _refuse_cells(faults, layout)
    return np.array(X, dtype=np.float64), tuple(target_column(column) for column in y)


def _refuse_ragged(line: int, count: int, layout: Layout) -> NoReturn:
    """Faulty cells can wait: where a delimiter is missing or one too many, they are often its consequence."""
    first = "the header" if layout.header else "the first row"
    raise DataError(
        f"{layout.place}:{line}: this row has {count} {'cell' if count == 1 else 'cells'}, "
        f"{first} has {len(layout.names)}; give every row as many"
    )


def _refuse_cells(faults: list[tuple[int, int, str]], layout: Layout) -> NoReturn:
    line, j, cell = min(faults)
    count = f" ({len(faults):,} faulty cells in all)" if len(faults) > 1 else ""
    raise DataError(f"{layout.place}:{line}: {layout.column(j)}: {explain(cell)}{count}")
