"""How a text table is laid out: delimiter, quotes, comments, header, decimal point. Recognised from its first rows."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bpcli.common.errors import DataError
from bpcli.datasets import dates
from bpcli.datasets.cells import amount, bare, is_missing, is_text, measure, number, shown
from bpcli.datasets.text_source import LONGEST_LINE

csv.field_size_limit(LONGEST_LINE)
_MOST_COLUMNS = 2000
_MOST_TITLES = 10
_FEW_NAMES = 2  # among numbers; more of them are no accident
_SHORT = 3  # digits, with or without a zero before them, are a number
_FEW = 20  # cells that show what a column is
_MOST_ABOVE = 30  # records above a table that are none of its rows
_SHOWN = 3  # of them that are quoted
_REGULAR = 0.95  # of the rows have one width
SAMPLE = 300  # rows that a layout is recognised from
DELIMITERS = {"tab": "\t", "semicolon": ";", "pipe": "|", "comma": ",", "blanks": " "}
_NAMES = {"\t": "tabs", ";": "semicolons", "|": "pipes (|)", " ": "blanks"}
_QUOTES = ("'", "|")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+").fullmatch
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?").fullmatch
_DOTTED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+").fullmatch
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+").fullmatch
_DRAWN = re.compile(r"[-=+|:]+").fullmatch
_FLAGS = frozenset({"", "class", "meta", "ignore"})  # below the types in tables of Orange
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b").match
_LIBSVM = re.compile(r"[+-]?[0-9.]+(?:\s+[0-9]+:[^\s:]+)+").fullmatch

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class ReadOptions:
    """What a configuration says about a text table; "auto" is recognised from the file.

    ``max_rows`` limits what is read to train on, None for all; whoever reads chunks to predict reads all rows.
    ``settled`` is the decimal point of the table of training, which a table of which either may be true has too.
    """

    delimiter: str = "auto"
    header: bool | str = "auto"
    decimal: str = "auto"
    thousands: str = "auto"
    encoding: str = "auto"
    comment: str = "auto"
    max_rows: int | None = None
    settled: str = ""


def first_rows_only(most: int) -> str:
    """What is said of a table of which ``max_rows`` leaves rows out."""
    return f"the first {most:,} rows only (data.max_rows)"


@dataclass(frozen=True)
class Layout:
    """How the rows of a text table are to be read.

    Attributes:
        escape: what stands before a quote within quotes, where quotes are not doubled.
        padded: whether blanks may stand between a delimiter and a quote.
        width: cells in a row; the columns from ``used`` on are empty throughout.
        skipped: records before the first row of data: titles, the header, a row of units.
        names: of the columns; "column 3" where the file gives none.
        header: whether the names are the file's own.
        coded: columns of digits of one length, some of which begin with a zero.
        notes: what was recognised and is not a matter of course, a phrase each.
    """

    place: str
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    padded: bool = False
    comment: str = ""
    decimal: str = "."
    thousands: str = "auto"
    width: int = 0
    used: int = 0
    skipped: int = 0
    header: bool = False
    names: tuple[str, ...] = ()
    coded: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def column(self, j: int) -> str:
        """What an error message calls column j."""
        name = self.names[j] if j < len(self.names) else nameless(j)
        return name if name == nameless(j) else f"column {shown(name)}"


def nameless(j: int) -> str:
    """The name of a column without one."""
    return f"column {j}"


def records(lines: Iterable[str], layout: Layout, first_line: int = 1) -> Iterator[Record]:
    """Yield each record that is not blank with the line it starts on.

    Raises:
        DataError: a quote that is never closed, or text after a closing one.
    """
    blanks, comment = layout.delimiter == " ", layout.comment

    def plain(lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            if line == "\x1a" or (comment and _is_comment(line, comment)):
                yield "\n"  # a blank line keeps the count of lines
            elif blanks:
                yield line.replace("\t", " ").strip() + "\n"
            else:
                yield line

    source = plain(lines) if comment or blanks else lines
    reader = csv.reader(
        source,
        delimiter=layout.delimiter,
        quotechar=layout.quote,
        escapechar=layout.escape or None,
        strict=True,
        skipinitialspace=blanks or layout.padded,
    )
    start = first_line
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip("\x1a \t\f\v")):
                yield start, cells
            start = first_line + reader.line_num
    except csv.Error as error:
        if "end of data" in str(error):
            raise DataError(
                f"{layout.place}:{start}: a quote ({layout.quote}) is opened in this row and never closed"
            ) from None
        raise DataError(
            f"{layout.place}:{start}: this row cannot be read ({error}); check its quotes"
        ) from None


def _comment_mark(content: Sequence[str]) -> str:
    """# where lines begin with it, unless all rows do."""
    commented = [_is_comment(line, "#") for line in content]
    return "#" if any(commented) and not all(commented[1:]) else ""


def _is_comment(line: str, comment: str) -> bool:
    """Whether a line is a comment; #N/A and #DIV/0! are cells of a spreadsheet, and #ff8800 is a colour."""
    line = line.lstrip()
    cell = re.split(r"[,;|\t\r\n]", line, maxsplit=1)[0].strip() if line.startswith(comment) else ""
    return bool(cell) and not is_missing(cell) and not _COLOUR(cell)


def recognise(
    lines: Sequence[str],
    place: str,
    options: ReadOptions,
    target: Sequence[str | int] | None = None,
    *,
    complete: bool = True,
) -> Layout:
    """Recognise the layout of a table from its first lines.

    Args:
        lines: at least the first rows, with their line ends.
        place: what messages call the file.
        options: what needs no recognising.
        target: names that the user gave: a first row that holds them is a header.
        complete: whether these are all lines of the file.

    Raises:
        DataError: no rows, or not a table.
    """
    notes: list[str] = []
    if not any(line.strip("\x1a\ufeff\0 \t\r\n") for line in lines):
        raise DataError(f"{place}: the file is empty; a table needs rows")
    content = [line.strip() for line in lines if line.strip()]
    if sum(1 for line in content[:20] if _LIBSVM(line)) > len(content[:20]) / 2:
        raise DataError(
            f"{place}: this is the LIBSVM format (index:value); save the data as CSV or NPZ, for example with "
            "sklearn.datasets.load_svmlight_file and numpy.savez"
        )
    skipped, separator = 0, re.fullmatch(r'"?sep=(.|\\t)"?', content[0], re.IGNORECASE)
    if separator:
        skipped = 1
        notes.append(f"line 1 ({content[0]}) names the delimiter")
    comment = _comment_mark(content) if options.comment == "auto" else options.comment
    layout = Layout(place, comment=comment or "")
    delimiter = separator[1].replace("\\t", "\t") if separator else options.delimiter
    delimiter = {**DELIMITERS, "colon": ":"}.get(delimiter, delimiter)
    if delimiter == "auto":
        delimiter = _delimiter(lines, layout, target)
    layout = _with(layout, delimiter=delimiter)
    named: list[Record] = []
    if comment and options.comment == "auto":
        named = _named_by_comment(lines, layout) if options.header == "auto" else []
        layout, lines, note = _comments(lines, layout, named)
        notes += note
    layout = _quoting(lines, _with(layout, quote=_quote(_sample(lines, layout))))
    if delimiter != "," and not separator and options.delimiter == "auto":
        notes.append(f"{_NAMES.get(delimiter, repr(delimiter))} between cells")
    elif place.lower().removesuffix(".gz").endswith(".tsv"):
        notes.append("commas between cells")
    if layout.quote != '"':
        notes.append(f"quotes {layout.quote}")
    if layout.escape:
        notes.append(f"{layout.escape}{layout.quote} is a quote within quotes")
    rows = _sample(lines, layout, complete=complete)[skipped:]
    if named:  # a comment is no record, so what stands above the first row is one fewer
        rows, skipped, options = [*named, *rows], skipped - 1, replace(options, header=True)
    if not rows:
        raise DataError(f"{place}: the file is empty; a table needs rows")
    titles = (_above_names(rows, target) if options.header else 0) or max(
        _titles(rows), _above_gap(rows), _above_header(rows)
    )
    notes += _skipped(rows[:titles], delimiter)
    rows = rows[titles:]
    skipped += titles
    cells = [cell for _, row in rows for cell in row[:200]]
    decimal = (
        options.decimal if options.decimal != "auto" else decimal_point(cells, delimiter, options.settled)
    )
    if decimal == "," and options.decimal == "auto":
        notes.append("decimal comma")
    layout = _with(layout, decimal=decimal, thousands=options.thousands)
    layout, header_notes = _columns(rows, layout, options, target, skipped)
    return _with(layout, notes=(*notes, *header_notes))


def _with(layout: Layout, **changes: object) -> Layout:
    return replace(layout, **changes)  # type: ignore[arg-type]


def _sample(lines: Sequence[str], layout: Layout, *, complete: bool = False) -> list[Record]:
    found: list[Record] = []
    try:
        for record in records(lines, layout):
            found.append(record)
            if len(found) >= SAMPLE:
                break
    except DataError:
        # A sample of a longer file may merely end within quotes.
        if complete:
            raise
    return [(line, [bare(cell) for cell in cells]) for line, cells in found]


def _delimiter(lines: Sequence[str], layout: Layout, asked: Sequence[str | int] | None) -> str:
    """The candidate that gives rows of one width, and among those the one with most cells that are numbers.

    One that gives the names that were ``asked`` for comes first.
    """
    best, best_score = ",", (False, 0.0, False, 0.0)
    wanted = {name.strip() for name in asked or () if isinstance(name, str) and is_text(name)}
    first = next((line for line in lines if line.strip()), "")
    for delimiter in DELIMITERS.values():
        if not any(delimiter in line.strip() for line in (first, *lines[1:40])) and delimiter != " ":
            continue
        rows = _sample(lines, _with(layout, delimiter=delimiter))
        widths = Counter(len(cells) for _, cells in rows)
        if not widths:
            continue
        named = bool(wanted) and any(wanted <= set(cells) for _, cells in rows[:_MOST_ABOVE])
        width, count = widths.most_common(1)[0]
        if width < 2 and not named:
            continue
        rows = rows[_above_header(rows) :]
        cells = [cell for _, cells in rows[:50] for cell in cells[:200]]
        sure = delimiter == " " and best in ";|" and best_score[:3] == (named, _REGULAR, True)
        if sure and any(best in cell and not _is_number(cell) for cell in cells):
            continue  # these are in every row, and divide cells that have blanks
        numbers = sum(map(_is_quantity, cells)) / len(cells)
        whole = len(rows[0][1]) == width  # else it may be the decimal comma, which no name has
        score = (named, min(round(count / len(rows), 2), _REGULAR), whole, round(numbers, 1))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _named_by_comment(lines: Sequence[str], layout: Layout) -> list[Record]:
    """The names of the columns, where the last of the comments above the rows has them, as NumPy writes it."""
    above = next((i for i, line in enumerate(lines) if not _is_comment(line, layout.comment)), 0)
    if not above or (above == 1 and layout.delimiter != " "):
        return []
    rows = _sample([lines[above - 1].lstrip().lstrip("#"), *lines[above:]], layout)
    names, below = (rows[0][1] if rows else []), [cells for _, cells in rows[1:]]
    regular = len(names) > 1 and below and all(len(cells) == len(names) for cells in below[:20])
    return [(above, names)] if regular and all(map(is_text, names)) and len(set(names)) == len(names) else []


def _comments(
    lines: Sequence[str], layout: Layout, named: Sequence[Record]
) -> tuple[Layout, Sequence[str], list[str]]:
    """Drop comment lines and say so; a first line that only marks the header with # is the header."""
    commented = [i for i, line in enumerate(lines) if _is_comment(line, layout.comment)]
    inside = [line.lstrip()[1:] for line in lines[:1]]
    if named:
        commented.remove(named[0][0] - 1)
        if not commented:
            return layout, lines, ["the header is marked with #"]
    if commented == [0] and not named:
        rows = _sample([*inside, *lines[1:]], _with(layout, comment=""))
        header, below = (rows[0][1] if rows else []), [cells for _, cells in rows[1:]]
        if below and len(header) > 1 and all(len(cells) == len(header) for cells in below[:20]):
            return _with(layout, comment=""), lines, []
    places = ", ".join(str(i + 1) for i in commented[:3]) + (", …" if len(commented) > 3 else "")
    what = "line" if len(commented) == 1 else "lines"
    return layout, lines, [f"{what} {places} skipped: comments ({layout.comment})"]


def _quote(rows: list[Record]) -> str:
    for quote in _QUOTES:
        for column in zip(*(cells[:_MOST_COLUMNS] for _, cells in rows[:100]), strict=False):
            quoted = [cell for cell in column[1:] or column if cell]
            if quoted and all(len(cell) > 1 and cell[0] == cell[-1] == quote for cell in quoted):
                return quote
    return '"'


def _quoting(lines: Sequence[str], layout: Layout) -> Layout:
    r"""The ways of csv unless more rows are alike with ``\"`` for a quote, or with blanks before opening quotes.

    Where as many are, fewer cells keep their quotes.
    """
    ways = [layout]
    if any("\\" + layout.quote in line for line in lines):
        ways.append(_with(layout, escape="\\"))
    if any(layout.delimiter + " " in line and layout.quote in line for line in lines):
        ways.append(_with(layout, padded=True))

    def alike(way: Layout) -> tuple[int, int]:
        rows = _sample(lines, way)
        quoted = sum(cell[:1] == way.quote == cell[-1:] for _, cells in rows for cell in cells)
        return max(Counter(len(cells) for _, cells in rows).values(), default=0), -quoted

    return max(ways, key=alike) if len(ways) > 1 else layout


def _titles(rows: list[Record]) -> int:
    """How many records at the beginning are titles, or counts of rows and columns, above the table."""
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    if width < 2 or len(rows) < 3:
        return 0
    titles = 0
    for _, cells in rows[: min(_MOST_TITLES, len(rows) - 2)]:
        filled = [cell for cell in cells if cell]
        one_text = len(filled) == 1 and bool(cells[0]) and is_text(filled[0])
        title = not filled or (one_text and (len(cells) == 1 or (len(cells) == width and width > 2)))
        counts = len(cells) != width and len(cells) >= 2 and cells[0].isdigit() and cells[1] == str(width - 1)
        if not (title or counts):
            break
        titles += 1
    alike = any(len(cells) > 1 and len([cell for cell in cells if cell]) == 1 for _, cells in rows[titles:])
    return 0 if alike else titles


def _above_gap(rows: list[Record]) -> int:
    """How many records stand above a blank line and are too short for the table below it, as names and values are."""
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    above = 0
    for i, ((line, cells), (next_line, _)) in enumerate(pairwise(rows[: _MOST_TITLES + 1])):
        if len(cells) >= width - 1 or not is_text(cells[0]):
            break
        if next_line > line + 1:
            above = i + 1
    return above


def _above_header(rows: list[Record]) -> int:
    """How many records of other widths stand above one of names, below which there are numbers, all of one width."""
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    above = next((i for i, (_, cells) in enumerate(rows[: _MOST_ABOVE + 1]) if len(cells) == width), 0)
    names, below = rows[above][1], [cells for _, cells in rows[above + 1 :][:_MOST_ABOVE]]
    filled = [cell for cell in names if cell]
    texts = all(is_text(cell) and not _is_number(cell) for cell in filled)
    if not above or width < 2 or len(set(filled)) < len(names) - 1 or not texts:
        return 0
    regular = len(below) > 2 and all(len(cells) == width for cells in below)
    first = len(below) // 2  # below units and the like
    columns = zip(*below[first:], strict=False)
    numeric = any(all(_is_number(cell) for cell in column) for column in columns)
    return above if regular and numeric else 0


def _is_number(cell: str) -> bool:
    """Whether a cell is a number, with whatever decimal point and mark."""
    return any(read(cell, point) is not None for read in (number, amount) for point in ".,")


def _is_quantity(cell: str) -> bool:
    """Whether a cell is a number, with or without a unit; what divides other cells is no part of a unit."""
    return _is_number(cell) or (measure(cell) is not None and not re.search(r"[\t;|]", cell))


def _skipped(above: list[Record], delimiter: str) -> Iterator[str]:
    """What is said of the records above the table."""
    if len(above) > _SHOWN:
        yield f"lines {above[0][0]} to {above[-1][0]} skipped: above the table"
        return
    for line, cells in above:
        if any(cells):
            what = "counts of rows and columns" if len(cells) > 1 and cells[0].isdigit() else "a title"
            yield f"line {line} ({shown(delimiter.join(filter(None, cells)).strip())}) skipped: {what}"
        else:
            yield f"line {line} skipped: empty"


def _above_names(rows: list[Record], asked: Sequence[str | int] | None) -> int:
    """How many records stand above one that holds the asked names among other names, none of which comes again."""
    names = {name.strip() for name in asked or () if isinstance(name, str) and name}
    for i, (_, cells) in enumerate(rows[: min(_MOST_ABOVE, len(rows) - 1)] if names else ()):
        filled = [cell for cell in cells if cell]
        texts = len(names) > _FEW_NAMES or all(map(is_text, filled))
        if names <= set(cells) and texts and len(set(filled)) == len(filled):
            below = {(j, cell) for _, row in rows[i + 1 :] for j, cell in enumerate(row)}
            return 0 if any(cell and (j, cell) in below for j, cell in enumerate(cells)) else i
    return 0


def decimal_point(cells: Sequence[str], delimiter: str, settled: str = "") -> str:
    """The decimal point: a comma where numbers have one and none has a point before a fraction.

    That of training, if it is ``settled``, unless a cell contradicts it.
    """
    commas = [cell for cell in cells if _COMMA(cell) or _GROUPED(cell) or _is_comma_amount(cell)]
    if settled:
        others = (
            [cell for cell in cells if "." in cell and number(cell) is not None and not _DOTTED(cell)]
            if settled == ","
            else [cell for cell in commas if not _THOUSANDS(cell)]
        )
        if not others:
            return settled
    if not commas or (delimiter == "," and all(map(_THOUSANDS, commas))):
        return "."
    points = [cell for cell in cells if "." in cell and number(cell) is not None]
    sure = [cell for cell in commas if not _THOUSANDS(cell)]
    if sure and delimiter != "," and all(map(_DOTTED, points)):
        points = []  # 10.000 beside 2,5 is ten thousand
    return "," if len(commas) > len(points) and (sure or delimiter == ";") else "."


def _is_comma_amount(cell: str) -> bool:
    """Whether a cell is an amount such as 1.234,50 €, or has a unit, with a decimal comma, and none with a point."""
    return "," in cell and any(
        read(cell, ",") is not None and read(cell) is None for read in (amount, measure)
    )


def _columns(  # noqa: PLR0912 - one branch for each way to write a header
    rows: list[Record],
    layout: Layout,
    options: ReadOptions,
    target: Sequence[str | int] | None,
    skipped: int,
) -> tuple[Layout, list[str]]:
    """Decide on header, names and width; empty columns at the end are not used."""
    notes: list[str] = []
    line, first = rows[0]
    below = [cells for _, cells in rows[1:]]
    width = Counter(len(cells) for cells in below).most_common(1)[0][0] if below else len(first)
    asked = {column.strip() for column in target or () if isinstance(column, str)}
    if options.header != "auto":
        header, why = bool(options.header), ""
    elif asked and asked <= set(first):
        header, why = True, ""
    elif options.settled and not asked and len(below) < _FEW and not _names_numbers(first, below):
        header, why = False, ""  # few rows for a network that knows no names
    else:
        header, why = _is_header(first, below, layout.decimal, layout.place)
    if why:
        notes.append(why)
    names = list(first) if header else []
    if header and len(names) < width and below and all(len(cells) == width for cells in below):
        if not any(any(cells[len(names) :]) for cells in below):
            lacking = width - len(names)
            names += [""] * lacking
            what = "a delimiter" if lacking == 1 else f"{lacking} delimiters"
            notes.append(f"every row ends with {what} that the header lacks")
        elif len(names) == width - 1:
            names.insert(0, "")
            notes.append("the header has no name for the first column: row names")
    if header:
        if commented := bool(names) and names[0].startswith("#") and not layout.comment:
            names[0] = names[0].lstrip("# ")
        notes += ["the header is marked with #"] if commented else []
        skipped += 1
        if not below:
            raise DataError(f"{layout.place}: the file has a header and no rows; a table needs rows")
        told = _rules_and_units(rows[1:], layout.decimal)
        notes += told
        skipped += len(told)
        below = below[len(told) :]
    width = len(names) if header else len(first) if len(rows) < 3 else width
    used = width
    while used > 1 and not (names[used - 1] if header else first[used - 1 : used] and first[used - 1]):
        if any(len(cells) >= used and cells[used - 1] for cells in below):
            break
        used -= 1
    if used < width:
        notes.append(
            "1 empty column at the end" if width - used == 1 else f"{width - used} empty columns at the end"
        )
    if header:
        refuse_duplicates(names[:used], f"{layout.place}:{line}")
    elif not header and options.header == "auto":
        notes.append("no header")
    return (
        _with(
            layout,
            width=width,
            used=used,
            skipped=skipped,
            header=header,
            names=tuple((header and names[j]) or nameless(j) for j in range(used)),
            coded=_coded(below if header else [first, *below], used),
        ),
        notes,
    )


def _coded(rows: list[list[str]], used: int) -> tuple[int, ...]:
    """The columns whose numbers may be codes: all are digits of one length, and some begin with a zero."""
    columns = zip(*(cells[: min(used, _MOST_COLUMNS)] for cells in rows), strict=False)
    return tuple(
        j
        for j, column in enumerate(columns)
        if any(cell[:1] == "0" for cell in column)
        and all(cell.isdigit() or is_missing(cell) for cell in column)
        and len(lengths := {len(cell) for cell in column if cell.isdigit()}) == 1
        and min(lengths) > _SHORT
    )


def _is_header(first: list[str], below: list[list[str]], decimal: str, place: str) -> tuple[bool, str]:
    """Whether the first record names the columns: each cell is compared with what stands below it.

    Text above numbers speaks for a header, and so does text that does not recur below it; numbers above numbers, and
    text that recurs, against it. Counted numbers and years above other values are a header too.
    """
    if not below:
        return all(map(is_text, first)), ""
    # Two thousand columns decide as well as a hundred thousand.
    rows = [cells[:_MOST_COLUMNS] for cells in below if len(cells) == len(first)]
    columns = _without_names(first[:_MOST_COLUMNS], rows)
    if not columns:
        return all(is_text(cell) or not cell for cell in first), ""
    votes, names = 0, 0
    for cell, column in zip(first, columns, strict=False):
        seen = set(column)
        values = [other for other in seen if not is_missing(other)]
        numbers = [other for other in values if number(other, decimal) is not None]
        if number(cell, decimal) is not None:
            if numbers:
                votes -= 1 if cell.isdigit() else 2
        elif not is_text(cell):
            votes -= 1 if cell and is_missing(cell) else 0
        elif len(numbers) > len(values) / 2:
            votes, names = votes + 2, names + 1
        elif cell in seen or _is_alike(cell, values[:_FEW], decimal):
            votes -= 2
        elif values:
            votes += 1
    if votes > 0:
        return True, ""
    if votes == 0 and names:
        raise DataError(
            f"{place}: it is not clear whether the first row ({', '.join(first[:4])}) names the columns or is data; "
            "set data.header: true or false"
        )
    counted = _counts_columns(first, columns, decimal)
    if counted:
        return (
            True,
            f"the first row ({', '.join(first[:3])}, …) names the columns; if it is data: data.header: false",
        )
    return False, ""


def _without_names(first: list[str], rows: list[list[str]]) -> list[tuple[str, ...]]:
    """The columns without rows that repeat the first one, if its words stand in no other row: joined files.

    Where all columns are words, a row may come again by chance: names come seldom, and no other row is like them.
    """
    whole = list(zip(*rows, strict=True))
    columns = list(zip(*(cells for cells in rows if cells != first), strict=True))
    if not columns or len(columns[0]) == len(rows) or not all(is_text(cell) for cell in first if cell):
        return whole
    repeated, words = Counter(map(tuple, rows)), list(map(Counter, whole))
    alone = [
        row
        for row, count in repeated.items()
        if (count > 1 or row == tuple(first))
        and all(seen[cell] == count for cell, seen in zip(row, words, strict=True) if cell)
    ]
    numeric = any(all(_is_number(cell) or is_missing(cell) for cell in column) for column in columns)
    seldom = repeated[tuple(first)] <= len(rows) / 10 and len(alone) == 1
    return columns if tuple(first) in alone and (numeric or seldom) else whole


def _is_alike(cell: str, values: Sequence[str], decimal: str) -> bool:
    """Whether a cell is an amount, a number with a unit or a date, and so are the values below it."""
    if not values:
        return False
    if amount(cell, decimal) is not None:
        return all(any(read(value, decimal) is not None for read in (amount, number)) for value in values)
    if measured := measure(cell, decimal):  # 100 m may be the name of a column of 11.2 s
        units = {found[1] for value in values if (found := measure(value, decimal))}
        plain = all(measure(value, decimal) or number(value, decimal) is not None for value in values)
        return plain and measured[1] in units
    return bool(dates.date_format([cell, *values]))


def _names_numbers(first: list[str], below: list[list[str]]) -> bool:
    """Whether a row of words alone stands above a column of numbers."""
    words = all(is_text(cell) and not _is_quantity(cell) for cell in first if cell)
    columns = zip(*below, strict=False)
    return words and any(all(_is_number(cell) or is_missing(cell) for cell in column) for column in columns)


def _counts_columns(first: list[str], columns: list[tuple[str, ...]], decimal: str) -> bool:
    """Whether a row of whole numbers counts the columns from 0 or 1, or is a range of years, and no row below does.

    Beside years there may be names of other columns.
    """
    first = first[: len(columns)]
    named = [j for j, cell in enumerate(first) if is_text(cell) and cell not in columns[j]]
    places = [j for j, cell in enumerate(first) if cell and j not in named]
    cells, columns = [first[j] for j in places], [columns[j] for j in places]
    if len(cells) < 3 or not all(cell.isdecimal() for cell in cells):
        return False
    values = [int(cell) for cell in cells]
    steps = {b - a for a, b in pairwise(values)}
    counted = steps == {1} and values[0] in (0, 1) and not named
    years = len(steps) == 1 and 0 < min(steps) <= 10 and min(values) >= 1800 and max(values) <= 2100
    if not (counted or years):
        return False
    below = [number(cell, decimal) for column in columns for cell in column[:50]]
    if counted:
        return any(value is None or value != int(value) or not 0 <= value <= len(cells) for value in below)
    inside = sum(value is not None and 1800 <= value <= 2100 for value in below)
    return inside < len(below) / 4


def _rules_and_units(below: list[Record], decimal: str) -> list[str]:
    """What is said of each record between the header and the rows: a rule, units, or both in either order."""
    notes: list[str] = []
    for count, (_, cells) in enumerate(below[:3], start=1):
        if all('"ImportId"' in cell for cell in cells):
            return [f"line {line} skipped: questions and codes of Qualtrics" for line, _ in below[:count]]
    for wanted in ("rule", "units", "units", "rule"):
        if len(below) <= (1 if wanted == "rule" else 2):
            break
        line, cells = below[0]
        rows = [row for _, row in below]
        if wanted == "rule" and is_rule(cells):
            notes.append(f"line {line} skipped: a rule below the header")
        elif wanted == "units" and (
            _are_units(cells, rows, decimal) or (notes and any(cells) and _FLAGS.issuperset(cells))
        ):
            notes.append(f"line {line} skipped: units ({', '.join(filter(None, cells))[:40]})")
        else:
            continue
        below = below[1:]
    return notes


def _are_units(cells: list[str], rows: list[list[str]], decimal: str) -> bool:
    """Whether the first of some rows, alone or with the second, holds the units of the numbers below."""
    return _is_units([cells, *rows[1 + is_rule(rows[1]) :]], decimal) or (
        _is_units(rows[1:], decimal) and _is_units([cells, *rows[2:]], decimal)
    )


def _is_units(below: list[list[str]], decimal: str) -> bool:
    """Whether the first row under the header holds the units of the numbers below it."""
    unit, rest = below[0], below[1:]
    numeric = words = 0
    for cell, column in zip(
        unit, zip(*(cells[:_MOST_COLUMNS] for cells in rest), strict=False), strict=False
    ):
        if all(number(other, decimal) is not None or is_missing(other) for other in column):
            if cell and (not is_text(cell) or number(cell, decimal) is not None):
                return False  # in most tables that is the first column of numbers
            numeric += bool(cell)
        elif cell in column:
            words = -len(unit)
        elif cell and len(set(column)) <= len(column) / 2:
            words += 1  # among categories, and none of them
    return len(rest) > 1 and numeric > 0 and (numeric > 1 or len(unit) <= 2 or words > 0)


def is_rule(cells: Sequence[str]) -> bool:
    """Whether a record is a line that is drawn: --- in every cell, or ----+---- across all of them."""
    drawn = [cell.strip() for cell in cells if cell]
    lines = all(_DRAWN(cell) and ("--" in cell or "==" in cell) for cell in drawn)
    return lines and any("---" in cell or "===" in cell for cell in drawn)


def refuse_duplicates(names: Sequence[str], where: str) -> None:
    """Check that no two columns have the same name.

    Raises:
        DataError: two have.
    """
    counts = Counter(name for name in names if name)
    twin = next((name for name, count in counts.items() if count > 1), None) if counts else None
    if twin is not None:
        raise DataError(f"{where}: two columns are called {shown(twin)}; give each column its own name")
