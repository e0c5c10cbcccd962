"""How inputs become what the network sees, fitted on the training rows, and how its outputs are read back.

An ``Encoding`` is all that a later command needs to apply a trained network to new rows: it knows the columns of a
table (``roles``), encodes them (``transform``) and says what the outputs mean (``target``). ``to_plain`` and
``from_plain`` write it as JSON: a run keeps it in ``encoding.json``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.datasets import dates
from bpcli.datasets.cell_columns import Cells
from bpcli.datasets.columns import category_of, number_values
from bpcli.datasets.dataset import Category, Dataset, FloatArray, Inputs, IntArray, Numbers, Role, Task

Output: TypeAlias = Literal["sigmoid", "identity", "softmax"]
Scaling: TypeAlias = Literal["standard", "minmax", "none"]
Loss: TypeAlias = Literal["squared_error", "cross_entropy"]

SCHEMA = "bpcli.encoding/1"
OTHER, MISSING = "other", "missing"
MOST_LEVELS = 100
_FEWEST_ROWS = 5  # to say that a column is constant
_PIECE = 1 << 20  # entries that are scaled at a time


@dataclass(frozen=True)
class CategoryCode:
    """How a column of words becomes 0/1 inputs.

    Attributes:
        name: the column.
        levels: the words with an input of their own.
        other: whether the rare words of the training rows share one more.
        missing: whether missing values have one more.
    """

    name: str
    levels: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """What is told apart: the levels, then other, then missing."""
        return (*self.levels, *([OTHER] * self.other), *([MISSING] * self.missing))

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its inputs: one for each part; of two parts, only the second; of one, none."""
        parts = self.parts
        return tuple(f"{self.name}={part}" for part in (parts if len(parts) > 2 else parts[1:]))

    def positions(self, category: Category) -> IntArray:
        """For each of M rows the position of its part; -1 for a word that is in none."""
        index = {level: i for i, level in enumerate(self.levels)}
        strange = len(self.levels) if self.other else -1
        absent = len(self.parts) - 1 if self.missing else strange
        table = np.array([*(index.get(level, strange) for level in category.levels), absent], np.int64)
        return table[category.codes]  # the code -1 is the last entry

    def transform(self, category: Category) -> FloatArray:
        """The M×(number of features) inputs. A word that is in no part is 0 in each; between two parts it is ½."""
        positions, width = self.positions(category), len(self.features)
        if len(self.parts) <= 2:
            column = np.where(positions < 0, 0.5, positions).astype(np.float64)
            return column[:, np.newaxis][:, :width]
        encoded = np.zeros((len(positions), width))
        known = np.flatnonzero(positions >= 0)
        encoded[known, positions[known]] = 1.0
        return encoded


@dataclass(frozen=True, eq=False)
class TargetCode:
    """What the outputs of the network mean.

    Attributes:
        task: classification, multilabel or regression.
        outputs: the names of the target columns.
        classes: the labels by position; for multilabel, the targets.
        offset, scale: per output; the number meant by an output z is z · scale + offset. 0 and 1 for classes.
        formats: per output, of numbers with K and M or a unit, as ``Role`` has it; () where nothing was text.
    """

    task: Task
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    offset: FloatArray
    scale: FloatArray
    formats: tuple[str, ...] = ()

    def numbers(self, z: NDArray[Any]) -> FloatArray:
        """Outputs z (N×d_L) in the unit of the targets, N×d_L."""
        return np.asarray(z * self.scale + self.offset, dtype=np.float64)

    def positions(self, z: NDArray[Any]) -> IntArray:
        """The class position of each row of z (N×d_L), N; for multilabel N×d_L zeros and ones."""
        if self.task == "multilabel":
            return (z >= 0.5).astype(np.int64)
        found: IntArray = (z[:, 0] >= 0.5).astype(np.int64) if z.shape[1] == 1 else z.argmax(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class Encoding:
    """How the rows of a table become inputs, fitted on training rows; see the module.

    Inputs are, in this order: the kept numbers; an indicator for each number that has missing values; the categories.

    Attributes:
        roles: of the columns of a text table; () for arrays and built-in sets.
        numbers: the names of the numbers that ``Inputs`` holds, dates as ``NAME: day`` …
        fill: for each, what stands in for a missing value: the median.
        indicators: positions of the numbers with an indicator.
        kept: positions of the numbers that are not constant.
        categories: how each column of words is encoded.
        features: the d0 names of the inputs.
        offset, scale: d0; the network sees (x - offset) / scale. 0 and 1 for indicators and categories.
        target: what the outputs mean.
        invalid: what to do with text in a column of numbers: "error" or "missing".
        header: whether columns are found by name, or else by position.
        missing_values: cells that stand for a missing value.
        decimal: the decimal point of the table.
    """

    roles: tuple[Role, ...]
    numbers: tuple[str, ...]
    fill: FloatArray
    indicators: tuple[int, ...]
    kept: tuple[int, ...]
    categories: tuple[CategoryCode, ...]
    features: tuple[str, ...]
    offset: FloatArray
    scale: FloatArray
    target: TargetCode
    invalid: str = "error"
    header: bool = True
    missing_values: tuple[str, ...] = ()
    decimal: str = "."

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that are needed."""
        used = tuple(role.name for role in self.roles if role.kind != "left out")
        return used or self.numbers

    def transform(self, inputs: Inputs) -> Numbers:
        """The M×d0 inputs of the network for M rows; infinite or NaN where a number leaves the range of float64.

        They may be the numbers of ``inputs`` themselves.
        """
        numbers = inputs.numbers
        missing = (
            np.isnan(numbers[:, self.indicators]) if self.indicators else np.empty((len(numbers), 0), bool)
        )
        if len(self.kept) < numbers.shape[1]:
            numbers = numbers[:, self.kept]
        k = numbers.shape[1]
        if np.isnan(numbers).any():
            numbers = numbers.copy()
            _fill(numbers, self.fill[list(self.kept)])
        if self.offset[:k].any() or (self.scale[:k] != 1).any():
            numbers = _scaled(numbers, self.offset[:k], self.scale[:k])
        if not self.indicators and not self.categories:
            return numbers
        by_name = {category.name: category for category in inputs.categories}
        parts = [code.transform(by_name[code.name]) for code in self.categories]
        return np.concatenate([numbers, missing, *parts], axis=1)

    def unseen(self, inputs: Inputs) -> dict[str, int]:
        """How many rows have a word that was not among the training rows, by column; without those that have none."""
        by_name = {category.name: category for category in inputs.categories}
        counts = {}
        for code in self.categories:
            category = by_name[code.name]
            strange = np.array([level not in code.levels for level in category.levels] + [False])
            if count := int(strange[category.codes].sum()):
                counts[code.name] = count
        return counts

    def to_plain(self) -> dict[str, Any]:
        """The encoding as values for JSON, numbers exactly."""
        plain = {
            name: getattr(self, name)
            for name in (
                "numbers",
                "indicators",
                "kept",
                "features",
                "invalid",
                "header",
                "missing_values",
                "decimal",
            )
        }
        arrays = {name: getattr(self, name).tolist() for name in ("fill", "offset", "scale")}
        target = {
            "task": self.target.task,
            "outputs": list(self.target.outputs),
            "classes": list(self.target.classes),
            "offset": self.target.offset.tolist(),
            "scale": self.target.scale.tolist(),
            "formats": list(self.target.formats),
        }
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return {
            "schema": SCHEMA,
            "roles": [asdict(role) for role in self.roles],
            **lists,
            **arrays,
            "categories": [
                {"name": code.name, "levels": list(code.levels), "other": code.other, "missing": code.missing}
                for code in self.categories
            ],
            "target": target,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Encoding":
        """The encoding that ``to_plain`` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is not one.
        """
        if plain["schema"] != SCHEMA:
            raise ValueError(f"not {SCHEMA} but {plain['schema']}")
        target = plain["target"]
        return cls(
            roles=tuple(Role(**role) for role in plain["roles"]),
            numbers=tuple(plain["numbers"]),
            fill=np.array(plain["fill"], dtype=np.float64),
            indicators=tuple(plain["indicators"]),
            kept=tuple(plain["kept"]),
            categories=tuple(
                CategoryCode(code["name"], tuple(code["levels"]), bool(code["other"]), bool(code["missing"]))
                for code in plain["categories"]
            ),
            features=tuple(plain["features"]),
            offset=np.array(plain["offset"], dtype=np.float64),
            scale=np.array(plain["scale"], dtype=np.float64),
            target=TargetCode(
                target["task"],
                tuple(target["outputs"]),
                tuple(target["classes"]),
                np.array(target["offset"], dtype=np.float64),
                np.array(target["scale"], dtype=np.float64),
                tuple(target.get("formats", ())),
            ),
            invalid=plain["invalid"],
            header=plain["header"],
            missing_values=tuple(plain.get("missing_values", ())),
            decimal=plain.get("decimal", "."),
        )


def select(cells: Cells, roles: Mapping[int, Role], invalid: str = "error") -> tuple[Inputs, tuple[str, ...]]:
    """The inputs in a text table whose columns have these roles, and sentences on what was done.

    Raises:
        DataError: a cell that is not what its column needs.
    """
    wanted = [j for j, role in roles.items() if role.kind == "number"]
    plain = not any(j in cells.texts for j in wanted) and not cells.others
    names = [roles[j].name for j in wanted]  # as in training; another table may not name it
    if plain:
        # Neighbouring columns are a view: a large table is not copied.
        together = wanted == list(range(len(wanted)))
        numbers = cells.numbers[:, : len(wanted)] if together else cells.numbers[:, wanted]
    else:
        numbers = np.empty((len(cells.numbers), len(wanted)))
        for position, j in enumerate(wanted):
            numbers[:, position] = number_values(cells, j, invalid, form=roles[j].format)
    notes: list[str] = []
    categories: list[Category] = []
    extra: list[FloatArray] = []
    for j, role in roles.items():
        if role.kind == "category":
            category, note = category_of(cells, j)
            categories.append(category)
            notes += [note] if note else []
        elif role.kind == "date":
            text = cells.text(j)
            found = dates.parts(dates.parse(word, role.format) for word in text.vocabulary)[text.codes]
            extra.append(found)
            names += [f"{role.name}: {part}" for part in dates.PARTS]
    if extra:
        numbers = np.concatenate([numbers, *extra], axis=1)
    return Inputs(numbers, tuple(names), tuple(categories)), tuple(notes)


def fit(
    dataset: Dataset, rows: NDArray[Any], scaling: Scaling, target: TargetCode, invalid: str = "error"
) -> Encoding:
    """Fit an encoding on the training rows of a data set."""
    # Arrays have no gaps: where they are not scaled either, nothing is fitted to their numbers, and they may be many.
    inputs = dataset.inputs.take(rows) if dataset.text or scaling != "none" else dataset.inputs
    numbers = inputs.numbers
    indicators: tuple[int, ...] = ()
    fill = np.zeros(numbers.shape[1])
    if dataset.text:
        gaps = np.isnan(numbers)
        indicators = tuple(int(j) for j in np.flatnonzero(gaps.any(axis=0) & ~gaps.all(axis=0)))
        for j in indicators:
            fill[j] = np.median(numbers[~gaps[:, j], j])
        _fill(numbers, fill)
    kept = np.arange(numbers.shape[1])
    if dataset.text and len(numbers) >= _FEWEST_ROWS:
        kept = np.flatnonzero(numbers.min(axis=0) < numbers.max(axis=0))
        if len(kept) < numbers.shape[1]:
            numbers = numbers[:, kept]
    offset, scale = fit_scaling(numbers, scaling)
    if dataset.text:  # later rows may have gaps where the training rows had none: there it is the mean
        whole = [i for i, j in enumerate(kept) if int(j) not in indicators]
        fill[kept[whole]] = offset[whole]
    codes = tuple(_fit_category(category) for category in inputs.categories)
    codes = tuple(code for code in codes if code.features)
    rest = len(indicators) + sum(len(code.features) for code in codes)
    names = [inputs.names[j] for j in kept] + [f"{inputs.names[j]} {MISSING}" for j in indicators]
    if not names and not codes:
        raise DataError(
            f"{dataset.name}: no input is left: every column is constant, an identifier, a date or free text; name the "
            "columns to use with data.numbers, data.categories or data.dates"
        )
    return Encoding(
        roles=dataset.roles,
        numbers=inputs.names,
        fill=fill,
        indicators=indicators,
        kept=tuple(kept.tolist()),
        categories=codes,
        features=(*names, *(feature for code in codes for feature in code.features)),
        offset=np.concatenate([offset, np.zeros(rest)]),
        scale=np.concatenate([scale, np.ones(rest)]),
        target=target,
        invalid=invalid,
        decimal=dataset.decimal,
    )


def _fit_category(category: Category) -> CategoryCode:
    """Levels with few rows share one input: those with fewer than 1 % of the rows, of 2 to 10 rows."""
    n = len(category.codes)
    present = category.codes[category.codes >= 0]
    counts = np.bincount(present, minlength=len(category.levels))
    fewest = min(10, max(2, ceil(n / 100)))
    by_count = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
    frequent = sorted(int(i) for i in by_count if counts[i] >= fewest)
    rare = int((counts > 0).sum()) > len(frequent)
    return CategoryCode(
        category.name, tuple(category.levels[i] for i in frequent), rare, bool((category.codes < 0).any())
    )


def fit_target(dataset: Dataset, rows: NDArray[Any], *, standardise: bool) -> TargetCode:
    """What the outputs mean; with ``standardise`` numbers are scaled by their mean and deviation."""
    width = 1 if dataset.task == "classification" else dataset.targets.shape[1]
    offset, scale = np.zeros(width), np.ones(width)
    if standardise and dataset.task == "regression":
        offset, scale = fit_scaling(dataset.targets[rows], "standard")
    return TargetCode(dataset.task, dataset.outputs, dataset.classes, offset, scale, dataset.formats)


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
            f"{dataset.name}: softmax outputs sum to one, and the targets of a {dataset.task} do not; "
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


def fit_scaling(X: Numbers, scaling: Scaling) -> tuple[FloatArray, FloatArray]:
    """Offset and scale of each feature, from the N×d0 training rows.

    standard: mean and standard deviation ``sqrt(mean((x - mean)²))``; minmax: the least value and max - min;
    none: 0 and 1. A constant feature has the scale 1, and becomes 0 throughout.

    Returns:
        offset (d0) and scale (d0); infinite or NaN where the numbers are too large to tell.
    """
    width = X.shape[1]
    if scaling == "none" or not width:
        return np.zeros(width), np.ones(width)
    if X.size > 4 * _PIECE and width > 1:  # so that a large table needs no second one beside it
        step = max(1, width // 8)
        pieces = [fit_scaling(X[:, j : j + step], scaling) for j in range(0, width, step)]
        return np.concatenate([a for a, _ in pieces]), np.concatenate([b for _, b in pieces])
    least, greatest = (end(axis=0).astype(np.float64) for end in (X.min, X.max))
    constant = least == greatest
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standard":
            # The mean of equal numbers may be an ulp off, and that ulp would be scaled up to a feature.
            offset = np.where(constant, least, X.mean(axis=0, dtype=np.float64))
            # The largest deviation is taken out first: squares of 1e200 overflow, squares of 1e-200 vanish.
            deviation = X - offset
            largest = np.where(constant, 1.0, np.abs(deviation).max(axis=0))
            scale = largest * np.sqrt(np.mean((deviation / largest) ** 2, axis=0))
        else:
            offset, scale = least, greatest - least
    return offset, np.where(constant, 1.0, scale)


def _fill(numbers: Numbers, fill: FloatArray) -> None:
    """Put the fill of each column where a value is missing, in place and a piece at a time."""
    rows = max(1, _PIECE // max(1, numbers.shape[1]))
    for start in range(0, len(numbers), rows):
        piece = numbers[start : start + rows]
        gaps = np.isnan(piece)
        if gaps.any():
            np.copyto(piece, np.broadcast_to(fill, piece.shape), where=gaps)


def _scaled(numbers: Numbers, offset: FloatArray, scale: FloatArray) -> FloatArray:
    """``(x - offset) / scale``; infinite or NaN where that cannot be told in float64."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scaled: FloatArray = np.subtract(numbers, offset)
        np.divide(scaled, scale, out=scaled)
    return scaled
