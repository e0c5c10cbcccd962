"""The data set as its source holds it, and the table every source is first turned into."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Column: TypeAlias = FloatArray | list[str]
"""One target column of a table: N finite numbers, or N texts."""

Task: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False)
class Table:
    """Features and target columns of one source, before anyone says whether the targets are classes.

    Every source ends here (generators, CSV, NPZ), so that what a target means is decided in one place.
    """

    place: str  # what an error message calls the source
    features: tuple[str, ...]  # d0 names
    X: FloatArray  # N×d0, finite
    outputs: tuple[str, ...]  # names of the target columns
    y: tuple[Column, ...]  # a column per output
    validation: tuple[FloatArray, tuple[Column, ...]] | None = None  # M×d0 and its target columns


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table as it was read: nothing scaled, split or encoded yet."""

    name: str  # "digits", or the file's name
    X: FloatArray  # N×d0
    targets: NDArray[Any]  # classification: N class positions (int64); regression: N×d2 float64
    features: tuple[str, ...]  # d0 names
    classes: tuple[str, ...]  # position -> label as text; () for regression
    outputs: tuple[str, ...]  # names of the target columns
    task: Task
    validation: tuple[FloatArray, NDArray[Any]] | None  # what an NPZ brought as X_validation, y_validation
