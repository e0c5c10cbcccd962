"""From a source of rows (a table, standard input, an array, a data frame) to the inputs that an encoding takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Number
from typing import Any

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.text import printable
from bpcli.datasets import Encoding, ReadOptions
from bpcli.datasets.arrays import read_inputs
from bpcli.datasets.cell_columns import Cells, cells_of
from bpcli.datasets.cells import any_case, is_missing
from bpcli.datasets.columns import InputOptions
from bpcli.datasets.dataset import Category, FloatArray, Inputs, Role
from bpcli.datasets.encoding import CategoryCode, select
from bpcli.datasets.layout import decimal_point, nameless
from bpcli.datasets.loading import ARRAYS, SHIPPED, read_cells, shipped_cells, suffix_of
from bpcli.datasets.text_source import STDIN
from bpcli.datasets.text_table import read_chunks
from bpcli.datasets.workbooks import WORKBOOKS, cell_text


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of a source, before they are encoded.

    Attributes:
        inputs: the columns that the network needs.
        cells: all columns, where they are text.
        ignored: names of columns that the network does not need.
        first: how many rows of the source come before these.
    """

    inputs: Inputs
    cells: Cells | None
    ignored: tuple[str, ...]
    first: int = 0

    def __len__(self) -> int:
        return len(self.inputs)


def read_rows(
    source: str, encoding: Encoding, read: ReadOptions | None = None, *, verbatim: bool = False
) -> Iterator[Rows]:
    """Read the rows of a source, some thousand at a time.

    Args:
        source: a text table, a workbook, an NPZ with ``X`` or an NPY of the inputs; - is standard input.
        encoding: what says which columns are needed; they are found by name, or by position where there is no header.
        read: what of the layout of a text table needs no recognising.
        verbatim: whether the text of every cell is kept.

    Raises:
        DataError: a column is missing, or holds a cell that is not what it needs.
    """
    place = "standard input" if source == STDIN else source
    suffix = suffix_of(source)
    if suffix in ARRAYS:
        yield array_rows(read_inputs(source, suffix), encoding, place)
        return
    needed = needed_roles(encoding)
    words = [role.name for role in needed if role.kind in ("category", "date")]
    if source in SHIPPED:
        chunks = iter([shipped_cells(source)])
    elif suffix in WORKBOOKS:
        unused = tuple(role.name for role in encoding.roles if role not in needed)
        chunks = iter([read_cells(source, columns=InputOptions(ignore=unused))])
    else:
        names = [role.name for role in needed if not role.name.startswith("column ")]
        exact = [*words, *encoding.target.outputs]
        read = replace(read or ReadOptions(), settled=encoding.decimal)
        chunks = read_chunks(source, place, read, names=names, exact=exact, verbatim=verbatim)
    first = 0
    for cells in chunks:
        yield cell_rows(cells, encoding, first)
        first += len(cells.numbers)


def frame_rows(frame: Any, encoding: Encoding) -> Rows:
    """The rows of a data frame (pandas or polars), a dict of columns, a list of dicts, or an N×d array.

    Raises:
        DataError: a column is missing, or holds a value that is not what it needs.
    """
    if isinstance(frame, Sequence) and frame and isinstance(frame[0], Mapping):
        frame = {
            name: [row.get(name) for row in frame] for name in dict.fromkeys(k for row in frame for k in row)
        }
    if not isinstance(frame, Mapping) and not hasattr(frame, "columns"):
        return array_rows(np.asarray(frame), encoding, "the array")
    names = list(frame) if isinstance(frame, Mapping) else list(frame.columns)
    columns = [frame[name] for name in names]
    values = [c.tolist() if hasattr(c, "tolist") else list(c) for c in columns]
    point = "."
    if encoding.decimal == ",":
        point = decimal_point([v.strip() for c in values for v in c if isinstance(v, str)], ";", ",")
    texts = [
        [cell_text(v).replace(".", point) if isinstance(v, Number) else cell_text(v) for v in c]
        for c in values
    ]
    if len({len(column) for column in texts}) > 1:
        raise DataError("the frame: its columns have different lengths")
    if not texts or not texts[0]:
        raise DataError("the frame: it has no rows; give one row at least")
    rows = zip(*texts, strict=True)
    return cell_rows(cells_of("the frame", [str(name) for name in names], rows, point), encoding)


def needed_roles(encoding: Encoding) -> tuple[Role, ...]:
    """The columns without which the network has no inputs: constant columns and those left out are not among them."""
    numbers = {encoding.numbers[j] for j in (*encoding.kept, *encoding.indicators)}
    categories = {code.name for code in encoding.categories}
    roles = encoding.roles or tuple(Role(name, "number") for name in encoding.numbers)

    def needed(role: Role) -> bool:
        if role.kind == "date":
            return any(name.startswith(f"{role.name}: ") for name in numbers)
        return role.name in (
            numbers if role.kind == "number" else categories if role.kind == "category" else ()
        )

    return tuple(role for role in roles if needed(role))


def cell_rows(cells: Cells, encoding: Encoding, first: int = 0) -> Rows:
    """The rows of a text table, its columns found by name."""
    filled = cells.without(encoding.missing_values)
    needed = needed_roles(encoding)
    position = _positions(cells, encoding, needed)
    found, _ = select(
        filled, {position[role.name]: role for role in needed if role.kind != "category"}, encoding.invalid
    )
    if found.names == encoding.numbers:
        numbers = found.numbers
    else:
        numbers = np.full((len(found), len(encoding.numbers)), np.nan)
        where = {name: j for j, name in enumerate(found.names)}
        for j, name in enumerate(encoding.numbers):
            if name in where:
                numbers[:, j] = found.numbers[:, where[name]]
    categories = tuple(_category(filled, position[code.name], code) for code in encoding.categories)
    used = {position[role.name] for role in needed}
    outputs = set(encoding.target.outputs)
    ignored = tuple(name for j, name in enumerate(cells.names) if j not in used and name not in outputs)
    return Rows(Inputs(numbers, encoding.numbers, categories), cells, ignored, first)


def trained_names(cells: Cells, encoding: Encoding) -> list[str]:
    """What training called each column: its name, or by its place where training knew no names.

    Without the targets, columns stand in the order of training.
    """
    names = list(cells.names)
    needed = {role.name for role in needed_roles(encoding)}
    trained = [role.name for role in encoding.roles] or list(encoding.numbers)
    unnamed = not encoding.roles or all(name.startswith(nameless(0)[:-1]) for name in trained)
    if unnamed and (not needed <= set(names) or not cells.layout.header):
        return trained if len(names) == len(trained) else [nameless(j) for j in range(len(names))]
    return names


def _positions(cells: Cells, encoding: Encoding, needed: Sequence[Role]) -> dict[str, int]:
    """Where each needed column is."""
    names = trained_names(cells, encoding)
    missing = [role.name for role in needed if role.name not in names]
    if missing:
        raise DataError(_missing(cells, missing, names))
    return {role.name: names.index(role.name) for role in needed}


def _missing(cells: Cells, missing: Sequence[str], names: Sequence[str]) -> str:
    def named(words: Sequence[str]) -> str:
        shown = ", ".join(printable(word, 40) for word in words[:10])
        return shown + (f" and {len(words) - 10:,} more" if len(words) > 10 else "")

    what = "column" if len(missing) == 1 else f"{len(missing)} columns"
    if not cells.layout.header:
        return (
            f"{cells.place}: no row names the columns, but those of training have names; add a first row "
            f"with {named(missing)}"
        )
    return (
        f"{cells.place}: {what} missing that the network was trained on: {named(missing)}; the file has "
        f"{named(names)}"
    )


def _category(cells: Cells, j: int, code: CategoryCode) -> Category:
    """Column j with words spelt as among the training rows, where only upper and lower case differ."""
    text = cells.text(j)
    spelt = any_case(code.levels)
    known = set(code.levels)
    levels: dict[str, int] = {}
    codes = [
        -1
        if is_missing(word, among_words=True) and word not in known
        else levels.setdefault(word if word in known else spelt.get(word.casefold(), word), len(levels))
        for word in text.vocabulary
    ]
    table = np.array(codes, np.int32)
    return Category(code.name, table[text.codes] if codes else text.codes, tuple(levels))


def array_rows(array: Any, encoding: Encoding, place: str) -> Rows:
    """The rows of an N×d0 array: the inputs in the order of training.

    Raises:
        DataError: it has another number of columns, or the network needs words.
    """
    if encoding.categories or any(role.kind == "date" for role in encoding.roles):
        raise DataError(
            f"{place}: the network was trained on columns of words; give a table with named columns"
        )
    numbers: FloatArray = np.asarray(array)
    if numbers.ndim == 1 and numbers.dtype.kind in "biuf":
        numbers = numbers[np.newaxis]
    if numbers.ndim != 2 or numbers.dtype.kind not in "biuf":
        raise DataError(f"{place}: expected a table of numbers, N×{len(encoding.numbers)}")
    width, targets = len(encoding.numbers), len(encoding.target.outputs)
    if numbers.shape[1] != width:
        raise DataError(
            f"{place}: it has {numbers.shape[1]} columns where the network was trained on {width} inputs"
            + ("; leave the targets out" if numbers.shape[1] == width + targets else "")
        )
    numbers = np.array(numbers, dtype=np.float64)
    if np.isinf(numbers).any():
        row, column = np.argwhere(np.isinf(numbers))[0]
        raise DataError(
            f"{place}: the entry in row {row}, column {column} is not finite; give finite numbers"
        )
    return Rows(Inputs(numbers, encoding.numbers), None, ())
