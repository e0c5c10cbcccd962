"""Prints every figure of docs/reliability.md: ``python -m tests.torture``; ``--medium`` takes about a minute.

Run it at the top of the repository. Exits with 1 if anything went wrong. As many steps run at a time as there are
processors, each in a process of its own; ``--only WORD`` runs those whose name has the word.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Literal

from tests.torturing import damage, disk, faults, folders, fuzzing, hostile, kills, sweeps, yaml_features
from tests.torturing.running import MIB_OF_DATA, MIB_OF_SETTINGS, MIB_OF_SUBMISSIONS, SCRATCH, Figure

Step = Callable[[Path], Figure]
Size = Literal["short", "medium", "long", "all"]
_RUNS = ("train", "train --resume", "train --force")
_SWEEPS = ("sweep", "sweep --resume")


def steps(size: Size) -> dict[str, Step]:
    """Return what is done, by name; each gets an empty folder."""

    def number(*of: int) -> int:
        return of[("short", "medium", "long", "all").index(size)]

    some = partial(faults.faults, every=number(60, 60, 1, 1), whole=size == "all")
    found: dict[str, Step] = {
        "kills of train": partial(kills.kills, number=number(1, 8, 450, 450), epochs=number(6, 60, 60, 60)),
        "faults of runs": partial(some, of=_RUNS[1:2] if size == "short" else _RUNS),
        "flips of a run": partial(damage.flips, every=number(4000, 300, 9, 1)),
        "flips of a model, a sweep": partial(folders.flips, every=number(4000, 1500, 9, 1)),
        "sealed files of a run": partial(damage.sealed, number=number(10, 60, 1500, 1500)),
        "sealed files of a model, a sweep": partial(folders.sealed, number=number(10, 40, 500, 500)),
        "fuzzed settings": partial(fuzzing.fuzz, number=number(50, 500, 8000, 40_000), settings=True),
        "fuzzed data": partial(fuzzing.fuzz, number=number(100, 1000, 12_000, 60_000), settings=False),
        "YAML": partial(yaml_features.yaml_features, every=number(60, 12, 1, 1)),
    }
    if size != "short":
        found |= {
            "kills of sweep": partial(sweeps.kills, number=number(0, 4, 50, 50)),
            "faults of sweeps": partial(some, of=_SWEEPS),
            "faults of files": partial(some, but=(*_RUNS, *_SWEEPS)),
            "exchanged files": damage.exchanged,
            "full disk": partial(disk.full_disk, step=number(0, 4, 1, 1)),
            "hostile submissions": partial(hostile.hostile, number=8 if size == "medium" else None),
        }
    return found


def done(name: str, step: Step) -> tuple[Figure, float]:
    """Do one step in a process of its own, so that its memory is its own too, and say how long it took."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-", dir=SCRATCH) as folder:
        figure = damage.traced(partial(step, Path(folder)))
    limits = {"fuzzed settings": MIB_OF_SETTINGS, "hostile submissions": MIB_OF_SUBMISSIONS}
    most = limits.get(name, MIB_OF_DATA)
    if (peak := figure.notes.get("MiB at most", 0)) > most:
        figure.bad.append(f"{peak} MiB where {most} are the limit")
    return figure, time.monotonic() - start


def main() -> int:
    """Do it all, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--medium", action="store_true", help="what fits into a minute")
    parser.add_argument("--all", action="store_true", help="every byte, and every error at every operation")
    parser.add_argument("--only", default="", metavar="WORD", help="only steps whose name has this word")
    given = parser.parse_args()
    size: Size = "medium" if given.medium else "all" if given.all else "long"
    chosen = {name: step for name, step in steps(size).items() if given.only in name}
    bad = 0
    print(f"{'':64}{'tried':>8}{'bad':>5}{'MiB':>6}{'s':>6}")  # noqa: T201
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for each in as_completed([pool.submit(done, *step) for step in chosen.items()]):
            figure, seconds = each.result()
            bad += len(figure.bad)
            peak = figure.notes.pop("MiB at most", 0)
            row = f"{figure.what:64}{figure.tried:>8,}{len(figure.bad):>5}{peak:>6}{seconds:>6.0f}"
            print(row, flush=True)  # noqa: T201
            notes = ", ".join(f"{number:,} {note}" for note, number in sorted(figure.notes.items()))
            for line in ([notes] if notes else []) + figure.bad[:10]:
                print(f"    {line}", flush=True)  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
