"""How fast tables are read and predicted, and how much memory that takes, beside ``numpy.loadtxt``.

    python benchmarks/reading.py [ROWS]      # default 500,000, and ten times as many to predict

Prints: time and peak memory (above what is there after the imports, pyarrow's too where it is installed) for ROWS×10
numbers, by loadtxt and by bpcli; the time until a fault in the last row is named; the time for a table of 100,000
columns; and the peak memory of ``bpcli predict`` on ten times ROWS through a pipe. Every measurement is in a process of
its own: the shortest time and the greatest memory of three. Linux only.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

MIB = 1 << 20
MEASURE = """
import sys, time
import numpy as np
from bpcli.datasets import load
try:
    from pyarrow import csv
except ImportError:
    pass
def peak():
    # Not that of getrusage, which begins with the memory of the process that started this one.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
def read():
    return load({path!r}, task="regression", rng=np.random.default_rng(0))
def loadtxt():
    return np.loadtxt({path!r}, delimiter=",", skiprows=1)
before = peak()
started = time.perf_counter()
try:
    {call}()
except Exception as error:
    print(error, file=sys.stderr)
print(time.perf_counter() - started, peak() - before)
"""


PREDICT = """
import runpy, sys, time
from pathlib import Path
sys.argv[1:] = ["predict", {run!r}, "-q"]
try:
    runpy.run_module("bpcli", run_name="__main__")
except SystemExit as end:
    status = Path("/proc/self/status").read_text()
    print(time.process_time(), status.split("VmHWM:")[1].split()[0], file=sys.stderr)
    raise
"""


def measured(path, call):
    """Seconds and bytes of the best of three calls, and what was refused."""
    best, memory, said = float("inf"), 0, ""
    for _ in range(3):
        code = MEASURE.format(path=str(path), call=call)
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds, kib = map(float, ended.stdout.split())
        best, memory, said = min(best, seconds), int(max(memory, kib * 1024)), ended.stderr.strip()
    return best, memory, said


def predicting(folder, rows, table):
    """Seconds and peak bytes of ``bpcli predict`` on ``rows`` rows that come through a pipe."""
    bpcli = [sys.executable, "-m", "bpcli"]
    run = str(Path(folder) / "run")
    subprocess.run([*bpcli, "train", str(table), "--epochs", "1", "--out", run, "-q"], check=True)
    header, *lines = Path(table).read_text(encoding="ascii").splitlines(keepends=True)
    piece = "".join(lines).encode()
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", PREDICT.format(run=run)],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(header.encode())
        for _ in range(rows // len(lines)):
            pipe.write(piece)
    seconds, kib = map(float, process.communicate()[1].split())
    return process.returncode, seconds, kib * 1024


def main(rows):
    """Measure, and print a line for each."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        numbers, fault, wide, small = (
            Path(folder) / f"{name}.csv" for name in ("numbers", "fault", "wide", "small")
        )
        table = rng.normal(size=(rows, 10))
        header = ",".join(f"c{j}" for j in range(10))
        np.savetxt(numbers, table, fmt="%.17g", delimiter=",", header=header, comments="")
        theirs = measured(numbers, "loadtxt")[0]
        ours, our_peak, _ = measured(numbers, "read")
        print(f"{rows:,}×10: loadtxt {theirs:.2f} s, bpcli {ours:.2f} s, {ours / theirs:.2f} ×")
        print(f"peak {our_peak / MIB:.0f} MiB above the imports, {our_peak / table.nbytes:.2f} × the array")
        lines = numbers.read_text(encoding="ascii").splitlines()
        lines[-1] = "x" + lines[-1]
        fault.write_text("\n".join(lines) + "\n", encoding="ascii")
        seconds, _, said = measured(fault, "read")
        print(
            f"a fault in the last row: {seconds:.2f} s, {seconds / ours:.2f} ×: {said.rpartition('/')[2][:60]}"
        )
        many = 100_000
        body = "\n".join(",".join(map(str, row)) for row in rng.integers(0, 9, (30, many)).tolist())
        wide.write_text(",".join(f"c{j}" for j in range(many)) + "\n" + body + "\n", encoding="ascii")
        print(f"30 rows of {many:,} columns: {measured(wide, 'read')[0]:.2f} s")
        small.write_text("\n".join([header, *lines[1:10_000]]) + "\n", encoding="ascii")
        status, seconds, peak = predicting(folder, 10 * rows, small)
        print(
            f"predict on {10 * rows:,} rows through a pipe: exit {status}, {seconds:.0f} s, peak {peak / MIB:.0f} MiB"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
