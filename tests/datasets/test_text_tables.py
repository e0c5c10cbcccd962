"""Text tables are read as people mean them: fast or carefully with one result, and every fault with its place."""

import csv
import gzip
import io
import re
import struct
import subprocess
import sys
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets import InputOptions, ReadOptions
from bpcli.datasets.cell_columns import Cells
from bpcli.datasets.text_table import BlockReader, read_text

PLAIN = "a,b,kind\n1,2,x\n3,4.5,y\n-5,6e-1,x\n"


def cells_of(text: str, *, fast: bool = True, **options) -> Cells:
    """The cells of a text, by ``numpy.loadtxt`` where it can or by the csv module alone."""
    reader = BlockReader(io.StringIO(text, newline=""), "t", ReadOptions(), **options)
    if not fast:
        setattr(reader, "_fast", lambda _lines: None)  # noqa: B010
    blocks = list(reader)
    if not blocks:
        raise DataError("t: no rows")
    return joined(reader, blocks)


def joined(reader: BlockReader, blocks: list) -> Cells:
    """The cells of some blocks of a reader."""
    return reader.joined(blocks, np.concatenate([block.numbers for block in blocks]))


def is_plain(dataset) -> None:
    """Assert that a data set is what PLAIN holds."""
    assert_array_equal(dataset.X, [[1, 2], [3, 4.5], [-5, 0.6]])
    assert_array_equal(dataset.targets, [0, 1, 0])
    assert dataset.features == ("a", "b")
    assert dataset.outputs == ("kind",)
    assert dataset.classes == ("x", "y")


@pytest.mark.parametrize(
    ("contents", "name", "note"),
    [
        (PLAIN, "data.csv", ""),
        (PLAIN.rstrip("\n"), "no-last-newline.csv", ""),
        (PLAIN.replace("\n", "\r\n"), "crlf.csv", ""),
        (PLAIN.replace("\n", "\r"), "old-mac.csv", ""),
        (PLAIN.replace("\n", "\r\r\n"), "twice-converted.csv", ""),
        ("\ufeff" + PLAIN, "bom.csv", ""),
        ("\n\n" + PLAIN.replace("\n", "\n\n") + "\n  \n", "blank-lines.csv", ""),
        (PLAIN + "\x1a", "dos.csv", ""),
        (PLAIN.replace(",", ";"), "semicolons.csv", "semicolons between cells"),
        (PLAIN.replace(",", "|"), "pipes.csv", "pipes (|) between cells"),
        (PLAIN.replace(",", "\t"), "tabs.tsv", "tabs between cells"),
        (PLAIN.replace(",", "\t"), "tabs.csv", "tabs between cells"),
        (PLAIN.replace(",", "   "), "blanks.data", "blanks between cells"),
        ("  " + PLAIN.replace(",", "\t ").replace("\n", " \n  "), "mixed.txt", ""),
        (PLAIN, "commas.tsv", "commas between cells"),
        (PLAIN.replace(",", " , "), "spaces.csv", ""),
        ("sep=;\n" + PLAIN.replace(",", ";"), "excel.csv", "line 1 (sep=;) names the delimiter"),
        (PLAIN.replace(",", ";").replace(".", ","), "german.csv", "semicolons between cells; decimal comma"),
        ('"a","b","kind"\n"1","2","x"\n"3",4.5,"y"\n-5,"6e-1",x\n', "quotes.csv", ""),
        ("'a','b','kind'\n1,2,'x'\n3,4.5,'y'\n-5,6e-1,'x'\n", "single.csv", "quotes '"),
        ("# measured in spring\n" + PLAIN, "comment.csv", "line 1 skipped: comments (#)"),
        (PLAIN.replace("3,4.5", "# stopped\n3,4.5"), "middle.csv", "line 3 skipped: comments (#)"),
        ("Results,,\n" + PLAIN, "title.csv", "line 1 ('Results') skipped: a title"),
        (PLAIN.replace("kind\n", "kind\ncm,kg,\n"), "units.csv", "line 2 skipped: units (cm, kg)"),
        (PLAIN.replace("\n", ",,\n"), "trailing.csv", "2 empty columns at the end"),
        (PLAIN.encode("utf-16"), "excel-unicode.csv", "UTF-16"),
        (PLAIN.encode("utf-16-le"), "no-mark.csv", "UTF-16"),
        (gzip.compress(PLAIN.encode(), mtime=0), "data.csv.gz", ""),
        (gzip.compress(PLAIN.replace(",", "\t").encode(), mtime=0), "data.tsv.gz", "tabs between cells"),
        (gzip.compress(PLAIN.encode(), mtime=0), "not-named.csv", "compressed with gzip"),
    ],
)
def test_one_table_in_many_dresses(read, contents, name, note):
    """What is recognised changes nothing but the note that says it."""
    dataset = read(contents, name)
    is_plain(dataset)
    assert dataset.name == name
    assert note in "; ".join(dataset.notes)


def test_what_a_compressed_table_unpacks_to_has_a_limit(read, refuse, monkeypatch):
    """Small files that would fill the memory are refused, but for their first rows; text shrinks less than that."""
    monkeypatch.setattr("bpcli.datasets.text_source._UNPACKED", 1 << 20)
    packed = gzip.compress(b"a,b,y\n" + b"0,0,1\n1,1,0\n" * 200_000, mtime=0)
    assert "data.csv.gz: the gzip file unpacks to more where 1 MiB is the limit" in refuse(
        packed, "data.csv.gz"
    )
    assert len(read(packed, "data.csv.gz", read=ReadOptions(max_rows=10)).X) == 10
    is_plain(read(gzip.compress(PLAIN.encode(), mtime=0), "data.csv.gz"))


def test_western_text_that_is_not_utf_8_is_read_and_said(read, refuse):
    """Latin-1 with the euro sign of Windows; bytes that no such text has are refused with their line."""
    dataset = read("a,kind\n1,süß\n2,sauer\n3,süß\n".encode("cp1252"))
    assert dataset.classes == ("sauer", "süß")
    assert dataset.notes == ("not UTF-8, read as cp1252 (data.encoding)",)
    assert refuse(b"a,y\n1,0\n2,\xed\xa0\x80\n").startswith("data.csv:3: not UTF-8 text (byte 0xed)")
    cyrillic = "a,kind\n1,кот\n2,пёс\n3,кот\n".encode("cp1251")
    assert read(cyrillic, read=ReadOptions(encoding="cp1251")).classes == ("кот", "пёс")


def test_what_is_set_is_not_recognised(read):
    """Delimiter, header and decimal point can all be said."""
    options = ReadOptions(delimiter="semicolon", header=True, decimal=",")
    dataset = read("2019;2020;y\n1,5;2,25;0\n3;4;1\n", read=options)
    assert dataset.features == ("2019", "2020")
    assert_array_equal(dataset.X, [[1.5, 2.25], [3, 4]])


def test_quotes_keep_delimiters_and_line_ends_in_a_name():
    """A quoted header cell may hold what would otherwise end it."""
    cells = cells_of('"width, cm","say ""hi""","two\nlines"\n1,2,0\n3,4,1\n')
    assert cells.names == ("width, cm", 'say "hi"', "two\nlines")
    assert cells.line(0) == 3


@pytest.mark.parametrize(
    ("contents", "rows"),
    [
        ("1,2,cat\n3,4,dog\n", 2),  # numbers in the first row
        ("a,b,label\n3,4,0\n5,6,1\n", 2),
        (",b,y\n3,4,0\n5,6,1\n", 2),  # as written by pandas with its index
        ("colour,size,kind\nred,big,x\nblue,big,y\nred,small,x\n", 3),  # text over text that does not recur
        ("red,big,x\nblue,big,y\nred,small,x\n", 3),  # text that recurs
        ("2019,2020,2021\n0.5,0.25,1\n1.5,2,0\n", 2),  # years over other numbers
        ("0,1,2,3\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n", 2),  # the names that pandas gives
        ("1900,1950,2000\n1900,1960,2020\n1905,1955,2005\n", 3),  # years over years
        ("land,2019,2020,2021\nA,0.5,0.25,1\nB,1.5,2,0\n", 2),  # years beside a name
        ("A,2,1,3\nB,1,2,3\nC,12,1,1\n", 3),  # a word beside numbers in a row of data
        ("a,b,2019,y\n1,2,3,0\n4,5,6,1\n", 2),
    ],
)
def test_a_header_is_found_out(contents, rows):
    """Text over numbers is a header, numbers over numbers and words that recur are not."""
    assert len(cells_of(contents).numbers) == rows


def test_a_first_row_that_may_be_either_is_asked_about(refuse, read):
    """Two numbers and a word, all over numbers: neither is taken for granted."""
    text = "1,2,label\n3,4,0\n5,6,1\n"
    assert "it is not clear whether the first row (1, 2, label) names the columns or is data" in refuse(text)
    assert read(text, read=ReadOptions(header=True)).outputs == ("label",)


def test_names_that_are_numbers_make_a_header_when_asked_for(read):
    """Whoever asks for the column "2021" says that the first row holds names."""
    dataset = read("2019,2020,2021\n1,2,0\n3,4,1\n", target=["2021"])
    assert dataset.features == ("2019", "2020")
    assert len(dataset.X) == 2


@pytest.mark.parametrize("target", [["b"], [1], [-2], ["1"], ["b "]])
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
        (
            "1,2,0\n3,4,1\n",
            ["y"],
            "the file has no header, so its columns have no names; write a position, 0",
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


NUMBERS = "".join(f"{i}.5,{i % 3},{i % 2}\n" for i in range(20))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("a,b,y\n" + NUMBERS + "1,inf,1\n", "data.csv:22: column 'b': 'inf' is not finite"),
        ("a,b,y\n1,1e999,0\n" + NUMBERS, "data.csv:2: column 'b': '1e999' is too large for a 64-bit number"),
        (
            "a,b,y\n" + NUMBERS + "red,1,0\n",
            "data.csv:22: column 'a': 'red' is not a number; correct it, leave",
        ),
        ("a,b,y\n" + NUMBERS + "1_000,1,0\n", "data.csv:22: column 'a': '1_000' is not a number"),
        (
            "a,b,y\n" + NUMBERS + "٣,1,0\n",
            "data.csv:22: column 'a': '٣' is not a number; write it with the digits",
        ),
        ("a,b,y\n" + NUMBERS + "0x10,1,0\n", "data.csv:22: column 'a': '0x10' is not a number"),
        ("a,b,y\n" + NUMBERS + "12%,1,0\n", "data.csv:22: column 'a': '12%' has another unit than the other"),
        ("a,b,y\n" + NUMBERS + '"1\n0",1,0\n', "data.csv:22: column 'a': '1\\n0' contains a line break"),
        ("a,b,y\n" + NUMBERS + "1\0,1,0\n", "data.csv:22: column 'a': '1\\x00' contains a NUL byte"),
        (
            "a,b,y\n1,2,0\n3,4,1,5\n",
            "data.csv:3: this row has 4 cells, the header has 3; give every row the same",
        ),
        ("a,b,y\n" + NUMBERS + "3", "data.csv:22: the file is cut off here, or this row has 1 cell"),
        (NUMBERS + "3\n", "data.csv:21: this row has 1 cell, the other rows have 3"),
        ("a,b,a\n1,2,0\n3,4,1\n", "data.csv:1: two columns are called 'a'"),
        ("a,b,y\n", "the file has a header and no rows"),
        ("", "data.csv: the file is empty"),
        ("\n \n", "data.csv: the file is empty"),
        (
            'a,b,y\n1,2,"cat\n3,4,dog\n5,6,dog\n',
            'data.csv:2: a quote (") is opened in this row and never closed',
        ),
        ('a,b,y\n1,2,"ca\nt"\n3,4,dog\n5,6,dog\n', "data.csv:2: column 'y': 'ca\\nt' contains a line break"),
        (
            "a,b,y\n1,2,no # odd\n3,4,no\n5,6,yes\n",
            "data.csv:2: column 'y': 'no # odd' seems to end with a comment",
        ),
        ("1 1:0.5 2:0.3\n0 1:0.1 2:2\n1 1:0.5\n", "this is the LIBSVM format"),
        ("<!DOCTYPE html><html></html>", "this is a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n", "Git LFS pointer"),
        (b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml", "an Excel workbook; name it .xlsx"),
        (b"PAR1" + bytes(range(200)), "this is a Parquet file"),
        (bytes(range(256)) * 4, "binary data, not text"),
        (b"\0" * 5000, "NUL bytes, not text"),
    ],
)
def test_a_fault_is_named_with_its_cause_and_place(refuse, contents, message):
    """What, where and what to do, in one line."""
    assert message in refuse(contents)


def test_a_fault_is_the_same_in_the_last_block(refuse):
    """Behind 20,000 sound rows, which are read the fast way, a bad cell still has its line."""
    sound = "a,b,y\n" + "1.5,2,0\n3,4.25,1\n" * 10_000
    assert refuse(sound + "x,1,0\n").startswith("data.csv:20002: column 'a': 'x' is not a number")
    assert refuse(sound + "1,1\n").startswith("data.csv:20002: this row has 2 cells, the header has 3")


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path, refuse):
    """A pipe without a writer would wait for ever."""
    import os

    from bpcli.datasets import load

    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="not a regular file; to read a pipe, write - for the file"):
        load(str(tmp_path / "pipe.csv"), rng=np.random.default_rng(0))


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.integers(2, 5).flatmap(lambda d: st.lists(st.lists(finite, min_size=d, max_size=d), min_size=1)))
def test_finite_numbers_come_back_bit_for_bit(rows):
    """What repr writes is read as the very number it was, to the sign of a zero, fast and carefully."""
    text = "\n".join(",".join(map(repr, row)) for row in rows)
    bits = b"".join(struct.pack("<d", value) for row in rows for value in row)
    for fast in (True, False):
        reader = BlockReader(io.StringIO(text), "t", ReadOptions(header=False), target=[])
        if not fast:
            setattr(reader, "_fast", lambda _lines: None)  # noqa: B010
        assert joined(reader, list(reader)).numbers.astype("<f8").tobytes() == bits


cells = st.one_of(
    st.sampled_from(
        [
            "1",
            "-2.5",
            "+.5",
            "3.",
            "1e3",
            " 4 ",
            "1e999",
            "nan",
            "inf",
            "NA",
            "",
            "1_0",
            "0x1",
            "٣",
            "$5",
            "(2)",
        ]
    ),
    st.sampled_from(
        ["cat", "dog", '"quoted"', '"1"', '"a,b"', '""', '"two\nlines"', '"1"2', 'x"y', '"', "\t", "a b", "#"]
    ),
    st.text(alphabet='01.,;eE+-" \t\r\nax#', max_size=5),
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
        fast = cells_of(text)
    except DataError as error:
        with pytest.raises(DataError) as caught:
            cells_of(text, fast=False)
        assert str(caught.value) == str(error)
        return
    careful = cells_of(text, fast=False)
    assert fast.names == careful.names
    assert_array_equal(fast.numbers, careful.numbers)
    for j in range(len(fast.names)):
        ours, theirs = fast.text(j), careful.text(j)
        assert [ours.vocabulary[i] for i in ours.codes] == [theirs.vocabulary[i] for i in theirs.codes]


@pytest.mark.parametrize(
    "tail", ["", "1,2\n", "1,2,3,4\n", "1,x,a\n", "1,,a\n", "1,inf,a\n", "1,1e400,a\n", " 1,+2, a\n", "\n"]
)
def test_pyarrow_reads_what_loadtxt_reads(tail, monkeypatch):
    """Where it is installed, and is given every block: the same cells, or the same message."""
    pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    rows = [f"{a!r},{b:.17g},{'abc'[i % 3]}\n" for i, (a, b) in enumerate(rng.normal(size=(60, 2)).tolist())]
    text = "p,q,kind\n" + "".join(rows) + tail + "".join(rows)
    found = []
    monkeypatch.setattr("bpcli.datasets.text_table._BLOCK_ROWS", 16)
    for _ in range(2):
        try:
            cells = cells_of(text)
        except DataError as error:
            found.append(str(error))
        else:
            kind = cells.text(2)
            found.append((cells.numbers.tobytes(), [kind.vocabulary[i] for i in kind.codes], cells.others))
        monkeypatch.setattr("bpcli.datasets.text_table._arrow", lambda: None)
    assert found[0] == found[1]


def traced(act):
    """The most memory that something took at once, and what it returned."""
    tracemalloc.start()
    try:
        return act(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_holds_a_table_once(tmp_path, monkeypatch):
    """Beside the numbers themselves there is memory for one block of rows, and not for all of them a second time."""
    monkeypatch.setattr("bpcli.datasets.text_table._BLOCK_ROWS", 256)
    path, lines = tmp_path / "t.csv", ["0,1,2,3,4,5,6,7,8,9\n", "9,8,7,6,5,4,3,2,1,0\n"]
    path.write_text("".join(lines) * 10_000, encoding="ascii")
    read_text(str(path), "t", target=())  # what is imported on the way is there afterwards
    numbers, peak = traced(lambda: read_text(str(path), "t", target=()).numbers)
    assert_array_equal(numbers[::2], np.tile(np.arange(10), (10_000, 1)))
    assert_array_equal(numbers[1::2], np.tile(np.arange(10)[::-1], (10_000, 1)))
    # From NumPy 2.5 on, memory that is moved is reported where it was and where it is.
    _, moved = traced(lambda: np.empty(numbers.size).resize(numbers.size + 1, refcheck=False))
    assert peak < moved + 0.6 * numbers.nbytes


def test_reading_by_pyarrow_does_not_load_pandas(tmp_path):
    """pandas takes longer to load, and more memory, than most tables to read."""
    pytest.importorskip("pyarrow")
    pytest.importorskip("pandas")
    path = tmp_path / "t.csv"
    path.write_text("p,q,kind\n" + "1.5,2,a\n3,4.25,b\n" * 4200, encoding="ascii")
    code = (
        "import sys; from bpcli.datasets.text_table import read_text; cells = read_text(sys.argv[1], 't'); "
        "assert 'pyarrow' in sys.modules; print('pandas' in sys.modules, *cells.numbers[8399, :2])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["False", "3.0", "4.25"]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(alphabet="abc,;\" 'é\t", min_size=1), min_size=3, max_size=3), min_size=3))
def test_any_labels_written_by_csv_are_read_back(rows):
    """Quotes, delimiters and spaces inside labels survive; spaces around them do not."""
    out = io.StringIO()
    csv.writer(out).writerows([["x", "y1", "y2", "y3"], *([i, *row] for i, row in enumerate(rows))])
    labels = [[cell.strip() for cell in row] for row in rows]
    reader = BlockReader(
        io.StringIO(out.getvalue(), newline=""), "t", ReadOptions(delimiter="comma", header=True)
    )
    if reader.layout.quote != '"':
        return  # every cell of a column begins and ends with a single quote: those are taken off
    found = joined(reader, list(reader))
    columns = [found.text(j) for j in (1, 2, 3)]
    assert [[c.vocabulary[c.codes[i]] for c in columns] for i in range(len(rows))] == labels


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_make_it_stumble(tmp_path_factory, raw):
    """Any file at all is a table or a DataError."""
    from bpcli.datasets.loading import read_cells

    path = tmp_path_factory.mktemp("bytes", numbered=True) / "t.csv"
    path.write_bytes(raw)
    with suppress(DataError):
        read_cells(str(path))


def test_a_sound_file_is_read_the_fast_way(monkeypatch):
    """Numeric or text targets: no cell of a file without faults is looked at one by one."""

    def careful(_self, _lines):
        raise AssertionError("a sound file was read cell by cell")

    monkeypatch.setattr(BlockReader, "_careful", careful)
    numbers = np.random.default_rng(0).normal(size=(1000, 9)).tolist()
    for labels in (["0.5", "1"], ["a", "b"]):
        text = "".join(",".join(map(repr, row)) + f",{labels[i % 2]}\n" for i, row in enumerate(numbers))
        assert cells_of(text).numbers.shape == (1000, 10)


def test_columns_have_roles_by_what_they_hold(read):
    """Numbers with their marks, categories, and what is left out with the reason."""
    rows = [
        f'{i},Name {i} Surname,{"red" if i % 3 else "blue"},"$1,{i:03}.50",({i}),'
        f"{i % 2}.5%,2024-01-{i % 28 + 1:02},7,{'' if i % 9 == 0 else i * 0.5},{i % 2}"
        for i in range(40)
    ]
    header = "id,name,colour,price,loss,share,day,same,gap,y\n"
    dataset = read(header + "\n".join(rows))
    roles = {role.name: (role.kind, role.why) for role in dataset.roles}
    assert roles == {
        "id": ("left out", "row numbers"),
        "name": ("left out", "free text"),
        "colour": ("category", ""),
        "price": ("number", "$ left out"),
        "loss": ("number", "parentheses read as minus"),
        "share": ("number", "in percent"),
        "day": ("left out", "dates (data.dates uses them)"),
        "same": ("number", ""),
        "gap": ("number", ""),
    }
    column = dict(zip(dataset.features, dataset.X.T, strict=True))
    assert_array_equal(column["price"], [1000.5 + i for i in range(40)])
    assert_array_equal(column["loss"], [-i for i in range(40)])
    assert_array_equal(np.flatnonzero(np.isnan(column["gap"])), [0, 9, 18, 27, 36])


def test_columns_can_be_declared(read):
    """What a column is can be said: a date by its parts, few integers as categories, row numbers as a number."""
    text = "n,code,day,y\n" + "".join(f"{i},{i % 3},2024-03-{i + 1:02},{i % 2}\n" for i in range(20))
    options = InputOptions(numbers=("n",), categories=("code",), dates=("day",))
    dataset = read(text, columns=options)
    assert dataset.features == ("n", "day: day", "day: month", "day: weekday", "day: hour")
    assert dataset.categories[0].levels == ("0", "1", "2")
    days = dataset.X[:, 1]
    assert days[0] == 19783  # days from 1970-01-01 to 2024-03-01
    assert_array_equal(np.diff(days), 1)
    assert set(dataset.X[:, 2]) == {3}
    assert dataset.X[0, 3] == 4  # a Friday
    assert read(text, columns=InputOptions(ignore=("code", "day"), numbers=("n",))).features == ("n",)


def test_missing_values_are_dropped_or_refused_when_asked(read, refuse):
    """The default fills them in; the others say what they did, or where the first one is."""
    text = "a,b,y\n1,x,0\n,y,1\n3,NA,0\n4,x,1\n5,y,0\n6,x,1\n"
    dropped = read(text, columns=InputOptions(missing="drop"))
    assert_array_equal(dropped.X[:, 0], [1, 4, 5, 6])
    assert "2 rows with a missing value left out (first: line 3)" in dropped.notes
    message = refuse(text, columns=InputOptions(missing="error"))
    assert message.startswith("data.csv:3: column 'a': a value is missing (2 rows have one)")


def test_max_rows_reads_the_first_rows_and_says_so(read):
    """Rows with line breaks in quotes and blank lines between count as what they are; arrays are cut too."""
    lines = ["a,b,y", *(f'{i * 7 % 11},"p{i % 2}\n{i % 3}",{i % 2}\n' for i in range(30))]
    whole = read("\n".join(lines))
    for most in (2, 7, 29, 30, 31):
        cut = read("\n".join(lines), read=ReadOptions(max_rows=most))
        np.testing.assert_array_equal(cut.X, whole.X[:most])
        assert any("max_rows" in note for note in cut.notes) == (most < 30)
    stream = io.BytesIO()
    np.savez(stream, X=np.eye(6), y=np.arange(6) % 2)
    cut = read(stream.getvalue(), "data.npz", read=ReadOptions(max_rows=4))
    np.testing.assert_array_equal(cut.X, np.eye(6)[:4])


def test_a_table_that_memory_does_not_hold_is_refused_before_it_is_read(refuse, monkeypatch):
    """From the first rows and the size of the file: 100,000 rows of 2 numbers need more than 1 MiB."""
    monkeypatch.setattr("bpcli.datasets.text_table.free_memory", lambda: 1 << 20)
    message = refuse("a,y\n" + "0.25,1\n0.50,0\n" * 50_000)
    assert "MiB are free; set data.max_rows to" in message
    assert int(re.search(r"about ([0-9,]+) rows", message)[1].replace(",", "")) in range(95_000, 105_001)
