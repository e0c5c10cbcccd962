"""How good the weights are: the loss they were trained on, and a score that a person can read."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np

from bpcli.network import Array, Network, Parameters

ROWS = 1024  # evaluated at a time: enough for BLAS to be busy, little enough for any table to fit


@dataclass(frozen=True)
class Scores:
    """The mean loss over a set, and its accuracy (classification) or R² (regression).

    ``value`` is None where the score does not exist: R² of targets that do not vary, accuracy of a loss that is not
    finite.
    """

    loss: float
    metric: Literal["accuracy", "r2"]
    value: float | None

    @property
    def finite(self) -> bool:
        """Whether the loss is finite."""
        return isfinite(self.loss)


class Evaluator:
    """Scores parameters on whole sets, a thousand rows at a time, in buffers of its own.

    The parameters are shared with the network that trains: what is scored is always their present state.
    ``network`` holds those buffers, for whoever wants to look at its layers.
    """

    def __init__(self, parameters: Parameters, task: str, largest: int) -> None:
        self.network = Network(parameters, rows=max(1, min(largest, ROWS)))
        self._task = task

    def scores(self, X: Array, Y: Array) -> Scores:
        """Score the parameters on X (N×d0, N ≥ 1) and Y (N×d_L).

        Accuracy is the share of rows whose largest output is the right class; with one output, of rows on the
        right side of ½; of labels that do not exclude each other, the share of all labels. R² is 1 - Σ(y-z)²/Σ(y-ȳ)² for each output, averaged over those outputs that vary.
        """
        loss, hits = 0.0, 0
        squares = np.zeros(Y.shape[1])
        for start in range(0, len(X), ROWS):
            x, y = X[start : start + ROWS], Y[start : start + ROWS]
            z = self.network.forward(x)
            loss += float(self.network.loss(y)) * len(x)
            if self._task == "classification":
                hits += int(np.count_nonzero(_classes(z) == _classes(y)))
            elif self._task == "multilabel":
                hits += int(np.count_nonzero((z >= 0.5) == (y >= 0.5)))
            else:
                squares += ((y - z).astype(np.float64) ** 2).sum(axis=0)
        loss /= len(X)
        if self._task != "regression":
            decided = Y.size if self._task == "multilabel" else len(X)
            return Scores(loss, "accuracy", hits / decided if isfinite(loss) else None)
        return Scores(loss, "r2", _r2(Y, squares))


def _classes(z: Array) -> Array:
    """The class of each row: the largest column, or with one column the side of ½."""
    classes: Array = z[:, 0] >= 0.5 if z.shape[1] == 1 else z.argmax(axis=1)
    return classes


def _r2(Y: Array, residual_squares: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    total = ((Y - Y.mean(axis=0, dtype=np.float64)) ** 2).sum(axis=0)
    varies = Y.min(axis=0) < Y.max(axis=0)  # the sum of squares of equal numbers need not be exactly 0
    if not varies.any():
        return None
    return float((1 - residual_squares[varies] / total[varies]).mean())
