"""The process between bpcli and a submission: it ends all that the submission has started, whatever ends bpcli.

It forks the submission's process (``worker.py``) and waits until that has ended, or until bpcli has closed its end of a
pipe, as it does when it is killed too. On Linux it is the parent of whatever the submission leaves behind, also of
what has left the process group, so nothing is missed. Run by its path, with the standard library alone.
"""

import ctypes
import os
import runpy
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def main() -> None:
    """Start the worker, wait, end everything, and end as the worker has ended."""
    alive = int(sys.argv[1])
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        os.close(alive)
        os.setsid()  # its signals to its process group do not reach this process
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        runpy.run_path(str(Path(__file__).with_name("worker.py")), run_name="__main__")
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # so that the pipes to bpcli are closed when the worker ends
        os.dup2(nothing, stream)
    status = _wait(child, alive)
    _end_descendants(child)
    end_as(status)


def end_as(status: int | None) -> None:
    """End with this wait status; as if killed where there is none."""
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in {signal.SIGKILL, signal.SIGSTOP} else None
        os.kill(os.getpid(), -code)
    os._exit(code)


def _prctl(option: int, value: int) -> None:
    """Ask Linux for what Python has no function for; elsewhere it stays as it is."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wait(child: int, alive: int) -> int | None:
    """Return the wait status of the child, or None if bpcli is gone or wants an end first."""
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(alive, 0)  # that the other end was closed is always told
    poll.register(awake, select.POLLIN)
    while True:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == child:
                    return ended[1]
        for descriptor, _ in poll.poll():
            if descriptor == alive:
                return None
            os.read(awake, 1 << 10)


def _end_descendants(child: int) -> None:
    """Stop all processes below this one, so that none can start more, then kill and bury them."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    stopped: set[int] = set()
    while fresh := _descendants() - stopped:
        for process in fresh:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGSTOP)
        stopped |= fresh
    for process in stopped:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _descendants() -> set[int]:
    """Every process below this one, as ``/proc`` has them; none where there is no such folder.

    The dead are among them until they are buried: a process whose first thread has ended keeps its children as long as
    another of its threads is still about to end.
    """
    parents = {}
    with suppress(OSError):
        for entry in os.listdir("/proc"):  # noqa: PTH208 - this is run by thousands
            if entry.isdigit():
                with suppress(OSError, ValueError, IndexError), open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123
                    parents[int(entry)] = int(file.read().rpartition(b")")[2].split()[1])
    found: set[int] = set()
    last = {os.getpid()}
    while last:
        last = {process for process, parent in parents.items() if parent in last} - found
        found |= last
    return found


if __name__ == "__main__":
    main()
