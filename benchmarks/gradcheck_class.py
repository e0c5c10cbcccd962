"""How long a class of a hundred takes: `bpcli gradcheck --against` on a hundred files in two conventions.

    python benchmarks/gradcheck_class.py [FILES]

Prints the wall time of the whole command and what it said, and how it compares with starting Python and importing NumPy
as often, which is what running each file in a process of its own costs at the least.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

SUBMISSION = """
import numpy as np


def gradients(x, y, V, W):
    h = 1 / (1 + np.exp(-V @ x))
    z = 1 / (1 + np.exp(-W @ h))
    delta_2 = {delta_2}
    delta_1 = {delta_1}
    return np.outer(delta_1, x), np.outer(delta_2, h)
"""
BATCH = """
import numpy as np


def backward(X, y, params):
    V, W = params["W1"], params["W2"]
    h = 1 / (1 + np.exp(-X @ V))
    z = 1 / (1 + np.exp(-h @ W))
    delta_2 = ({delta_2}) / len(X)
    delta_1 = {delta_1}
    return {{"dW1": X.T @ delta_1, "dW2": h.T @ delta_2}}
"""
KINDS = {
    "correct": ("(z - y) * z * (1 - z)", "W.T @ delta_2 * h * (1 - h)"),
    "raw-error-back": ("(z - y) * z * (1 - z)", "W.T @ (z - y) * h * (1 - h)"),
    "no-omega": ("z - y", "W.T @ delta_2 * h * (1 - h)"),
    "no-lambda": ("(z - y) * z * (1 - z)", "W.T @ delta_2"),
    "sign": ("(y - z) * z * (1 - z)", "W.T @ delta_2 * h * (1 - h)"),
}


def timed(command: list[str], folder: Path) -> tuple[float, bytes]:
    """Run a command; return its wall time in seconds and what it printed."""
    started = perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return perf_counter() - started, done.stdout


def main(files: int) -> None:
    """Write the files, grade them, and print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = []
        for number in range(files):
            kind = list(KINDS)[number % len(KINDS)]
            delta_2, delta_1 = KINDS[kind]
            path = folder / f"{number:03}-{kind}.py"
            if number // len(KINDS) % 2:  # every other round is written in other conventions
                turned = delta_1.replace("W.T @ delta_2", "delta_2 @ W.T")
                turned = turned.replace("W.T @ (z - y)", "(z - y) / len(X) @ W.T")
                path.write_text(BATCH.format(delta_2=delta_2, delta_1=turned))
            else:
                path.write_text(SUBMISSION.format(delta_2=delta_2, delta_1=delta_1))
            names.append(path.name)
        command = [sys.executable, "-m", "bpcli", "gradcheck", "--json", "--against", *names]
        seconds, printed = timed(command, folder)
        start, _ = timed([sys.executable, "-c", "import numpy"], folder)
    checks = json.loads(printed)["checks"]
    said = Counter()
    for check in checks:
        named = [mistake["id"] for mistake in check["mistakes"]] or [check["verdict"]]
        said["rightly" if check["source"][4:-3] == named[0] else "wrongly"] += 1
    print(f"{files} files graded in {seconds:.1f} s; named {dict(said)}")
    print(
        f"ratio to {files} starts of Python with NumPy, one after the other: {seconds / (files * start):.2f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
