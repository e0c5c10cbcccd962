"""Damaged and forged files of what is only read: a model in its run, for predictions, and a sweep that is resumed."""

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bpcli.common.errors import BpcliError
from bpcli.network import Array
from bpcli.sweep import part, store
from bpcli.sweep.planned import Planned
from bpcli.sweep.sweeping import stored_command
from bpcli.training import run_folder
from bpcli.training.saved_model import load_model
from bpcli.training.sealed_files import read_json
from tests.torturing.commands import EPOCHS, TABLE
from tests.torturing.damage import VALUES, forge_arrays, put
from tests.torturing.running import Figure, command

Reader = Callable[[Path], str]
SWEEP = ("sweep", "xor", "--over", "seed=0:1", "--over", "model.hidden=2,3", "--epochs", "3", "-q")


def _digest(things: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(things.items()):
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def predicted(folder: Path) -> str:
    """What the model in a run makes of a table, as ``bpcli predict --proba`` does."""
    model = load_model(folder)
    chunks = list(model.predict_chunks(model.rows(str(folder.parent / "t.csv"))))
    return _digest({f"{n}": each.probabilities for n, each in enumerate(chunks)}) + repr(model.columns)


def kept(folder: Path) -> str:
    """What a resumed sweep takes over from its folder.

    Raises:
        BpcliError: it takes over nothing, or not all parts.
    """
    plan = Planned.of(stored_command(folder)).plan
    parts = store.Parts(folder, plan)
    if parts.damaged:
        raise BpcliError(parts.damaged[0])
    if parts.rows:
        store._columns(plan, ["accuracy"] * len(plan.combinations), parts)
    return _digest(parts.rows | parts.bands()) + json.dumps(store.read_plan(folder), sort_keys=True)


def prepared(folder: Path) -> tuple[tuple[str, Reader, list[Path]], ...]:
    """Make a model and a sweep, and return for each its name, what reads it, and its files."""
    (folder / "t.csv").write_text(TABLE, "utf-8")
    words = ("train", "t.csv", "--epochs", str(EPOCHS), "--out", "model", "-q", "--set", "model.hidden=3")
    assert command(folder, *words).code == 0
    assert command(folder, *SWEEP, "--out", "swept", seconds=60).code == 0
    names = (run_folder.CONFIG, run_folder.ENVIRONMENT, run_folder.ENCODING, run_folder.CHECKPOINT)
    parts = sorted((folder / "swept" / part.PARTS).iterdir())
    return (
        ("model", predicted, [folder / "model" / name for name in names]),
        ("sweep", kept, [folder / "swept" / store.PLAN, *parts]),
    )


def flips(folder: Path, every: int = 1, seed: int = 0) -> Figure:
    """Change one bit of each ``every``-th byte of every file that is read, and cut the file off there."""
    figure = Figure("a bit flipped, or a file cut off, in a model and a sweep")
    rng = random.Random(seed)
    for kind, read, paths in prepared(folder):
        top = folder / ("model" if kind == "model" else "swept")
        expected = read(top)
        for path in paths:
            content = path.read_bytes()
            for at in range(rng.randrange(every), len(content), every):
                flipped = bytearray(content)
                flipped[at] ^= 1 << rng.randrange(8)
                for damaged in (bytes(flipped), content[:at]):
                    path.write_bytes(damaged)
                    figure.add(_wrong(read, top, expected, path.name), f"{kind}: {path.suffix}")
            path.write_bytes(content)
    return figure


def _wrong(read: Reader, top: Path, expected: str, name: str) -> str:
    try:
        found = read(top)
    except BpcliError as error:
        return "" if name in str(error) else f"{name}: {error}"
    except Exception as error:
        return f"{name}: {type(error).__name__}: {error}"
    return "" if found == expected else f"{name}: believed"


def _forge_json(rng: random.Random, path: Path) -> str:
    """Change a value somewhere in a document."""
    document = read_json(path)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        inner = place[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.8:
            place = inner
            continue
        value = rng.choice([*VALUES[:7], "x", "seed=0:1", None, [], {}, [[]], {"name": 1}, -1e300, 10**30])
        return put(rng, path, document, (place, key), value)


def _forge(rng: random.Random, path: Path) -> str:
    return forge_arrays(rng, path) if path.suffix == ".npz" else _forge_json(rng, path)


def sealed(folder: Path, number: int, seed: int = 0) -> Figure:
    """Forge what is read, each with a digest that fits: refused by one message, or read as what it says.

    What else can be compared is in ``damage.sealed``; here a number that nothing contradicts is believed.
    """
    figure = Figure("models and sweeps with wrong content and a right digest")
    rng = random.Random(seed)
    kinds = prepared(folder)
    while figure.tried < number:
        kind, read, paths = rng.choice(kinds)
        top = folder / ("model" if kind == "model" else "swept")
        path = rng.choice([each for each in paths if each.suffix != ".yaml"])
        content = path.read_bytes()
        if change := _forge(rng, path):
            try:
                read(top)
            except BpcliError as error:
                figure.add("" if len(error.lines) == 1 or kind == "sweep" else str(error), f"{kind}: refused")
            except Exception as error:
                figure.add(f"{path.name}, {change}: {type(error).__name__}: {error}")
            else:
                figure.add("", f"{kind}: read")
        path.write_bytes(content)
    return figure
