"""From a data set to what a network is trained on: split, scaled, encoded and cast."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bpcli.common.errors import DataError
from bpcli.datasets.column_notes import summarise, warnings
from bpcli.datasets.dataset import Dataset, FloatArray, Inputs, Task
from bpcli.datasets.encoding import (
    Encoding,
    Loss,
    Output,
    Scaling,
    check_target_range,
    encode,
    fit,
    fit_target,
)
from bpcli.datasets.splitting import random_split, stratified_split

_PIECE = 1 << 19  # numbers that stay in the cache until they are done with


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the network is trained on: split, scaled on the training part only, encoded."""

    name: str
    task: Task
    features: tuple[str, ...]  # d0 names
    classes: tuple[str, ...]  # position -> label; () for regression
    outputs: tuple[str, ...]  # names of the target columns
    X: NDArray[Any]  # N×d0, of the asked dtype, C-contiguous, in random order
    Y: NDArray[Any]  # N×d2
    X_validation: NDArray[Any]  # M×d0, M may be 0
    Y_validation: NDArray[Any]  # M×d2
    offset: FloatArray  # d0: what the network sees is (x - offset) / scale
    scale: FloatArray  # d0
    digest: str  # SHA-256 of the data set before any of this
    encoding: Encoding | None = None  # how rows become X and what outputs mean; None for data made by hand
    text: bool = False  # whether it comes from a text table of the user's own
    notes: tuple[str, ...] = ()  # what was recognised, left out and filled in, a line for each kind of column
    warnings: tuple[str, ...] = ()  # what a person must be told: a leak, a class with one row

    @property
    def target_scale(self) -> FloatArray:
        """The unit of each output, d_L: an error in Y times this is one in the unit of the targets."""
        return np.ones(self.Y.shape[1]) if self.encoding is None else self.encoding.target.scale


def prepare(
    dataset: Dataset,
    *,
    validation: float,
    scaling: Scaling,
    output: Output,
    loss: Loss,
    dtype: DTypeLike,
    rng: np.random.Generator,
    standardise_targets: bool = False,
    invalid: str = "error",
    missing_values: tuple[str, ...] = (),
) -> Prepared:
    """Split, scale, encode and cast a data set.

    Args:
        dataset: N×d0 features with class positions or N×d2 numbers.
        validation: the fraction held out, stratified for classes; ignored if the data set brought its own.
        scaling: how offset and scale are fitted, on the training rows.
        output: the network's output function, which decides how two classes are encoded.
        loss: the loss, which decides what an error advises.
        dtype: float64 or float32, of X and Y; offset and scale stay float64.
        rng: what splits and shuffles the rows.
        standardise_targets: whether the numbers of a regression are scaled by their mean and deviation.
        invalid: what later commands do with text in a column of numbers.
        missing_values: what they take for a missing value.

    Raises:
        DataError: a fraction that cannot be held out, targets that the output cannot reach, or numbers that
            leave the range of the precision, with the name of their feature.
    """
    check_target_range(dataset, output, loss)
    inputs, targets = dataset.inputs, dataset.targets
    if dataset.validation:
        training = rng.permutation(len(inputs))
        others = Inputs(dataset.validation[0], inputs.names)
        held_out, targets_held_out = np.arange(len(others)), dataset.validation[1]
    else:
        if dataset.task == "classification":
            training, held_out = stratified_split(targets, validation, rng)
        else:
            training, held_out = random_split(len(inputs), validation, rng)
        others, targets_held_out = inputs, targets[held_out]
    target = fit_target(dataset, training, standardise=standardise_targets and output == "identity")
    encoding = replace(
        fit(dataset, training, scaling, target, invalid),
        missing_values=missing_values if dataset.text else (),
    )

    def cast_X(inputs: Inputs, rows: NDArray[Any]) -> NDArray[Any]:
        where = [f"{dataset.name}: the feature {feature!r}" for feature in encoding.features]
        X = np.empty((len(rows), len(where)), dtype)
        with np.errstate(over="ignore"):
            for piece in _pieces(X):
                X[piece] = encoding.transform(inputs.take(rows[piece]))
        return _within_range(X, where)

    def cast_Y(targets: NDArray[Any]) -> NDArray[Any]:
        if dataset.task == "classification":
            return encode(targets, len(dataset.classes), output).astype(dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = ((targets - target.offset) / target.scale).astype(dtype, order="C")
        return _within_range(scaled, [f"{dataset.name}: the target {target!r}" for target in dataset.outputs])

    return Prepared(
        name=dataset.name,
        task=dataset.task,
        features=encoding.features,
        classes=dataset.classes,
        outputs=dataset.outputs,
        X=cast_X(inputs, training),
        Y=cast_Y(targets[training]),
        X_validation=cast_X(others, held_out),
        Y_validation=cast_Y(targets_held_out),
        offset=encoding.offset,
        scale=encoding.scale,
        digest=digest(dataset),
        encoding=encoding,
        text=dataset.text,
        notes=summarise(dataset, encoding, inputs.take(training)) if dataset.text or dataset.notes else (),
        warnings=warnings(dataset) if dataset.text else (),
    )


def digest(dataset: Dataset) -> str:
    """SHA-256 of the numbers, shapes and class names as they were read, alike on every machine."""
    sha = hashlib.sha256()
    for array in (dataset.X, dataset.targets, *(dataset.validation or ())):
        little = np.dtype("<i8" if array.dtype.kind == "i" else "<f8")
        sha.update(f"{little.str}{array.shape}".encode())
        for piece in _pieces(array):  # a large table needs no second one beside it
            sha.update(np.ascontiguousarray(array[piece], dtype=little).data)
    sha.update(repr(dataset.classes).encode())
    for category in dataset.categories:
        sha.update(repr((category.name, category.levels)).encode())
        sha.update(category.codes.astype("<i4").tobytes())
    return sha.hexdigest()


def _pieces(array: NDArray[Any]) -> Iterator[slice]:
    """Slices of the rows of an array, one after the other."""
    rows = max(1, _PIECE // max(1, array[:1].size))
    return (slice(start, start + rows) for start in range(0, len(array), rows))


def _within_range(values: NDArray[Any], where: list[str]) -> NDArray[Any]:
    """The M×d values, where the precision holds all of them; ``where`` names the columns."""
    lost = ~np.isfinite(values).all(axis=0)
    if lost.any():
        raise DataError(
            f"{where[lost.argmax()]} holds numbers so large, or so far apart, that they leave the range of "
            f"{values.dtype}; choose another unit for it"
        )
    return values
