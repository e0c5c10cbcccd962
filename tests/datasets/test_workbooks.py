"""Tables that are not text: what their cells become, what is refused, and what is said where the extra is missing."""

import datetime
import os
import re
import sys
import warnings
import zipfile

import numpy as np
import pytest

from bpcli.common.errors import DataError
from bpcli.datasets.workbooks import WORKBOOKS, cell_text, read_workbook


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (np.datetime64("NaT", "us"), ""),
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
def test_without_its_library_the_extra_is_named(tmp_path, monkeypatch, suffix):
    """And what can be done without it."""
    for name in ("openpyxl", "pyarrow", "scipy.io"):
        monkeypatch.setitem(sys.modules, name, None)
    path = tmp_path / f"t{suffix}"
    path.write_bytes(b"x")
    with pytest.raises(DataError, match=r"needs the extra tables: .*save the table as CSV"):
        read_workbook(str(path), suffix)


def test_a_file_that_is_not_there_is_said_first(tmp_path):
    """Whether or not the extra is installed."""
    with pytest.raises(DataError, match=r"t\.xlsx"):
        read_workbook(str(tmp_path / "t.xlsx"), ".xlsx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("suffix", WORKBOOKS)
def test_a_pipe_without_an_end_is_given_up(tmp_path, monkeypatch, suffix):
    """No reader waits for it."""
    monkeypatch.setattr("bpcli.common.files.PATIENCE", 0.01)
    os.mkfifo(tmp_path / f"t{suffix}")
    with pytest.raises(DataError, match="nothing has come through this pipe"):
        read_workbook(str(tmp_path / f"t{suffix}"), suffix)


def saved_sheet(path, *rows):
    """Write a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_a_workbook_is_read_as_its_csv_would_be(tmp_path):
    """Names, numbers, gaps and words; an integer beside a gap stays one."""
    saved_sheet(tmp_path / "t.xlsx", ["a", "n", "k"], [1.5, 2.0, "u"], [None, None, "v"], [0.5, 3, None])
    cells = read_workbook(str(tmp_path / "t.xlsx"), ".xlsx")
    assert list(cells.names) == ["a", "n", "k"]
    assert [cells.text(1).vocabulary[code] for code in cells.text(1).codes] == ["2", "", "3"]
    (tmp_path / "bad.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(DataError, match=r"cannot be read as \.xlsx"):
        read_workbook(str(tmp_path / "bad.xlsx"), ".xlsx")


def test_what_a_workbook_lacks_beside_its_cells_is_not_told(tmp_path):
    """A workbook without styles, as programs write it."""
    saved_sheet(tmp_path / "styled.xlsx", ["a"], [1], [2])
    with zipfile.ZipFile(tmp_path / "styled.xlsx") as old, zipfile.ZipFile(tmp_path / "t.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<cellStyles.*</cellStyles>", b"", old.read(name)))
    with warnings.catch_warnings(action="error"):
        assert len(read_workbook(str(tmp_path / "t.xlsx"), ".xlsx").numbers) == 2


def test_max_rows_is_said_of_workbooks_too(tmp_path):
    """If there are more rows."""
    saved_sheet(tmp_path / "t.xlsx", ["a"], [1.5], [2.5], [3.5])
    for suffix in (".xlsx", ".parquet", ".arff"):
        if suffix == ".parquet":
            saved_parquet(tmp_path / "t.parquet", a=[1.5, 2.5, 3.5])
        if suffix == ".arff":
            pytest.importorskip("scipy")
            text = "@relation t\n@attribute a numeric\n@data\n1.5\n2.5\n3.5\n"
            (tmp_path / "t.arff").write_text(text, encoding="ascii")
        found = [read_workbook(str(tmp_path / f"t{suffix}"), suffix, most) for most in (2, 3, None)]
        assert [len(cells.numbers) for cells in found] == [2, 3, 3]
        assert [cells.notes for cells in found] == [("the first 2 rows only (data.max_rows)",), (), ()]


def saved_parquet(path, **columns):
    """Write a Parquet file."""
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(columns), path)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ([[1, 2], [3]], "a cell holds several values"),
        ([{"x": 1}, {"x": 2}], "a cell holds several values"),
        ([b"\xff", b"\x80"], "a cell holds bytes that are not text"),
    ],
)
def test_a_cell_that_no_csv_could_hold_is_refused(tmp_path, column, told):
    """By name of the file and the column, and not by an exception of a library; unless the column is left out."""
    path = str(tmp_path / "t.parquet")
    saved_parquet(path, b=[1, 2], a=column)
    with pytest.raises(DataError, match=rf"t\.parquet: column 'a': {told}; .*leave .* out \(--ignore 'a'\)"):
        read_workbook(path, ".parquet", unused=("b", "0"))
    for unused in "a", 1, -1, "1":
        cells = read_workbook(path, ".parquet", unused=(unused,))
        assert cells.names == ("b", "a")
        np.testing.assert_array_equal(cells.numbers, [[1, np.nan], [2, np.nan]])


def test_nanoseconds_need_no_pandas(tmp_path, monkeypatch):
    """Times are read to the microsecond, with pandas and without."""
    pyarrow = pytest.importorskip("pyarrow")
    day = 1_706_659_200_000_000_000  # 2024-01-31
    times = {
        "t": pyarrow.array([day + 1_001, None], pyarrow.timestamp("ns")),
        "u": pyarrow.array([day, day], pyarrow.timestamp("ns", "UTC")),
        "d": pyarrow.array([1_001, None], pyarrow.duration("ns")),
        "c": pyarrow.array([1_001, None], pyarrow.time64("ns")),
    }
    path = str(tmp_path / "t.parquet")
    saved_parquet(path, **times)
    expected = {
        "t": ["2024-01-31 00:00:00.000001", ""],
        "u": ["2024-01-31 00:00:00+00:00"] * 2,
        "d": ["0:00:00.000001", ""],
        "c": ["00:00:00.000001", ""],
    }
    for _ in range(2):
        cells = read_workbook(path, ".parquet")
        for j, name in enumerate(cells.names):
            text = cells.text(j)
            assert [text.vocabulary[code] for code in text.codes] == expected[name]
        monkeypatch.setitem(sys.modules, "pandas", None)


def test_names_are_those_of_columns_and_are_unique(tmp_path):
    """The names of rows that pandas adds are no column."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    twice = pyarrow.table([pyarrow.array([1]), pyarrow.array([2])], names=["a", "a"])
    parquet.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(DataError, match="two columns are called 'a'"):
        read_workbook(str(tmp_path / "twice.parquet"), ".parquet")
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame({"a": [1.5, 2.5]}, index=["r", "s"]).to_parquet(tmp_path / "named.parquet")
    assert read_workbook(str(tmp_path / "named.parquet"), ".parquet").names == ("a",)


def test_more_cells_than_a_file_of_its_size_can_hold_are_refused(tmp_path):
    """Before they take memory: ten million zeros in some KiB, and a cell at the far corner of a sheet."""
    pyarrow = pytest.importorskip("pyarrow")
    saved_parquet(tmp_path / "t.parquet", a=pyarrow.array(np.zeros(10**7, np.int8)))
    saved_sheet(tmp_path / "small.xlsx", ["a"], [1])
    with zipfile.ZipFile(tmp_path / "small.xlsx") as old, zipfile.ZipFile(tmp_path / "t.xlsx", "w") as new:
        for name in old.namelist():
            far = b'<row r="9000"><c r="XFD9000"><v>1</v></c></row></sheetData>'
            new.writestr(name, old.read(name).replace(b"</sheetData>", far))
    for suffix, size in (".parquet", "10,000,000"), (".xlsx", "147,456,000"):
        with pytest.raises(DataError, match=rf"t{suffix}: {size} cells or more.* set data.max_rows to"):
            read_workbook(str(tmp_path / f"t{suffix}"), suffix)
        assert len(read_workbook(str(tmp_path / f"t{suffix}"), suffix, 1).numbers) == 1


@pytest.mark.parametrize(
    ("free", "limit"),
    [(192 * 5, "5 are the limit for the free memory"), (None, "the limit for a file of this size")],
)
def test_what_limits_the_cells_is_said(tmp_path, monkeypatch, free, limit):
    """The free memory, of which a cell takes 192 bytes, or the size of the file."""
    pyarrow = pytest.importorskip("pyarrow")
    saved_parquet(tmp_path / "t.parquet", a=pyarrow.array(np.zeros(10**7, np.int8)))
    monkeypatch.setattr("bpcli.datasets.workbooks.free_memory", lambda: free)
    with pytest.raises(DataError, match=f"{limit}; set data.max_rows to"):
        read_workbook(str(tmp_path / "t.parquet"), ".parquet")


def test_what_a_workbook_unpacks_to_has_a_limit(tmp_path, monkeypatch):
    """It is looked at before anything is unpacked."""
    saved_sheet(tmp_path / "t.xlsx", ["a"], [1])
    monkeypatch.setattr("bpcli.common.files.LARGEST_UNSEEN", 1)
    with zipfile.ZipFile(tmp_path / "t.xlsx", "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("zeros", bytes(1 << 20))
    with pytest.raises(DataError, match=r"t\.xlsx: it unpacks to 1 MiB where"):
        read_workbook(str(tmp_path / "t.xlsx"), ".xlsx")
