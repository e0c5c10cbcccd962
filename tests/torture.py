"""Prints every figure of docs/reliability.md: ``python -m tests.torture``; ``--medium`` takes about a minute.

Run it at the top of the repository. Exits with 1 if anything went wrong.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.torturing import damage, disk, faults, fuzzing, hostile, kills, sweeps
from tests.torturing.running import SCRATCH, Figure

Step = Callable[[Path], Figure]


def steps(size: str) -> list[Step]:
    """Return what is done in the short, medium or long form; each gets an empty folder."""
    short, long = size == "short", size == "long"
    pick = {"short": 0, "medium": 1, "long": 2}[size]
    found: list[Step] = [
        partial(kills.kills, number=(1, 8, 500)[pick], epochs=6 if short else 60),
        partial(
            faults.faults,
            errors=faults.ERRORS if long else faults.ERRORS[:1],
            every=(60, 50, 1)[pick],
            only="train --resume" if short else None,
        ),
        partial(damage.flips, every=(4000, 300, 5)[pick]),
        partial(damage.sealed, number=(10, 60, 2000)[pick]),
        partial(fuzzing.fuzz, number=(150, 1500, 20_000)[pick]),
    ]
    if not short:
        found += [partial(sweeps.kills, number=50 if long else 4)]
        found += [damage.exchanged, partial(disk.full_disk, step=1 if long else 4)]
        found += [partial(hostile.hostile, number=None if long else 8)]
    return found


def main() -> int:
    """Do it all, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--medium", action="store_true", help="what fits into a minute")
    size = "medium" if parser.parse_args().medium else "long"
    bad = 0
    for step in steps(size):
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="torture-", dir=SCRATCH) as folder:
            # Each in a fork, so that the memory of each is its own.
            figure = damage.traced(partial(step, Path(folder)))
        bad += len(figure.bad)
        print(f"{figure}; {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201
        for fault in figure.bad[:10]:
            print(f"    {fault}", flush=True)  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
