"""The data set as its source holds it, and the table every source is first turned into."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.floating[Any]]
"""float64; or float32 where a file of arrays has it, which becomes float64 with the first sum or difference."""
IntArray: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Column: TypeAlias = FloatArray | list[str]
"""One target column of a table: N finite numbers, or N texts."""

Task: TypeAlias = Literal["classification", "multilabel", "regression"]
Kind: TypeAlias = Literal["number", "category", "date", "left out"]


@dataclass(frozen=True, eq=False)
class Category:
    """An input column of words: the level of each row by its position, -1 where it is missing."""

    name: str
    codes: Codes  # N
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """What becomes of a column of a text table.

    Attributes:
        name: the column.
        kind: how it is used.
        why: what decided that, where it is not a matter of course: "nearly all distinct", "dollars ($)".
        format: of a date, as strptime takes it, "iso" for ISO 8601; of numbers with K and M, "suffixed"; with a
            unit, "unit " and the unit.
    """

    name: str
    kind: Kind
    why: str = ""
    format: str = ""


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of N rows before they are encoded: numbers (N×k, NaN where missing) and columns of words."""

    numbers: Numbers
    names: tuple[str, ...]  # k
    categories: tuple[Category, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[Any]) -> "Inputs":
        """Some of the rows: by their positions, or by a mask."""
        return Inputs(
            self.numbers[rows],
            self.names,
            tuple(replace(category, codes=category.codes[rows]) for category in self.categories),
        )


@dataclass(frozen=True, eq=False)
class Table:
    """Features and target columns of one source, before anyone says whether the targets are classes.

    Every source ends here (generators, text, NPZ), so that what a target means is decided in one place.
    """

    place: str  # what an error message calls the source
    features: tuple[str, ...]  # k names
    X: Numbers  # N×k, finite except in a text table, where NaN is a missing value
    outputs: tuple[str, ...]  # names of the target columns
    y: tuple[Column, ...]  # a column per output
    validation: tuple[Numbers, tuple[Column, ...]] | None = None  # M×k and its target columns
    categories: tuple[Category, ...] = ()
    roles: tuple[Role, ...] = ()  # of the input columns of a text table, in the order of the file
    notes: tuple[str, ...] = ()  # what was recognised or done while reading, a sentence each
    text: bool = False  # whether it is a text table, whose constant columns are left out
    formats: tuple[str, ...] = ()  # of the target columns of a text table, as ``Role`` has them
    decimal: str = "."  # the decimal point of a text table


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table as it was read: nothing scaled, split or encoded yet."""

    name: str  # "digits", or the file's name
    X: Numbers  # N×k
    targets: NDArray[Any]  # classification: N class positions (int64); else N×d2 float64
    features: tuple[str, ...]  # k names
    classes: tuple[str, ...]  # position -> label as text; () for regression
    outputs: tuple[str, ...]  # names of the target columns
    task: Task
    validation: tuple[Numbers, NDArray[Any]] | None  # what an NPZ brought as X_validation, y_validation
    categories: tuple[Category, ...] = ()
    roles: tuple[Role, ...] = ()
    notes: tuple[str, ...] = field(default=())
    text: bool = False
    formats: tuple[str, ...] = ()
    decimal: str = "."

    @property
    def inputs(self) -> Inputs:
        """The inputs of all rows."""
        return Inputs(self.X, self.features, self.categories)
