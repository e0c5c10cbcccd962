"""The process that a submission runs in: started with little, ended in time, and asked why it ended.

What it prints is kept at its beginning and its end only, so that a flood of output fills no memory.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

from bpcli.gradcheck.exchange import Failure

CHILD = Path(__file__).with_name("child.py")
STARTING = (
    10.0  # seconds that Python and NumPy may take to start on a busy machine; not the submission's time
)
KEPT = 400  # characters of what was printed

# The submission sees little of its user's environment: what Python and NumPy need to start, and one thread each.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")
SET = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
) | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}


_RUNNING: set[subprocess.Popen[str]] = set()


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def end_all() -> None:
    """End every process that is still running, as after Ctrl-C."""
    for process in list(_RUNNING):
        _kill(process)


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


def run_child(channel: Path, seconds: float) -> tuple[int | None, Printed]:
    """Run ``child.py``; return its exit status, None where it had to be ended, and what was printed."""
    folder = channel / "work"
    folder.mkdir()
    process = subprocess.Popen(
        # -P keeps bpcli's own folder off sys.path; -I would hide a NumPy installed for one user only.
        [sys.executable, "-P", str(CHILD), str(channel)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | SET,
        start_new_session=True,  # a process group, which can be ended with all that it has started
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdout is not None
    printed = Printed(process.stdout)
    printed.start()
    status: int | None = None
    _RUNNING.add(process)
    try:
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(seconds)
    finally:
        _kill(process)
        process.wait()
        _RUNNING.discard(process)
        printed.join(1.0)  # a process that left the group may keep the pipe open; it is not waited for
    return status, printed


def failure_of(
    path: Path, status: int | None, printed: Printed, channel: Path, limits: tuple[float, int]
) -> Failure:
    """Say why a process ended without an answer."""
    seconds, memory = limits
    fault = channel / "fault.txt"
    text = fault.read_bytes()[: 1 << 16].decode("ascii", "replace") if fault.is_file() else ""
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
            f"{at}: killed by the system, as happens when memory runs out ({memory >> 20} MiB)",
        )
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
