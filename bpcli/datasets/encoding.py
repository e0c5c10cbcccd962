"""Targets as the network's outputs should be: one-hot rows, a 0/1 column, or the numbers themselves."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets.dataset import Dataset, FloatArray, IntArray

Output: TypeAlias = Literal["sigmoid", "identity", "softmax"]
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


def require_reachable(dataset: Dataset, output: Output, loss: Loss) -> None:
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
