"""Predictions as CSV: the columns that were asked for, numbers with all their digits."""

import csv
import io
from collections.abc import Iterator, Sequence

from bpcli.common.text import verbatim_cell
from bpcli.models.model import Model, Predictions


class PredictionTable:
    """Writes predictions chunk by chunk, the header with the first.

    Args:
        model: what predicts.
        proba: whether there is a column for each class too.
        keep: whether the columns of the source come before.
    """

    def __init__(self, model: Model, *, proba: bool = False, keep: bool = False) -> None:
        self._model, self._proba, self._keep = model, proba, keep
        self._started = False

    def text(self, predictions: Predictions) -> str:
        """The lines of some rows."""
        cells = predictions.rows.cells
        kept: list[Sequence[str]] = []
        names: tuple[str, ...] = ()
        if self._keep and cells is not None:
            names = cells.names
            kept = [_words(cells.text(j).codes.tolist(), cells.text(j).vocabulary) for j in range(len(names))]
        elif self._keep:
            names = predictions.rows.inputs.names
            kept = [
                [_number(value) for value in column] for column in predictions.rows.inputs.numbers.T.tolist()
            ]
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        if not self._started:
            said = [f"predicted {name}" if name in names else name for name in self._model.columns]
            header = [*names, *said, *(self._probability_names() if self._proba else ())]
            writer.writerow(map(verbatim_cell, header))
            self._started = True
        columns = [*kept, *_columns(predictions)]
        if self._proba:
            columns += [
                [_number(value) for value in column] for column in predictions.probabilities.T.tolist()
            ]
        writer.writerows(zip(*columns, strict=True))
        return stream.getvalue()

    def _probability_names(self) -> Iterator[str]:
        target = self._model.encoding.target
        for name in target.classes:
            yield f"{name}=1" if target.task == "multilabel" else f"{self._model.columns[0]}={name}"


def _columns(predictions: Predictions) -> list[Sequence[str]]:
    """What is predicted, a column of text each."""
    target = predictions.target
    if target.task == "classification":
        return [_words(predictions.positions.tolist(), target.classes)]
    values = predictions.values
    values = values.reshape(len(values), -1)
    return [[_number(value) for value in column] for column in values.T.tolist()]


def _words(positions: Sequence[int], words: Sequence[str]) -> list[str]:
    shown = [verbatim_cell(word) for word in words]
    return [shown[position] for position in positions]


def _number(value: float) -> str:
    """All digits; 2 for 2.0, and nothing for a missing value."""
    return "" if value != value else repr(value).removesuffix(".0")  # noqa: PLR0124 - NaN
