"""CSV and TSV files: the fast way of reading them, and the choice between it and the careful way."""

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.careful import read_carefully
from bpcli.datasets.cells import target_column, target_faults
from bpcli.datasets.dataset import Column, FloatArray, Table
from bpcli.datasets.layout import Layout, find_layout, records


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
    layout = find_layout(text, place, tabs=tabs, target=target)
    X, y = read_fast(text, layout) or read_carefully(text, layout)
    return Table(
        place=place,
        features=tuple(layout.names[j] for j in layout.features),
        X=X,
        outputs=tuple(layout.names[j] for j in layout.targets),
        y=y,
    )


def read_fast(text: str, layout: Layout) -> tuple[FloatArray, tuple[Column, ...]] | None:
    """X (N×d0) and the target columns by ``numpy.loadtxt``, or None if there is anything it does not like."""
    lines = io.StringIO(text, newline="")
    if layout.header:
        next(records(lines, layout.delimiter, layout.place))
    body = lines.tell()
    table = _loadtxt(lines, layout)
    if table is not None:
        y: list[Column] = [np.ascontiguousarray(table[:, j]) for j in layout.targets]
        return np.ascontiguousarray(table[:, layout.features]), tuple(y)

    # Targets may be text: loadtxt is shown a number in place of each, its position among the texts met.
    met: dict[str, int] = {}

    def position(cell: str) -> int:
        return met.setdefault(cell.strip(), len(met))

    lines.seek(body)
    table = _loadtxt(lines, layout, dict.fromkeys(layout.targets, position))
    if table is None:
        return None
    texts = list(met)
    columns = [[texts[i] for i in table[:, j].astype(np.int64).tolist()] for j in layout.targets]
    if any(target_faults(cells) for cells in columns):
        return None
    return np.ascontiguousarray(table[:, layout.features]), tuple(target_column(cells) for cells in columns)


def _loadtxt(
    lines: io.StringIO, layout: Layout, converters: Mapping[int | str, Callable[[str], int]] | None = None
) -> FloatArray | None:
    """Every column of the table as numbers, N×d, or None if they are not all finite numbers."""
    try:
        table = np.loadtxt(
            lines,
            delimiter=layout.delimiter,
            comments=None,
            quotechar='"',
            converters=converters,
            encoding="utf-8",
            ndmin=2,
        )
    except ValueError:
        return None
    return table if table.shape[1] == len(layout.names) and np.isfinite(table).all() else None


def _decode(raw: bytes, place: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{place}:{line}: not UTF-8 text (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        ) from None
