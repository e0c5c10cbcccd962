"""How well the shipped configurations train, seed by seed, and how long the whole command takes.

    python benchmarks/seeds.py

Every figure is of whole ``bpcli train`` processes, start-up included, one after the other.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from time import perf_counter


def trained(config: str, seed: int, folder: str) -> tuple[dict, float]:
    """Run the command once; return its document and its wall time in seconds."""
    command = [sys.executable, "-m", "bpcli", "train", config, "--seed", str(seed), "--json"]
    started = perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return json.loads(done.stdout), perf_counter() - started


def accuracies(config: str, folder: str) -> None:
    """Print validation accuracy and wall time over seeds 0 to 9."""
    runs = [trained(config, seed, folder) for seed in range(10)]
    found = [document["validation"]["accuracy"] for document, _ in runs]
    times = [seconds for _, seconds in runs]
    print(
        f"{config:9} seeds 0-9: validation accuracy mean {statistics.mean(found):.4f}, "
        f"lowest {min(found):.4f}, highest {max(found):.4f}; "
        f"wall time median {statistics.median(times):.2f} s, longest {max(times):.2f} s"
    )


def successes(config: str, seeds: range, folder: str) -> None:
    """Print on how many seeds the training loss falls below 0.01 with every point right."""
    documents = [trained(config, seed, folder)[0] for seed in seeds]
    right = [d for d in documents if d["train"]["loss"] < 0.01 and d["train"]["accuracy"] == 1.0]
    highest = max(document["train"]["loss"] for document in documents)
    print(
        f"{config:9} seeds {seeds[0]}-{seeds[-1]}: {len(right)} of {len(documents)} reach loss < 0.01 with all "
        f"points right; highest loss {highest:.2g}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("digits", "iris", "logistic"):
            accuracies(name, scratch)
        successes("xor", range(100), scratch)
