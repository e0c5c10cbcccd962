"""A trained network with all that is needed to use it on new rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets import Encoding, ReadOptions
from bpcli.datasets.dataset import FloatArray, IntArray
from bpcli.datasets.encoding import TargetCode
from bpcli.models.outputs import Forward
from bpcli.models.sources import Rows, frame_rows, read_rows
from bpcli.network import Architecture, Parameters


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of N rows.

    Attributes:
        rows: what it was asked.
        z: the outputs of the network, N×d_L.
        target: what they mean.
    """

    rows: Rows
    z: FloatArray
    target: TargetCode

    @property
    def positions(self) -> IntArray:
        """The position of each row's class, N; for labels that do not exclude each other N×d_L zeros and ones."""
        return self.target.positions(self.z)

    @property
    def values(self) -> NDArray[Any]:
        """The class of each row as text, N; zeros and ones, N×d_L; or numbers in the unit of the target, N or N×d_L."""
        if self.target.task == "regression":
            numbers = self.target.numbers(self.z)
            return numbers[:, 0] if numbers.shape[1] == 1 else numbers
        if self.target.task == "multilabel":
            return self.positions
        return np.array(self.target.classes)[self.positions]

    @property
    def probabilities(self) -> FloatArray:
        """The output for each class, N×(number of classes).

        They sum to one under softmax, and with one output for two classes; outputs of several sigmoids do not.

        Raises:
            DataError: the model predicts numbers.
        """
        if self.target.task == "regression":
            raise DataError("numbers are predicted, and they have no probabilities; use predict")
        if self.z.shape[1] == 1 and self.target.task == "classification":
            return np.concatenate([1 - self.z, self.z], axis=1)
        return self.z


@dataclass(frozen=True, eq=False)
class Model:
    """A network and the encoding of its inputs and outputs; ``bpcli.load_model`` reads one from a run folder.

    Attributes:
        name: of its configuration.
        parameters: the kept weights.
        encoding: how rows become inputs, and what the outputs mean.
        epoch: the epoch that the weights are from.
        read: how text tables are laid out, where training was told.
    """

    name: str
    parameters: Parameters
    encoding: Encoding
    epoch: int
    read: ReadOptions | None = None

    @property
    def architecture(self) -> Architecture:
        """The sizes and functions of the network."""
        return self.parameters.architecture

    @property
    def columns(self) -> tuple[str, ...]:
        """Names for what is predicted: the target columns, or one for several columns that are the classes."""
        target = self.encoding.target
        if target.task == "classification" and len(target.outputs) > 1:
            return ("class",)
        return target.outputs

    def rows(self, source: str, *, verbatim: bool = False) -> Iterator[Rows]:
        """Read rows of a file, or of standard input (-), as ``sources.read_rows`` does."""
        return read_rows(source, self.encoding, self.read, verbatim=verbatim)

    def inputs(self, rows: Rows) -> NDArray[Any]:
        """Encode N rows as the network sees them, N×d0.

        Raises:
            DataError: a number leaves the range of the network's precision.
        """
        with np.errstate(over="ignore"):
            X = self.encoding.transform(rows.inputs).astype(self.parameters.dtype)
        if not np.isfinite(X).all():
            row, column = np.argwhere(~np.isfinite(X))[0]
            where = rows.cells.place if rows.cells else "the array"
            line = f":{rows.cells.line(int(row))}" if rows.cells else f": row {rows.first + int(row)}"
            raise DataError(
                f"{where}{line}: {self.encoding.features[column]!r} is so large that it leaves the range of "
                f"{X.dtype}; correct it"
            )
        return X

    def predict_chunks(self, chunks: Iterable[Rows]) -> Iterator[Predictions]:
        """Predict some rows at a time: what a row gets depends on nothing but the row."""
        forward = Forward(self.parameters)
        for rows in chunks:
            with np.errstate(over="ignore", invalid="ignore"):
                _, z = forward(self.inputs(rows))
            yield Predictions(rows, z, self.encoding.target)

    def predict(self, data: Any) -> NDArray[Any]:
        """Return what is predicted for N rows: classes as text, N; or numbers, N or N×d_L.

        Args:
            data: The path of a table, a data frame, a dict of columns, a list of dicts, or an N×d0 array.

        Raises:
            DataError: A column is missing, or holds what cannot be used.
        """
        return np.concatenate([chunk.values for chunk in self._predicted(data)])

    def predict_proba(self, data: Any) -> FloatArray:
        """Return the output for each class, N×(number of classes), in the order of ``encoding.target.classes``."""
        return np.concatenate([chunk.probabilities for chunk in self._predicted(data)])

    def _predicted(self, data: Any) -> Iterator[Predictions]:
        if isinstance(data, str | Path):
            return self.predict_chunks(self.rows(str(data)))
        return self.predict_chunks([frame_rows(data, self.encoding)])


class Noticed:
    """Counts, chunk by chunk, what a person must know of the rows that were predicted."""

    def __init__(self, model: Model) -> None:
        self._encoding = model.encoding
        self.rows = 0
        self.ignored: tuple[str, ...] = ()
        self.unseen: dict[str, int] = {}
        self.missing: dict[str, int] = {}

    def add(self, rows: Rows) -> None:
        """Count some rows."""
        encoding, inputs = self._encoding, rows.inputs
        self.rows += len(rows)
        self.ignored = rows.ignored
        _add(self.unseen, encoding.unseen(inputs))
        gaps = np.isnan(inputs.numbers).sum(axis=0)
        complete = [j for j in encoding.kept if j not in encoding.indicators]
        _add(self.missing, {encoding.numbers[j]: int(gaps[j]) for j in complete if gaps[j]})
        codes = {code.name: code for code in encoding.categories if not code.missing}
        for category in inputs.categories:
            count = int((category.codes < 0).sum())
            if count and category.name in codes:
                _add(self.missing, {category.name: count})


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
