"""The dialect of a text table: its delimiter, whether it has a header, and which columns are targets."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bpcli.common.errors import DataError
from bpcli.datasets.cells import is_text, shown
from bpcli.datasets.columns import target_positions


@dataclass(frozen=True)
class Dialect:
    """What the fast reader and the diagnosis of a text table both need to know."""

    place: str  # what an error message calls the file
    delimiter: str
    header: bool  # whether the first record names the columns
    names: tuple[str, ...]  # a name per column, "column 3" where the file gives none
    features: tuple[int, ...]  # positions of the feature columns
    targets: tuple[int, ...]  # positions of the target columns, in the order asked for

    def column(self, j: int) -> str:
        """What an error message calls column j."""
        name = self.names[j]
        return name if name == _nameless(j) else f"column {shown(name)}"


def detect_dialect(text: str, place: str, *, tabs: bool, target: Sequence[str | int] | None) -> Dialect:
    """Find out how a table is laid out, from its first record and, where that leaves a doubt, its targets.

    The first record is a header if a cell outside the target columns is text; or if a target cell is text and
    none below it is; or if ``target`` asks for names that it holds. A mark for a missing value is not text: a
    first row with one is a faulty row, not a header.

    Raises:
        DataError: no rows, no such target, or two columns of one name.
    """
    delimiter = "\t" if tabs else _delimiter(text)
    rows = records(text, delimiter, place)
    line, first = next(rows, (0, []))
    if not first:
        raise DataError(f"{place}: the file is empty; a table needs rows")
    asked = {column for column in target or () if isinstance(column, str)}
    named = bool(asked) and asked <= set(first)
    names = first if named or any(map(is_text, first)) else None
    targets = target_positions(target, len(first), names, place)
    features = tuple(j for j in range(len(first)) if j not in targets)
    header = (
        named
        or any(is_text(first[j]) for j in features)
        or any(is_text(first[j]) and not _text_below(text, delimiter, place, j) for j in targets)
    )
    if header:
        _refuse_duplicates(first, f"{place}:{line}")
        if next(rows, None) is None:
            raise DataError(f"{place}: the file has a header and no rows; a table needs rows")
    return Dialect(
        place=place,
        delimiter=delimiter,
        header=header,
        names=tuple((header and name) or _nameless(j) for j, name in enumerate(first)),
        features=features,
        targets=targets,
    )


def records(text: str | io.StringIO, delimiter: str, place: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the line on which it starts; its cells are stripped of spaces.

    Raises:
        DataError: a cell that csv gives up on.
    """
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(lines, delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield start, [cell.strip() for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{place}:{start}: this line cannot be read ({error}); is a closing quote missing?"
        ) from None


def _nameless(j: int) -> str:
    return f"column {j}"


def _delimiter(text: str) -> str:
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    return ";" if ";" in first and "," not in first else ","


def _text_below(text: str, delimiter: str, place: str, j: int) -> bool:
    """Whether column j holds text anywhere below the first record; a short row has nothing to say."""
    rows = records(text, delimiter, place)
    next(rows)
    return any(is_text(cells[j]) for _, cells in rows if j < len(cells))


def _refuse_duplicates(names: Sequence[str], where: str) -> None:
    twins = [name for j, name in enumerate(names) if name and name in names[:j]]
    if twins:
        raise DataError(f"{where}: two columns are called {shown(twins[0])}; give each column its own name")
