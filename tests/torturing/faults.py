"""A fault at the N-th operation on a file, for every N: one message, nothing lost, and the next attempt succeeds."""

import builtins
import errno
import fcntl
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.torturing.running import SETTINGS, Figure, Outcome, bits, called, command, forked, left_over, train

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR)
EPOCHS = 4
OPERATIONS = (
    "open", "read", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "ftruncate", "chmod", "scandir",
)  # fmt: skip


class Faults:
    """Counts the operations on files below a folder, and makes one of them fail, or all from it on."""

    def __init__(self, folder: Path, at: int, number: int, *, for_good: bool) -> None:
        self.folder, self.at, self.number, self.for_good = str(folder), at, number, for_good
        self.count = 0

    def meet(self, path: object) -> None:
        """Count an operation on a path or a descriptor, and raise if it is the one."""
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
        if self.count == self.at or (self.for_good and self.count > self.at):
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
        self._faults.meet(self.fileno())
        return super().readinto(buffer)

    def write(self, data: Any) -> int | None:
        self._faults.meet(self.fileno())
        return super().write(data)


def _ordinary(
    folder: Path,
) -> Iterator[tuple[str, Callable[[], None], tuple[object, ...], Callable[[], str]]]:
    """Yield what is tried: a name, how it is prepared, the command, and what may not have happened to the folder."""
    run = folder / "run"
    whole = bits(folder / "whole")

    def nothing() -> None:
        shutil.rmtree(run, ignore_errors=True)

    def half() -> None:
        nothing()
        shutil.copytree(folder / "half", run)

    def complete() -> None:
        nothing()
        shutil.copytree(folder / "other", run)

    def goes_on() -> str:
        words = ("train", "--resume", "run", "-q") if (run / "checkpoint.npz").exists() else None
        done = command(folder, *(words or (*train(EPOCHS), *(["--force"] if run.exists() else []))))
        if done.code:
            return f"does not go on: {done.err}"
        return "" if bits(run) in (whole, bits(folder / "other")) else "other bits"

    def resumes() -> str:
        done = command(folder, "train", "--resume", "run", "-q")
        return f"lost: {done.err}" if done.code else "" if bits(run) == whole else "other bits"

    yield "train", nothing, train(EPOCHS), goes_on
    yield "train --resume", half, ("train", "--resume", "run", "-q"), resumes
    yield "train --force", complete, (*train(EPOCHS), "--force"), goes_on

    def sheets() -> None:
        nothing()
        run.mkdir()

    def again(*words: object) -> Callable[[], str]:
        def check() -> str:
            done = command(folder, *words)
            return f"fails afterwards: {done.err}" if done.code else ""

        return check

    worksheets = ("walkthrough", "--seeds", "1:2", "--out", "run/class", "--force", "-q")
    yield "worksheets", sheets, worksheets, again(*worksheets)

    def old_file() -> None:
        sheets()
        (run / "new.yaml").write_text("seed: 1\n", "utf-8")

    def whole_file() -> str:
        text = (run / "new.yaml").read_text("utf-8")
        return "" if text == "seed: 1\n" or text.endswith("checkpoint_every: 10\n") else "half a file"

    yield "config new --force", old_file, ("config", "new", "run/new.yaml", "--force"), whole_file
    problem = ("gradcheck", "--export", "run/problem.npz", "-q")
    yield "gradcheck --export", sheets, problem, again(*problem)


def prepare(folder: Path) -> None:
    """Make the runs that the commands begin with: a whole one, its first half, and another one."""
    for out, epochs in (("whole", EPOCHS), ("half", EPOCHS // 2)):
        assert command(folder, *train(epochs, out)).code == 0
    assert command(folder, *train(EPOCHS, "other"), "--seed", "1").code == 0
    half = command(folder, "train", "--resume", "half", "--epochs", str(EPOCHS // 2), "-q")
    assert half.code == 0, half.err
    # A run that was stopped half way: lengthened, and killed before anything more was written.
    text = (folder / "whole" / "config.yaml").read_bytes()
    (folder / "half" / "config.yaml").write_bytes(text)
    (folder / "half" / "summary.json").unlink()


def faults(
    folder: Path, *, errors: Iterable[int] = ERRORS, every: int = 1, only: str | None = None
) -> Figure:
    """Let each operation of each command fail, ``every``-th ones only, once and from then on, until none is left."""
    prepare(folder)
    figure = Figure("a fault at the N-th operation on a file")
    for name, ready, words, check in _ordinary(folder):
        for number in errors if only in {None, name} else ():
            for for_good in (False, True):
                at = 1
                while True:
                    ready()
                    plan = Faults(folder / "run", at, number, for_good=for_good)
                    found, met = _tried(folder, plan, words)
                    if not met:
                        break
                    # Where nothing can be removed any more, what lies there is harmless, as the check shows.
                    wrong = (
                        found.broken or _told(found) or check() or ("" if for_good else _left(folder / "run"))
                    )
                    place = f"{name}, operation {at}, {errno.errorcode[number]}{' for good' * for_good}"
                    figure.add(f"{place}: {wrong}" if wrong else "", name)
                    at += every
    return figure


def _tried(folder: Path, plan: Faults, words: tuple[object, ...]) -> tuple[Outcome, bool]:
    """Run a command with faults, and say if it got as far as the fault."""
    told = folder / "met"
    told.unlink(missing_ok=True)
    meet = plan.meet

    def noted(path: object) -> None:
        try:
            meet(path)
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
    if found.code == 0:
        return ""
    lines = found.err.strip().splitlines()
    if found.code != 1 or len(lines) != 1 or "run" not in lines[0]:
        return f"exit {found.code}: {found.err.strip()[-300:]}"
    return ""


def _left(run: Path) -> str:
    return "".join(f"{path} is left" for path in left_over(run)) if run.exists() else ""


__all__ = ["ERRORS", "SETTINGS", "faults"]
