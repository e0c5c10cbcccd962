"""The cells of a table, column by column: numbers, or words by their positions; and the line of every row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bpcli.datasets.cells import bare, is_missing, marked_numbers, number
from bpcli.datasets.dataset import Codes, FloatArray
from bpcli.datasets.layout import Layout, nameless


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column in which some cell is text: every cell as its position in the vocabulary of distinct, stripped cells."""

    codes: Codes  # N
    vocabulary: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A column of numbers: N of them, NaN where one is missing, or where a cell is text, as ``others`` has it."""

    values: FloatArray
    others: dict[int, str]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a text table, column by column, with the line of every row.

    Attributes:
        numbers: N×d; NaN in columns of text, for missing values, and where a cell is not a number.
        texts: the columns that have text (or were asked for exactly), by position.
        others: the text in columns of numbers, by row and column.
        row_lines: the lines that rows start on, a sequence for each block.
        notes: what was recognised in the file, a phrase each.
    """

    place: str
    layout: Layout
    numbers: FloatArray
    texts: dict[int, TextColumn]
    others: dict[tuple[int, int], str]
    row_lines: tuple[Sequence[int], ...]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each column."""
        return self.layout.names

    @cached_property
    def others_by_column(self) -> dict[int, dict[int, str]]:
        """The text in columns of numbers: column → row → cell."""
        found: dict[int, dict[int, str]] = {}
        for (row, j), cell in self.others.items():
            found.setdefault(j, {})[row] = cell
        return found

    def column(self, j: int) -> NumberColumn | TextColumn:
        """Column j, as numbers if it is one of numbers."""
        if j in self.texts:
            return self.texts[j]
        return NumberColumn(self.numbers[:, j], self.others_by_column.get(j, {}))

    def text(self, j: int) -> TextColumn:
        """Column j as text: numbers in their shortest form, a missing value as an empty cell."""
        if j in self.texts:
            return self.texts[j]
        values, others = self.numbers[:, j], self.others_by_column.get(j, {})
        words = ["" if np.isnan(value) else written(value) for value in values.tolist()]
        for row, cell in others.items():
            words[row] = cell
        met: dict[str, int] = {}
        codes = np.fromiter((met.setdefault(word, len(met)) for word in words), np.int32, len(words))
        return TextColumn(codes, tuple(met))

    def without(self, marks: Sequence[str]) -> "Cells":
        """The cells with nothing where one of the ``marks`` stands: as a word, or as the number that it is."""
        if not marks:
            return self
        words = {mark.strip().casefold() for mark in marks}
        decimal = self.layout.decimal
        values = marked_numbers(words, decimal)

        def marked(cell: str) -> bool:
            return cell.casefold() in words or number(cell, decimal) in values

        found = np.isin(self.numbers, values)
        texts = {
            j: TextColumn(text.codes, tuple("" if marked(word) else word for word in text.vocabulary))
            for j, text in self.texts.items()
        }
        others = {place: cell for place, cell in self.others.items() if not marked(cell)}
        numbers = np.where(found, np.nan, self.numbers) if found.any() else self.numbers
        return replace(self, numbers=numbers, texts=texts, others=others)

    def first(self, rows: int) -> "Cells":
        """The cells of the first rows, with the words that stand there."""
        texts = {}
        for j, text in self.texts.items():
            present, codes = np.unique(text.codes[:rows], return_inverse=True)
            texts[j] = TextColumn(codes.astype(np.int32), tuple(text.vocabulary[code] for code in present))
        return replace(
            self,
            numbers=self.numbers[:rows],
            texts=texts,
            others={place: cell for place, cell in self.others.items() if place[0] < rows},
        )

    def line(self, row: int) -> int:
        """The line of the file on which a row starts."""
        for lines in self.row_lines:
            if row < len(lines):
                return lines[row]
            row -= len(lines)
        raise IndexError(row)

    def where(self, row: int, j: int) -> str:
        """What an error message calls a cell."""
        return f"{self.place}:{self.line(row)}: {self.layout.column(j)}"


def written(value: float) -> str:
    """A number in its shortest form: 2 for 2.0."""
    return repr(value + 0.0).removesuffix(".0")


class Vocabulary(dict[str, int]):
    """Distinct cells, numbered as they come."""

    def __missing__(self, cell: str) -> int:
        self[cell] = position = len(self)
        return position


def plain_numbers(cells: Sequence[str]) -> FloatArray | None:
    """The n cells as numbers, if all of them are plain and finite."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    text = "".join(cells)
    return values if text.isascii() and "_" not in text and np.isfinite(values).all() else None


def numbers_among(cells: Sequence[str], decimal: str) -> tuple[FloatArray, dict[int, str]]:
    """The n cells as numbers, NaN where there is none; and those that are text, by position."""
    known: dict[str, float] = {}
    strange: dict[str, str] = {}
    for cell in set(cells):
        stripped = bare(cell)
        value = number(stripped, decimal)
        if value is None and not is_missing(stripped):
            strange[cell] = stripped
        known[cell] = np.nan if value is None else value
    values = np.fromiter(map(known.__getitem__, cells), np.float64, len(cells))
    return values, {i: strange[cell] for i, cell in enumerate(cells) if cell in strange} if strange else {}


def stripped(codes: Codes, vocabulary: tuple[str, ...]) -> TextColumn:
    """A column whose vocabulary is stripped of what surrounds a cell; cells that are then the same share a position."""
    met: dict[str, int] = {}
    new = np.array([met.setdefault(bare(cell), len(met)) for cell in vocabulary], np.int32)
    return TextColumn(new[codes] if len(new) else codes, tuple(met))


def cells_of(place: str, names: Sequence[str], rows: Iterable[Sequence[str]], decimal: str = ".") -> Cells:
    """The cells of a table that another reader has read, as text; rows are counted as lines from 1."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    n = len(columns[0]) if columns else 0
    layout = Layout(
        place,
        decimal=decimal,
        width=len(names),
        used=len(names),
        header=True,
        names=tuple(name or nameless(j) for j, name in enumerate(names)),
    )
    numbers = np.full((n, len(names)), np.nan)
    texts: dict[int, TextColumn] = {}
    for j, column in enumerate(columns):
        values, strange = numbers_among(column, decimal)
        numbers[:, j] = values
        if strange:
            vocabulary = Vocabulary()
            codes = np.fromiter(map(vocabulary.__getitem__, column), np.int32, n)
            texts[j] = stripped(codes, tuple(vocabulary))
    return Cells(place, layout, numbers, texts, {}, (range(1, n + 1),))
