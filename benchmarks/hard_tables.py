"""Trains on hard tables through the command, each in a process of its own: none may fail in another way than it must.

    python benchmarks/hard_tables.py              # the torture set of tests/datasets/hard_files.py
    python benchmarks/hard_tables.py quote nul    # those whose names contain a word
    python benchmarks/hard_tables.py FOLDER       # all tables in a folder, and in its folder faults

A folder may have ``tables.jsonl``, a line for each table with ``file`` and ``first_try``, the command to try. What
pandas reads is compared with what bpcli reads, every number to the last bit (``pip install pandas``).
"""

import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from bpcli.common.errors import BpcliError
from bpcli.datasets.loading import TEXT, read_cells, suffix_of
from tests.datasets.hard_files import ALL, says


def train(words, run):
    """How ``bpcli train`` ends: its exit code, standard output and standard error."""
    command = [sys.executable, "-m", "bpcli", *words, "--epochs", "2", "--json", "--out", run]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return ended.returncode, ended.stdout, ended.stderr


def torture(words):
    """Train on the torture set, and say which files do not end as they must."""
    chosen = [hard for hard in ALL if not words or any(word in hard.name for word in words)]
    wrong = 0
    for hard in chosen:
        with tempfile.TemporaryDirectory() as folder:
            path = str(hard.make(folder))
            fault = judged(hard, path, *train(["train", path], f"{folder}/run"))
        if fault:
            wrong += 1
            print(f"{hard.name}: {fault}", flush=True)
    refused = sum(hard.rows is None for hard in chosen)
    print(
        f"{len(chosen)} files: {len(chosen) - refused} to be read, {refused} to be refused; {wrong} ended wrongly"
    )
    return wrong


def judged(hard, path, code, out, err):
    """What is wrong with how the command ended, or nothing."""
    if "Traceback" in err:
        return f"a traceback: {err[-300:]}"
    if hard.rows is None:
        if code != 2:
            return f"exit code {code} where it is to be refused: {err[:300]}"
        return "" if err.count("error:") == 1 and says(hard, path, err) else f"the message is {err[:400]}"
    if code:
        return f"exit code {code}: {err[:400]}"
    found = json.loads(out)
    rows = sum(found["rows"].values())
    if rows != hard.rows:
        return f"{rows} rows where {hard.rows} are right"
    notes = "; ".join(found["data_notes"])
    return "" if says(hard, path, notes) else f"said of it: {notes}"


def real(folder):
    """Train on the tables of a folder, say how each ends, and compare with pandas."""
    commands = {path.name: ["train", path.name] for path in sorted(folder.iterdir()) if is_table(path)}
    if (folder / "tables.jsonl").exists():
        for line in (folder / "tables.jsonl").read_text(encoding="utf-8").splitlines():
            tried = json.loads(line)
            commands[tried["file"]] = shlex.split(tried["first_try"])[1:]
    faults = sorted(path for path in folder.glob("faults/*") if is_table(path))
    commands |= {f"faults/{path.name}": ["train", f"faults/{path.name}"] for path in faults}
    ended = {"trained": 0, "refused": 0, "wrong": 0}
    compared = columns = unequal = 0
    for name, (_, file, *options) in commands.items():
        with tempfile.TemporaryDirectory() as run:
            path = str(folder / (file if "/" in name or file == name else name))
            code, _, err = train(["train", path, *options], f"{run}/run")
        how = "trained" if code == 0 else "refused" if code == 2 and err.count("error:") == 1 else "wrong"
        ended[how] += 1
        if how != "trained":
            print(f"{name}: {how}: {' '.join(err.replace(path, name).split())[:300]}", flush=True)
        equal = as_pandas(path)
        compared, columns = compared + (equal is not None), columns + (equal or (0, 0))[0]
        if equal and equal[1]:
            unequal += 1
            print(f"{name}: pandas reads other numbers in {equal[1]} columns")
    print(", ".join(f"{count} {how}" for how, count in ended.items()))
    print(f"{compared} files read by pandas too, {columns} columns of numbers; {unequal} files differ")
    return ended["wrong"] + unequal


def is_table(path):
    """Whether a file has the name of a text table."""
    return path.is_file() and suffix_of(path.name) in TEXT


def as_pandas(path):
    """How many columns pandas reads as numbers too, and how many of them differ; None where one of both refuses."""
    import pandas as pd

    try:
        cells = read_cells(path)
        layout = cells.layout
        frame = pd.read_csv(
            path,
            sep=r"\s+" if layout.delimiter == " " else layout.delimiter,
            header=None,
            skiprows=layout.skipped,
            quotechar=layout.quote,
            decimal=layout.decimal,
            comment=layout.comment or None,
            float_precision="round_trip",
            engine="c",
        )
    except (BpcliError, ValueError, OSError):
        return None
    if frame.shape != (len(cells.numbers), layout.width):
        return None
    found = different = 0
    for j in range(layout.used):
        column = frame.iloc[:, j]
        if column.dtype.kind not in "if" or j in cells.texts:
            continue
        found += 1
        ours = cells.numbers[:, j]
        theirs = column.to_numpy(np.float64)
        different += not np.array_equal(ours, theirs, equal_nan=True)
    return found, different


if __name__ == "__main__":
    arguments = sys.argv[1:]
    folder = Path(arguments[0]) if arguments and Path(arguments[0]).is_dir() else None
    sys.exit(min(1, real(folder) if folder else torture(arguments)))
