"""How fast tables are read: the fast way against the careful one, side by side, and the digits that are shipped.

    python benchmarks/reading.py [ROWS]

Prints the time of either way for ROWS rows of ten cells, with numeric and with text targets, and their ratio.
"""

import sys
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
from bpcli.datasets.csv_diagnostics import read_cell_by_cell
from bpcli.datasets.csv_dialect import detect_dialect

from bpcli.datasets import load
from bpcli.datasets.text_table import read_fast


def seconds(call):
    """The median of five calls."""
    times = []
    for _ in range(5):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return median(times)


def main(rows):
    """Compare the two ways on random tables, and read the digits."""
    numbers = np.random.default_rng(0).normal(size=(rows, 9)).tolist()
    for kind, labels in (("numeric", ["0.5"]), ("text", ["a", "b"])):
        lines = [",".join(map(repr, row)) + f",{labels[i % len(labels)]}" for i, row in enumerate(numbers)]
        text = "\n".join(lines)
        dialect = detect_dialect(text, "t", tabs=False, target=None)
        fast, careful = (seconds(partial(read, text, dialect)) for read in (read_fast, read_cell_by_cell))
        print(
            f"{rows:,}×10, {kind} target: fast {fast:.3f} s, careful {careful:.3f} s, {careful / fast:.1f} ×"
        )
    rng = np.random.default_rng(0)
    digits = seconds(lambda: load("digits", target=None, task="auto", samples=None, noise=None, rng=rng))
    print(f"digits: {digits:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
