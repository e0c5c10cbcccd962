"""Reads a text table in blocks of rows: numbers by ``numpy.loadtxt`` where it can, else by the csv module.

The stages of a table: text (``text_source``) → layout (``layout``) → cells (here) → columns → targets → encoding.
"""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from typing import Any, NoReturn

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.files import MIB, free_memory
from bpcli.datasets.cell_columns import Cells, Vocabulary, numbers_among, plain_numbers, stripped
from bpcli.datasets.cells import bare, is_missing, is_text, number, shown
from bpcli.datasets.dataset import Codes, FloatArray
from bpcli.datasets.layout import (
    DELIMITERS,
    ReadOptions,
    Record,
    first_rows_only,
    is_rule,
    nameless,
    recognise,
    records,
)
from bpcli.datasets.text_source import NotDecodable, fallback, open_text, plain_size

_BLOCK_ROWS, _BLOCK_CELLS = 8192, 4_000_000
_MOST_NOTES = 20  # below a table
_WORD, _OTHER_ROW = re.compile(r"[^\W\d_]{3}").search, re.compile("[\t;|\\0]").search
_MOST_LABELS = 1000
_COPIES = 3  # of a table that training keeps: as it was read, what is being encoded, and the inputs
_HEAD_LINES, _HEAD_CHARACTERS = 400, 1 << 18
# A column takes about as many bytes while it is read; more of them than a million are not trained on in any case.
_MOST_COLUMNS, _COLUMN = 1_000_000, 1 << 10


def read_text(
    source: str,
    place: str,
    options: ReadOptions | None = None,
    *,
    target: Sequence[str | int] | None = None,
    exact: Sequence[str | int] = (),
) -> Cells:
    """Read a text table: a path (.gz too), or - for standard input.

    Args:
        source: where it is.
        place: what messages call it.
        options: what of its layout needs no recognising.
        target: the target columns: names among them tell a header.
        exact: columns whose text is kept as it is written, also if it is numbers; the target always is.

    Raises:
        DataError: it is not a table; the message says in which line and column.
    """
    options = options or ReadOptions()
    try:
        return _read(source, place, options, target, exact, options.encoding)
    except NotDecodable as error:
        encoding = fallback(error, source, place, options.encoding)
        cells = _read(source, place, options, target, exact, encoding)
        note = f"not UTF-8, read as {encoding} (data.encoding)"
        return replace(cells, notes=(note, *cells.notes))


def read_chunks(
    source: str,
    place: str,
    options: ReadOptions | None = None,
    *,
    names: Sequence[str] = (),
    exact: Sequence[str | int] = (),
    verbatim: bool = False,
) -> Iterator[Cells]:
    """Read a text table some thousand rows at a time: memory does not grow with its length.

    Args:
        source: where it is.
        place: what messages call it.
        options: what of its layout needs no recognising.
        names: of columns; a first row that holds all of them is the header.
        exact: columns whose text is kept as it is written, also if it is numbers.
        verbatim: whether that is so for every column.

    Raises:
        DataError: it is not a table; the message says in which line and column.
    """
    options = options or ReadOptions()
    encoding, done = options.encoding, 0
    while True:
        try:
            with open_text(source, place, encoding) as (stream, notes):
                reader = BlockReader(
                    stream, place, options, target=(), exact=exact, names=names, verbatim=verbatim
                )
                for block in islice(reader, done, None):
                    yield reader.joined([block], block.numbers, tuple(notes))
                    reader.forget()
                    done += 1
                if not done:
                    raise DataError(f"{place}: the file has a header and no rows; a table needs rows")
                return
        except NotDecodable as error:
            encoding = fallback(error, source, place, encoding)


def _read(
    source: str,
    place: str,
    options: ReadOptions,
    target: Sequence[str | int] | None,
    exact: Sequence[str | int],
    encoding: str,
) -> Cells:
    with open_text(source, place, encoding) as (stream, notes):
        reader = BlockReader(stream, place, options, target=target, exact=exact, most=options.max_rows)
        table, blocks, rows, taken = _Growing(reader.layout.used), list[Block](), 0, 0
        free, size = free_memory(), None if options.max_rows else plain_size(source)
        for block in reader:
            blocks.append(replace(block, numbers=block.numbers[:0].copy()))  # which frees its own
            rows, taken = rows + len(block.lines), taken + block.numbers.nbytes
            # The first block tells how large the file is, if its other lines are as long; then what was read does.
            whole = max(size / reader.characters, 1.0) if size and len(blocks) == 1 else 1.0
            if free is not None and _COPIES * taken * whole > free:
                raise DataError(_too_large(place, whole, rows, taken, free))
            table.add(block.numbers, round(whole * rows * 1.01))
        if not blocks:
            raise DataError(f"{place}: the file has a header and no rows; a table needs rows")
        if reader.cut and options.max_rows:
            notes.append(first_rows_only(options.max_rows))
        return reader.joined(blocks, table.whole(), tuple(notes))


def _too_large(place: str, whole: float, rows: int, taken: int, free: int) -> str:
    """The message on a table ``whole`` times as long as its first ``rows`` rows, which take so much memory."""
    least, fits = round(whole * rows, -3 if whole > 1 else 0), int(rows * free / (_COPIES * taken) / 2)
    return (
        f"{place}: about {least:,.0f} rows or more need {_COPIES * whole * taken / MIB:,.0f} MiB of memory to train "
        f"on, and {free / MIB:,.0f} MiB are free; set data.max_rows to {max(fits, 1):,} or fewer"
    )


def _check_width(line: str, where: str, delimiter: str) -> None:
    """Check, before a line is split, that it has no more cells than a table may have columns.

    Raises:
        DataError: it has.
    """
    free = free_memory() if len(line) > _MOST_COLUMNS >> 4 else None
    most = _MOST_COLUMNS if free is None else min(_MOST_COLUMNS, free // _COLUMN)
    if len(line) < most:
        return
    # Delimiters within quotes are none, and of blanks only the first is.
    unquoted = re.sub('"[^"]*"|  +', " ", line)
    delimiters = DELIMITERS.values() if delimiter == "auto" else [DELIMITERS.get(delimiter, delimiter)]
    if (cells := 1 + max(map(unquoted.count, delimiters))) > most:
        raise DataError(
            f"{where}: about {cells:,} cells in this line, where {most:,} columns are the most to train on; write each "
            "row on a line of its own, or fewer columns"
        )


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a table: numbers (n×d), the codes of columns of text, and the cells that are neither."""

    lines: Sequence[int]
    numbers: FloatArray
    codes: dict[int, Codes]
    others: dict[tuple[int, int], str]


class _Growing:
    """The numbers of a table to which rows are added: the memory is moved, so there is never a second copy of it."""

    def __init__(self, width: int) -> None:
        self._numbers, self._rows = np.empty((0, width)), 0

    def add(self, rows: FloatArray, expected: int) -> None:
        """Add n×d numbers below the others, of ``expected`` rows in all; memory is not used before it is written to."""
        stop = self._rows + len(rows)
        if not self._rows:
            self._numbers = np.empty((max(stop, expected), rows.shape[1]))
        if stop > len(self._numbers):
            self._resize(max(stop, len(self._numbers) * 9 // 8))
        self._numbers[self._rows : stop] = rows
        self._rows = stop

    def whole(self) -> FloatArray:
        """All of the numbers, N×d."""
        self._resize(self._rows)
        return self._numbers

    def _resize(self, rows: int) -> None:
        self._numbers.resize((rows, self._numbers.shape[1]), refcheck=False)


class _Lines:
    """An iterator of lines that counts them, and keeps the last that was asked for alone.

    Raises:
        NotDecodable: bytes that the encoding does not have.
    """

    def __init__(self, lines: Iterator[str], place: str) -> None:
        self._lines, self._place, self.count, self.last = lines, place, 0, ""

    def take(self, most: int) -> list[str]:
        """The next lines, ``most`` at most."""
        taken: list[str] = []
        try:
            taken.extend(islice(self._lines, most))  # on an error, the lines before it stay there
        except UnicodeError as error:
            raise NotDecodable(f"{self._place}:{self.count + len(taken) + 1}: {error}") from None
        self.count += len(taken)
        return taken

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except UnicodeError as error:
            raise NotDecodable(f"{self._place}:{self.count + 1}: {error}") from None
        self.count += 1
        self.last = line
        return line


class BlockReader:
    """Iterates over a table in blocks of rows, so that a table of any length fits: ``joined`` makes cells of blocks.

    Attributes:
        layout: recognised from the first rows.
        cut: whether ``most`` rows were read and there are more.
        characters: of the lines of the first block.
        below: a phrase on the notes below the table, if there are any.
    """

    def __init__(
        self,
        stream: io.TextIOBase,
        place: str,
        options: ReadOptions,
        *,
        target: Sequence[str | int] | None = None,
        exact: Sequence[str | int] = (),
        names: Sequence[str] = (),
        verbatim: bool = False,
        most: int | None = None,
    ) -> None:
        lines: Iterator[str] = iter(stream)
        head: list[str] = []
        complete, characters = True, 0
        for line in _Lines(lines, place):
            _check_width(line, f"{place}:{len(head) + 1}", options.delimiter)
            head.append(line)
            characters += len(line)
            if len(head) >= _HEAD_LINES or (len(head) >= 8 and characters > _HEAD_CHARACTERS):
                complete = False
                break
        if head:
            head[0] = head[0].removeprefix("\ufeff")
        self.place = place
        self.layout = recognise(head, place, options, [*(target or ()), *names], complete=complete)
        self._lines = _Lines(chain(head, lines), place)
        for _ in islice(records(self._lines, self.layout), self.layout.skipped):
            pass
        known = {name: j for j, name in enumerate(self.layout.names)}
        wanted = [*exact, *((-1,) if target is None else target)]
        wanted = [column.strip() if isinstance(column, str) else column for column in wanted]
        kept = (known.get(column) if isinstance(column, str) else column for column in wanted)
        used = self.layout.used
        self._texts: dict[int, Vocabulary] = {
            j % used: Vocabulary() for j in kept if j is not None and -used <= j < used
        }
        # A position may be written as text where columns have no names.
        for column in wanted:
            if isinstance(column, str) and column not in known and column.removeprefix("-").isdecimal():
                j = int(column)
                if -used <= j < used:
                    self._texts[j % used] = Vocabulary()
        if verbatim:
            self._texts |= {j: Vocabulary() for j in range(used)}
        self._doubts = [
            f"{shown(self.layout.names[j])} without its leading zeros; if these are codes, name it in data.categories"
            for j in self.layout.coded
            if j not in self._texts
        ]
        declared = {column.strip() if isinstance(column, str) else column for column in exact}
        targets = {-1} if target is None else set(wanted) - declared
        self._targets = {j for j in self._texts if {j, j - used, str(j), self.layout.names[j]} & targets}
        self._gaps: set[int] = set()
        self._most, self.cut, self.characters, self.below = most, False, 1, list[str]()
        self._header = ["" if name == nameless(j) else name for j, name in enumerate(self.layout.names)]
        # A row of numbers may be equal to a header of numbers.
        self._named = self.layout.header and any(map(is_text, self._header))
        self._line = (
            self.layout.delimiter.join(self._header) if self._named and self.layout.width > 1 else "\0"
        )
        self._rows = max(16, min(_BLOCK_ROWS, _BLOCK_CELLS // self.layout.width))
        self._first = True

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of rows.

        Raises:
            DataError: a row of another width, or a quote that is not closed.
        """
        left = sys.maxsize if self._most is None else self._most
        while lines := self._lines.take(min(self._rows, left)):
            if self._first:
                self.characters = sum(map(len, lines))
            block = self._fast(lines) or self._careful(lines)
            if block is not None:
                if self._first:
                    self._first = False
                    block = self._with_numbers(block)
                left -= len(block.lines)  # a row takes a line or more, so there are never too many
                yield block
        self.cut = left == 0 and any(line.strip() for line in self._lines)

    def forget(self) -> None:
        """Forget the words of the blocks so far, which would be more and more."""
        for vocabulary in self._texts.values():
            vocabulary.clear()

    def _with_numbers(self, block: Block) -> Block:
        """The first block, with targets as numbers that have too many values to be labels or codes."""
        for j in self._targets & self._texts.keys():
            words = list(self._texts[j])
            if len(words) <= _MOST_LABELS:
                continue
            values = [number(word.strip(), self.layout.decimal) for word in words]
            if any(value is None or abs(value) >= 2**53 for value in values) or any(map(_is_code, words)):
                continue
            block.numbers[:, j] = np.array(values, dtype=np.float64)[block.codes.pop(j)]
            del self._texts[j]
        return block

    def joined(self, blocks: Sequence[Block], numbers: FloatArray, notes: tuple[str, ...] = ()) -> Cells:
        """The cells of blocks of this reader, whose numbers are those given (N×d)."""
        codes = {j: np.concatenate([block.codes[j] for block in blocks]) for j in self._texts}
        others: dict[tuple[int, int], str] = {}
        row = 0
        for block in blocks:
            others.update({(row + i, j): cell for (i, j), cell in block.others.items()})
            row += len(block.lines)
        texts = {j: stripped(codes[j], tuple(vocabulary)) for j, vocabulary in self._texts.items()}
        lines = tuple(block.lines for block in blocks)
        notes = (*notes, *self.layout.notes, *self._doubts, *self.below)
        return Cells(self.place, self.layout, numbers, texts, others, lines, notes)

    def _fast(self, lines: list[str]) -> Block | None:
        """The block by ``numpy.loadtxt``, or None if there is anything that it does not like."""
        layout = self.layout
        if layout.decimal != "." or layout.used != layout.width or layout.thousands not in ("auto", "none"):
            return None
        text = "".join(lines)
        if (
            any(mark in text for mark in (layout.quote, layout.comment, layout.escape, "\0") if mark)
            or text.isspace()
            or self._line in text
        ):
            return None
        many = len(lines) >= self._rows  # worth loading pyarrow for
        found = (self._by_arrow(text) if many else None) or self._by_loadtxt(lines)
        if found is None or found[0].shape != (len(lines), layout.width):
            return None
        table, codes = found
        checked = np.delete(table, [*codes, *self._gaps], axis=1) if codes or self._gaps else table
        if not np.isfinite(checked).all():
            return None
        for j in codes:
            table[:, j] = np.nan
        first = self._lines.count - len(lines) + 1
        return Block(range(first, first + len(lines)), table, codes, {})

    def _by_loadtxt(self, lines: list[str]) -> tuple[FloatArray, dict[int, Codes]] | None:
        """The numbers of some lines, and the codes of columns of text, or None for anything that is not a number."""
        converters: dict[int, Any] = {j: vocabulary.__getitem__ for j, vocabulary in self._texts.items()}
        converters |= dict.fromkeys(self._gaps - converters.keys(), _number_or_nan)
        try:
            table = np.loadtxt(  # type: ignore[call-overload]  # the stubs know no converter by position
                lines,
                delimiter=None if self.layout.delimiter == " " else self.layout.delimiter,
                comments=None,
                converters=converters or None,
                encoding="utf-8",
                ndmin=2,
            )
        except ValueError:
            return None
        return table, {j: table[:, j].astype(np.int32) for j in self._texts}

    def _by_arrow(self, text: str) -> tuple[FloatArray, dict[int, Codes]] | None:
        """The same by pyarrow, where it is installed: three times as fast, and as strict."""
        layout, arrow = self.layout, _arrow()
        if arrow is None or self._gaps - self._texts.keys() or layout.delimiter == " " or "\r" in text:
            return None
        pa, csv = arrow
        names = [str(j) for j in range(layout.width)]
        kinds = {
            name: pa.dictionary(pa.int32(), pa.string()) if j in self._texts else pa.float64()
            for j, name in enumerate(names)
        }
        raw = text.encode()
        try:
            found = csv.read_csv(
                pa.BufferReader(raw),
                csv.ReadOptions(column_names=names, use_threads=False, block_size=len(raw) + 1),
                csv.ParseOptions(delimiter=layout.delimiter, quote_char=False, ignore_empty_lines=False),
                csv.ConvertOptions(column_types=kinds, null_values=[], strings_can_be_null=False),
                pa.system_memory_pool(),  # which gives back what is freed
            )
        except pa.ArrowInvalid:
            return None
        table, codes = np.empty((found.num_rows, layout.width)), {}
        # Taken by DLPack, because pyarrow's own way to NumPy loads pandas where that is installed.
        for j, column in enumerate(found.combine_chunks().to_batches()[0].columns):
            if j in self._texts:
                known = [self._texts[j][word] for word in column.dictionary.to_pylist()]
                codes[j] = np.array(known, np.int32)[np.from_dlpack(column.indices)]
            else:
                table[:, j] = np.from_dlpack(column)
        return table, codes

    def _careful(self, lines: list[str]) -> Block | None:
        """The block by the csv module; a record that runs on takes the lines after it too."""
        layout, first = self.layout, self._lines.count - len(lines) + 1
        feed = _Lines(chain(lines, self._lines), self.place)
        starts: list[int] = []
        rows: list[list[str]] = []
        found = records(feed, layout, first)
        for line, cells in found:
            if len(cells) != layout.width or any(map(str.strip, cells[layout.used :])):
                if self._is_note(cells) and self._ends_with_notes(line, feed, found):
                    break
                self._refuse_ragged(line, cells, lines)
            if self._named and bare(cells[0]) == self._header[0] and self._is_header(cells):
                self.below.append(f"line {line} skipped: the header again")
            else:
                starts.append(line)
                rows.append(cells)
            if feed.count >= len(lines):
                break
        if not rows:
            return None
        n, used = len(rows), layout.used
        numbers = np.full((n, used), np.nan)
        codes: dict[int, Codes] = {}
        others: dict[tuple[int, int], str] = {}
        for j, column in enumerate(islice(zip(*rows, strict=True), used)):
            cells = list(column)
            if j in self._texts:
                codes[j] = np.fromiter(map(self._texts[j].__getitem__, cells), np.int32, n)
                continue
            values = plain_numbers(cells) if layout.decimal == "." else None
            if values is None:
                values, texts = numbers_among(cells, layout.decimal)
                if np.isnan(values).any():
                    self._gaps.add(j)
                if texts and self._first:
                    self._texts[j] = Vocabulary()
                    codes[j] = np.fromiter(map(self._texts[j].__getitem__, cells), np.int32, n)
                    continue
                others.update({(i, j): cell for i, cell in texts.items()})
            numbers[:, j] = values
        return Block(starts, numbers, codes, others)

    def _is_header(self, cells: list[str]) -> bool:
        """Whether a record is the header once more, as in files that were joined."""
        return [bare(cell) for cell in cells[: self.layout.used]] == self._header

    def _is_note(self, cells: list[str]) -> bool:
        """Whether a record can be a note below the table: words alone, and not a row with another delimiter."""
        words = bool(_WORD(cells[0])) and not _OTHER_ROW(cells[0])
        return len(cells) == 1 and self.layout.width > 2 and (words or is_rule(cells))

    def _ends_with_notes(self, line: int, feed: _Lines, found: Iterator[Record]) -> bool:
        """Whether only notes follow one on ``line``, and it is no row that is cut off."""
        rest = list(islice(found, _MOST_NOTES))
        if next(found, None) or not all(self._is_note(cells) for _, cells in rest):
            return False
        if not rest and not feed.last.endswith(("\n", "\r")):
            return False
        last = rest[-1][0] if rest else line
        self.below += [
            f"line{'s' if rest else ''} {line}{f' to {last}' if rest else ''} skipped: notes below the table"
        ]
        return True

    def _refuse_ragged(self, line: int, cells: list[str], lines: list[str]) -> NoReturn:
        layout = self.layout
        count = len(cells)
        if "\0" in "".join(cells):
            raise DataError(f"{self.place}:{line}: a row of NUL bytes: the file is damaged; save it again")
        first = "the header has" if layout.header else "the other rows have"
        last = not lines[-1].endswith(("\n", "\r")) and line >= self._lines.count
        cause = "the file is cut off here, or" if last and count < layout.width else ""
        advice = "give every row the same number of cells"
        if count > layout.width:
            extra = next((cell for cell in cells[layout.width :] if cell.strip()), "")
            advice += (
                f" ({shown(extra)} is one too many; cells with a delimiter need quotes)" if extra else ""
            )
        starts = (cells[0], layout.names[0])
        if mark := next(
            (mark for mark in ("#", "%", "//", "!") if any(s.startswith(mark) for s in starts)), ""
        ):
            advice += f", or set data.comment: '{mark}'"
        raise DataError(
            f"{self.place}:{line}: {cause + ' ' if cause else ''}this row has {count} "
            f"{'cell' if count == 1 else 'cells'}, "
            f"{first} {layout.width}; {advice}"
        )


@cache
def _arrow() -> tuple[Any, Any] | None:
    """pyarrow and its reader of CSV, or None where the extra is not installed; a small table does not load it."""
    try:
        import pyarrow as pa
        from pyarrow import csv
    except ImportError:
        return None
    return pa, csv


def _is_code(word: str) -> bool:
    """Whether a word is digits with a leading zero."""
    word = word.strip()
    return len(word) > 1 and word[0] == "0" and word.isdigit()


def _number_or_nan(cell: str) -> float:
    """A number, or NaN for a missing one."""
    cell = bare(cell)
    value = number(cell)
    if value is None and not is_missing(cell):
        raise ValueError(cell)
    return np.nan if value is None else value
