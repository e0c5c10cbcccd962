"""How good a trained model is on rows that it is given: the scores of training, by the same forward pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.common.errors import DataError, UsageError
from bpcli.common.json_numbers import finite
from bpcli.datasets import Prepared
from bpcli.datasets.arrays import read_arrays
from bpcli.datasets.cell_columns import Cells, cells_of, written
from bpcli.datasets.cells import amount, any_case, is_missing, is_text, number, shown
from bpcli.datasets.columns import ends_with_totals, number_values, sums_of
from bpcli.datasets.dataset import FloatArray
from bpcli.datasets.encoding import Output, encode
from bpcli.datasets.layout import Layout, nameless
from bpcli.datasets.loading import ARRAYS, suffix_of
from bpcli.models import Model, Rows
from bpcli.models.model import Noticed
from bpcli.models.sources import array_rows, trained_names
from bpcli.network import Array
from bpcli.training.checkpoint import read_identity
from bpcli.training.evaluation import Details, Evaluator, Scores
from bpcli.training.saved_model import load_model
from bpcli.training.setup import prepared_data, streams


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of a model on some rows.

    Attributes:
        run, data: as given.
        task: of the model.
        outputs: the target columns.
        rows: how many rows were scored.
        without_target: how many rows were not, because their target is missing.
        scores, details: as at the end of training; the baseline is that of these rows, or of the training rows where
            the held-out ones were scored.
        noticed: what was ignored, unknown or missing in them.
    """

    run: str
    data: str
    task: str
    outputs: tuple[str, ...]
    rows: int
    without_target: int
    scores: Scores
    details: Details
    noticed: Noticed

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.evaluate/1``."""
        return {
            "schema": "bpcli.evaluate/1",
            "run": self.run,
            "data": self.data,
            "task": self.task,
            "target": list(self.outputs),
            "rows": self.rows,
            "rows_without_target": self.without_target,
            "loss": finite(self.scores.loss),
            self.scores.metric: finite(self.scores.value),
            **self.details.document(),
            "columns_ignored": list(self.noticed.ignored),
            "unseen_words": self.noticed.unseen,
            "missing_values": self.noticed.missing,
        }


def evaluate(model: Model, run: str, source: str) -> Evaluation:
    """Score a model on the rows of a table, an NPZ or an NPY that has the targets.

    Raises:
        DataError: a column is missing, or a target is none of the classes.
    """
    noticed = Noticed(model)
    X: list[Any] = []
    Y: list[FloatArray] = []
    lost = count = 0
    sums: FloatArray | float = 0.0  # of the columns of numbers, in the chunks before
    for rows, cells in _labelled(model, source):
        n = len(cells.numbers)
        scored = n - ends_with_totals(cells, sums, count)
        sums, count = sums_of(cells.numbers, sums), count + n
        y = np.full((n, len(model.encoding.target.outputs)), np.nan)
        if scored:
            y[:scored] = _targets(cells.first(scored) if scored < n else cells, model)
        known = np.isfinite(y).all(axis=1)
        X.append(model.inputs(rows)[known])
        Y.append(y[known])
        noticed.add(rows)
        lost += int((~known).sum())
    data = _prepared(model, source, np.concatenate(X), np.concatenate(Y))
    if not len(data.X):
        raise DataError(f"{source}: no row has a target; check its column {shown(data.outputs[0])}")
    return _scored(model, run, source, (data.X, data.Y), data, noticed, lost)


def evaluate_held_out(run: Path) -> Evaluation:
    """Score the model of a run on the rows that it held out for validation, which it reads again from its source.

    Raises:
        UsageError: no rows were held out.
        DataError: the data have changed since.
        MachineError: the run is damaged.
    """
    model = load_model(run)
    found = read_identity(run)
    for_data, _, _ = streams(found.config.seed)
    _, data = prepared_data(found.config, for_data)
    source = found.config.data.source
    if data.digest != found.environment["data"]["sha256"]:
        raise DataError(
            f"{source}: the data have changed since {run} was created; restore them, or give a table"
        )
    if not len(data.X_validation):
        raise UsageError(f"{run} held out no rows for validation; give a table to evaluate on")
    name = f"the validation rows of {source}"
    return _scored(model, str(run), name, (data.X_validation, data.Y_validation), data, Noticed(model), 0)


def _scored(
    model: Model,
    run: str,
    name: str,
    rows: tuple[Array, Array],
    data: Prepared,
    noticed: Noticed,
    without_target: int,
) -> Evaluation:
    """The scores on ``rows`` (inputs and targets), beside the baseline that ``data`` sets."""
    evaluator = Evaluator(model.parameters, data.task)
    with np.errstate(over="ignore", invalid="ignore"):
        scores, details = evaluator.assess(*rows, data)
    return Evaluation(
        run=run,
        data=name,
        task=data.task,
        outputs=data.outputs,
        rows=len(rows[0]),
        without_target=without_target,
        scores=scores,
        details=details,
        noticed=noticed,
    )


def _labelled(model: Model, source: str) -> Iterator[tuple[Rows, Cells]]:
    """The rows of a source, and the cells that their targets stand in."""
    if suffix_of(source) not in ARRAYS:
        for rows in model.rows(source):
            if rows.cells is not None:
                yield rows, rows.cells
        return
    outputs = model.encoding.target.outputs
    suffix = suffix_of(source)
    target = None if suffix == ".npz" else [name.removeprefix(nameless(0)[:-1]) for name in outputs]
    table = read_arrays(source, suffix, target)
    if len(table.y) != len(outputs):
        raise DataError(
            f"{source}: {len(table.y)} target columns where the network was trained on {len(outputs)}"
        )
    texts = [column if isinstance(column, list) else [*map(written, column.tolist())] for column in table.y]
    yield (
        array_rows(table.X, model.encoding, source),
        cells_of(source, outputs, zip(*texts, strict=True)),
    )


def _prepared(model: Model, name: str, X: Any, Y: FloatArray) -> Prepared:
    encoding, target = model.encoding, model.encoding.target
    output: Output = model.architecture.output
    if target.task == "classification":
        Y = encode(Y[:, 0].astype(np.int64), len(target.classes), output)
    elif target.task == "regression":
        Y = (Y - target.offset) / target.scale
    Y = Y.astype(model.parameters.dtype)
    return Prepared(
        name=name,
        task=target.task,
        features=encoding.features,
        classes=target.classes,
        outputs=target.outputs,
        X=X,
        Y=Y,
        X_validation=X[:0],
        Y_validation=Y[:0],
        offset=encoding.offset,
        scale=encoding.scale,
        digest="",
        encoding=encoding,
    )


def _targets(cells: Cells, model: Model) -> FloatArray:
    """The class position of each row, N×1, or its numbers, N×(number of targets); NaN where a target is missing."""
    cells, target = cells.without(model.encoding.missing_values), model.encoding.target
    names = list(cells.names)
    if not set(target.outputs) <= set(names):
        names = trained_names(cells, model.encoding)
    missing = [name for name in target.outputs if name not in names]
    if missing:
        raise DataError(
            f"{cells.place}: there is no target column {shown(missing[0])}; bpcli predict needs none"
        )
    positions = [names.index(name) for name in target.outputs]
    if target.task == "classification" and len(positions) == 1:
        return _class_positions(cells, positions[0], target.classes)[:, np.newaxis]
    formats = target.formats or ("",) * len(positions)
    invalid = model.encoding.invalid
    columns = [
        number_values(cells, j, invalid, target=True, form=form)
        for j, form in zip(positions, formats, strict=True)
    ]
    numbers = np.stack(columns, axis=1)
    if target.task == "classification":
        one_hot = ((numbers == 0) | (numbers == 1)).all(axis=1) & (numbers.sum(axis=1) == 1)
        if not one_hot.all():
            row = int((~one_hot).argmax())
            raise DataError(
                f"{cells.where(row, positions[0])}: the target columns hold one 1 and otherwise 0; correct it"
            )
        numbers = numbers.argmax(axis=1).astype(np.float64)[:, np.newaxis]
    return numbers


def _class_positions(cells: Cells, j: int, classes: tuple[str, ...]) -> FloatArray:
    """The position of each row's label among the classes, N; labels are the same if they are the same number."""
    text = cells.text(j)
    exact = {name: i for i, name in enumerate(classes)}
    by_number = {value: i for i, name in enumerate(classes) if (value := number(name)) is not None}
    by_letters = {letters: exact[name] for letters, name in any_case(classes).items()}
    words = any(map(is_text, classes))
    found: list[float] = []
    for code, word in enumerate(text.vocabulary):
        position = exact.get(word)
        if position is None and (value := _value(word, cells.layout)) is not None:
            position = by_number.get(value)
        if position is None:
            position = by_letters.get(word.casefold())
        if position is None and not is_missing(word, among_words=words):
            rows = np.flatnonzero(text.codes == code)
            if len(rows):
                raise DataError(
                    f"{cells.where(int(rows[0]), j)}: {shown(word)} is none of the classes of the run: "
                    f"{', '.join(map(shown, classes[:12]))}; correct it, or train again"
                )
        found.append(np.nan if position is None else position)
    return np.array(found, np.float64)[text.codes]


def _value(word: str, layout: Layout) -> float | None:
    """The number that a label is: classes that are numbers may be written as amounts, 2000 as 2K or $2,000."""
    if (value := number(word, layout.decimal)) is not None:
        return value
    found = amount(word, layout.decimal, layout.thousands)
    return found.value if found else None
