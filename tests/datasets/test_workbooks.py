"""Tables that pandas reads: what their cells become, and what is said where pandas is not installed."""

import datetime
import sys

import numpy as np
import pytest

from bpcli.common.errors import DataError
from bpcli.datasets.workbooks import WORKBOOKS, cell_text, read_workbook


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (np.datetime64("NaT"), ""),
        (b"red", "red"),
        (0.1, "0.1"),
        (3, "3"),
        ("a, b", "a, b"),
        (datetime.date(2024, 1, 31), "2024-01-31"),
    ],
)
def test_a_value_is_what_a_csv_would_hold(value, text):
    """Missing values are empty cells, and floats keep every digit."""
    assert cell_text(value) == text


@pytest.mark.parametrize("suffix", WORKBOOKS)
def test_without_pandas_the_extra_is_named(tmp_path, monkeypatch, suffix):
    """And what can be done without it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    path = tmp_path / f"t{suffix}"
    path.write_bytes(b"x")
    with pytest.raises(DataError, match=r"needs the extra tables: .*save the table as CSV"):
        read_workbook(str(path), suffix)


def test_a_file_that_is_not_there_is_said_first(tmp_path):
    """Whether or not pandas is installed."""
    with pytest.raises(DataError, match=r"t\.xlsx"):
        read_workbook(str(tmp_path / "t.xlsx"), ".xlsx")


def test_a_workbook_is_read_as_its_csv_would_be(tmp_path):
    """Names, numbers, gaps and words, where pandas is installed."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("openpyxl")
    pandas.DataFrame({"a": [1.5, None], "k": ["u", "v"]}).to_excel(tmp_path / "t.xlsx", index=False)
    cells = read_workbook(str(tmp_path / "t.xlsx"), ".xlsx")
    assert list(cells.names) == ["a", "k"]
    (tmp_path / "bad.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(DataError, match=r"cannot be read as \.xlsx"):
        read_workbook(str(tmp_path / "bad.xlsx"), ".xlsx")


def test_max_rows_is_said_of_workbooks_too(tmp_path):
    """If there are more rows."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame({"a": [1.5, 2.5, 3.5]}).to_parquet(tmp_path / "t.parquet")
    notes = [read_workbook(str(tmp_path / "t.parquet"), ".parquet", most).notes for most in (2, 3, None)]
    assert notes == [("the first 2 rows only (data.max_rows)",), (), ()]
