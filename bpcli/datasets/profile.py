"""Looks at a table before anything is trained on it: each column, and what training would do with it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any, Literal

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.json_numbers import finite
from bpcli.datasets.cell_columns import Cells
from bpcli.datasets.cells import is_missing
from bpcli.datasets.column_notes import Suspect, leaks, suspected_missing
from bpcli.datasets.columns import InputOptions, number_values, target_positions
from bpcli.datasets.dataset import Dataset, FloatArray, Role, Task
from bpcli.datasets.labels import infer_task, missing_labels
from bpcli.datasets.layout import ReadOptions
from bpcli.datasets.loading import read_cells, text_table
from bpcli.datasets.text_source import STDIN

BINS = 8
_TOP = 3  # most frequent words of a column


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes:
        name, kind, why: what becomes of it, as ``Role``; the kind "target" too.
        missing, distinct: how many rows have no value, and how many different values there are.
        least, median, greatest: of numbers.
        histogram: of numbers: the rows in 8 intervals of equal width from least to greatest.
        frequent: of words: the most frequent, with their rows.
    """

    name: str
    kind: str
    why: str
    missing: int
    distinct: int
    least: float | None = None
    median: float | None = None
    greatest: float | None = None
    histogram: tuple[int, ...] = ()
    frequent: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Profile:
    """A table at a glance.

    Attributes:
        name, rows: of the table, rows without a target included.
        columns: in the order of the file.
        task: what training would take the target for.
        classes: the rows of each class.
        leaks: columns that alone determine the target.
        suspected: numbers that may stand for a missing value.
        notes: what was recognised while reading.
        dataset: what training would begin with.
    """

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    task: Task
    classes: tuple[tuple[str, int], ...]
    leaks: tuple[str, ...]
    suspected: tuple[Suspect, ...]
    notes: tuple[str, ...]
    dataset: Dataset

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.data/1``."""
        return {
            "schema": "bpcli.data/1",
            "name": self.name,
            "rows": self.rows,
            "task": self.task,
            "classes": [{"name": name, "rows": rows} for name, rows in self.classes],
            "leaks": list(self.leaks),
            "suspected_missing": [asdict(suspect) for suspect in self.suspected],
            "notes": list(self.notes),
            "columns": [
                {
                    "name": column.name,
                    "kind": column.kind,
                    "why": column.why,
                    "missing": column.missing,
                    "distinct": column.distinct,
                    "least": finite(column.least),
                    "median": finite(column.median),
                    "greatest": finite(column.greatest),
                    "histogram": list(column.histogram),
                    "frequent": [{"value": word, "rows": rows} for word, rows in column.frequent],
                }
                for column in self.columns
            ],
        }


def profile(
    source: str,
    read: ReadOptions,
    columns: InputOptions,
    *,
    target: Sequence[str | int] | None,
    task: Literal["auto"] | Task,
) -> Profile:
    """Read a text table and look at it.

    Raises:
        DataError: it is not one, or training would refuse it.
    """
    cells = read_cells(source, read, target=target, columns=columns)
    name = "standard input" if source == STDIN else PurePath(source).name
    dataset = infer_task(text_table(cells, target, task, columns), task, name)
    positions = target_positions(
        target, len(cells.names), cells.names if cells.layout.header else None, cells.place
    )
    roles = {role.name: role for role in dataset.roles}
    formats = dict(zip(positions, dataset.formats, strict=True))
    found = tuple(
        _column(cells, j, None if j in formats else roles[column], formats.get(j, ""))
        for j, column in enumerate(cells.names)
    )
    return Profile(
        name=name,
        rows=len(cells.numbers),
        columns=found,
        task=dataset.task,
        classes=_classes(dataset),
        leaks=leaks(dataset),
        suspected=suspected_missing(dataset),
        notes=dataset.notes,
        dataset=dataset,
    )


def _classes(dataset: Dataset) -> tuple[tuple[str, int], ...]:
    if dataset.task == "regression":
        return ()
    if dataset.task == "multilabel":
        counts = dataset.targets.sum(axis=0).astype(int)
    else:
        counts = np.bincount(dataset.targets, minlength=len(dataset.classes))
    return tuple(zip(dataset.classes, counts.tolist(), strict=True))


def _column(cells: Cells, j: int, role: Role | None, form: str) -> ColumnProfile:
    kind, why = (role.kind, role.why) if role else ("target", "")
    name = cells.names[j]
    if j in cells.texts:
        text = cells.texts[j]
        counts = np.bincount(text.codes, minlength=len(text.vocabulary))
        if role is None:
            absent = missing_labels(text)
        else:
            among_words = kind == "category"
            absent = np.array([is_missing(word, among_words=among_words) for word in text.vocabulary], bool)
        missing = int(counts[absent].sum())
        order = [int(i) for i in np.argsort(-counts, kind="stable") if not absent[i] and counts[i]]
        base = ColumnProfile(name, kind, why, missing, len(order))
        values = _numbers_among(cells, j, role.format if role else form)
        if values is not None:
            return _with_range(base, values)
        return replace(base, frequent=tuple((text.vocabulary[i], int(counts[i])) for i in order[:_TOP]))
    values = cells.numbers[:, j]
    strange = len(cells.others_by_column.get(j, {}))
    filled = values[~np.isnan(values)]
    base = ColumnProfile(
        name, kind, why, len(values) - len(filled) - strange, len(np.unique(filled)) + strange
    )
    return _with_range(base, filled)


def _numbers_among(cells: Cells, j: int, form: str) -> FloatArray | None:
    """The numbers of a column that is kept as text, if it holds nothing else."""
    try:
        values = number_values(cells, j, form=form)
    except DataError:
        return None
    filled = values[~np.isnan(values)]
    return filled if len(filled) else None


def _with_range(column: ColumnProfile, values: FloatArray) -> ColumnProfile:
    if not len(values):
        return column
    least, greatest = float(values.min()), float(values.max())
    with np.errstate(over="ignore", invalid="ignore"):
        wide = not np.isfinite(greatest - least)
    bins = (
        () if wide or least == greatest else tuple(np.histogram(values, BINS, (least, greatest))[0].tolist())
    )
    return replace(column, least=least, median=float(np.median(values)), greatest=greatest, histogram=bins)
