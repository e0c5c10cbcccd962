"""A full disk: a file system of limited size in memory, where the system lets us mount one."""

import shutil
import subprocess
from pathlib import Path

from tests.torturing.running import Figure, bits, command, train

EPOCHS = 8
SIZES = range(4, 68, 4)  # KiB; a run takes about 40


def full_disk(folder: Path, step: int = 1) -> Figure:
    """Train, resume and overwrite on disks of every size; whoever makes room goes on to the same bits."""
    figure = Figure("a full disk (tmpfs of 4 to 64 KiB)")
    assert command(folder, *train(EPOCHS, "whole")).code == 0
    expected = bits(folder / "whole")
    small = folder / "small"
    small.mkdir()
    for size in list(SIZES)[::step]:
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(small)],
            capture_output=True,
            check=False,
        )
        if mount.returncode:
            figure.what += ": not possible here, mounting is not allowed"
            return figure
        try:
            figure.add(_tried(folder, small, expected))
        finally:
            subprocess.run(["umount", str(small)], check=True)
    return figure


def _tried(folder: Path, small: Path, expected: dict[str, bytes]) -> str:
    found = command(small, *train(EPOCHS))
    if found.broken or found.code not in {0, 1}:
        return f"exit {found.code}: {found.err}"
    if found.code == 1 and (
        "No space left" not in found.err or "run" not in found.err or len(found.err.splitlines()) > 1
    ):
        return f"told as {found.err}"
    if any(path.name.endswith(".tmp") for path in small.rglob("*")):
        return "a temporary file is left"
    moved = folder / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    moved.mkdir()
    if (small / "run").exists():
        shutil.copytree(small / "run", moved / "run")
    resume = (moved / "run" / "checkpoint.npz").exists()
    words = (
        ("train", "--resume", "run", "-q")
        if resume
        else (*train(EPOCHS), *(["--force"] if (moved / "run").exists() else []))
    )
    done = command(moved, *words)
    if done.code:
        return f"does not go on: {done.err}"
    return "" if bits(moved / "run") == expected else "other bits"
