"""Reads CSV and TSV files with NumPy, and cell by cell where that fails, to say what is wrong."""

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.cells import target_column, target_faults
from bpcli.datasets.csv_diagnostics import read_cell_by_cell
from bpcli.datasets.csv_dialect import Dialect, detect_dialect, records
from bpcli.datasets.dataset import Column, FloatArray, Table


def read_text(raw: bytes, place: str, *, tabs: bool, target: Sequence[str | int] | None) -> Table:
    """The table in a CSV or TSV file: feature columns as numbers, target columns as numbers or texts.

    ``numpy.loadtxt`` reads a sound file. One that it refuses is read again cell by cell, which finds the
    first fault and says where it stands.

    Args:
        raw: the file's contents, UTF-8 with or without a byte order mark.
        place: what an error message calls the file.
        tabs: whether tabs separate the cells; else commas, or semicolons where the first line has no comma.
        target: names or positions of the target columns; None is the last column.

    Raises:
        DataError: the file is not such a table; the message says in which line and column.
    """
    text = _decode(raw, place)
    dialect = detect_dialect(text, place, tabs=tabs, target=target)
    X, y = read_fast(text, dialect) or read_cell_by_cell(text, dialect)
    return Table(
        place=place,
        features=tuple(dialect.names[j] for j in dialect.features),
        X=X,
        outputs=tuple(dialect.names[j] for j in dialect.targets),
        y=y,
    )


def read_fast(text: str, dialect: Dialect) -> tuple[FloatArray, tuple[Column, ...]] | None:
    """X (N×d0) and the target columns by ``numpy.loadtxt``, or None if there is anything it does not like."""
    lines = io.StringIO(text, newline="")
    if dialect.header:
        next(records(lines, dialect.delimiter, dialect.place))
    body = lines.tell()
    table = _loadtxt(lines, dialect)
    if table is not None:
        y: list[Column] = [np.ascontiguousarray(table[:, j]) for j in dialect.targets]
        return np.ascontiguousarray(table[:, dialect.features]), tuple(y)

    # Targets may be text: loadtxt is shown a number in place of each, its position among the texts met.
    met: dict[str, int] = {}

    def position(cell: str) -> int:
        return met.setdefault(cell.strip(), len(met))

    lines.seek(body)
    table = _loadtxt(lines, dialect, dict.fromkeys(dialect.targets, position))
    if table is None:
        return None
    texts = list(met)
    columns = [[texts[i] for i in table[:, j].astype(np.int64).tolist()] for j in dialect.targets]
    if any(target_faults(cells) for cells in columns):
        return None
    return np.ascontiguousarray(table[:, dialect.features]), tuple(target_column(cells) for cells in columns)


def _loadtxt(
    lines: io.StringIO, dialect: Dialect, converters: Mapping[int | str, Callable[[str], int]] | None = None
) -> FloatArray | None:
    """Every column of the table as numbers, N×d, or None if they are not all finite numbers."""
    try:
        table = np.loadtxt(
            lines,
            delimiter=dialect.delimiter,
            comments=None,
            quotechar='"',
            converters=converters,
            encoding="utf-8",
            ndmin=2,
        )
    except ValueError:
        return None
    return table if table.shape[1] == len(dialect.names) and np.isfinite(table).all() else None


def _decode(raw: bytes, place: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{place}:{line}: not UTF-8 text (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        ) from None
