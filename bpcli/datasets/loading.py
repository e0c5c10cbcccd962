"""From the name of a source to its data set: a built-in one, or a file by its suffix."""

from collections.abc import Sequence
from importlib import resources
from pathlib import PurePath
from typing import Literal

import numpy as np

from bpcli.common.errors import DataError
from bpcli.common.files import read_bytes, unzipped
from bpcli.common.text import did_you_mean
from bpcli.datasets.arrays import read_npy, read_npz
from bpcli.datasets.dataset import Dataset, Table, Task
from bpcli.datasets.generators import CLOUDS, GATES, cloud, gate
from bpcli.datasets.labels import infer_task
from bpcli.datasets.text_table import read_text

SHIPPED = {"digits": "digits.csv.gz", "iris": "iris.csv"}
BUILT_IN: tuple[str, ...] = (*GATES, *CLOUDS, *SHIPPED)
SUFFIXES = (".csv", ".tsv", ".npz", ".npy")
GZIP_MAGIC = b"\x1f\x8b"


def load(
    source: str,
    *,
    target: Sequence[str | int] | None = None,
    task: Literal["auto"] | Task = "auto",
    samples: int | None = None,
    noise: float | None = None,
    rng: np.random.Generator,
) -> Dataset:
    """Read or draw a data set, and decide what its targets mean.

    Args:
        source: a name of ``BUILT_IN``, or a path that ends in .csv, .tsv, .npz or .npy, .gz after it or not.
        target: names or positions (-1 is the last) of the target columns of a table; None is the last column.
            An NPZ and the generators say themselves what their target is.
        task: "auto" lets the targets decide, as ``labels.infer_task`` says.
        samples: how many points to draw, for circles, moons and spiral.
        noise: the standard deviation of their noise.
        rng: what they are drawn from; nothing else is random here.

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
        file = SHIPPED[source]
        raw = resources.files("bpcli.datasets").joinpath("files", file).read_bytes()
        return infer_task(_read(_decompress(raw, file), file, source, target), task, source)
    return infer_task(_read_file(source, target), task, PurePath(source).name)


def _read_file(path: str, target: Sequence[str | int] | None) -> Table:
    if not path.lower().removesuffix(".gz").endswith(SUFFIXES):
        hint = f" ({meant})" if (meant := did_you_mean(path, BUILT_IN)) else ""
        raise DataError(
            f"{path}: neither a built-in data set ({', '.join(BUILT_IN)}) nor a file ending in "
            f"{', '.join(SUFFIXES)} (.gz too){hint}"
        )
    advice = "check data.source (in a configuration file a relative path starts at its folder)"
    return _read(_decompress(read_bytes(path, DataError, advice), path), path, path, target)


def _decompress(raw: bytes, path: str) -> bytes:
    """Undo gzip where a file is named .gz or begins like one.

    Raises:
        DataError: the file is truncated or damaged, or is called .gz and is not gzip.
    """
    if not (path.lower().endswith(".gz") or raw.startswith(GZIP_MAGIC)):
        return raw
    try:
        return unzipped(raw)
    except ValueError as error:
        raise DataError(f"{path}: the gzip file {error}; download it or save it again") from None


def _read(raw: bytes, file: str, place: str, target: Sequence[str | int] | None) -> Table:
    """The table in the contents of a file, whose name says of what kind it is; errors call it ``place``."""
    suffix = file.lower().removesuffix(".gz")[-4:]
    if suffix == ".npz":
        if target is not None:
            raise DataError(f"{place}: the targets of an NPZ file are in y; leave data.target out")
        return read_npz(raw, place)
    if suffix == ".npy":
        return read_npy(raw, place, target)
    return read_text(raw, place, tabs=suffix == ".tsv", target=target)
