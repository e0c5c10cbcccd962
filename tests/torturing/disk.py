"""A full disk: a file system of limited size in memory, where the system lets us mount one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torturing.commands import SWEEP, go_on_with_sweep, prepare, tables
from tests.torturing.running import Figure, Outcome, bits, command, train

EPOCHS = 8
SIZES = range(4, 68, 4)  # KiB; a run takes about 40, a sweep 50


def full_disk(folder: Path, step: int = 1) -> Figure:
    """Write on disks of every size; whoever makes room goes on to the same bits, and a file is whole or not there."""
    figure = Figure("a full disk (tmpfs of 4 to 64 KiB)")
    prepare(folder)
    assert command(folder, *train(EPOCHS, "longer")).code == 0
    for size in list(SIZES)[::step]:
        for act in (_train, _sweep, _files):
            with _mounted(folder / "small", size) as small:
                if small is None:
                    figure.what += ": not possible here, mounting is not allowed"
                    return figure
                figure.add(act(folder, small), act.__name__.strip("_"))
    return figure


@contextmanager
def _mounted(small: Path, size: int) -> Iterator[Path | None]:
    small.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(small)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield small
    finally:
        subprocess.run(["umount", str(small)], check=True)


def _told(found: Outcome, small: Path) -> str:
    """One message that names the file, and no temporary file left."""
    if found.broken or found.code not in {0, 1}:
        return f"exit {found.code}: {found.err}"
    lines = found.err.splitlines()
    if found.code == 1 and not (len(lines) == 1 and "No space left" in lines[0] and "small" in lines[0]):
        return f"told as {found.err}"
    return "".join(f"{path} is left" for path in small.rglob("*.tmp"))


def _moved(folder: Path, made: Path) -> Path:
    """What was made, on a disk with room."""
    moved = folder / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    moved.mkdir()
    if made.exists():
        shutil.copytree(made, moved / "run")
    return moved


def _train(folder: Path, small: Path) -> str:
    if wrong := _told(command(folder, *train(EPOCHS, "small/run")), small):
        return wrong
    moved = _moved(folder, small / "run")
    resume = (moved / "run" / "checkpoint.npz").exists()
    again = [*train(EPOCHS), *(["--force"] if (moved / "run").exists() else [])]
    done = command(moved, *(("train", "--resume", "run", "-q") if resume else again))
    if done.code:
        return f"does not go on: {done.err}"
    return "" if bits(moved / "run") == bits(folder / "longer") else "other bits"


def _sweep(folder: Path, small: Path) -> str:
    if wrong := _told(command(folder, *SWEEP, "--out", "small/run"), small):
        return wrong
    moved = _moved(folder, small / "run")
    done = command(moved, *SWEEP, *go_on_with_sweep(moved / "run"))
    if done.code:
        return f"does not go on: {done.err}"
    return "" if tables(moved / "run") == tables(folder / "swept") else "other tables"


def _files(folder: Path, small: Path) -> str:
    """Files are written until no other fits: each is whole, or was refused."""
    kept = {}
    for number in range(4):
        for words, name in (
            (("predict", "model", "t.csv"), f"p{number}.csv"),
            (("export", "model", "--to", "numpy"), f"m{number}.py"),
        ):
            found = command(folder, *words, "-o", f"small/{name}", "-q")
            if wrong := _told(found, small):
                return wrong
            if (small / name).exists() != (found.code == 0):
                return f"{name}: exit {found.code}"
            if found.code == 0:
                kept.setdefault(name[0], (small / name).read_bytes())
                if (small / name).read_bytes() != kept[name[0]]:
                    return f"{name}: half a file"
    return ""
