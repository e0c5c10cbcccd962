"""How good the weights are: the loss they were trained on, and scores that a person can read."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Literal, TypeAlias

import numpy as np

from bpcli.common.json_numbers import finite
from bpcli.datasets import Prepared
from bpcli.models.outputs import Forward
from bpcli.network import Array, Parameters
from bpcli.network.losses import LOSSES
from bpcli.symmetry import saturated_rows

Metric: TypeAlias = Literal["accuracy", "r2"]


def metric_of(task: str) -> Metric:
    """The score beside the loss: ``accuracy`` for classes, ``r2`` for numbers."""
    return "r2" if task == "regression" else "accuracy"


@dataclass(frozen=True)
class Scores:
    """The mean loss over a set, and its accuracy (classification) or R² (regression).

    ``value`` is None where the score does not exist: R² of targets that do not vary, accuracy of a loss that is not
    finite.
    """

    loss: float
    metric: Metric
    value: float | None

    @property
    def finite(self) -> bool:
        """Whether the loss is finite."""
        return isfinite(self.loss)


@dataclass(frozen=True)
class ClassScore:
    """One class: how many rows of the set have it, and which share of its predictions and of its rows are right.

    None where nothing was predicted, or no row has it.
    """

    name: str
    rows: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class TargetScore:
    """One number to predict, in its own unit: R², mean absolute and root mean square error, and those of the mean.

    The mean is that of the rows which set the baseline, in training the training rows: what a network must beat.
    """

    name: str
    r2: float | None
    mae: float
    rmse: float
    baseline_mae: float
    baseline_rmse: float


@dataclass(frozen=True)
class Details:
    """What a set's scores are made of; one of the two lists is empty.

    Attributes:
        balanced_accuracy: the mean of the recalls, which frequent classes do not dominate.
        baseline: the accuracy of always predicting the most frequent class of those rows.
        classes: of a classification, or the labels of a multi-label one.
        targets: of a regression.
        saturated_rows: how many rows have an output that is saturated on the wrong side; None where the derivative
            of the output is not a factor of the gradients, so that such a row is learnt all the same.
    """

    balanced_accuracy: float | None = None
    baseline: float | None = None
    classes: tuple[ClassScore, ...] = ()
    targets: tuple[TargetScore, ...] = ()
    saturated_rows: int | None = None

    def document(self) -> dict[str, Any]:
        """Return them as values for JSON."""
        if self.targets:
            single: dict[str, Any] = _numbers(self.targets[0]) if len(self.targets) == 1 else {}
            return single | {
                "targets": [
                    {"name": each.name, "r2": finite(each.r2), **_numbers(each)} for each in self.targets
                ],
                "saturated_rows": self.saturated_rows,
            }
        return {
            "balanced_accuracy": finite(self.balanced_accuracy),
            "baseline": finite(self.baseline),
            "classes": [
                {
                    "name": each.name,
                    "rows": each.rows,
                    "precision": finite(each.precision),
                    "recall": finite(each.recall),
                }
                for each in self.classes
            ],
            "saturated_rows": self.saturated_rows,
        }


def _numbers(score: TargetScore) -> dict[str, float | None]:
    return {name: finite(getattr(score, name)) for name in ("mae", "rmse", "baseline_mae", "baseline_rmse")}


class Evaluator:
    """Scores parameters on whole sets, by the forward pass that predicts too, in buffers of its own.

    The parameters are shared with the network that trains: what is scored is always their present state.
    ``network`` holds those buffers, for whoever wants to look at its layers. ``fast`` is for the curves of a training
    in float32: see ``Forward``.
    """

    def __init__(self, parameters: Parameters, task: str, *, fast: bool = False) -> None:
        self._forward = Forward(parameters, fast=fast)
        self.network = self._forward.network
        net = parameters.architecture
        self._loss = LOSSES[net.output, net.loss]
        self._derivative_counts = (net.output, net.loss) == ("sigmoid", "squared_error")
        self._task = task

    def scores(self, X: Array, Y: Array) -> Scores:
        """Score the parameters on X (N×d0, N ≥ 1) and Y (N×d_L).

        Accuracy is the share of rows whose largest output is the right class; with one output, of rows on the
        right side of ½; of labels that do not exclude each other, the share of all labels. R² is
        1 - Σ(y-z)²/Σ(y-ȳ)² for each output, averaged over those outputs that vary.
        """
        return self._scores(*self._forward(X), Y)

    def assess(self, X: Array, Y: Array, data: Prepared) -> tuple[Scores, Details]:
        """Return ``scores`` and ``details``, by one forward pass."""
        b, z = self._forward(X)
        return self._scores(b, z, Y), self._details(z, Y, data)

    def _scores(self, b: Array, z: Array, Y: Array) -> Scores:
        loss = float(self._loss.mean(b, z, Y))
        metric = metric_of(self._task)
        if metric == "r2":
            return Scores(loss, metric, _r2(Y, ((Y - z) ** 2).sum(axis=0)))
        several = self._task == "multilabel"
        right = (z >= 0.5) == (Y >= 0.5) if several else _classes(z) == _classes(Y)
        return Scores(loss, metric, int(np.count_nonzero(right)) / right.size if isfinite(loss) else None)

    def outputs(self, X: Array) -> Array:
        """Return z for X (N×d0), N×d_L in float64."""
        return self._forward(X)[1]

    def details(self, X: Array, Y: Array, data: Prepared) -> Details:
        """Return the scores of each class or target on X (N×d0) and Y (N×d_L), a part of ``data`` or rows like them."""
        return self._details(self.outputs(X), Y, data)

    def _details(self, z: Array, Y: Array, data: Prepared) -> Details:
        parts = self._by_class_or_target(z, Y, data)
        return replace(parts, saturated_rows=saturated_rows(z, Y)) if self._derivative_counts else parts

    def _by_class_or_target(self, z: Array, Y: Array, data: Prepared) -> Details:
        if self._task == "regression":
            errors = (z - Y).astype(np.float64) * data.target_scale
            from_mean = (data.Y.mean(axis=0, dtype=np.float64) - Y) * data.target_scale
            return Details(
                targets=tuple(
                    TargetScore(
                        name=name,
                        r2=_r2(Y[:, [j]], ((z - Y)[:, [j]].astype(np.float64) ** 2).sum(axis=0)),
                        mae=float(np.abs(errors[:, j]).mean()),
                        rmse=float(np.sqrt((errors[:, j] ** 2).mean())),
                        baseline_mae=float(np.abs(from_mean[:, j]).mean()),
                        baseline_rmse=float(np.sqrt((from_mean[:, j] ** 2).mean())),
                    )
                    for j, name in enumerate(data.outputs)
                )
            )
        if self._task == "multilabel":
            predicted, true = z >= 0.5, Y >= 0.5
            majority = data.Y.mean(axis=0) >= 0.5
            labels = [_class_score(name, predicted[:, j], true[:, j]) for j, name in enumerate(data.classes)]
            return Details(_balanced(labels), float((true == majority).mean()), tuple(labels))
        predictions, classes = _classes(z).astype(np.int64), _classes(Y).astype(np.int64)
        most = np.bincount(_classes(data.Y).astype(np.int64), minlength=len(data.classes)).argmax()
        scores = [_class_score(name, predictions == i, classes == i) for i, name in enumerate(data.classes)]
        return Details(_balanced(scores), float((classes == most).mean()), tuple(scores))


def _class_score(name: str, predicted: Array, true: Array) -> ClassScore:
    right, said, rows = (int(np.count_nonzero(each)) for each in (predicted & true, predicted, true))
    return ClassScore(name, rows, right / said if said else None, right / rows if rows else None)


def _balanced(scores: list[ClassScore]) -> float | None:
    recalls = [score.recall for score in scores if score.recall is not None]
    return sum(recalls) / len(recalls) if recalls else None


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
