"""What the network is given: inputs on a common scale, and targets as its outputs should be.

The scale is fitted on the training rows; the network sees (x - offset) / scale. Targets are one-hot rows, a 0/1 column,
or the numbers themselves.
"""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets.dataset import Dataset, FloatArray, IntArray

Output: TypeAlias = Literal["sigmoid", "identity", "softmax"]
Scaling: TypeAlias = Literal["standard", "minmax", "none"]
Loss: TypeAlias = Literal["squared_error", "cross_entropy"]


def encode(labels: IntArray, classes: int, output: Output) -> FloatArray:
    """One-hot rows, N×classes; but two classes without softmax are one column, N×1, with 1 for the second.

    Args:
        labels: the class position of each of N rows.
        classes: how many there are.
        output: the network's output function.
    """
    if classes == 2 and output != "softmax":
        return labels[:, np.newaxis].astype(np.float64)
    Y = np.zeros((len(labels), classes))
    Y[np.arange(len(labels)), labels] = 1.0
    return Y


def check_target_range(dataset: Dataset, output: Output, loss: Loss) -> None:
    """See that the output function can reach the numbers of a regression; any can reach classes.

    Raises:
        DataError: targets outside [0, 1] for a sigmoid, or any targets for softmax.
    """
    if dataset.task == "classification" or output == "identity":
        return
    if output == "softmax":
        raise DataError(
            f"{dataset.name}: softmax outputs sum to one, and the targets of a regression do not; "
            "set model.output: identity and training.loss: squared_error, or data.task: classification"
        )
    targets: list[NDArray[Any]] = [dataset.targets, *(dataset.validation or ())[1:]]
    least, greatest = min(map(np.min, targets)), max(map(np.max, targets))
    if least < 0 or greatest > 1:
        advice = "" if loss == "squared_error" else " and training.loss: squared_error"
        raise DataError(
            f"{dataset.name}: the targets range from {least:.6g} to {greatest:.6g}, a sigmoid from 0 to 1; "
            f"set model.output: identity{advice}, or rescale the targets"
        )


def fit_scaling(X: FloatArray, scaling: Scaling) -> tuple[FloatArray, FloatArray]:
    """Offset and scale of each feature, from the N×d0 training rows.

    standard: mean and standard deviation ``sqrt(mean((x - mean)²))``; minmax: the least value and max - min;
    none: 0 and 1. A constant feature has the scale 1, and becomes 0 throughout.

    Returns:
        offset (d0) and scale (d0); infinite or NaN where the numbers are too large to tell.
    """
    least, greatest = X.min(axis=0), X.max(axis=0)
    constant = least == greatest
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standard":
            # The mean of equal numbers may be an ulp off, and that ulp would be scaled up to a feature.
            offset = np.where(constant, least, X.mean(axis=0))
            # The largest deviation is taken out first: squares of 1e200 overflow, squares of 1e-200 vanish.
            deviation = X - offset
            largest = np.where(constant, 1.0, np.abs(deviation).max(axis=0))
            scale = largest * np.sqrt(np.mean((deviation / largest) ** 2, axis=0))
        elif scaling == "minmax":
            offset, scale = least, greatest - least
        else:
            return np.zeros(X.shape[1]), np.ones(X.shape[1])
    return offset, np.where(constant, 1.0, scale)


def apply_scaling(X: FloatArray, offset: FloatArray, scale: FloatArray) -> FloatArray:
    """``(x - offset) / scale`` of M×d0 rows; infinite or NaN where that cannot be told in float64."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return (X - offset) / scale
