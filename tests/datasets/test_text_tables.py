"""CSV and TSV files are read as people mean them, fast or carefully with one result."""

import csv
import gzip
import io
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets import text_table
from bpcli.datasets.csv_diagnostics import read_cell_by_cell
from bpcli.datasets.csv_dialect import detect_dialect
from bpcli.datasets.text_table import read_fast, read_text

PLAIN = "a,b,kind\n1,2,x\n3,4.5,y\n-5,6e-1,x\n"


def is_plain(dataset) -> None:
    """Assert that a data set is what PLAIN holds."""
    assert_array_equal(dataset.X, [[1, 2], [3, 4.5], [-5, 0.6]])
    assert_array_equal(dataset.targets, [0, 1, 0])
    assert dataset.features == ("a", "b")
    assert dataset.outputs == ("kind",)
    assert dataset.classes == ("x", "y")


@pytest.mark.parametrize(
    ("contents", "name"),
    [
        (PLAIN, "data.csv"),
        (PLAIN.rstrip("\n"), "no-last-newline.csv"),
        (PLAIN.replace("\n", "\r\n"), "crlf.csv"),
        (PLAIN.replace("\n", "\r"), "old-mac.csv"),
        ("\ufeff" + PLAIN, "bom.csv"),
        ("\n\n" + PLAIN.replace("\n", "\n\n") + "\n  \n", "blank-lines.csv"),
        (PLAIN.replace(",", ";"), "semicolons.csv"),
        (PLAIN.replace(",", "\t"), "tabs.tsv"),
        (PLAIN.replace(",", "\t"), "TABS.TSV"),
        (PLAIN.replace(",", " , "), "spaces.csv"),
        ('"a","b","kind"\n"1","2","x"\n"3",4.5,"y"\n-5,"6e-1",x\n', "quotes.csv"),
        (gzip.compress(PLAIN.encode(), mtime=0), "data.csv.gz"),
        (gzip.compress(PLAIN.replace(",", "\t").encode(), mtime=0), "data.tsv.gz"),
        (gzip.compress(PLAIN.encode(), mtime=0), "gzip-all-the-same.csv"),
    ],
)
def test_one_table_in_many_dresses(read, contents, name):
    """Delimiters, line ends, quotes, blank lines, a byte order mark and gzip change nothing."""
    dataset = read(contents, name)
    is_plain(dataset)
    assert dataset.name == name


def test_quotes_keep_delimiters_and_line_ends_in_a_name():
    """A quoted header cell may hold what would otherwise end it."""
    dataset = read_text(
        b'"width, cm","say ""hi""","two\nlines"\n1,2,0\n3,4,1\n', "t", tabs=False, target=None
    )
    assert dataset.features == ("width, cm", 'say "hi"')
    assert dataset.outputs == ("two\nlines",)


def test_without_a_header_columns_are_called_by_position(read):
    """A first row of numbers is data."""
    dataset = read("1,2,0\n3,4,1\n")
    assert dataset.features == ("column 0", "column 1")
    assert dataset.outputs == ("column 2",)
    assert len(dataset.X) == 2


@pytest.mark.parametrize(
    ("contents", "rows"),
    [
        ("1,2,cat\n3,4,dog\n", 2),  # text below too: labels
        ("1,2,label\n3,4,0\n5,6,1\n", 2),  # numbers below: a name
        ("1,b,0\n3,4,0\n5,6,1\n", 2),  # text in a feature: a name
        (",b,y\n3,4,0\n5,6,1\n", 2),  # as written by pandas with its index
    ],
)
def test_a_header_is_found_out(read, contents, rows):
    """The first row is a header if it has text where a number must be."""
    assert len(read(contents).X) == rows


def test_an_unnamed_column_is_called_by_its_position(read):
    """An index written by pandas has none."""
    assert read(",b,y\n3,4,0\n5,6,1\n").features == ("column 0", "b")


def test_a_missing_value_in_the_first_row_makes_no_header(refuse):
    """A row without a header is not swallowed because a value of it is missing."""
    assert refuse("1,NA,0\n3,4,1\n") == (
        "data.csv:1: column 1: 'NA' stands for a missing value; fill it in, or remove the row"
    )


def test_names_that_are_numbers_make_a_header_when_asked_for(read):
    """Whoever asks for the column "2021" says that the first row holds names."""
    dataset = read("2019,2020,2021\n1,2,0\n3,4,1\n", target=["2021"])
    assert dataset.features == ("2019", "2020")
    assert len(dataset.X) == 2


@pytest.mark.parametrize("target", [["b"], [1], [-2]])
def test_a_target_is_chosen_by_name_or_position(read, target):
    """Any column can be the target; the others stay features in their order."""
    dataset = read("a,b,c\n1,0,3\n4,1,6\n", target=target)
    assert dataset.features == ("a", "c")
    assert dataset.outputs == ("b",)
    assert_array_equal(dataset.X, [[1, 3], [4, 6]])


@pytest.mark.parametrize(
    ("contents", "target", "message"),
    [
        (PLAIN, ["kinf"], "there is no column 'kinf' (did you mean kind?); the columns are: a, b, kind"),
        (PLAIN, ["Kind"], "there is no column 'Kind' (did you mean kind?); the columns are: a, b, kind"),
        (
            "1,2,0\n3,4,1\n",
            ["y"],
            "the file has no header, so its columns have no names; write a position, 0 to 2",
        ),
        (PLAIN, [3], "there is no column 3: the table has 3 columns; write 0 to 2, or -1 for the last"),
        (PLAIN, [-4], "there is no column -4"),
        (PLAIN, [2, "kind"], "names a column twice"),
        (PLAIN, [], "chooses no column"),
        (PLAIN, ["a", "b", "kind"], "the target takes all of its 3 columns"),
        ("y\n1\n0\n", None, "the target takes its only column"),
    ],
)
def test_a_target_that_is_not_there_is_explained(refuse, contents, target, message):
    """The message says what there is instead."""
    assert message in refuse(contents, target=target)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("a,b,y\n1,2,0\n3,,1\n", "data.csv:3: column 'b': the cell is empty; fill it in, or remove the row"),
        ("a,b,y\n1,2,0\n\n3,4,1\n5,inf,1\n", "data.csv:5: column 'b': 'inf' is not finite"),
        ("a,b,y\n1,2,0\n3,NaN,1\n?,4,1\n", "data.csv:3: column 'b': 'NaN' stands for a missing value"),
        ("a,b,y\n1,1e999,0\n3,4,1\n", "data.csv:2: column 'b': '1e999' is too large for a 64-bit number"),
        (
            "a,b,y\n1,red,0\n3,4,1\n",
            "data.csv:2: column 'b': 'red' is not a number; replace the text by numbers",
        ),
        (
            "a;b;y\n1;2,5;0\n3;4;1\n",
            "data.csv:2: column 'b': '2,5' is not a number; write the decimal point as '.'",
        ),
        ("a,b,y\n1,1_000,0\n3,4,1\n", "data.csv:2: column 'b': '1_000' is not a number"),
        ("a,b,y\n1,٣,0\n3,4,1\n", "data.csv:2: column 'b': '٣' is not a number"),
        ("a,b,y\n1,0x10,0\n3,4,1\n", "data.csv:2: column 'b': '0x10' is not a number"),
        ("1,2,0\n3,x,1\n", "data.csv:2: column 1: 'x' is not a number"),
        ("a,b,y\n1,2,0\n3,4,\n", "data.csv:3: column 'y': the cell is empty"),
        ("a,b,y\n1,2,0\n3,4,NA\n", "data.csv:3: column 'y': 'NA' stands for a missing value"),
        ("a,b,y\n1,2,cat\n3,4,\n", "data.csv:3: column 'y': the cell is empty"),
        (
            "a,b,y\n1,2,0\n3,4,1,5\n",
            "data.csv:3: this row has 4 cells, the header has 3; give every row the same number of cells",
        ),
        ("1,2,0\n3\n", "data.csv:2: this row has 1 cell, the first row has 3"),
        ("a,b,y\n1,2,0,4\n1,2,0,4\n", "data.csv:2: this row has 4 cells, the header has 3"),
        ("a,b,a\n1,2,0\n", "data.csv:1: two columns are called 'a'"),
        ("a,b,y\n1,2,\n3,x,1\n", "data.csv:2: column 'y': the cell is empty"),
        ('a,"b\nb",y\n1,2,0\n3,x,1\n', "data.csv:4: column 'b\\nb': 'x' is not a number"),
        ("a,b,y\n", "the file has a header and no rows"),
        ("", "data.csv: the file is empty"),
        ("\n \n", "data.csv: the file is empty"),
        (b"a,b,y\n1,2,caf\xe9\n", "data.csv:2: not UTF-8 text (byte 0xe9); save the file as UTF-8"),
        ("a,b,y\n1,2,cat\n3,4,dog\n".encode("utf-16"), "data.csv:1: not UTF-8 text (byte 0xff)"),
        (
            'a,b,y\n1,2,"cat\n3,4,dog\n5,6,dog\n',
            "data.csv:2: column 'y': 'cat\\n3,4,dog\\n5,6,dog' contains a line break",
        ),
        ('a,b,y\n1,2,"' + "x" * 200_000 + "\n", "data.csv:2: this line cannot be read (field larger"),
    ],
)
def test_the_first_fault_is_named_with_its_line_and_column(refuse, contents, message):
    """What, where and what to do, in one line."""
    assert message in refuse(contents)


def test_faulty_cells_are_counted(refuse):
    """One cell is named, and how many more wait behind it is said."""
    assert refuse("a,b,y\n1,x,0\n,3,1\n5,6,NA\n").endswith("(3 faulty cells in all)")


def test_na_is_a_label_among_labels(read):
    """Beside DE and FR, NA is Namibia; beside 1 and 2 it would be a missing number."""
    assert read("a,country\n1,DE\n2,NA\n3,FR\n").classes == ("DE", "FR", "NA")


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.integers(2, 5).flatmap(lambda d: st.lists(st.lists(finite, min_size=d, max_size=d), min_size=1)))
def test_finite_numbers_come_back_bit_for_bit(rows):
    """What repr writes is read as the very number it was, to the sign of a zero, fast and carefully."""
    text = "\n".join(",".join(map(repr, row)) for row in rows)
    dialect = detect_dialect(text, "t", tabs=False, target=None)
    fast = read_fast(text, dialect)
    assert fast is not None
    for X, (y,) in (fast, read_cell_by_cell(text, dialect)):
        bits = b"".join(struct.pack("<d", value) for row in rows for value in row)
        assert np.column_stack([X, y]).astype("<f8").tobytes() == bits


cells = st.one_of(
    st.sampled_from(
        ["1", "-2.5", "+.5", "3.", "1e3", " 4 ", "1e999", "nan", "inf", "NA", "", "1_0", "0x1", "٣"]
    ),
    st.sampled_from(
        ["cat", "dog", '"quoted"', '"1"', '"a,b"', '""', '"two\nlines"', '"1"2', 'x"y', '"', "\t", "a b"]
    ),
    st.text(alphabet='01.,;eE+-" \t\r\nax', max_size=5),
)


@settings(deadline=None)
@given(
    st.lists(st.lists(cells, min_size=2, max_size=4), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
@example([["1", '"2"3'], ["4", "5"]], "\n")
def test_the_fast_way_reads_nothing_that_the_careful_way_reads_otherwise(rows, end):
    """Whatever the text, loadtxt either steps back or agrees with csv."""
    text = end.join(map(",".join, rows))
    try:
        dialect = detect_dialect(text, "t", tabs=False, target=None)
    except DataError:
        return
    fast = read_fast(text, dialect)
    if fast is None:
        return
    X, y = read_cell_by_cell(text, dialect)
    assert fast[0].tobytes() == X.tobytes()
    for ours, theirs in zip(fast[1], y, strict=True):
        assert type(ours) is type(theirs)
        assert list(ours) == list(theirs)


@settings(deadline=None)
@given(st.lists(st.lists(st.text(alphabet="abc,;\" 'é\t", min_size=1), min_size=3, max_size=3), min_size=2))
def test_any_labels_written_by_csv_are_read_back(rows):
    """Quotes, delimiters and spaces inside labels survive; spaces around them do not."""
    out = io.StringIO()
    csv.writer(out).writerows([["x", "y1", "y2", "y3"], *([i, *row] for i, row in enumerate(rows))])
    labels = [[cell.strip() for cell in row] for row in rows]
    if not all(cell for row in labels for cell in row):
        return
    table = read_text(out.getvalue().encode(), "t", tabs=False, target=[1, 2, 3])
    assert [list(row) for row in zip(*table.y, strict=True)] == labels


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_make_it_stumble(raw):
    """Any file at all is a table or a DataError."""
    try:
        read_text(raw, "t", tabs=False, target=None)
    except DataError as error:
        assert str(error).startswith("t:")


@pytest.mark.parametrize("last", ["numbers", "text"])
def test_a_sound_file_is_read_the_fast_way(last, monkeypatch):
    """Numeric or text targets: no cell of a file without faults is looked at one by one."""

    def careful(_text, _dialect):
        raise AssertionError("a sound file was read cell by cell")

    monkeypatch.setattr(text_table, "read_cell_by_cell", careful)
    numbers = np.random.default_rng(0).normal(size=(1000, 9)).tolist()
    labels = ["0.5" if last == "numbers" else "ab"[i % 2] for i in range(len(numbers))]
    raw = "\n".join(
        ",".join(map(repr, row)) + f",{label}" for row, label in zip(numbers, labels, strict=True)
    ).encode()
    assert read_text(raw, "t", tabs=False, target=None).X.shape == (1000, 9)
