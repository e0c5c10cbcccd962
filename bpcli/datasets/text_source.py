"""Opens a text table: a file, a gzip file or standard input, in the encoding it turns out to have."""

import gzip
import io
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from bpcli.common.errors import DataError, MachineError
from bpcli.common.files import MIB, read_bytes, too_large
from bpcli.common.text import LONGEST, printable
from bpcli.datasets.cells import shown

STDIN = "-"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".dat")
LONGEST_LINE = 50_000_000  # bytes; a line beyond is no row of a table
_LOOKED_AT = 1 << 24  # bytes of a file that is not UTF-8, to guess its encoding
_PREFIX = 1 << 16
# What a compressed table may unpack to. Text shrinks to a tenth; what shrinks more than this is not text.
_UNPACKED, _TIMES = 64 * MIB, 50
GZIP = b"\x1f\x8b"
_ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "cp1252", "latin1": "cp1252", "iso-8859-1": "cp1252"}
_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
# How files of other kinds begin, what they are, and what to do with them.
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive; unpack it, and give the table inside"),
    (b"PAR1", "a Parquet file; name it .parquet, which the extra bpcli[tables] reads, or save it as CSV"),
    (b"\x89PNG", "a PNG picture, not a table"),
    (b"\xff\xd8\xff", "a JPEG picture, not a table"),
    (b"%PDF", "a PDF document, not a table"),
    (b"\x89HDF", "an HDF5 file; save the table as CSV or NPZ"),
    (b"SQLite format 3", "an SQLite database; export the table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls); save it as CSV"),
    (b"BZh", "compressed with bzip2; unpack it, or compress it with gzip"),
    (b"\xfd7zXZ", "compressed with xz; unpack it, or compress it with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it, or compress it with gzip"),
    (b"\x93NUMPY", "a NumPy array; name it .npy"),
    (b"version https://git-lfs", "a Git LFS pointer and not the data themselves; run `git lfs pull`"),
)


class NotDecodable(Exception):
    """The bytes are not text in the encoding that their beginning suggested."""


@contextmanager
def open_text(source: str, place: str, encoding: str = "auto") -> Iterator[tuple[io.TextIOBase, list[str]]]:
    """Open a table as text, lines unchanged, with sentences on what was recognised.

    Raises:
        DataError: there is no such file, or it is not text.
        MachineError: the file cannot be read.
    """
    notes: list[str] = []
    with _open_bytes(source) as file:
        raw, member = _only_member(file, source, place)
        notes += [f"{shown(member)} in a ZIP archive"] if member else []
        binary, layers = _unzipped(raw, source, place)
        start = _peek(binary)
        if layers == 2:
            notes.append("compressed twice with gzip")
        elif layers and not source.lower().endswith(".gz"):
            notes.append("compressed with gzip")
        _refuse_other_kinds(start, place)
        codec, note = _codec(start, place, encoding)
        if note:
            notes.append(note)
        if start.startswith(b"\xef\xbb\xbf\xef\xbb\xbf"):
            binary.read(3)
            notes.append("two byte order marks")
        bounded = cast(BinaryIO, io.BufferedReader(_Bounded(binary, place), _PREFIX))
        yield io.TextIOWrapper(bounded, encoding=codec, newline=""), notes


def _only_member(raw: BinaryIO, source: str, place: str) -> tuple[BinaryIO, str]:
    """The table in a ZIP archive, and its name, where it is the only one there; else the stream itself."""
    if source == STDIN or not _peek(raw).startswith(b"PK\x03\x04"):
        return raw, ""
    with suppress(zipfile.BadZipFile, NotImplementedError, RuntimeError):  # damaged, or encrypted
        archive = zipfile.ZipFile(raw)
        files = [
            info
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith("__MACOSX/")
        ]
        # What LZMA says of damage is no error of zipfile, and few programs write it.
        usual = len(files) == 1 and files[0].compress_type != zipfile.ZIP_LZMA
        if usual and (name := files[0].filename).lower().endswith(TEXT_SUFFIXES):
            limit = max(_UNPACKED, _TIMES * Path(source).stat().st_size)
            unpacked = _Unpacked(archive.open(name), place, limit, "ZIP")
            return cast(BinaryIO, io.BufferedReader(unpacked, _PREFIX)), name
    raw.seek(0)
    return raw, ""


def _unzipped(raw: BinaryIO, source: str, place: str) -> tuple[BinaryIO, int]:
    """The stream inside up to two layers of gzip, and how many there were; a name in .gz promises one."""
    stream, layers = raw, 0
    limit = max(_UNPACKED, _TIMES * (0 if source == STDIN else Path(source).stat().st_size))
    while layers < 2 and (_peek(stream).startswith(GZIP) or (source.lower().endswith(".gz") and not layers)):
        stream = cast(
            BinaryIO,
            io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=stream), place, limit, "gzip"), _PREFIX),
        )
        layers += 1
    return stream, layers


def plain_size(source: str) -> int | None:
    """How many bytes of text a source has, or None for standard input and for a compressed file."""
    if source == STDIN or source.lower().endswith((".gz", ".zip")):
        return None
    path = Path(source)
    return path.stat().st_size if path.is_file() else None


@contextmanager
def _open_bytes(source: str) -> Iterator[BinaryIO]:
    if source == STDIN:
        yield cast(BinaryIO, io.BufferedReader(_Unread(sys.stdin.buffer), _PREFIX))
        return
    path = Path(source)
    shown = printable(source, 10 * LONGEST)
    try:
        mode = path.stat().st_mode
        special = not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    except (OSError, ValueError):
        special = False  # reading it says what is wrong
    if special:
        raise DataError(
            f"{shown}: not a regular file; to read a pipe, write - for the file and redirect: - < {shown}"
        )
    # A directory, a missing file and missing permissions have their messages there.
    read_bytes(
        source,
        DataError,
        "check the path (in a configuration file a relative path starts at its folder)",
        most=0,
    )
    try:
        with path.open("rb", buffering=_PREFIX) as file:
            yield file
    except OSError as failure:
        raise MachineError(f"{shown}: cannot be read: {failure.strerror or failure}") from None


class _Unread(io.RawIOBase):
    """Standard input as a raw stream, so that it can be buffered and looked into once more."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = (
            self._stream.read1(len(buffer))
            if hasattr(self._stream, "read1")
            else self._stream.read(len(buffer))
        )
        buffer[: len(data)] = data
        return len(data)


class _Bounded(io.RawIOBase):
    """A stream whose lines end; checked here, a piece at a time, so that lines can be read without being looked at."""

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self._stream, self._place = stream, place
        self._lines = self._length = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = cast(io.BufferedReader, self._stream).read1(len(buffer))
        end = b"\n" if b"\n" in data else b"\r"
        self._lines += data.count(end)
        self._length = len(data) - data.rfind(end) - 1 if end in data else self._length + len(data)
        if self._length > LONGEST_LINE:
            raise DataError(
                f"{self._place}:{self._lines + 1}: this line has over {LONGEST_LINE:,} bytes; a table has a row "
                "on each line"
            )
        buffer[: len(data)] = data
        return len(data)


class _Unpacked(io.RawIOBase):
    """An unpacked stream whose every failure is an error with the cause, and that has ``limit`` bytes at most."""

    def __init__(self, file: Any, place: str, limit: int, kind: str) -> None:
        self._file, self._place, self._limit, self._kind = file, place, limit, kind

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._file.read1(len(buffer))
        except EOFError:
            raise DataError(f"{self._place}: the gzip file is cut off; download or save it again") from None
        except gzip.BadGzipFile as error:
            cause = "bytes follow its end" if self._file.tell() else str(error)
            raise DataError(
                f"{self._place}: the gzip file is damaged ({cause}); download or save it again"
            ) from None
        except (OSError, zlib.error, zipfile.BadZipFile) as error:
            raise DataError(
                f"{self._place}: the {self._kind} file is damaged ({error}); download or save it again"
            ) from None
        if self._file.tell() > self._limit:
            raise DataError(
                f"{self._place}: the {self._kind} file unpacks to {too_large(None, self._limit)}; unpack it first, or "
                "set data.max_rows"
            )
        buffer[: len(data)] = data
        return len(data)


def _peek(stream: BinaryIO) -> bytes:
    """The first bytes of a buffered stream, which stay to be read."""
    return cast(io.BufferedReader, stream).peek(_PREFIX)


def _refuse_other_kinds(start: bytes, place: str) -> None:
    if start.startswith(b"PK\x03\x04") and (b"xl/" in start or b"[Content_Types].xml" in start):
        raise DataError(
            f"{place}: an Excel workbook; name it .xlsx, which the extra bpcli[tables] reads, or save it as CSV"
        )
    if start.startswith(b"PK\x03\x04") and b".npy" in start[:100]:
        raise DataError(f"{place}: this is an NPZ of NumPy; name it .npz")
    for magic, what in _OTHERS:
        if start.startswith(magic):
            raise DataError(f"{place}: this is {what}")
    head = start[:200].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise DataError(f"{place}: this is a web page (HTML or XML), not a table; download the file itself")
    if head.startswith(b"@relation"):
        raise DataError(
            f"{place}: this is ARFF; name it .arff, which the extra bpcli[tables] reads, or save it as CSV"
        )
    if head.startswith((b"{", b"[{")) and b'":' in start:
        raise DataError(f"{place}: this is JSON; save the table as CSV")


def _codec(start: bytes, place: str, encoding: str) -> tuple[str, str]:
    """The codec of a text, and a sentence if it is not UTF-8."""
    if encoding != "auto":
        return _ENCODINGS.get(encoding.lower(), encoding), ""
    for bom, codec in _BOMS:
        if start.startswith(bom):
            return codec, "" if codec == "utf-8-sig" else codec.upper()
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > 0.3 * (len(start) // 2 + 1) and min(even, odd) < 0.05 * len(start):
        return ("utf-16-le", "UTF-16") if odd > even else ("utf-16-be", "UTF-16")
    # \x01 stands between the cells of Hive, \x1a ends a file of DOS.
    control = sum(start.count(c) for c in range(32) if c not in b"\x01\t\n\v\f\r\x1a\x1b" and c)
    zeros = start.count(0)
    if start and (control > 0.02 * len(start) or zeros > 0.5 * len(start)):
        what = "NUL bytes" if zeros > 0.5 * len(start) else "binary data"
        raise DataError(f"{place}: {what}, not text; a table is a text file, or an NPZ or NPY of NumPy")
    return "utf-8-sig", ""


def fallback(error: NotDecodable, source: str, place: str, encoding: str) -> str:
    """The encoding to read a file in whose bytes ``encoding`` does not have, where it can only be the Western one.

    Raises:
        DataError: the encoding was chosen, or the file can be many things; the message says where the first byte
            stands that is not UTF-8.
    """
    if encoding != "auto" or source == STDIN:
        raise DataError(f"{error}; set data.encoding, for example cp1252") from None
    with _open_bytes(source) as file:
        raw = _unzipped(_only_member(file, source, place)[0], source, place)[0].read(_LOOKED_AT)
    high = bytes(c for c in raw if c > 127)
    line, byte = 1, high[:1]
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as first:
        line, byte = raw.count(b"\n", 0, first.start) + 1, raw[first.start : first.start + 1]
    letters = sum(c >= 0xC0 for c in high)
    known = sum(
        c >= 0xC0 or c in b"\x80\x92\x93\x94\x96\xa0\xa3\xa7\xab\xb0\xb2\xb3\xb5\xba\xbb\xbd" for c in high
    )
    # A letter of UTF-8 cut in half, or another code page: no run of letters is so long in a Western language.
    broken = b"\xed\xa0" in raw or b"\xed\xb0" in raw
    if not high or broken or known < 0.9 * len(high) or letters > 0.25 * len(raw):
        raise DataError(
            f"{place}:{line}: not UTF-8 text (byte 0x{byte.hex() or '??'}); save the file as UTF-8, or set "
            f"data.encoding (for example cp1252, cp1251, shift_jis)"
        )
    return "cp1252"
