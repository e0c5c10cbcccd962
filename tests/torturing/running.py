"""Run a command of bpcli in a fork of this process, where it can be killed, starved and given faults."""

import math
import os
import resource
import select
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Loaded once here, so that a fork costs milliseconds and not the second that a new process takes.
from bpcli.cli import app
from bpcli.gradcheck import exchange, points, submissions  # noqa: F401
from bpcli.render import advice, marks  # noqa: F401
from bpcli.training import run, run_folder
from bpcli.walkthrough import walk  # noqa: F401
from bpcli.worksheets import answers, generate, grading  # noqa: F401

# A file system in memory, where there is one: a process that is killed loses nothing that it has written, fsync or not.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SECONDS = 5.0  # longer than this is a fault
# MiB; with what Python, NumPy and bpcli take, less than 100, they make 1 GiB, and 256 MiB for configurations.
MIB_OF_DATA, MIB_OF_SETTINGS = 900, 156
MIB_OF_SUBMISSIONS = 1024 + 156  # which may take what --memory-limit gives them, above what NumPy takes
PATIENCE = 20  # times as long by the clock, on a busy machine
TRACEBACK = 70  # exit code of a fork that ended by an exception


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code (negative: a signal; None: too late), its streams, and its memory."""

    code: int | None
    out: str
    err: str
    peak: int  # bytes, above what the process that was forked had

    @property
    def broken(self) -> str:
        """What no input and no fault may bring about, or nothing."""
        if self.code is None:
            return "it did not end in time"
        if "Traceback" in self.err or self.code not in {0, 1, 2, 3}:
            return f"exit {self.code}: {self.err.strip()[-300:]}"
        return ""


@dataclass
class Figure:
    """One line of what is printed at the end.

    Attributes:
        what: what was done.
        tried: how often.
        bad: each time that it went wrong.
        notes: what else was counted.
    """

    what: str
    tried: int = 0
    bad: list[str] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def add(self, fault: str = "", note: str = "") -> None:
        """Count one trial, and the fault that it showed, if any."""
        self.tried += 1
        if fault:
            self.bad.append(fault)
        if note:
            self.notes[note] = self.notes.get(note, 0) + 1

    def __str__(self) -> str:
        notes = "".join(f", {number:,} {note}" for note, number in sorted(self.notes.items()))
        return f"{self.what}: {self.tried:,} tried, {len(self.bad)} bad{notes}"


def forked(act: Callable[[], int], *, seconds: float = SECONDS, kill_after: float | None = None) -> Outcome:
    """Do something in a fork of this process, and say how it ended; ``kill_after`` sends SIGKILL after so long."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        ended_read, ended_write = os.pipe()
        before = _resident()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads of a test runner; the fork needs none of them
            pid = os.fork()
        if pid == 0:
            os.close(ended_read)
            become(act, out.fileno(), err.fileno())
        os.close(ended_write)
        in_time = _ended(pid, ended_read, seconds) if kill_after is None else _ready(ended_read, kill_after)
        if not in_time:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        os.close(ended_read)
        code = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Outcome(
        code if in_time or kill_after is not None else None,
        *texts,
        peak=max(0, (usage.ru_maxrss << 10) - before),
    )


def _resident() -> int:
    """Bytes of memory that this process has, as Linux counts them; 0 elsewhere, so that all counts."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _ready(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def _ended(pid: int, descriptor: int, seconds: float) -> bool:
    """Whether a process ends within ``seconds`` of processor time, which may take longer on a busy machine."""
    for _ in range(PATIENCE):
        if _ready(descriptor, seconds):
            return True
        if _processor_time(pid) >= seconds:
            return False
    return False


def _processor_time(pid: int) -> float:
    """Seconds, as Linux counts them; without end elsewhere, so that the clock counts."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return math.inf


def become(act: Callable[[], int], out: int, err: int) -> None:
    """Do something in place of what this process, a fork, was about, and end; ``out`` and ``err`` are its streams."""
    code = TRACEBACK
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        code = act()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else TRACEBACK
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def command(folder: Path, *arguments: object, **options: float) -> Outcome:
    """Run ``bpcli ARGUMENTS`` in ``folder``."""
    return forked(lambda: called(folder, *arguments), **options)


def called(folder: Path, *arguments: object) -> int:
    """Run ``bpcli ARGUMENTS`` in ``folder``, in this process, which is to end afterwards."""
    os.chdir(folder)
    os.environ["COLUMNS"] = "100"
    sys.argv = ["bpcli", *map(str, arguments)]
    app.main()
    return 0


SETTINGS = (
    "--set", "model.hidden=3", "--set", "training.checkpoint_every=2", "--set",
    "training.optimizer={name: sgd, momentum: 0.9}",
)  # fmt: skip


def train(epochs: int, out: str = "run") -> tuple[str, ...]:
    """Return the arguments of a small training."""
    return ("train", "xor", *SETTINGS, "--epochs", str(epochs), "--out", out, "-q")


def bits(folder: Path) -> dict[str, bytes]:
    """Return what two equal runs have in common: every file but the summary, which has the time in it."""
    return {
        name: (folder / name).read_bytes()
        for name in run_folder.FILES
        if name != run_folder.SUMMARY and (folder / name).exists()
    }


def left_over(folder: Path) -> Iterator[Path]:
    """Yield temporary files and locks; an empty lock may be anybody's, and stays, as docs/runs.md says."""
    for path in folder.rglob("*"):
        if path.name.endswith(".tmp") or (path.name == "lock" and path.stat().st_size):
            yield path


def restored(folder: Path) -> run.Run | None:
    """Take the run in ``folder`` up as ``--resume`` does, write nothing, and return it."""
    with run.Run.resume(folder, {}) as taken_up:
        return taken_up
