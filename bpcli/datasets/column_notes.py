"""What was done with the columns of a table, in a line for each kind, and what a person must be warned of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bpcli.common.text import printable
from bpcli.datasets.dataset import Category, Dataset, FloatArray, Inputs, Numbers
from bpcli.datasets.encoding import Encoding

_SHOWN = 6  # names in a line
_MOST_COLUMNS = 2000  # that are looked at for leaks and marks
_FEWEST_ROWS = 20
_LOOKED_AT = 1000  # values
_NINES = frozenset({99.0, 999.0, 9999.0, 99999.0})


def summarise(dataset: Dataset, encoding: Encoding, training: Inputs) -> tuple[str, ...]:
    """Say what was recognised and done: reading, numbers, categories, columns left out; a line each, if any."""
    lines: list[str] = []
    if dataset.notes:
        lines.append("read: " + "; ".join(dataset.notes))
    marked = {
        role.name: role.why
        for role in dataset.roles
        if role.kind == "number" and role.why not in ("", "declared")
    }
    numbers = [encoding.numbers[j] for j in encoding.kept]
    if numbers and (
        encoding.indicators or marked or encoding.categories or len(numbers) < len(encoding.numbers)
    ):
        filled = (
            int(np.isnan(training.numbers[:, list(encoding.indicators)]).sum()) if encoding.indicators else 0
        )
        line = f"{_count(len(numbers), 'number')}: {_names(numbers)}"
        if encoding.indicators:
            held = [encoding.numbers[j] for j in encoding.indicators]
            line += f"; missing in {_names(held)}: median instead ({filled:,} cells), and an indicator each"
        for name, why in list(marked.items())[:3]:
            line += f"; {printable(name)}: {why}"
        lines.append(line)
    if encoding.categories:
        line = f"{_count(len(encoding.categories), 'category', 'categories')}, one-hot: " + _names(
            [f"{code.name} ({len(code.parts)})" for code in encoding.categories]
        )
        grouped = [code.name for code in encoding.categories if code.other]
        if grouped:
            line += f"; rare words grouped in {_names(grouped)}"
        absent = [code.name for code in encoding.categories if code.missing]
        if absent:
            line += f"; missing is a category in {_names(absent)}"
        lines.append(line)
    reasons: dict[str, list[str]] = {}
    for role in dataset.roles:
        if role.kind == "left out":
            reasons.setdefault(role.why, []).append(role.name)
    kept = set(encoding.kept)
    constant = [name for j, name in enumerate(encoding.numbers) if j not in kept]
    used = {code.name for code in encoding.categories}
    constant += [category.name for category in dataset.categories if category.name not in used]
    if constant:
        reasons["constant"] = constant
    if reasons:
        lines.append("left out: " + "; ".join(f"{_names(names)} ({why})" for why, names in reasons.items()))
    return tuple(lines)


def warnings(dataset: Dataset) -> tuple[str, ...]:
    """What a person must be told of a table: columns that give the target away, and classes of one row."""
    found = [
        f"{printable(name)} determines {', '.join(map(printable, dataset.outputs))}: if it is not known beforehand, "
        f"leave it out with --ignore {printable(name)!r}"
        for name in leaks(dataset)
    ]
    found += [suspect.sentence for suspect in suspected_missing(dataset)]
    if dataset.task == "classification":
        counts = np.bincount(dataset.targets, minlength=len(dataset.classes))
        single = [dataset.classes[i] for i in np.flatnonzero(counts == 1)]
        if single:
            found.append(
                f"{_count(len(single), 'class', 'classes')} with only one row ({_names(single)}), which is too few to "
                "learn from and to validate on"
            )
    return tuple(found)


@dataclass(frozen=True)
class Suspect:
    """A number that may stand for a missing value: ``rows`` of a column have it, and no other value is near."""

    column: str
    value: float
    rows: int

    @property
    def sentence(self) -> str:
        """What a person must be told."""
        return (
            f"{printable(self.column)}: {self.value:g} in {_count(self.rows, 'row')} is far from all other values; if "
            f"it stands for a missing value, set data.missing_values: [{self.value:g}]"
        )


def suspected_missing(dataset: Dataset) -> tuple[Suspect, ...]:
    """Numbers of nines at the end of a column, such as -999, further from the others than these are apart."""
    columns = list(zip(dataset.features, dataset.X.T, strict=True))
    if dataset.task == "regression":
        columns += zip(dataset.outputs, dataset.targets.T, strict=True)
    if len(dataset.X) < _FEWEST_ROWS or len(columns) > _MOST_COLUMNS:
        return ()
    return tuple(suspect for name, column in columns for suspect in _suspects(name, column))


def _suspects(name: str, column: FloatArray) -> Iterator[Suspect]:
    values = column[~np.isnan(column)]
    for extreme in (np.min, np.max):
        if not len(values):
            return
        value = float(extreme(values))
        others = values[values != value]
        rows = len(values) - len(others)
        if abs(value) in _NINES and rows > 1 and len(np.unique(others[:_LOOKED_AT])) > 1:
            least, greatest = float(others.min()), float(others.max())
            gap = max(least - value, value - greatest)
            if gap > greatest - least:
                yield Suspect(name, value, rows)


def leaks(dataset: Dataset) -> tuple[str, ...]:
    """Columns that alone determine the target of every row, with far fewer values than there are rows."""
    if len(dataset.X) < _FEWEST_ROWS or len(dataset.features) + len(dataset.categories) > _MOST_COLUMNS:
        return ()
    return tuple(_leaks(dataset))


def _leaks(dataset: Dataset) -> Iterator[str]:
    if dataset.task == "regression" and dataset.targets.shape[1] == 1:
        y = dataset.targets[:, 0]
        for j, name in enumerate(dataset.features):
            if _proportional(dataset.X[:, j], y):
                yield name
        return
    if dataset.task != "classification":
        return
    for j, name in enumerate(dataset.features):
        column = dataset.X[:, j]
        values, codes = np.unique(column, return_inverse=True)
        few = 2 <= len(values) <= min(max(20, len(column) // 20), len(column) // 4)
        if few and _determines(codes, len(values), dataset):
            yield name
    for category in dataset.categories:
        if _category_determines(category, dataset):
            yield category.name


def _category_determines(category: Category, dataset: Dataset) -> bool:
    size = len(category.levels) + 1
    return len(category.levels) <= len(category.codes) // 4 and _determines(category.codes + 1, size, dataset)


def _determines(codes: np.ndarray, size: int, dataset: Dataset) -> bool:
    table = np.zeros((size, len(dataset.classes)), bool)
    table[codes, dataset.targets] = True
    used = table.sum(axis=1)
    return bool((used <= 1).all() and (used > 0).sum() > 1)


def _proportional(x: Numbers, y: FloatArray) -> bool:
    filled = ~np.isnan(x)
    x, y = x[filled], y[filled]
    if len(x) < 20 or x.min() == x.max() or y.min() == y.max():
        return False
    with np.errstate(all="ignore"):
        r = np.corrcoef(x, y)[0, 1]
    return bool(abs(r) > 1 - 1e-9)


def _names(names: Sequence[str]) -> str:
    shown = [printable(name, 30) for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(shown) + more


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
