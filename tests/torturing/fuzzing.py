"""Random damage to every kind of file that bpcli reads: it is read, or refused by one error of ours."""

import gzip
import io
import json
import random
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bpcli.common.errors import BpcliError
from bpcli.config import resolve, starter
from bpcli.datasets import load
from bpcli.gradcheck.answer import Message, messages, parse, read_answer
from bpcli.network import Architecture
from bpcli.worksheets.answers import read_answer_file
from tests.torturing import folders
from tests.torturing.commands import TABLE
from tests.torturing.damage import fingerprint
from tests.torturing.running import SECONDS, Figure, command, train

SETTINGS = ("YAML", "--set", "answers")
TOKENS = (
    b"\0", b"\xff\xfe", b"\x1b[2J", b"{", b"[" * 300, b"&a *a", b"!!python/object:os.system", b"'", b'"', b"- ", b"\n", b"\t",
    b"1e999", b"-1", b"nan", b"999999999999999999999", b",", b";", b"\r", b"%YAML 9.9\n---\n", b"? ", b": ", b"|\n", b"<<: ",
    b"PK\1\2", b"\x93NUMPY", b"(99999999, 99999999)", b"'O'", b"\x1f\x8b", "∇".encode(), b"\xe2\x80\xae",
)  # fmt: skip


def mutated(rng: random.Random, content: bytes) -> bytes:
    """Change, leave out, repeat, cut or insert something, a few times."""
    out = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        length = rng.choice((1, 1, 2, 8, 40))
        way = rng.randrange(6)
        if way == 0 and out:
            out[min(at, len(out) - 1)] ^= 1 << rng.randrange(8)
        elif way == 1:
            del out[at : at + length]
        elif way == 2:
            out[at:at] = out[at : at + length] * rng.choice((1, 2, 50))
        elif way == 3 and rng.random() < 0.3:
            del out[at:]
        else:
            out[at : at + rng.choice((0, length))] = rng.choice(TOKENS)
    return bytes(out)


def _npz(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


X = np.arange(12.0).reshape(6, 2)
TABLES = [b"a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", b"1;2\n3;4\n", b'"a","b"\n"1","2"\n', b"a\tb\n1\t2\n"]
SHEET = "\n".join(
    ["sizes: [2, 2, 1]", "seed: 1", "digits: 4", "a: [0.1, 0.2]", "z: [0.3]", "grad_W: [[0.1, 0.2]]"]
)
REPORT = {"readings": ["as is"], "wants_decay": False, "notes": []}
TOKEN = "00ff"


def _message() -> bytes:
    text, content = json.dumps(REPORT).encode(), _npz(**{"0 V": X, "0 W": X})
    return f"{TOKEN}{len(text):016}{len(content):016}".encode() + text + content


def workbooks() -> dict[str, bytes]:
    """A table in each format that an extra reads, where its library is installed."""
    found = {}
    if find_spec("openpyxl"):
        import openpyxl

        book, out = openpyxl.Workbook(), io.BytesIO()
        for row in (["a", "kind"], [1, "x"], [2.5, "y"], [None, "x"]):
            book.active.append(row)
        book.save(out)
        found["xlsx"] = out.getvalue()
    if find_spec("pyarrow"):
        import pyarrow
        from pyarrow import parquet

        out = io.BytesIO()
        parquet.write_table(pyarrow.table({"a": [1, 2.5, None], "kind": ["x", "y", "x"]}), out)
        found["parquet"] = out.getvalue()
    if find_spec("scipy"):
        found["arff"] = b"@relation t\n@attribute a numeric\n@attribute k {x,y}\n@data\n1,x\n2.5,y\n?,x\n"
    return found


def targets(folder: Path) -> dict[str, tuple[list[bytes], Callable[[bytes], object]]]:
    """Return what is fuzzed: sound inputs of each kind, and what reads them."""

    def file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        def act(content: bytes) -> object:
            (folder / name).write_bytes(content)
            return read(folder / name)

        return act

    def table(path: Path) -> object:
        return load(str(path), rng=np.random.default_rng(0))

    def override(content: bytes) -> object:
        return resolve("xor", overrides=[content.decode("utf-8", "replace")], environment={}, options={})

    def channel(content: bytes) -> object:
        found, _ = messages(content, TOKEN)
        return [parse(Path("mine.py"), each) for each in found] or parse(Path("mine.py"), _split(content))

    assert command(folder, *train(4)).code == 0
    run = folder / "run"
    files = [run / name for name in ("checkpoint.npz", "environment.json", "metrics.csv", "config.yaml")]

    def part_of(top: Path, path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        sound = path.read_bytes()

        def act(content: bytes) -> object:
            path.write_bytes(content)
            try:
                return read(top)
            finally:
                path.write_bytes(sound)

        return act

    (_, predicted, model), (_, kept, swept) = folders.prepared(folder)

    architecture = Architecture((2, 2, 1))
    configuration = [starter().encode(), b"seed: 1\nmodel: {hidden: [3]}\ntraining:\n  epochs: 2\n"]
    numbers = [_npz(V=X[:2], W=X[:1]), _npz(grad_V=X[:2], bias_W=X[0])]
    return {
        "YAML": (configuration, file("c.yaml", lambda path: resolve(str(path), overrides=[], environment={}, options={}))),
        "--set": ([b"model.hidden=3", b"training.optimizer={name: adam}", b"data.target=[a, b]", b"seed=1"], override),
        "CSV": (TABLES, file("t.csv", table)),
        "CSV.GZ": ([gzip.compress(each) for each in TABLES], file("t.csv.gz", table)),
        "NPZ": ([_npz(X=X, y=np.arange(6)), _npz(X=X, y=np.array(list("ababab")))], file("t.npz", table)),
        **{name: ([sound], file(f"t.{name}", table)) for name, sound in workbooks().items()},
        "answers": ([SHEET.encode()], file("a.yaml", read_answer_file)),
        "gradients NPZ": (numbers, file("g.npz", lambda path: read_answer(path, architecture))),
        "gradients JSON": ([b'{"V": [[1, 2], [3, 4]], "W": [[1, 2]]}'], file("g.json", lambda path: read_answer(path, architecture))),
        "channel": ([_message(), _message() * 2], channel),
        "predict": ([TABLE.encode()], file("t.csv", lambda _: predicted(folder / "model"))),
        **{f"run: {path.name}": ([path.read_bytes()], part_of(run, path, fingerprint)) for path in files},
        **{f"model: {path.name}": ([path.read_bytes()], part_of(folder / "model", path, predicted)) for path in model[2:]},
        **{f"sweep: {path.suffix}": ([path.read_bytes()], part_of(folder / "swept", path, kept)) for path in swept[:2]},
    }  # fmt: skip


def _split(content: bytes) -> Message:
    half = len(content) // 2
    return Message(content[:half], content[half:])


def fuzz(folder: Path, number: int, seed: int = 0, *, settings: bool) -> Figure:
    """Read ``number`` damaged inputs in all, spread over every kind: of settings, or of everything else."""
    rng = random.Random(seed)
    what = "YAML, --set, answers files" if settings else "data, gradients, the channel, folders"
    figure = Figure(f"damaged inputs: {what}")
    kinds = {name: each for name, each in targets(folder).items() if settings == (name in SETTINGS)}
    slow = {name for name in kinds if ": " in name or name == "predict"}
    share = number / (len(kinds) - len(slow) + len(slow) / 10)
    for name, (sound, read) in kinds.items():
        for _ in range(round(share / 10 if name in slow else share)):
            content = mutated(rng, rng.choice(sound))
            start, fault = time.process_time(), ""
            try:
                read(content)
            except BpcliError as error:
                fault = "" if all(line.isprintable() for line in error.lines) else "unprintable"
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
            if time.process_time() - start > SECONDS:
                fault = f"over {SECONDS:g} s"
            figure.add(f"{name}: {fault}: {content[:200]!r}" if fault else "", name)
    return figure
