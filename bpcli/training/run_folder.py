"""The folder of a run: where it lies, who may write to it, and what each of its files is called."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bpcli.errors import MachineError, UsageError

try:
    import fcntl
except ImportError:  # Windows has no flock; there a second process is not noticed
    fcntl = None  # type: ignore[assignment]

CONFIG = "config.yaml"
METRICS = "metrics.csv"
CHECKPOINT = "checkpoint.npz"
BEST = "best.npz"
INITIAL = "initial.npz"
SUMMARY = "summary.json"
ENVIRONMENT = "environment.json"
FILES = (CONFIG, METRICS, CHECKPOINT, BEST, INITIAL, SUMMARY, ENVIRONMENT)
LOCK = "lock"


def default_folder(name: str, now: datetime) -> Path:
    """Return ``runs/<UTC time>-<name>``, or with -2, -3 … at its end the first that is not taken."""
    base = Path("runs") / f"{now:%Y%m%dT%H%M%SZ}-{name}"
    folder, number = base, 1
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    return folder


def occupied(folder: Path) -> list[str]:
    """Return the names of a run's files that exist in ``folder`` already."""
    return [name for name in FILES if (folder / name).exists()]


def claim_new(folder: Path, *, force: bool) -> None:
    """Make ``folder`` ready for a new run; with ``force``, remove the files of the run it holds, and no others.

    The folder must be held (see ``held``) while this happens.

    Raises:
        UsageError: if it holds files of a run and ``force`` is not given.
    """
    taken = occupied(folder)
    if taken and not force:
        raise UsageError(
            f"{folder} holds a run already ({', '.join(taken)}): choose another folder with --out, "
            f"go on with it by --resume {folder}, or overwrite it with --force"
        )
    # The checkpoint goes first: what is left of an interrupted removal is then no run that could be resumed.
    for name in sorted(taken, key=lambda name: name != CHECKPOINT):
        (folder / name).unlink()


def existing_run(folder: Path) -> None:
    """Check that ``folder`` holds a run.

    Raises:
        UsageError: if it does not exist or has no checkpoint and configuration.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; --resume takes the folder of a run")
    missing = [name for name in (CONFIG, CHECKPOINT) if not (folder / name).exists()]
    if missing:
        raise UsageError(f"{folder} is not the folder of a run: it has no {' and no '.join(missing)}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold ``folder`` (made if need be) for this process alone, until the block ends or the process dies.

    Raises:
        UsageError: if a running process holds it; the message names its pid.
        MachineError: if the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder / LOCK)
    except OSError as error:
        raise MachineError(f"{folder}: cannot be written to: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / LOCK).unlink()
        os.close(lock)


def _locked(path: Path) -> int:
    """Return the descriptor of a lock file that is ours; the kernel lets go of it if we die."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if fcntl is None:
            return lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(lock, 20).decode(errors="replace").strip()
            os.close(lock)
            raise UsageError(
                f"{path.parent} is in use by process {pid or 'unknown'}: wait until it ends, or choose another "
                "folder with --out"
            ) from error
        # Between our open and our lock the last holder may have removed the file: then the lock is on nothing.
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(lock).st_ino:
                os.ftruncate(lock, 0)
                os.write(lock, f"{os.getpid()}\n".encode())
                return lock
        os.close(lock)
