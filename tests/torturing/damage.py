"""Damaged, forged and exchanged files of a run: named, or without any effect."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.common.errors import BpcliError
from bpcli.training import run_folder
from bpcli.training.sealed_files import (
    read_commented,
    read_json,
    read_npz,
    write_commented,
    write_json,
    write_npz,
)
from tests.torturing.running import Figure, command, forked, restored, train

EPOCHS = 4


def fingerprint(folder: Path) -> str:
    """Everything that decides how a run goes on: state, records and configuration, or the message that refuses it."""
    run = restored(folder)
    digest = hashlib.sha256(repr((run.session.config, run.session.records)).encode())
    for name, array in sorted(run.session.trainer.state().items()):
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def refused(folder: Path, expected: str, name: str) -> str:
    """Say what is wrong if a run is neither refused by a message that names the file nor goes on as it was."""
    try:
        found = fingerprint(folder)
    except BpcliError as error:
        (line, *more) = error.lines
        return "" if name in line and not more else f"{name}: {line}"
    except Exception as error:
        return f"{name}: {type(error).__name__}: {error}"
    return "" if found == expected else f"{name}: believed"


def flips(folder: Path, every: int = 1, seed: int = 0) -> Figure:
    """Change one bit of each ``every``-th byte of every file of a run, and cut the file off there."""
    figure = Figure("a bit flipped, or a file cut off, in every file of a run")
    assert command(folder, *train(EPOCHS)).code == 0
    run, rng = folder / "run", random.Random(seed)
    expected = fingerprint(run)
    for name in run_folder.FILES:
        content = (run / name).read_bytes()
        for at in range(rng.randrange(every), len(content), every):
            flipped = bytearray(content)
            flipped[at] ^= 1 << rng.randrange(8)
            for damaged in (bytes(flipped), content[:at]):
                (run / name).write_bytes(damaged)
                figure.add(refused(run, expected, name), name)
        (run / name).write_bytes(content)
    return figure


VALUES: tuple[Any, ...] = (
    -1,
    0,
    1,
    7,
    2**63 - 1,
    0.5,
    -0.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "early_stopping",
    True,
)
PLAUSIBLE = (
    "optimiser_velocity"  # any finite numbers may be a velocity: nothing else in a run says more of it
)


def forge_arrays(rng: random.Random, path: Path) -> str:
    """Change an array of an NPZ, and say how; nothing if it did not change."""
    arrays: dict[str, Any] = read_npz(path)
    name = rng.choice([each for each in arrays if each != PLAUSIBLE])
    array = arrays[name]
    ways: dict[str, Callable[[], Any]] = {
        "missing": lambda: None,
        "another value": lambda: np.array(rng.choice(VALUES)),
        "another type": lambda: array.astype(rng.choice(["U9", "c16", "f4", "i8", "?", "S5", "f8"])),
        "size 1": lambda: np.zeros(1, array.dtype),
        "another shape": lambda: np.zeros((*array.shape, 2), array.dtype),
        "transposed": lambda: array.reshape(-1)[::-1].reshape(array.shape[::-1]),
        "other numbers": lambda: (
            array + array.dtype.type(1) if array.dtype.kind in "if" else np.array("[" * 5000)
        ),
        "one other number": lambda: _one_changed(rng, array),
    }
    way = rng.choice(list(ways))
    try:
        new = ways[way]()
    except (ValueError, TypeError):
        new = None
    if new is not None and new.dtype == array.dtype and np.array_equal(new, array):
        return ""
    arrays = {key: value for key, value in arrays.items() if key != name} | (
        {} if new is None else {name: new}
    )
    if rng.random() < 0.1:
        arrays["one more"], way = np.zeros(3), f"{way}, one more"
    write_npz(path, arrays)
    return f"{name}: {way}"


def _one_changed(rng: random.Random, array: Any) -> Any:
    new = array.copy()
    if new.dtype.kind not in "if" or not new.size:
        raise TypeError
    new.reshape(-1)[rng.randrange(new.size)] += new.dtype.type(rng.choice([-3, 1, 2]))
    return new


def _forge_json(rng: random.Random, path: Path) -> str:
    document = read_json(path)
    name = rng.choice(list(document))
    deep: Any = 0
    for _ in range(200):
        deep = [deep]
    value = rng.choice([*VALUES[:6], None, [], {}, "x", deep, {"name": 1}])
    return "" if document[name] == value else put(rng, path, document, (document, name), value)


def put(rng: random.Random, path: Path, document: Any, at: tuple[Any, Any], value: Any) -> str:
    """Write a document with another value at a place in it, a container and its key, or now and then with none."""
    place, key = at
    if rng.random() < 0.3:
        del place[key]
    else:
        place[key] = value
    write_json(path, document)
    return f"{key}: {str(value)[:20]}"


def _forge_metrics(rng: random.Random, path: Path) -> str:
    header, *rows = path.read_text("ascii").splitlines()
    cells = [row.split(",")[:-1] for row in rows]
    row = rng.choice(cells)
    at = rng.randrange(len(row))
    new = rng.choice(["", "-1", "0.25", "nan", "inf", "x", "1e999", "7", "0x1"])
    if row[at] == new:
        return ""
    row[at] = new
    sha256 = hashlib.sha256(header.rpartition(",")[0].encode())
    lines = [header]
    for each in cells:
        sha256.update(",".join(each).encode())
        lines.append(",".join([*each, sha256.hexdigest()[:16]]))
    path.write_text("\n".join(lines) + "\n", "ascii")
    return f"column {at}: {new}"


def _forge_yaml(rng: random.Random, path: Path) -> str:
    lines = read_commented(path).splitlines()
    at = rng.choice([n for n, line in enumerate(lines) if line.startswith("  ") and "epochs:" not in line])
    key = lines[at].partition(":")[0]
    new = f"{key}: {rng.choice(['7', '0.25', 'tanh', 'null', 'float32', '[4]', 'xor', '[' * 30, '!!python/x 1'])}"
    if new == lines[at]:
        return ""
    lines[at] = new
    write_commented(path, "\n".join(lines) + "\n")
    return new.strip()


FORGERS = {
    run_folder.CHECKPOINT: forge_arrays, run_folder.BEST: forge_arrays, run_folder.INITIAL: forge_arrays,
    run_folder.ENVIRONMENT: _forge_json, run_folder.METRICS: _forge_metrics, run_folder.CONFIG: _forge_yaml,
}  # fmt: skip
READ_TO_GO_ON = (run_folder.CHECKPOINT, run_folder.ENVIRONMENT, run_folder.METRICS, run_folder.CONFIG)


def sealed(folder: Path, number: int, seed: int = 0) -> Figure:
    """Forge files of a run, each with a digest that fits its wrong content."""
    figure = Figure("files with wrong content and a right digest")
    assert command(folder, *train(EPOCHS)).code == 0
    run, rng = folder / "run", random.Random(seed)
    expected = fingerprint(run)
    while figure.tried < number:
        name = rng.choice([*READ_TO_GO_ON, run_folder.CHECKPOINT])
        content = (run / name).read_bytes()
        if change := FORGERS[name](rng, run / name):
            try:
                found = fingerprint(run)
            except BpcliError as error:
                figure.add("" if len(error.lines) == 1 or name == run_folder.CONFIG else f"{error}", name)
            except Exception as error:
                figure.add(f"{name}, {change}: {type(error).__name__}: {error}", name)
            else:  # such as a name in a longer type for text: the same name
                figure.add("" if found == expected else f"{name}, {change}: accepted", "without effect")
        (run / name).write_bytes(content)
    return figure


def exchanged(folder: Path) -> Figure:
    """Put each file of another run in the place of a run's own: another seed, type, size, momentum or length."""
    figure = Figure("a file of another run in the place of a run's own")
    assert command(folder, *train(EPOCHS)).code == 0
    expected = fingerprint(folder / "run")
    others = (
        ("--seed", "1"), ("--set", "model.dtype=float32"), ("--set", "model.hidden=4"),
        ("--set", "training.optimizer={name: sgd}"), ("--set", "training.optimizer={name: adam}"), ("--epochs", "2"),
    )  # fmt: skip
    for number, change in enumerate(others):
        assert command(folder, *train(EPOCHS, f"other{number}"), *change).code == 0
        for name in run_folder.FILES:
            mixed = folder / "mixed"
            shutil.copytree(folder / "run", mixed)
            shutil.copy(folder / f"other{number}" / name, mixed / name)
            same = (mixed / name).read_bytes() == (folder / "run" / name).read_bytes()
            wrong = refused(mixed, expected, "mixed")
            # A run of the same seed that has only got less far is the same run, and its state belongs to it.
            if wrong and not same and change[0] != "--epochs":
                figure.add(f"{change}: {wrong}")
            else:
                figure.add()
            shutil.rmtree(mixed)
    return figure


def traced(act: Callable[[], Figure]) -> Figure:
    """Do it in a fork, so that its memory and its end are its own, and bring the figure back."""
    figure = Figure("?")

    def reported() -> int:
        found = act()
        print(json.dumps(vars(found)))  # noqa: T201
        return 0

    outcome = forked(reported, seconds=3600)
    if outcome.code:
        figure.add(outcome.broken or outcome.err)
        return figure
    figure = Figure(**json.loads(outcome.out))
    figure.notes["MiB at most"] = outcome.peak >> 20
    return figure
