"""From a data set to what a network is trained on: split, scaled, encoded and cast."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bpcli.common.errors import DataError
from bpcli.datasets.dataset import Dataset, FloatArray, Task
from bpcli.datasets.encoding import (
    Loss,
    Output,
    Scaling,
    apply_scaling,
    check_target_range,
    encode,
    fit_scaling,
)
from bpcli.datasets.splitting import random_split, stratified_split


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


def prepare(
    dataset: Dataset,
    *,
    validation: float,
    scaling: Scaling,
    output: Output,
    loss: Loss,
    dtype: DTypeLike,
    rng: np.random.Generator,
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

    Raises:
        DataError: a fraction that cannot be held out, targets that the output cannot reach, or numbers that
            leave the range of the precision, with the name of their feature.
    """
    check_target_range(dataset, output, loss)
    X, targets = dataset.X, dataset.targets
    if dataset.validation:
        training = rng.permutation(len(X))
        X_held_out, targets_held_out = dataset.validation
    else:
        if dataset.task == "classification":
            training, held_out = stratified_split(targets, validation, rng)
        else:
            training, held_out = random_split(len(X), validation, rng)
        X_held_out, targets_held_out = X[held_out], targets[held_out]

    X_training = X[training]
    offset, scale = fit_scaling(X_training, scaling)

    def cast_X(X: FloatArray) -> NDArray[Any]:
        where = [f"{dataset.name}: the feature {feature!r}" for feature in dataset.features]
        return _cast(apply_scaling(X, offset, scale), dtype, where)

    def cast_Y(targets: NDArray[Any]) -> NDArray[Any]:
        if dataset.task == "classification":
            return encode(targets, len(dataset.classes), output).astype(dtype)
        return _cast(targets, dtype, [f"{dataset.name}: the target {target!r}" for target in dataset.outputs])

    return Prepared(
        name=dataset.name,
        task=dataset.task,
        features=dataset.features,
        classes=dataset.classes,
        outputs=dataset.outputs,
        X=cast_X(X_training),
        Y=cast_Y(targets[training]),
        X_validation=cast_X(X_held_out),
        Y_validation=cast_Y(targets_held_out),
        offset=offset,
        scale=scale,
        digest=digest(dataset),
    )


def digest(dataset: Dataset) -> str:
    """SHA-256 of the numbers, shapes and class names as they were read, alike on every machine."""
    sha = hashlib.sha256()
    for array in (dataset.X, dataset.targets, *(dataset.validation or ())):
        numbers = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        sha.update(f"{numbers.dtype.str}{numbers.shape}".encode())
        sha.update(numbers.tobytes())
    sha.update(repr(dataset.classes).encode())
    return sha.hexdigest()


def _cast(values: FloatArray, dtype: DTypeLike, where: list[str]) -> NDArray[Any]:
    """The M×d values as ``dtype``, C-contiguous, where all of them fit; ``where`` names the columns."""
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(values, dtype=dtype)
    lost = ~np.isfinite(cast).all(axis=0)
    if lost.any():
        raise DataError(
            f"{where[lost.argmax()]} holds numbers so large, or so far apart, that they leave the range of "
            f"{cast.dtype}; choose another unit for it"
        )
    return cast
