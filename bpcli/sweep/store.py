"""The folder of a sweep: its plan, a part for each finished group, and the tables that are made of the parts.

Every file is written to a temporary name and renamed, and carries a digest. A part is believed if its digest fits, so a
sweep that was killed at any moment goes on with the groups that have none.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpcli.common import array_files
from bpcli.common.errors import UsageError
from bpcli.common.files import write_atomically
from bpcli.common.text import cell
from bpcli.network import Array
from bpcli.sweep.outcome import empty_rows
from bpcli.sweep.part import PARTS, WEIGHTS, named, read_part
from bpcli.sweep.plan import Plan
from bpcli.sweep.stack import spread_out
from bpcli.training import run_folder
from bpcli.training.environment import EnvironmentDocument
from bpcli.training.sealed_files import (
    DamagedError,
    damaged,
    first_problem,
    read_bytes,
    read_json,
    write_json,
)

PLAN, RESULTS, CURVES, SUMMARY = "plan.json", "results.csv", "curves.npz", "summary.json"
BEST, BEST_CONFIG = "best.npz", "best.yaml"
PARQUET = "results.parquet"
RESUMABLE = "--resume takes the folder of a sweep"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BLOCK = 64 << 20  # bytes of loss curves that are held at a time
_FILES = (run_folder.CONFIG, PLAN, RESULTS, PARQUET, CURVES, BEST, BEST_CONFIG, SUMMARY)
_LEFT_OVER = run_folder.left_over("|".join(map(re.escape, _FILES)))
_LEFT_OVER_PART = run_folder.left_over(r"[0-9a-f]{20}\.npz")


def clean(folder: Path) -> None:
    """Remove what a killed process has left half-written in a sweep's folder, which must be held meanwhile."""
    run_folder.remove_left_over(folder, _LEFT_OVER)
    for place in (folder / PARTS, folder / WEIGHTS):
        if place.is_dir() and not place.is_symlink():
            run_folder.remove_left_over(place, _LEFT_OVER_PART)


def check_free(folder: Path) -> None:
    """Check that a new sweep may be written to ``folder``.

    Raises:
        UsageError: it is a file, or holds something.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: --out takes a folder, which need not exist")
    if (folder / PLAN).exists():
        raise UsageError(
            f"{folder} already holds a sweep: go on with it by --resume {folder}, or choose another folder with --out"
        )
    if folder.is_dir() and any(path.name != run_folder.LOCK for path in folder.iterdir()):
        raise UsageError(f"{folder} is not empty: choose another folder with --out")


def check_begun(folder: Path) -> None:
    """Check that a folder without a plan holds nothing but what a sweep writes before its plan.

    Raises:
        UsageError: it holds something else, which is not a sweep's.
    """
    for path in folder.iterdir():
        begun = (
            path.name == run_folder.LOCK
            or _LEFT_OVER.fullmatch(path.name)
            or (path.name == PARTS and path.is_dir() and not any(path.iterdir()))
            or (path.name == run_folder.CONFIG and run_folder.is_ours(folder))
        )
        if not begun:
            raise _no_sweep(folder)


def _no_sweep(folder: Path) -> UsageError:
    return UsageError(f"{folder} holds no sweep: it has no {PLAN}; {RESUMABLE}")


def read_plan(folder: Path) -> dict[str, Any]:
    """Read the plan of the sweep in ``folder``.

    Raises:
        UsageError: there is none.
        MachineError: it is damaged.
    """
    run_folder.check_folder(folder, RESUMABLE)
    path = folder / PLAN
    if not path.is_file():
        raise _no_sweep(folder)
    plan = read_json(path)
    if plan.get("schema") != "bpcli.sweep.plan/1":
        raise UsageError(f"{path}: it was written by another version of bpcli; start a new sweep")
    try:
        _Plan.model_validate(plan)
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    return plan


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)


class _Command(_Document):
    config: str
    set: list[str]
    environment: dict[str, str]
    options: dict[str, int | float | str]
    over: list[str]
    sample: int | None
    success: str | None
    keep: Literal["best", "none", "all"]


class _Combination(_Document):
    id: str
    settings: dict[str, str]


class _Plan(_Document):
    """What ``plan.json`` holds beside its digest."""

    schema_: str = Field(alias="schema")
    command: _Command
    combinations: list[_Combination]
    networks: int
    data: dict[str, str]
    environment: EnvironmentDocument


def write_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write what a resumed sweep begins from."""
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    write_json(folder / PLAN, plan)


class Parts:
    """The finished groups of a folder, as far as they belong to a plan.

    Attributes:
        rows: by name a number or a text for each network that is done, in the order of the plan.
        combination: the number of its combination in the plan, for each of them.
        damaged: what is wrong with files that were not believed; their networks are not done.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._numbers = {each.id: number for number, each in enumerate(plan.combinations)}
        self._seeds = {seed: at for at, seed in enumerate(plan.seeds)}
        self._paths: list[Path] = []
        # Of each part: which networks count, and their places in the plan.
        self._places: list[tuple[Array, Array]] = []
        self.damaged: list[str] = []
        found: list[dict[str, Array]] = []
        taken: set[int] = set()
        for path in sorted((folder / PARTS).glob("*.npz")):
            try:
                rows = read_part(path).rows
            except DamagedError as error:
                self.damaged.append(str(error))
                continue
            places = self._places_of(rows)
            fresh = np.array([at >= 0 and at not in taken for at in places.tolist()], bool)
            if fresh.any():
                taken.update(places[fresh].tolist())
                self._paths.append(path)
                self._places.append((np.flatnonzero(fresh), places[fresh]))
                found.append({name: row[fresh] for name, row in rows.items()})
        self._order = np.argsort(np.concatenate([np.empty(0, np.int64), *(at for _, at in self._places)]))
        nothing = empty_rows(0)
        self.rows = {
            name: np.concatenate([nothing[name], *(rows[name] for rows in found)])[self._order]
            for name in nothing
        }
        self.combination = np.array(
            [self._numbers[each] for each in self.rows["combination"].tolist()], np.int64
        )

    def __len__(self) -> int:
        return len(self.combination)

    def of(self, number: int) -> slice:
        """Return where the networks of a combination are."""
        first, end = np.searchsorted(self.combination, [number, number + 1])
        return slice(int(first), int(end))

    def done(self) -> dict[str, set[int]]:
        """Return the seeds that are done, by id of a combination."""
        seeds: dict[str, set[int]] = {}
        for name, seed in zip(self.rows["combination"].tolist(), self.rows["seed"].tolist(), strict=True):
            seeds.setdefault(name, set()).add(seed)
        return seeds

    def _places_of(self, rows: Mapping[str, Array]) -> Array:
        """The place of each network in the plan, -1 for one that is not in it."""
        width = len(self._seeds)
        places = []
        for name, seed in zip(rows["combination"].tolist(), rows["seed"].tolist(), strict=True):
            number, at = self._numbers.get(name), self._seeds.get(seed)
            places.append(-1 if number is None or at is None else number * width + at)
        return np.array(places, np.int64)

    def _read(self, *names: str) -> Iterator[tuple[Array, dict[str, Array]]]:
        """Yield of each part which networks count, and some of its arrays."""
        for path, (fresh, _) in zip(self._paths, self._places, strict=True):
            yield fresh, array_files.read_npz(read_bytes(path), wanted=lambda name: name in names)

    def bands(self) -> dict[str, Array]:
        """Return quantiles of the loss over the seeds: combinations×quantiles×epochs; NaN where there is no number.

        ``epochs`` says of each combination which they are, 0 beyond their end. No more than a block is in memory.
        """
        combinations = len(self._numbers)
        recorded = [arrays["recorded"] for _, arrays in self._read("recorded")]
        most = max(map(len, recorded), default=0)
        # Of very many combinations some epochs only, or their bands would not fit.
        shown = max(2, _BLOCK // (8 * len(QUANTILES) * max(1, combinations)))
        chosen = spread_out(most, shown)
        most = len(chosen)
        epochs = np.zeros((combinations, most), np.int64)
        for epochs_here, (_, places) in zip(recorded, self._places, strict=True):
            numbers = np.unique(places // max(1, len(self._seeds)))
            here = epochs_here[chosen[chosen < len(epochs_here)]]
            epochs[numbers, : len(here)] = here
        shape = (combinations, len(QUANTILES), most)
        bands = {name: np.full(shape, np.nan, np.float32) for name in ("train", "validation")}
        width = max(1, _BLOCK // (4 * max(1, len(self))))
        for first in range(0, most, width):
            for name, band in bands.items():
                start, losses = 0, np.full((len(self), min(width, most - first)), np.nan, np.float32)
                for fresh, arrays in self._read(name):
                    columns = chosen[first : first + width]
                    here = arrays[name][fresh][:, columns[columns < arrays[name].shape[1]]]
                    losses[start : start + len(fresh), : here.shape[1]] = here
                    start += len(fresh)
                losses = losses[self._order]
                for number in range(combinations):
                    band[number, :, first : first + width] = _quantiles(losses[self.of(number)])
        return {"epochs": epochs, "quantiles": np.array(QUANTILES), **bands}

    def weights(self, combination: str, seed: int) -> dict[str, Array] | None:
        """Return the kept weights of a network, by name; None if they were not kept."""
        for _, arrays in self._read("row_combination", "row_seed", "kept", "theta", "sizes", "bias"):
            for theta, at in zip(arrays["theta"], arrays["kept"], strict=True):
                if arrays["row_combination"][at] == combination and arrays["row_seed"][at] == seed:
                    return named(theta, arrays["sizes"], bias=bool(arrays["bias"]))
        return None


def _quantiles(losses: Array) -> Array:
    """Return each quantile of each column by its nearest rank, which infinite losses do not disturb."""
    losses = losses[~np.isnan(losses).all(axis=1)] if losses.size else losses
    if not len(losses):
        return np.full((len(QUANTILES), losses.shape[1]), np.nan, np.float32)
    ranked = np.sort(losses, axis=0)
    nearest: Array = ranked[[round(each * (len(ranked) - 1)) for each in QUANTILES]]
    return nearest


def write_results(folder: Path, plan: Plan, metrics: Sequence[str], parts: Parts) -> str:
    """Write a row for each network, in the order of the plan, and return the digest of the file."""
    columns = _columns(plan, metrics, parts)
    content = _csv(columns, cell)
    write_atomically(folder / RESULTS, content)
    if find_spec("pyarrow"):
        _write_parquet(folder / PARQUET, columns)
    return hashlib.sha256(content).hexdigest()


def _csv(columns: Mapping[str, list[Any]], written: Callable[[str], str]) -> bytes:
    """The table as CSV, its texts as ``written`` gives them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([written(name) for name in columns])
    writer.writerows(zip(*([_text(v, written) for v in values] for values in columns.values()), strict=True))
    return text.getvalue().encode()


def _columns(plan: Plan, metrics: Sequence[str], parts: Parts) -> dict[str, list[Any]]:
    """The table of results, by column; ``metrics`` has the score of each combination."""
    settings = [dict(each.settings) for each in plan.combinations]
    numbers = parts.combination.tolist()
    rows = {name: row.tolist() for name, row in parts.rows.items()}
    columns: dict[str, list[Any]] = {key: [settings[n][key] for n in numbers] for key in plan.keys}
    for name in ("seed", "epochs", "kept_epoch", "stopped_by"):
        columns[name] = rows[name]
    for part in ("train", "validation"):
        columns[f"{part}_loss"] = [_number(value) for value in rows[f"{part}_loss"]]
        for metric in dict.fromkeys(metrics):
            scores = zip(rows[f"{part}_score"], numbers, strict=True)
            columns[f"{part}_{metric}"] = [_number(v) if metrics[n] == metric else None for v, n in scores]
    for name in ("effective_units", "symmetric", "dead", "saturated", "reason"):
        columns[name] = rows[name]
    return columns


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _text(value: object, written: Callable[[str], str]) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else written(str(value))


def _write_parquet(path: Path, columns: Mapping[str, list[Any]]) -> None:
    """Write the table as Parquet: texts as they are, as a CSV that pyarrow reads; of lists it loads pandas."""
    import pyarrow
    from pyarrow import csv as tables
    from pyarrow import parquet

    types = {str: pyarrow.string(), int: pyarrow.int64()}
    found = {
        name: next((type(v) for v in values if v is not None), float) for name, values in columns.items()
    }
    table = tables.read_csv(
        pyarrow.py_buffer(_csv(columns, str)),
        parse_options=tables.ParseOptions(newlines_in_values=True),
        convert_options=tables.ConvertOptions(
            column_types={name: types.get(kind, pyarrow.float64()) for name, kind in found.items()}
        ),
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    write_atomically(path, buffer.getvalue())
