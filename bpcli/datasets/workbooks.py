"""Tables that are not text: Excel, Parquet and ARFF, read where the extra ``tables`` is installed.

What a file of a few KiB unpacks to may fill any memory, so its cells are counted before they are kept.
"""

import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from bpcli.common.errors import DataError
from bpcli.common.files import free_memory, read_bytes, too_large, unpacked_limit
from bpcli.datasets.cell_columns import Cells, cells_of
from bpcli.datasets.layout import first_rows_only, refuse_duplicates

_CELL = 64  # bytes of memory that a cell takes as text
_EVERY_FILE = (
    4_000_000  # cells that any file may have, however small; a larger one has as many as it has bits
)
_COPIES = 3  # of the cells: as they were read, as text, and as numbers


@dataclass(frozen=True)
class _Table:
    """Names and rows of a file; ``cut`` says whether it has more rows than were asked for."""

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    cut: bool


def read_workbook(
    source: str, suffix: str, most: int | None = None, unused: Sequence[str | int] = ()
) -> Cells:
    """The cells of the first sheet of a workbook, or of a Parquet or ARFF file, as text; of ``most`` rows at most.

    Columns that are ``unused``, by name or position, may hold what is no text: their cells are empty then.

    Raises:
        DataError: the extra is not installed, or the file is damaged or has too many cells.
    """
    raw = read_bytes(source, DataError, "check the path")
    try:
        with warnings.catch_warnings(action="ignore"):  # of styles and the like, which are no cells
            table = _READERS[suffix](raw, most)
        columns = [
            _texts(table.names[j], values, unused=_is_among(j, table.names, unused))
            for j, values in enumerate(zip(*table.rows, strict=True))
        ]
    except DataError as error:
        raise DataError(f"{source}: {error}") from None
    except ImportError:
        raise DataError(
            f"{source}: reading {suffix} needs the extra tables: pip install 'bpcli[tables]'; or save the table as CSV"
        ) from None
    except Exception as error:  # a damaged file fails in a dozen ways, in zipfile, xml and pyarrow
        why = f" ({error})" if str(error) else ""
        raise DataError(f"{source}: cannot be read as {suffix}{why}; save it again") from None
    if not table.rows or not table.names:
        raise DataError(f"{source}: the table is empty; a table needs rows")
    refuse_duplicates(table.names, source)
    cells = cells_of(source, table.names, zip(*columns, strict=True))
    return replace(cells, notes=(first_rows_only(len(table.rows)),)) if table.cut else cells


def _texts(name: str, values: Sequence[Any], *, unused: bool) -> list[str]:
    """The cells of a column as text.

    Raises:
        DataError: a cell is no single value, and the column is used.
    """
    try:
        return [cell_text(value) for value in values]
    except DataError as error:
        if unused:
            return [""] * len(values)
        raise DataError(f"column {name!r}: {error} (--ignore {name!r})") from None


def _is_among(j: int, names: Sequence[str], chosen: Sequence[str | int]) -> bool:
    """Whether column j is among those chosen by name, or by position where no column has that name."""
    places = (str(j), str(j - len(names)))
    wanted = [str(each).strip() for each in chosen]
    return names[j] in wanted or any(each in places and each not in names for each in wanted)


def cell_text(value: Any) -> str:
    """A value as it would stand in a CSV; a missing one is an empty cell.

    Raises:
        DataError: it is no single value.
    """
    if isinstance(value, list | dict):
        raise DataError("a cell holds several values; give each a column of its own, or leave this one out")
    if value is None or type(value).__name__ in ("NaTType", "NAType") or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise DataError("a cell holds bytes that are not text; leave its column out") from None
    return repr(float(value)) if isinstance(value, float) else str(value)


def _most_cells(raw: bytes) -> tuple[int, str]:
    """How many cells may come of a file, and fit into memory; and what sets that limit."""
    limit, free = max(_EVERY_FILE, 8 * len(raw)), free_memory()
    fitting = limit if free is None else free // (_COPIES * _CELL)
    return (fitting, "the free memory") if fitting < limit else (limit, "a file of this size")


def _check_size(rows: int, width: int, most: tuple[int, str]) -> None:
    """Check that there are no more cells than the limit.

    Raises:
        DataError: there are.
    """
    limit, why = most
    if rows * width > limit:
        raise DataError(
            f"{rows * width:,} cells or more, where {limit:,} are the limit for {why}; set data.max_rows "
            f"to {max(1, limit // width):,} or fewer"
        )


def _xlsx(raw: bytes, most: int | None) -> _Table:
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        size = sum(each.file_size for each in packed.infolist())
    if size > unpacked_limit(raw):
        raise DataError(f"it unpacks to {too_large(size, unpacked_limit(raw))}; save the table as CSV")
    sheet = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # which are only what the file claims
    rows: list[list[Any]] = []
    width, limit = 0, _most_cells(raw)
    for cells in sheet.iter_rows(values_only=True):
        row = [_number(value) for value in cells]
        while row and row[-1] is None:
            row.pop()
        if row or rows:
            rows.append(row)
            width = max(width, len(row))
            _check_size(len(rows), width, limit)
        if most is not None and len(rows) > most + 1:
            break
    while rows and not rows[-1]:
        rows.pop()
    padded = [row + [None] * (width - len(row)) for row in rows]
    header, below = (padded[0], padded[1:]) if padded else ([], [])
    return _Table([cell_text(name) for name in header], below[:most], most is not None and most < len(below))


def _number(value: Any) -> Any:
    """An integer for a float that is one: a workbook has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _parquet(raw: bytes, most: int | None) -> _Table:
    from pyarrow import parquet

    file = parquet.ParquetFile(io.BytesIO(raw))
    whole = file.metadata.num_rows
    rows = whole if most is None else min(most, whole)
    _check_size(rows, file.metadata.num_columns, _most_cells(raw))
    # Where pandas wrote the file, the names of its rows are columns too.
    index = [name for name in (file.schema_arrow.pandas_metadata or {}).get("index_columns", ()) if name]
    kept = [j for j, name in enumerate(file.schema_arrow.names) if name not in index]
    batches = file.iter_batches(batch_size=max(1, min(rows, 1 << 16)))
    found = (
        zip(*(_to_microseconds(each.column(j)).to_pylist() for j in kept), strict=True) for each in batches
    )
    names = [file.schema_arrow.names[j] for j in kept]
    return _Table(names, list(islice(_joined(found), rows)), rows < whole)


def _to_microseconds(column: Any) -> Any:
    """A column of pyarrow whose times have microseconds, as those of Python: for nanoseconds pyarrow needs pandas."""
    import pyarrow

    kind = column.type
    if getattr(kind, "unit", "") != "ns":
        return column
    if hasattr(kind, "tz"):
        coarser = pyarrow.timestamp("us", kind.tz)
    else:
        coarser = pyarrow.duration("us") if pyarrow.types.is_duration(kind) else pyarrow.time64("us")
    return column.cast(coarser, safe=False)


def _joined(blocks: Iterable[Iterable[Sequence[Any]]]) -> Iterable[Sequence[Any]]:
    return (row for block in blocks for row in block)


def _arff(raw: bytes, most: int | None) -> _Table:
    from scipy.io import arff

    text = raw.decode()
    data, meta = arff.loadarff(io.StringIO(text))
    rows = data.tolist()
    return _Table(meta.names(), rows[:most], most is not None and most < len(rows))


_READERS: dict[str, Callable[[bytes, int | None], _Table]] = {
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".arff": _arff,
}
WORKBOOKS = tuple(_READERS)
