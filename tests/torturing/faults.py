"""A fault at the N-th operation on a file, for every N: one message, nothing lost, and the next attempt succeeds."""

import builtins
import errno
import fcntl
import io
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tests.torturing.commands import commands, prepare
from tests.torturing.running import Figure, Outcome, called, forked, left_over

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR)
OPERATIONS = (
    "open", "read", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "ftruncate", "chmod", "scandir",
)  # fmt: skip


class Faults:
    """Counts the operations on files below a folder, and makes one of them fail, or all from it on."""

    def __init__(self, folder: Path, at: int, number: int, *, for_good: bool) -> None:
        self.folder, self.at, self.number, self.for_good = str(folder), at, number, for_good
        self.count = 0

    def meet(self, path: object, *, repeated: bool = False) -> None:
        """Count an operation on a path or a descriptor, and raise if it is the one.

        ``repeated`` says that Python repeats it after EINTR: if that came from then on, it would repeat it for ever.
        """
        named = () if isinstance(path, int) else (os.fspath(path),)
        if isinstance(path, int):
            try:
                path = os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115
            except OSError:
                return
        name = os.path.abspath(os.fspath(path))  # noqa: PTH100
        if not name.startswith(self.folder):
            return
        self.count += 1
        later = self.for_good and self.count > self.at and not (repeated and self.number == errno.EINTR)
        if self.count == self.at or later:
            raise OSError(self.number, os.strerror(self.number), *named)

    def install(self) -> None:
        """Put the faults under everything that bpcli and the standard library do with files; there is no way back."""
        for name in OPERATIONS:
            setattr(os, name, self._guarded(getattr(os, name)))
        fcntl.flock = self._guarded(fcntl.flock)
        original = io.open

        def opened(file: Any, mode: str = "r", buffering: int = -1, *others: Any, **named: Any) -> Any:
            if "b" not in mode or buffering == 0:
                self.meet(file)
                return original(file, mode, buffering, *others, **named)
            raw = _FaultyFile(self, file, mode.replace("b", ""))
            return io.BufferedReader(raw) if raw.readable() else io.BufferedWriter(raw)

        io.open = builtins.open = opened

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(path: Any, *others: Any, **named: Any) -> Any:
            self.meet(path)
            return function(path, *others, **named)

        return guarded


class _FaultyFile(io.FileIO):
    def __init__(self, faults: Faults, file: Any, mode: str) -> None:
        faults.meet(file)
        super().__init__(file, mode)
        self._faults = faults

    def readinto(self, buffer: Any) -> int | None:
        self._faults.meet(self.fileno(), repeated=True)
        return super().readinto(buffer)

    def write(self, data: Any) -> int | None:
        self._faults.meet(self.fileno(), repeated=True)
        return super().write(data)


def faults(
    folder: Path, *, every: int = 1, whole: bool = False, of: Collection[str] = (), but: Collection[str] = ()
) -> Figure:
    """Let each operation of each command fail, ``every``-th ones only, once and from then on, until none is left.

    One error after the other is taken, or with ``whole`` all at each operation. ``of`` and ``but`` name commands.
    """
    runs_only = bool(of) and all(name.startswith("train") for name in of)
    prepare(folder, runs_only=runs_only)
    figure = Figure("a fault at the N-th operation on a file")
    for each in commands(folder, runs_only=runs_only):
        if (of and each.name not in of) or each.name in but:
            continue
        for number in ERRORS if whole else (None,):
            for for_good in (False, True):
                at, met = 1, True
                while met:
                    error = number or ERRORS[(at + for_good) % len(ERRORS)]
                    each.prepare()
                    found, met = _tried(
                        folder, Faults(folder / "run", at, error, for_good=for_good), each.words
                    )
                    if met:
                        # Where nothing can be removed any more, what lies there is harmless, as the check shows.
                        wrong = found.broken or _told(found) or each.check()
                        wrong = wrong or ("" if for_good else _left(folder / "run"))
                        place = (
                            f"{each.name}, operation {at}, {errno.errorcode[error]}{' for good' * for_good}"
                        )
                        figure.add(f"{place}: {wrong}" if wrong else "", each.name)
                    at += every
    return figure


def _tried(folder: Path, plan: Faults, words: tuple[object, ...]) -> tuple[Outcome, bool]:
    """Run a command with faults, and say if it got as far as the fault."""
    told = folder / "met"
    told.unlink(missing_ok=True)
    meet = plan.meet

    def noted(path: object, **named: bool) -> None:
        try:
            meet(path, **named)
        except OSError:
            descriptor = os_open(str(told), os.O_CREAT | os.O_WRONLY)
            os.close(descriptor)
            raise

    os_open = os.open
    plan.meet = noted  # type: ignore[method-assign]

    def act() -> int:
        plan.install()
        return called(folder, *words)

    return forked(act), told.exists()


def _told(found: Outcome) -> str:
    """A failure is one line that names a path."""
    if found.code in {0, 3}:  # 3: answers that are not right
        return ""
    lines = found.err.strip().splitlines()
    if found.code != 1 or len(lines) != 1 or "run" not in lines[0]:
        return f"exit {found.code}: {found.err.strip()[-300:]}"
    return ""


def _left(run: Path) -> str:
    return "".join(f"{path} is left" for path in left_over(run)) if run.exists() else ""
