"""The folder of a run: where it lies, who may write to it, and what each of its files is called."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bpcli.common.errors import MachineError, UsageError
from bpcli.common.files import TEMPORARY
from bpcli.training.sealed_files import DIGEST_COMMENT

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


def make_default(name: str, now: datetime) -> Path:
    """Make and return ``runs/<UTC time>-<name>``, or with -2, -3 … at its end the first that nobody has made yet."""
    base = Path("runs") / f"{now:%Y%m%dT%H%M%SZ}-{name}"
    folder, number = base, 1
    while True:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            folder = base.with_name(f"{base.name}-{number}")
        else:
            return folder


def check_free(folder: Path, *, force: bool) -> None:
    """Check that a new run may be written to ``folder``.

    Raises:
        UsageError: if it is a file, holds a run and ``force`` is not given, or holds files of a run's names that are
            somebody else's.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: --out takes a folder, which need not exist")
    taken = [name for name in FILES if (folder / name).exists()]
    if taken and not _is_ours(folder):
        raise UsageError(
            f"{folder} has files that a run would overwrite ({', '.join(taken)}) and that are no run's: "
            "choose another folder with --out"
        )
    if taken and not force:
        resumable = (folder / CHECKPOINT).exists()
        go_on = f"go on with it by --resume {folder}, " if resumable else ""
        raise UsageError(
            f"{folder} holds a run already: choose another folder with --out, {go_on}or overwrite it with --force"
        )


def _is_ours(folder: Path) -> bool:
    """Whether the configuration in ``folder`` was written by a run, which ends it with a digest."""
    try:
        return DIGEST_COMMENT.encode() in (folder / CONFIG).read_bytes()
    except OSError:
        return False


def clear(folder: Path, *, force: bool) -> None:
    """Remove the files of the run that ``folder`` holds, and no others; it must be held meanwhile.

    Raises:
        UsageError: as ``check_free``.
    """
    check_free(folder, force=force)
    sweep(folder)
    # The checkpoint goes first, so that what an interruption leaves cannot be resumed; the configuration last, so that
    # it is still known for ours.
    for name in (CHECKPOINT, *(name for name in FILES if name not in (CHECKPOINT, CONFIG)), CONFIG):
        (folder / name).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove the temporary files that a killed process has left; the folder must be held meanwhile."""
    for name in FILES:
        for left in folder.glob(f".{name}.*{TEMPORARY}"):
            left.unlink(missing_ok=True)


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
    except NotADirectoryError as error:
        raise UsageError(f"{folder}: a part of this path is a file; choose another folder") from error
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
                f"{path.parent} is in use by process {pid or 'unknown'}: wait until it ends, or use another folder"
            ) from error
        # Between our open and our lock the last holder may have removed the file: then the lock is on nothing.
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(lock).st_ino:
                os.ftruncate(lock, 0)
                os.write(lock, f"{os.getpid()}\n".encode())
                return lock
        os.close(lock)
