"""Files that are hard to read or wrong in one way each, and what must come of every one.

``python benchmarks/hard_tables.py`` trains on all of them through the command. A file is read rightly, all of its rows
and no more, or it is refused with one message (exit code 2) that names the file and the cause, and the line and column
where the fault has them.
"""

import gzip
import io
import os
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Hard:
    """One file: how it is made, and what must come of it.

    Attributes:
        name: of the file.
        content: its text, its bytes, or a function that makes it at a path.
        rows: how many rows are read, or None where the file is refused.
        message: what the message says, or what is said of a file that is read; "FILE" stands for its path.
        slow: whether only the command tries it.
    """

    name: str
    content: object
    rows: int | None = None
    message: str = ""
    slow: bool = False

    def make(self, folder):
        """Write the file, and return its path."""
        path = Path(folder) / self.name
        if callable(self.content):
            self.content(path)
        else:
            path.write_bytes(self.content.encode() if isinstance(self.content, str) else self.content)
        return path


def table(*more, rows=40, header="a,b,y", end="\n", before=(), values="{i}.5,{three},{two}"):
    """``rows`` sound lines below a header, lines before and after them."""
    body = [values.format(i=i * 7 % 31, three=i % 3, two=i % 2) for i in range(rows)]
    return end.join([*([header] if header else []), *before, *body, *more]) + end


def cell(text, *, rows=40):
    """A sound table, and a last line with this cell in column a."""
    return table(f"{text},1,0", rows=rows)


def zipped(**members):
    """The bytes of a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "/", 1), content)
    return stream.getvalue()


def npz(**arrays):
    """The bytes of an NPZ."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy(array):
    """The bytes of an NPY."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _linked_to_itself(path):
    path.symlink_to(path.name)


def _unreadable_name(path):
    path.with_name("elsewhere").mkdir()
    path.symlink_to("elsewhere")


SOUND = table()
X = np.arange(80.0).reshape(40, 2)
Y = np.arange(40) % 2
STRUCTURED = np.zeros(5, [("a", float), ("b", int)])

RAGGED = [
    Hard("short_row.csv", table("1,2"), None, "FILE:42: this row has 2 cells, the header has 3"),
    Hard("long_row.csv", table("1,2,0,4"), None, "FILE:42: this row has 4 cells, the header has 3"),
    Hard("short_first.csv", table(before=("1,2",)), None, "FILE:2: this row has 2 cells, the header has 3"),
    Hard("short_middle.csv", SOUND.replace("\n14.5,2,0\n", "\n14.5,2\n"),
         None, "FILE:4: this row has 2 cells, the header has 3"),
    Hard("all_longer_than_header.csv", table(values="{i},{three},{two},1"),
         None, "FILE: target 'y': every row has the class '1'"),
    Hard("cut_off.csv", SOUND[:-3], None, "FILE:41: the file is cut off here"),
    Hard("cut_off_in_quote.csv", table('"abc', values="{i},w{three},{two}"),
         None, "FILE:42: a quote (\") is opened in this row and never closed"),
    Hard("empty_columns_at_end.csv", table(values="{i}.5,{three},{two},,", header="a,b,y,,"), 40, "y"),
    Hard("empty_column_filled.csv", table("1,2,0,9", values="{i}.5,{three},{two},", header="a,b,y,"),
         None, "FILE: target 'column 3': every row has the class '9'"),
    Hard("short_row_50000.csv", table("1,2", rows=50_000),
         None, "FILE:50002: this row has 2 cells, the header has 3", slow=True),
    Hard("comma_in_number.csv", table("1,234,2,0"), None, "FILE:42: this row has 4 cells, the header has 3"),
    Hard("semicolon_row.csv", table("1;2;0"), None, "FILE:42: this row has 1 cell, the header has 3"),
    Hard("tab_row.csv", table("1\t2\t0"), None, "FILE:42: this row has 1 cell, the header has 3"),
    Hard("ragged_tabs.tsv", table("1\t2", values="{i}.5\t{three}\t{two}", header="a\tb\ty"),
         None, "FILE:42: this row has 2 cells, the header has 3"),
    Hard("ragged_blanks.data", table("1 2", values="{i}.5 {three} {two}", header=""),
         None, "FILE:41: this row has 2 cells, the other rows have 3"),
]  # fmt: skip
SIZES = [
    Hard("empty.csv", "", None, "FILE: the file is empty"),
    Hard("one_newline.csv", "\n", None, "FILE: the file is empty"),
    Hard("blanks_only.csv", "  \n\t\n", None, "FILE: the file is empty"),
    Hard("bom_only.csv", b"\xef\xbb\xbf", None, "FILE: the file is empty"),
    Hard("header_only.csv", "a,b,y\n", None, "FILE: the file has a header and no rows"),
    Hard("one_row.csv", "a,b,y\n1,2,0\n", None, "FILE: target 'y': every row has the class '0'"),
    Hard("one_row_no_header.csv", "1,2,0\n", None, "FILE: target 'column 2': every row has the class '0'"),
    Hard("one_cell.csv", "1\n", None, "FILE: no column is left as a feature"),
    Hard("one_column.csv", "y\n1\n0\n1\n", None, "FILE: no column is left as a feature"),
    Hard("no_newline_at_end.csv", SOUND.rstrip("\n"), 40),
    Hard("blank_lines_between.csv", SOUND.replace("\n", "\n\n"), 40),
    Hard("blank_lines_at_end.csv", SOUND + "\n" * 20_000, 40),
    Hard("blank_lines_at_start.csv", "\n\n\n" + SOUND, 40),
    Hard("ten_million_characters.csv", cell("1" * 10_000_000), None, "FILE:42: column 'a'", slow=True),
    Hard("ten_million_in_target.csv", table("1,2," + "x" * 10_000_000), 41, slow=True),
    Hard("no_newline_at_all.csv", "1," * 10_000_000, None, "FILE:", slow=True),
    Hard("thousand_columns.csv", ",".join(f"c{j}" for j in range(1000)) + "\n"
         + "".join(",".join(str((i * j + j) % 7) for j in range(1000)) + "\n" for i in range(30)), 30, slow=True),
    Hard("two_thousand_gigabytes_of_zeros.csv.gz", gzip.compress(bytes(1 << 24)), None, "FILE: NUL bytes, not text"),
]  # fmt: skip
QUOTES = [
    Hard("quoted_newline.csv", table('1,"2",0', '"1",2,0', values='{i}.5,"w\n{three}",{two}'), 42),
    Hard("quoted_newline_in_number.csv", table('"1\n0",1,0'), None, "FILE:42: column 'a'"),
    Hard("quoted_newline_in_header.csv", table(header='a,"b\nc",y'), 40),
    Hard("quoted_comma.csv", table(values='{i}.5,"p,{three}",{two}'), 40),
    Hard("quoted_everything.csv", table(values='"{i}.5","{three}","{two}"', header='"a","b","y"'), 40),
    Hard("doubled_quotes.csv", table(values='{i}.5,"p""{three}""",{two}'), 40),
    Hard("never_closed.csv", table('1,"2,0', "3,1,1", "4,1,0"),
         None, "FILE:42: a quote (\") is opened in this row and never closed"),
    Hard("never_closed_early.csv", table(before=('1,"2,0',)),
         None, "FILE:2: a quote (\") is opened in this row and never closed"),
    Hard("text_after_quote.csv", table('"1"2,1,0'), None, "FILE:42: this row cannot be read"),
    Hard("quote_in_cell.csv", table(values='{i}.5,p{three}"x,{two}'), 40),
    Hard("single_quotes.csv", table(values="{i}.5,'p{three}',{two}"), 40),
    Hard("newline_in_label.csv", table('1,2,"c\nd"', values="{i}.5,{three},{two}k"), None, "FILE:42: column 'y'"),
]  # fmt: skip
BYTES = [
    Hard("nul_in_cell.csv", cell("1\0"), None, "FILE:42: column 'a'"),
    Hard("nul_line.csv", table("\0" * 20), None, "FILE:42: a row of NUL bytes"),
    Hard("nul_padding.csv", SOUND + "\0" * 100, None, "FILE:42: a row of NUL bytes"),
    Hard("nul_only.csv", bytes(5000), None, "FILE: NUL bytes"),
    Hard("binary.csv", bytes(range(256)) * 40, None, "FILE: binary data"),
    Hard("png.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, None, "FILE: this is a PNG picture"),
    Hard("pdf.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", None, "FILE: this is a PDF document"),
    Hard("renamed_xlsx.csv", zipped(xl_workbook="<x/>"), None, "FILE: an Excel workbook"),
    Hard("renamed_zip.csv", zipped(t="a,b\n"), None, "FILE: this is a ZIP archive"),
    Hard("renamed_npz.csv", npz(X=X, y=Y), None, "FILE: this is an NPZ of NumPy; name it .npz"),
    Hard("renamed_npy.csv", npy(X), None, "FILE: this is a NumPy array; name it .npy"),
    Hard("renamed_parquet.csv", b"PAR1" + bytes(range(200)), None, "FILE: this is a Parquet file"),
    Hard("renamed_sqlite.csv", b"SQLite format 3\0" + bytes(100), None, "FILE: this is an SQLite database"),
    Hard("web_page.csv", "<!DOCTYPE html>\n<html><table></table></html>\n", None, "FILE: this is a web page"),
    Hard("json.csv", '[{"a": 1, "y": 0}, {"a": 2, "y": 1}]\n', None, "FILE: this is JSON"),
    Hard("libsvm.csv", "1 1:0.5 2:0.3\n0 1:0.1 2:2\n" * 20, None, "FILE: this is the LIBSVM format"),
    Hard("git_lfs.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n", None, "Git LFS"),
    Hard("bom.csv", b"\xef\xbb\xbf" + SOUND.encode(), 40),
    Hard("two_boms.csv", b"\xef\xbb\xbf" * 2 + SOUND.encode(), 40),
    Hard("utf16.csv", SOUND.encode("utf-16"), 40),
    Hard("utf16_no_bom.csv", SOUND.encode("utf-16-le"), 40),
    Hard("utf16_odd_byte.csv", SOUND.encode("utf-16") + b"\0", None, "FILE:42: a row of NUL bytes"),
    Hard("utf32.csv", SOUND.encode("utf-32"), 40),
    Hard("latin1.csv", table(values="{i}.5,caf\u00e9{three},{two}").encode("latin-1"), 40, "cp1252"),
    Hard("shift_jis.csv", table(values="{i}.5,\u65e5\u672c{three},{two}").encode("shift_jis"), 40, "data.encoding"),
    Hard("cr_only.csv", table(end="\r"), 40),
    Hard("crlf.csv", table(end="\r\n"), 40),
    Hard("control_z.csv", SOUND + "\x1a", 40),
    Hard("half_a_letter.csv", SOUND.encode() + b"1,\xc3", None, "FILE:42: the file is cut off here"),
]  # fmt: skip
CELLS = [
    Hard("infinite.csv", cell("inf"), None, "FILE:42: column 'a': 'inf' is not finite"),
    Hard("minus_infinite.csv", cell("-Infinity"), None, "FILE:42: column 'a'"),
    Hard("too_large.csv", cell("1e400"), None, "FILE:42: column 'a': '1e400' is too large"),
    Hard("too_large_target.csv", table("1,2,1e400", values="{i}.5,{three},{i}.25"), None, "FILE:42: column 'y'"),
    Hard("infinite_target.csv", table("1,2,inf", values="{i}.5,{three},{i}.25"), None, "FILE:42: column 'y'"),
    Hard("underscore.csv", cell("1_000"), None, "FILE:42: column 'a'"),
    Hard("hexadecimal.csv", cell("0x10"), None, "FILE:42: column 'a'"),
    Hard("fraction.csv", cell("1/2"), None, "FILE:42: column 'a'"),
    Hard("complex.csv", cell("1+2j"), None, "FILE:42: column 'a'"),
    Hard("other_digits.csv", cell("٣"), None, "FILE:42: column 'a'"),
    Hard("percent_once.csv", cell("12%"), None, "FILE:42: column 'a'"),
    Hard("text_at_50000.csv", cell("red", rows=50_000), None, "FILE:50002: column 'a'", slow=True),
    Hard("text_in_first_row.csv", table("1,2,0", before=("red,1,0",)), None, "FILE:2: column 'a'"),
    Hard("a_word_for_missing.csv", cell("unknown"), None, "FILE:42: column 'a'"),
    Hard("missing.csv", table("NA,1,0", ",1,1", "?,2,0", "nan,0,1"), 44),
    Hard("all_missing_column.csv", table(values="{i}.5,{three},,{two}", header="a,b,c,y"), 40),
    Hard("missing_target.csv", table("1,2,", "3,1,NA"), 40, "2 rows without a value of y left out"),
    Hard("no_target_at_all.csv", table(values="{i}.5,{three},"), None, "FILE: no row has a target"),
    Hard("one_class.csv", table(values="{i}.5,{three},0"), None, "FILE: target 'y': every row has the class"),
    Hard("constant_number.csv", table(values="{i}.5,{three},2.5"),
         None, "FILE: target 'y': every row has the same number, 2.5"),
    Hard("all_constant.csv", table(values="1,2,{two}"), None, "no input is left"),
    Hard("denormal.csv", table("5e-324,1,0"), 41),
    Hard("one_1e300.csv", table("1e300,1,0"), 41),
    Hard("one_half_among_labels.csv", table("1,2,0.5", rows=60_000), None, "FILE:60002: column 'y'", slow=True),
    Hard("labels_above_2_53.csv", table(values="{i}.5,{three},900719925474099{two}"), 40),
    Hard("labels_with_zeros.csv", table(values="{i}.5,{three},0{two}"), 40),
    Hard("twice_the_same_name.csv", table(header="a,a,y"), None, "FILE:1: two columns are called 'a'"),
    Hard("name_of_a_formula.csv", table(header='"=1+1",b,y'), 40),
    Hard("escape_in_label.csv", table(values="{i}.5,{three},\x1b[31mk{two}"), 40),
    Hard("decimal_comma.csv", table(values="{i},5;{three};{two}", header="a;b;y"), 40, "decimal"),
    Hard("number_or_label_header.csv", table(header="1,2,label"), None, "it is not clear whether the first row"),
]  # fmt: skip
FILES = [
    Hard("pipe.csv", os.mkfifo, None, "FILE: not a regular file"),
    Hard("folder.csv", Path.mkdir, None, "FILE: this is a directory"),
    Hard("folder.npz", Path.mkdir, None, "FILE: this is a directory"),
    Hard("link_to_folder.csv", _unreadable_name, None, "FILE: this is a directory"),
    Hard("link_to_itself.csv", _linked_to_itself, None, "FILE: there is no such file"),
    Hard("nowhere.csv", lambda path: None, None, "FILE: there is no such file"),
    Hard("plain_named.csv.gz", SOUND, None, "FILE: the gzip file is damaged"),
    Hard("gzip_named.csv", gzip.compress(SOUND.encode()), 40),
    Hard("cut.csv.gz", gzip.compress(SOUND.encode())[:-20], None, "FILE: the gzip file is cut off"),
    Hard("garbage_after.csv.gz", gzip.compress(SOUND.encode()) + b"xyz", None, "FILE: the gzip file is damaged"),
    Hard("two_members.csv.gz", gzip.compress(SOUND.encode()) + gzip.compress(table(header="").encode()), 80),
    Hard("unknown.suffix", SOUND, None, "FILE:1:1: the file contains 'a,b,y"),
]  # fmt: skip
ARRAYS = [
    Hard("sound.npz", npz(X=X, y=Y), 40),
    Hard("text_labels.npz", npz(X=X, y=np.where(Y > 0, "p", "q")), 40),
    Hard("objects.npz", npz(X=X, y=np.array([None, 1] * 20)),
         None, "FILE: y: cannot be read as an array (Object arrays are not read"),
    Hard("objects.npy", npy(np.array([[None, 1.0]] * 5)),
         None, "FILE: cannot be read as an array (Object arrays are not read"),
    Hard("structured.npy", npy(STRUCTURED), None, "FILE: its type is [('a', '<f8'), ('b', '<i8')]"),
    Hard("structured.npz", npz(X=STRUCTURED, y=np.arange(5)),
         None, "FILE: X: its type is [('a', '<f8'), ('b', '<i8')]"),
    Hard("complex.npy", npy(X + 1j), None, "FILE: its type is complex128"),
    Hard("dates.npy", npy(np.zeros((4, 2), "M8[D]")), None, "FILE: its type is datetime64[D]"),
    Hard("empty.npy", npy(np.empty((0, 3))), None, "FILE: its shape is (0, 3)"),
    Hard("flat.npy", npy(np.arange(5.0)), None, "FILE: its shape is (5,)"),
    Hard("cube.npy", npy(np.zeros((2, 2, 2))), None, "FILE: its shape is (2, 2, 2)"),
    Hard("infinite.npz", npz(X=np.where(X == 5, np.inf, X), y=Y), None, "FILE: X[2, 1] is inf"),
    Hard("nan_target.npz", npz(X=X, y=np.where(Y > 0, np.nan, 0)), None, "FILE: y[1] is nan"),
    Hard("shorter_y.npz", npz(X=X, y=Y[:39]), None, "FILE: y: 39 targets for 40 rows"),
    Hard("no_y.npz", npz(X=X), None, "FILE: there is no array y"),
    Hard("no_X.npz", npz(Z=X, y=Y), None, "FILE: there is no array X"),
    Hard("half_validation.npz", npz(X=X, y=Y, X_validation=X), None, "FILE: X_validation is not enough"),
    Hard("cut.npz", npz(X=X, y=Y)[:-30], None, "FILE: not an NPZ file, or a damaged one"),
    Hard("cut.npy", npy(X)[:-8], None, "FILE: cannot be read as an array (its header claims 40×2 of float64"),
    Hard("text_named.npz", SOUND, None, "FILE: not an NPZ file, or a damaged one"),
    Hard("claims_much.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", 118)
         + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9), }".ljust(117) + b"\n",
         None, "FILE: cannot be read as an array (its header claims 99999999999×9"),
    Hard("fortran_order.npy", npy(np.asfortranarray(np.column_stack([X, Y]))), 40),
    Hard("big_endian.npy", npy(np.column_stack([X, Y]).astype(">f4")), 40),
]  # fmt: skip
ALL = (*RAGGED, *SIZES, *QUOTES, *BYTES, *CELLS, *FILES, *ARRAYS)


def says(hard, path, text):
    """Whether a message or a note says what it must."""
    return "".join(hard.message.replace("FILE", path).split()) in "".join(text.split())
