"""The process that a submission runs in: started with little, ended in time, and asked why it ended.

It is asked and answers through pipes, so that neither depends on the disk. What it prints is kept at its beginning and
its end only, and what it answers up to a limit, so that a flood of output fills no memory.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

from bpcli.gradcheck import sandbox
from bpcli.gradcheck.exchange import LARGEST, MACHINE, Failure

WORKER = Path(__file__).with_name("worker.py")
SUPERVISOR = Path(__file__).with_name("supervisor.py")
STARTING = (
    10.0  # seconds that Python and NumPy may take to start on a busy machine; not the submission's time
)
GRACE = 1.0  # seconds after a time limit, in which the worker itself says where it was
ENDING = 5.0  # seconds for the supervisor to end all that was started
KEPT = 400  # characters of what was printed
FILE_LIMIT = 16 << 20  # bytes of each file that it writes
PROCESS_LIMIT = 256  # processes and threads that it may have
LEAST_SPACE = 1 << 16  # bytes: a disk with less is full

# The submission sees little of its user's environment: what Python and NumPy need to start, and one thread each.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")
SET = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
) | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}


# Every process that runs, and the end of the pipe that is closed to have it ended.
_RUNNING: dict[subprocess.Popen[bytes], int | None] = {}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started: the supervisor does it, or else its process group is killed."""
    alive = _RUNNING.pop(process, None)
    if alive is not None:
        os.close(alive)
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def end_all() -> None:
    """End every process that is still running, as after Ctrl-C."""
    for process in list(_RUNNING):
        _end(process)


class Printed(threading.Thread):
    """What a process prints, read to its end so that it never blocks, and forgotten but for both ends."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(daemon=True)
        self.stream, self.size, self.first, self.last = stream, 0, "", ""

    def run(self) -> None:
        """Read until the process has closed its end."""
        with self.stream:
            while text := self.stream.read(1 << 13):
                self.size += len(text)
                self.first = (self.first + text)[:KEPT] if len(self.first) < KEPT else self.first
                self.last = (self.last + text)[-KEPT:]

    def note(self) -> str:
        """Its size and its first line."""
        first = next(iter(self.first.strip().splitlines()), "")
        return f"its printed output was captured: {self.size} characters, beginning {first[:80]!r}"


class Received(threading.Thread):
    """What a process sends, read as it comes, and no further than answers can be long.

    It begins with a dot when NumPy is loaded, and another one when it is known how to call the submission.
    """

    def __init__(self, stream: io.BufferedReader, token: bytes) -> None:
        super().__init__(daemon=True)
        self.stream, self.token, self.data = stream, token, bytearray()

    def run(self) -> None:
        """Read until the process has closed its end, or has sent too much."""
        with self.stream:
            while len(self.data) <= LARGEST + 2 and (piece := self.stream.read1(1 << 16)):
                self.data += piece

    def steps(self, most: int) -> int:
        """How many of the steps before the time limit begins anew were taken: dots and answers."""
        dots = len(self.data[:2]) - len(self.data[:2].lstrip(b"."))
        return min(dots + self.data.count(self.token), most)


def _feed(stream: IO[bytes], content: bytes) -> None:
    """Write all of it; a process that ends before it has read all gets no more."""
    with suppress(OSError), stream:
        stream.write(content)


@dataclass(frozen=True, eq=False)
class Ended:
    """A process that has ended.

    Attributes:
        status: its exit status; None where it had to be ended.
        printed: what it printed.
        sent: what it sent as its answers.
        full: the folder for temporary files, if there was no space left in it.
    """

    status: int | None
    printed: Printed
    sent: bytes
    full: Path | None


@dataclass(frozen=True)
class Limits:
    """How long a process may take: ``seconds`` for each of so many ``steps``, and in which sandbox it runs."""

    seconds: float
    steps: int
    sandbox: sandbox.Used


def run_worker(folder: Path, submission: Path, request: bytes, token: str, limits: Limits) -> Ended:
    """Run ``worker.py`` in this folder, and give it the request.

    Raises:
        OSError: the system cannot start it.
    """
    # -P keeps bpcli's own folder off sys.path; -I would hide a NumPy installed for one user only.
    python = [sys.executable, "-P"]
    inherited, alive = os.pipe() if hasattr(os, "fork") else (None, None)
    command = [*python, str(WORKER)] if inherited is None else [*python, str(SUPERVISOR), str(inherited)]
    if limits.sandbox == "bubblewrap":
        command = [*sandbox.command(folder, submission), *command]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ}
            | SET
            | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
            start_new_session=True,  # a process group, which can be ended with all that it has started
            pass_fds=() if inherited is None else (inherited,),
        )
    except OSError:
        if alive is not None:
            os.close(alive)
        raise
    finally:
        if inherited is not None:
            os.close(inherited)
    _RUNNING[process] = alive
    assert process.stdin and process.stderr and isinstance(process.stdout, io.BufferedReader)
    printed = Printed(io.TextIOWrapper(process.stderr, "utf-8", errors="replace"))
    received = Received(process.stdout, token.encode())
    feeder = threading.Thread(target=_feed, args=(process.stdin, request), daemon=True)
    try:
        for thread in (printed, received, feeder):
            thread.start()
        status = _wait(process, received, limits)
    finally:
        _end(process)
        process.wait()
    if limits.sandbox == "bubblewrap" and status is not None and status > 128:
        status = 128 - status  # as a shell, it says with which signal the program ended
    # Where the supervisor was killed, what was started may keep the pipes open; it is not waited for.
    received.join(GRACE)
    printed.join(GRACE)
    full = folder.parent if shutil.disk_usage(folder.parent).free < LEAST_SPACE else None
    return Ended(status, printed, bytes(received.data.lstrip(b".")), full)


def _wait(process: subprocess.Popen[bytes], received: Received, limits: Limits) -> int | None:
    """Return the exit status of a process, or None if it took too long.

    Its time begins when Python and NumPy are loaded, and anew with every step that it takes, and it is taken here: the
    submission shares a process with the worker and can undo every limit that is set there.
    """
    steps, since, seconds = 0, monotonic(), STARTING
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.05)
        now = monotonic()
        if (taken := received.steps(limits.steps)) > steps:
            steps, since, seconds = taken, now, limits.seconds + GRACE
        if now - since > seconds:
            return None


_OUT_OF_MEMORY = (
    "bad_alloc", "cannot allocate memory", "can't start new thread", "out of memory", "failed to map segment",
    "resource_exhausted", "unable to allocate", "failed to allocate", "pthread_create", "memory allocation",
)  # fmt: skip


def told_of_memory(text: str) -> bool:
    """Whether the last words of a process are of memory that it did not get."""
    return any(words in text.lower() for words in _OUT_OF_MEMORY)


def too_little_memory(at: str, memory: int) -> Failure:
    """The failure of a submission that is right, perhaps, and needs more memory than it may have."""
    return Failure(
        "memory limit",
        f"{at}: {memory >> 20} MiB above NumPy are too little for it, as they are for JAX and PyTorch; allow more with "
        "--memory-limit MIB, or 0 for no limit",
    )


def failure_of(path: Path, ended: Ended, fault: bytes, limits: tuple[float, int]) -> Failure:
    """Say why a process ended without an answer; ``fault`` is what the fault handler wrote."""
    seconds, memory = limits
    status, printed = ended.status, ended.printed
    text = fault[: 1 << 16].decode("ascii", "replace")
    # faulthandler writes the innermost frame first, and the thread that matters under this heading or last.
    thread = text.partition("Current thread")[2] or text.rpartition("Thread 0x")[2]
    name = re.escape(str(path).encode("ascii", "backslashreplace").decode())
    line = re.search(f'File "{name}", line ([0-9]+)', thread)
    at = f"{path.name}:{line[1]}" if line else path.name
    if status is None or status == -getattr(signal, "SIGXCPU", 0) or text.startswith("Timeout"):
        return Failure(
            "time limit", f"{at}: still running here after {seconds:g} s; look for a loop that never ends"
        )
    if status == -getattr(signal, "SIGKILL", 0) or "OpenBLAS error: Memory" in printed.last:
        return Failure(
            "memory limit",
            f"{at}: killed by the system, as happens when memory runs out ({memory >> 20} MiB; --memory-limit MIB "
            "allows more)",
        )
    if status == -getattr(signal, "SIGXFSZ", 0):
        return Failure("file limit", f"{at}: it wrote a file larger than {FILE_LIMIT >> 20} MiB")
    if ended.full:
        return Failure(
            MACHINE, f"{at}: it ended without an answer, and the disk is full; free space in {ended.full}"
        )
    if memory and told_of_memory(printed.last):
        return too_little_memory(at, memory)
    if status < 0:
        return Failure(
            "crash", f"{at}: {signal.strsignal(-status)}: it crashed Python itself; no NumPy code should"
        )
    last = printed.last.strip().splitlines()[-1:]
    said = f" (the last it printed: {last[0][-200:]!r})" if last else ""
    return Failure(
        "exit",
        f"{at}: it ended Python, as os._exit({status}) does; take that out, gradients must return{said}",
    )
