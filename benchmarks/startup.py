"""The processor time of a start, beside that of NumPy and of the smallest Typer application.

    taskset -c 0 python benchmarks/startup.py [--starts 9]

A start is a process of its own; the commands take turns, so that whatever else the machine does meets all alike. All
modules are compiled beforehand, as pip does when it installs. Shown are the least and the median, in seconds of user
and system time, and what may be aimed at.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

SMALLEST = """import typer

app = typer.Typer()


@app.command()
def first(x: int = 1, y: int = 2) -> None: ...


@app.command()
def second() -> None: ...


app()
"""


def seconds(command: list[str], folder: str) -> float:
    """The processor time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=9)
    starts = parser.parse_args().starts
    train = ["-m", "bpcli", "train", "xor", "--epochs", "1", "-q", "--out", "run", "--force"]
    commands = {
        "import numpy": ["-c", "import numpy"],
        "smallest Typer application, --help": ["smallest.py", "--help"],
        "bpcli --help": ["-m", "bpcli", "--help"],
        "bpcli train xor --epochs 1 -q": train,
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "smallest.py").write_text(SMALLEST, encoding="utf-8")
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds([sys.executable, *command], folder)
        for _ in range(starts):
            for name, command in commands.items():
                times[name].append(seconds([sys.executable, *command], folder))
    for name, each in times.items():
        print(f"{name:36} least {min(each):.3f} s   median {median(each):.3f} s")
    numpy, smallest, shown, trained = (min(each) for each in times.values())
    print(f"--help ÷ the smallest application: {shown / smallest:.2f} (1.3 at most)")
    print(f"train: {trained:.2f} s (twice NumPy + 0.25 s: {2 * numpy + 0.25:.2f} s)")


if __name__ == "__main__":
    main()
