"""NPZ and NPY files: arrays that are checked before anybody believes them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpcli.common import array_files
from bpcli.common.array_files import ArrayFileError
from bpcli.common.errors import DataError
from bpcli.common.files import read_bytes, unpacked_limit, unzipped
from bpcli.common.text import printable
from bpcli.datasets.cells import is_missing, number
from bpcli.datasets.columns import target_positions
from bpcli.datasets.dataset import Column, Numbers, Table
from bpcli.datasets.layout import first_rows_only
from bpcli.datasets.text_source import GZIP

REQUIRED = ("X", "y")
OPTIONAL = ("X_validation", "y_validation")
LONGEST_LIST = 200  # characters of the names of other arrays


def read_arrays(
    source: str, suffix: str, target: Sequence[str | int] | None = None, most: int | None = None
) -> Table:
    """The table in an NPZ or NPY file, as ``suffix`` says, .gz after it or not; of ``most`` rows at most.

    Args:
        source: the path.
        suffix: .npz, which says itself what its targets are, or .npy.
        target: positions of the target columns of an NPY; None is the last column.
        most: how many of the first rows are taken; validation rows of the file's own all stay.

    Raises:
        DataError: there is no such file, or it is damaged or no table.
    """
    if suffix == ".npz" and target is not None:
        raise DataError(f"{source}: the targets of an NPZ file are in y; leave data.target out")
    raw = _read(source)
    table = read_npz(raw, source) if suffix == ".npz" else read_npy(raw, source, target)
    if most is None or most >= len(table.X):
        return table
    y = tuple(column[:most] for column in table.y)
    return replace(table, X=table.X[:most], y=y, notes=(first_rows_only(most),))


def read_inputs(source: str, suffix: str) -> NDArray[Any]:
    """The array ``X`` of an NPZ file, or that of an NPY, whatever it holds.

    Raises:
        DataError: there is no such file, or it is damaged or has no ``X``.
    """
    raw = _read(source)
    try:
        if suffix == ".npy":
            return array_files.read_npy(raw, limit=unpacked_limit(raw))
        members = array_files.read_npz(raw, limit=unpacked_limit(raw), wanted=lambda name: name == "X")
    except ArrayFileError as error:
        raise DataError(f"{source}: {error}; save it again, as numbers") from None
    if "X" not in members:
        raise DataError(f"{source}: there is no array X; save the inputs as X")
    return members["X"]


def _read(source: str) -> bytes:
    """The bytes of a file; gzip is undone where it is named .gz or begins like one."""
    advice = "check the path (in a configuration file a relative path starts at its folder)"
    raw = read_bytes(source, DataError, advice)
    if not (source.lower().endswith(".gz") or raw.startswith(GZIP)):
        return raw
    try:
        return unzipped(raw)
    except ValueError as error:
        raise DataError(f"{source}: the gzip file {error}; download it or save it again") from None


def read_npz(raw: bytes, place: str) -> Table:
    """The table in an NPZ: ``X`` (N×d0) and ``y`` (N labels or N×d2 numbers).

    There may be ``X_validation`` and ``y_validation`` of the same widths; other arrays are left alone.

    Raises:
        DataError: the archive is damaged, lacks an array, or holds one of the wrong shape, type or content.
    """
    held: list[str] = []

    def wanted(name: str) -> bool:
        held.append(printable(name))
        return name in (*REQUIRED, *OPTIONAL)

    try:
        members = array_files.read_npz(raw, limit=unpacked_limit(raw), wanted=wanted)
    except ArrayFileError as error:
        raise DataError(f"{place}: {error}; save it again, as numbers or text") from None
    for name in REQUIRED:
        if name not in members:
            raise DataError(
                f"{place}: there is no array {name}; save one as X and one as y (it holds "
                f"{printable(', '.join(held), LONGEST_LIST) or 'nothing'})"
            )
    for name in held:
        # An X_val left unread would quietly train with other validation rows than its author meant.
        if name not in OPTIONAL and name.casefold().startswith(("x_val", "y_val")):
            raise DataError(f"{place}: {name} is not read; name the validation set {' and '.join(OPTIONAL)}")
    X, y = _pair(members, *REQUIRED, place)
    present = [name for name in OPTIONAL if name in members]
    if len(present) == 1:
        raise DataError(f"{place}: {present[0]} is not enough: save both {' and '.join(OPTIONAL)}")
    validation = _pair(members, *OPTIONAL, place) if present else None
    if validation and (validation[0].shape[1], len(validation[1])) != (X.shape[1], len(y)):
        raise DataError(
            f"{place}: X_validation and y_validation have {validation[0].shape[1]} and {len(validation[1])} "
            f"columns, X and y have {X.shape[1]} and {len(y)}; save them with the same number of columns"
        )
    return Table(
        place=place,
        features=tuple(f"x{j}" for j in range(1, X.shape[1] + 1)),
        X=X,
        outputs=("y",) if len(y) == 1 else tuple(f"y{j}" for j in range(1, len(y) + 1)),
        y=y,
        validation=validation,
    )


def read_npy(raw: bytes, place: str, target: Sequence[str | int] | None) -> Table:
    """The table in an NPY: one N×d array of numbers, its columns counted as in a CSV without a header.

    Raises:
        DataError: the file is damaged, no such table, or has no such target columns.
    """
    try:
        array = array_files.read_npy(raw, limit=unpacked_limit(raw))
    except ArrayFileError as error:
        raise DataError(f"{place}: {error}; save it again, as numbers") from None
    table = _numbers(array, place)
    _want_table(table, place)
    targets = target_positions(target, table.shape[1], None, place)
    features = tuple(j for j in range(table.shape[1]) if j not in targets)
    return Table(
        place=place,
        features=tuple(f"column {j}" for j in features),
        X=np.ascontiguousarray(table[:, features]),
        outputs=tuple(f"column {j}" for j in targets),
        y=tuple(np.ascontiguousarray(table[:, j], np.float64) for j in targets),
    )


def _pair(
    members: dict[str, NDArray[Any]], name_X: str, name_y: str, place: str
) -> tuple[Numbers, tuple[Column, ...]]:
    """X as N×d0 numbers and y as its columns."""
    where = f"{place}: {name_X}"
    X = _numbers(members[name_X], where)
    _want_table(X, where)
    where = f"{place}: {name_y}"
    y = members[name_y]
    if y.ndim not in (1, 2) or 0 in y.shape:
        raise DataError(f"{where}: its shape is {y.shape}; expected N labels or an N×d2 table of targets")
    if len(y) != len(X):
        raise DataError(
            f"{where}: {len(y)} targets for {len(X)} rows of {name_X}; save one target for each row"
        )
    if y.dtype.kind not in "SU":
        columns = _numbers(y, where).astype(np.float64, copy=False).reshape(len(y), -1).T
        return X, tuple(map(np.ascontiguousarray, columns))
    if y.ndim == 2:
        raise DataError(f"{where}: a table of text; write labels in one dimension, or targets as numbers")
    return X, (_texts(y, where),)


def _texts(y: NDArray[Any], where: str) -> Column:
    try:
        cells = [cell.strip() for cell in (y if y.dtype.kind == "U" else np.char.decode(y, "utf-8")).tolist()]
    except UnicodeDecodeError:
        raise DataError(f"{where}: bytes that are not UTF-8; save the labels as text") from None
    values = [number(cell) for cell in cells]
    if None not in values:
        return np.array(values, dtype=np.float64)
    numeric = all(value is not None or is_missing(cell) for value, cell in zip(values, cells, strict=True))
    fault = next((i for i, cell in enumerate(cells) if cell == "" or (numeric and values[i] is None)), None)
    if fault is not None:
        raise DataError(f"{where}[{fault}]: {cells[fault]!r} is not a label; give every row a label")
    return cells


def _numbers(array: NDArray[Any], where: str) -> Numbers:
    """The array in its own float32 or else in float64, C-contiguous, every entry finite."""
    if array.dtype.kind not in "biuf":
        raise DataError(f"{where}: its type is {array.dtype}; expected real numbers")
    with np.errstate(over="ignore"):  # a long double may not fit; what does not is refused below
        numbers: Numbers = np.ascontiguousarray(
            array, np.float32 if array.dtype == np.float32 else np.float64
        )
    finite = np.isfinite(numbers)
    if not finite.all():
        faults = np.argwhere(~finite)
        index = ", ".join(map(str, faults[0]))
        count = f" ({len(faults):,} such entries in all)" if len(faults) > 1 else ""
        raise DataError(
            f"{where}[{index}] is {numbers[tuple(faults[0])]}; every entry must be a finite number{count}"
        )
    return numbers


def _want_table(array: Numbers, where: str) -> None:
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(f"{where}: its shape is {array.shape}; expected a table with one row per sample")
