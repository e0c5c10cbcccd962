"""Tables that are not text: Excel, Parquet and ARFF, read through pandas where the extra ``tables`` is installed."""

from dataclasses import replace
from typing import Any

from bpcli.common.errors import DataError
from bpcli.common.files import read_bytes
from bpcli.datasets.cell_columns import Cells, cells_of
from bpcli.datasets.layout import first_rows_only

WORKBOOKS = (".xlsx", ".parquet", ".arff")


def read_workbook(source: str, suffix: str, most: int | None = None) -> Cells:
    """The cells of the first sheet of a workbook, or of a Parquet or ARFF file, as text; of ``most`` rows at most.

    Raises:
        DataError: the extra is not installed, or the file is damaged.
    """
    read_bytes(source, DataError, "check the path", most=0)
    try:
        import pandas as pd
    except ImportError:
        raise DataError(
            f"{source}: reading {suffix} needs the extra tables: pip install 'bpcli[tables]'; or save the table as CSV"
        ) from None
    try:
        frame = (
            _arff(source)
            if suffix == ".arff"
            else (pd.read_excel if suffix == ".xlsx" else pd.read_parquet)(source)
        )
    except ImportError as error:
        raise DataError(f"{source}: {error}; pip install 'bpcli[tables]'") from None
    except Exception as error:  # a damaged file fails in a dozen ways, in zipfile, xml and pyarrow
        raise DataError(f"{source}: cannot be read as {suffix} ({error}); save it again") from None
    if frame.empty:
        raise DataError(f"{source}: the table is empty; a table needs rows")
    cut = most is not None and most < len(frame)
    frame = frame[:most]
    columns = [[cell_text(value) for value in frame[name].tolist()] for name in frame.columns]
    cells = cells_of(source, [str(name) for name in frame.columns], zip(*columns, strict=True))
    return replace(cells, notes=(first_rows_only(len(frame)),)) if cut else cells


def cell_text(value: Any) -> str:
    """A value as it would stand in a CSV; a missing one is an empty cell."""
    if value is None or value != value or type(value).__name__ == "NaTType":  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, bytes):
        return value.decode()
    return repr(value) if isinstance(value, float) else str(value)


def _arff(source: str) -> Any:
    import pandas as pd
    from scipy.io import arff

    data, _ = arff.loadarff(source)
    return pd.DataFrame(data)
