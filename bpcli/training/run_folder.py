"""The folder of a run: where it lies, who may write to it, and what each of its files is called."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from bpcli.common.errors import MachineError, UsageError
from bpcli.common.files import TEMPORARY
from bpcli.training.lock import locked
from bpcli.training.sealed_files import DamagedError, read_commented

CONFIG = "config.yaml"
METRICS = "metrics.csv"
CHECKPOINT = "checkpoint.npz"
BEST = "best.npz"
INITIAL = "initial.npz"
SUMMARY = "summary.json"
ENVIRONMENT = "environment.json"
ENCODING = "encoding.json"
FILES = (CONFIG, METRICS, CHECKPOINT, BEST, INITIAL, SUMMARY, ENVIRONMENT, ENCODING)
LOCK = "lock"


def make_default(name: str, now: datetime, parent: str = "runs") -> Path:
    """Make and return ``runs/<UTC time>-<name>``, or with -2, -3 … at its end the first that nobody has made yet."""
    base = Path(parent) / f"{now:%Y%m%dT%H%M%SZ}-{name}"
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
    taken = [name for name in FILES if os.path.lexists(folder / name)]  # a dangling link is somebody's too
    if taken and not (is_ours(folder) and all(_is_file_or_link(folder / name) for name in taken)):
        raise UsageError(
            f"{folder} has files that a run would overwrite ({', '.join(taken)}), and bpcli did not write them or they "
            "were changed since: choose another folder with --out"
        )
    if taken and not force:
        resumable = (folder / CHECKPOINT).exists()
        go_on = f"continue it with --resume {folder}, " if resumable else ""
        raise UsageError(
            f"{folder} already holds a run: choose another folder with --out, {go_on}or overwrite it with --force"
        )


def is_ours(folder: Path) -> bool:
    """Whether the configuration in ``folder`` was written by a run and not changed since: its digest fits.

    Raises:
        MachineError: if it cannot be read.
    """
    if not (folder / CONFIG).is_file():
        return False
    try:
        read_commented(folder / CONFIG)
    except DamagedError:
        return False
    return True


def _is_file_or_link(path: Path) -> bool:
    """Whether ``path`` can be a file of a run: a link is removed as a link, a folder or a pipe is somebody's."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def clear(folder: Path, *, force: bool, killed: bool) -> None:
    """Remove the files of the run that ``folder`` holds, and no others; it must be held meanwhile.

    ``killed`` says that a process of bpcli was killed there, so that what is half-written is ours although there is
    no configuration yet.

    Raises:
        UsageError: as ``check_free``.
    """
    check_free(folder, force=force)
    if killed or is_ours(folder):  # elsewhere, names like ours can be another program's
        remove_left_over(folder)
    # The checkpoint goes first, so that what an interruption leaves cannot be resumed; the configuration last, so that
    # it is still known for ours.
    for name in (CHECKPOINT, *(name for name in FILES if name not in (CHECKPOINT, CONFIG)), CONFIG):
        (folder / name).unlink(missing_ok=True)


def left_over(names: str) -> re.Pattern[str]:
    """Match what mkstemp makes of names, given as a pattern, and nothing that merely begins and ends like it."""
    return re.compile(rf"\.({names})\.[a-z0-9_]{{8}}{re.escape(TEMPORARY)}")


def remove_left_over(folder: Path, pattern: re.Pattern[str] | None = None) -> None:
    """Remove the temporary files that a killed process has left in a run; the folder must be held meanwhile.

    ``pattern`` is that of a folder with other files than a run's.
    """
    pattern = pattern or left_over("|".join(map(re.escape, FILES)))
    for path in folder.iterdir():
        if pattern.fullmatch(path.name):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                path.unlink()


def check_folder(folder: Path, advice: str) -> None:
    """Check that ``folder`` is one; ``advice`` is what to give instead.

    Raises:
        UsageError: if it is a file or does not exist.
    """
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "there is no such folder"
        raise UsageError(f"{folder}: {what}; {advice}")


def existing_run(folder: Path) -> None:
    """Check that ``folder`` holds a run.

    Raises:
        UsageError: if it does not exist or has no checkpoint and configuration.
    """
    check_folder(folder, "give the folder of a run, such as bpcli runs list shows")
    missing = [name for name in (CONFIG, CHECKPOINT) if not (folder / name).exists()]
    if missing:
        raise UsageError(f"{folder} is not a run folder: it has no {' and no '.join(missing)}")


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold ``folder`` (made if need be) for this process alone, until the block ends or the process dies.

    Yields whether a process of bpcli was killed while it held the folder.

    Raises:
        UsageError: if a running process holds it (the message names its pid), or if its ``lock`` is not bpcli's.
        MachineError: if the folder cannot be made or written to.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            killed = stack.enter_context(locked(folder / LOCK, in_run=is_ours(folder)))
        except NotADirectoryError as error:
            raise UsageError(f"{folder}: a part of this path is a file; choose another folder") from error
        except OSError as error:
            raise MachineError(
                f"{error.filename or folder}: cannot be written to: {error.strerror}"
            ) from error
        yield killed
