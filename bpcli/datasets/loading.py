"""From the name of a source to its data set: a built-in one, or a file by its suffix."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bpcli.common.errors import DataError
from bpcli.common.text import did_you_mean
from bpcli.datasets.arrays import read_arrays
from bpcli.datasets.cell_columns import Cells
from bpcli.datasets.columns import InputOptions, decide_roles, ends_with_totals, target_positions
from bpcli.datasets.dataset import Column, Dataset, Inputs, Role, Table, Task
from bpcli.datasets.encoding import select
from bpcli.datasets.generators import CLOUDS, GATES, cloud, gate
from bpcli.datasets.labels import TargetCells, infer_task, read_targets
from bpcli.datasets.layout import ReadOptions
from bpcli.datasets.text_source import STDIN, TEXT_SUFFIXES
from bpcli.datasets.text_table import read_text
from bpcli.datasets.workbooks import WORKBOOKS, read_workbook

SHIPPED = {"digits": "digits.csv.gz", "iris": "iris.csv"}
SHIPPED_LAYOUT = ReadOptions(delimiter="comma", header=True, decimal=".", comment="")
BUILT_IN: tuple[str, ...] = (*GATES, *CLOUDS, *SHIPPED)
TEXT = (*TEXT_SUFFIXES, ".zip")
ARRAYS = (".npz", ".npy")
SUFFIXES = (*TEXT_SUFFIXES, *ARRAYS)


def load(
    source: str,
    *,
    target: Sequence[str | int] | None = None,
    task: Literal["auto"] | Task = "auto",
    samples: int | None = None,
    noise: float | None = None,
    rng: np.random.Generator,
    read: ReadOptions | None = None,
    columns: InputOptions | None = None,
) -> Dataset:
    """Read or draw a data set, and decide what its targets mean.

    Args:
        source: a name of ``BUILT_IN``, or a path that ends in one of ``SUFFIXES``, .gz after it or not, or - for
            a text table on standard input.
        target: names or positions (-1 is the last) of the target columns of a table; None is the last column.
            An NPZ and the generators say themselves what their target is.
        task: "auto" lets the targets decide, as ``labels.infer_task`` says.
        samples: how many points to draw, for circles, moons and spiral.
        noise: the standard deviation of their noise.
        rng: what they are drawn from; nothing else is random here.
        read: what of the layout of a text table needs no recognising.
        columns: what its columns are, where that is not to be decided here.

    Returns:
        N×d0 features, and N class positions or N×d2 numbers as targets.

    Raises:
        DataError: no such source, an option that does not apply to it, or data that cannot be used.
        MachineError: a file that is there but cannot be read.
    """
    if source not in CLOUDS and (samples is not None or noise is not None):
        raise DataError(
            f"{source}: data.samples and data.noise apply to {', '.join(CLOUDS)} only; leave them out"
        )
    if source in GATES or source in CLOUDS:
        table = gate(source) if source in GATES else cloud(source, samples, noise, rng)
        if target is not None and list(target) != list(table.outputs):
            raise DataError(f"{source}: its target is always {table.outputs[0]}; leave data.target out")
        return infer_task(table, task, source)
    if source in SHIPPED:
        table = text_table(shipped_cells(source, target), target, "auto", InputOptions())
        return replace(infer_task(table, task, source), text=False)
    name = "standard input" if source == STDIN else PurePath(source).name
    if suffix_of(source) in ARRAYS:
        arrays = read_arrays(source, suffix_of(source), target, read.max_rows if read else None)
        return infer_task(arrays, task, name)
    columns = columns or InputOptions()
    cells = read_cells(source, read, target=target, columns=columns)
    return infer_task(text_table(cells, target, task, columns), task, name)


def shipped_cells(source: str, target: Sequence[str | int] | None = None) -> Cells:
    """The cells of a table that bpcli comes with."""
    path = resources.files("bpcli.datasets").joinpath("files", SHIPPED[source])
    with resources.as_file(path) as file:
        return read_text(str(file), source, SHIPPED_LAYOUT, target=target)


def read_cells(
    source: str,
    read: ReadOptions | None = None,
    *,
    target: Sequence[str | int] | None = None,
    columns: InputOptions | None = None,
) -> Cells:
    """The cells of a text table, or of a workbook where the extra ``tables`` is installed.

    Raises:
        DataError: it is no such file, or not a table.
    """
    place = "standard input" if source == STDIN else source
    marks = columns.missing_values if columns else ()
    if source != STDIN and suffix_of(source) not in TEXT:
        if suffix_of(source) in WORKBOOKS:
            unused = columns.ignore if columns else ()
            found = read_workbook(source, suffix_of(source), read.max_rows if read else None, unused)
            return found.without(marks)
        hint = f" ({meant})" if (meant := did_you_mean(source, BUILT_IN)) else ""
        raise DataError(
            f"{source}: neither a built-in data set ({', '.join(BUILT_IN)}) nor a file ending in "
            f"{', '.join((*SUFFIXES, *WORKBOOKS))} (.gz too){hint}"
        )
    exact = columns.categories if columns else ()
    return read_text(source, place, read, target=target, exact=exact).without(marks)


def suffix_of(source: str) -> str:
    """The suffix that says of what kind a file is: .csv for both t.csv and t.csv.gz."""
    return PurePath(source.lower().removesuffix(".gz")).suffix


def text_table(
    cells: Cells, target: Sequence[str | int] | None, task: Literal["auto"] | Task, columns: InputOptions
) -> Table:
    """Decide on the columns of a text table: targets, roles, rows without a target."""
    names = cells.names if cells.layout.header else None
    positions = target_positions(target, len(cells.names), names, cells.place)
    if ends_with_totals(cells):
        last = len(cells.numbers) - 1
        cells = replace(cells.first(last), notes=(*cells.notes, f"line {cells.line(last)} skipped: totals"))
    found = read_targets(cells, positions, task, columns.missing, columns.invalid)
    roles = decide_roles(cells, positions, columns)
    inputs, notes = select(cells, roles, columns.invalid)
    kept, y = found.kept, found.y
    if columns.missing != "impute":
        kept, y, note = _complete_rows(cells, inputs, found, columns.missing, roles)
        notes = (*notes, *note)
    if not kept.all():
        inputs = inputs.take(kept)
    return Table(
        place=cells.place,
        features=inputs.names,
        X=inputs.numbers,
        outputs=tuple(cells.names[j] for j in positions),
        y=y,
        categories=inputs.categories,
        roles=tuple(roles.values()),
        notes=(*cells.notes, *found.notes, *notes),
        text=True,
        formats=found.formats,
        decimal=cells.layout.decimal,
    )


def _complete_rows(
    cells: Cells, inputs: Inputs, found: TargetCells, missing: str, roles: Mapping[int, Role]
) -> tuple[NDArray[np.bool_], tuple[Column, ...], tuple[str, ...]]:
    """Leave out the rows with a missing value, or refuse the first, as ``missing`` says."""
    gaps = np.isnan(inputs.numbers).any(axis=1)
    for category in inputs.categories:
        gaps |= category.codes < 0
    gaps &= found.kept
    if not gaps.any():
        return found.kept, found.y, ()
    row = int(gaps.argmax())
    if missing == "error":
        column = next(
            j
            for j, role in roles.items()
            if role.kind != "left out"
            and (
                np.isnan(inputs.numbers[row, inputs.names.index(role.name)])
                if role.name in inputs.names
                else any(c.name == role.name and c.codes[row] < 0 for c in inputs.categories)
                or role.kind == "date"
            )
        )
        raise DataError(
            f"{cells.where(row, column)}: a value is missing ({int(gaps.sum()):,} rows have one); fill it in, or set "
            "data.missing: impute or drop"
        )
    kept = found.kept & ~gaps
    if not kept.any():
        raise DataError(f"{cells.place}: every row has a missing value; set data.missing: impute")
    within = kept[found.kept]
    y: tuple[Column, ...] = tuple(
        [cell for cell, keep in zip(column, within.tolist(), strict=True) if keep]
        if isinstance(column, list)
        else column[within]
        for column in found.y
    )
    count = int(gaps.sum())
    return (
        kept,
        y,
        (
            f"{count:,} row{'s' if count > 1 else ''} with a missing value left out (first: line {cells.line(row)})",
        ),
    )
