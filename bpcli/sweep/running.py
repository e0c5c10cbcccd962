"""Runs the groups of a sweep in processes of this machine, as many at a time as there are jobs, or in this one.

A worker has one thread of BLAS, leaves Ctrl-C and SIGTERM to its parent to decide on, and ends when its parent does.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from time import monotonic
from typing import Any

from bpcli.common.errors import MachineError
from bpcli.common.threads import one_thread_of_blas
from bpcli.sweep.groups import Datasets, Task
from bpcli.sweep.outcome import Outcome, train_task

_POLL = 0.1  # seconds between two looks at whether to stop, and at how far the others are
_AHEAD = 2  # groups for each job that are on their way: they wait in memory

Outcomes = list[Outcome]


def run_here(
    datasets: Datasets, tasks: Iterable[Task], interrupted: Callable[[], bool], seen: Callable[[int], None]
) -> Iterator[Outcomes]:
    """Train one group after another in this process, until ``interrupted`` says to stop."""
    for task in tasks:
        outcomes = train_task(task, datasets, _now_and_then(interrupted), seen)
        if outcomes is None:
            return
        yield outcomes


@contextmanager
def processes(jobs: int, datasets: Datasets) -> Iterator["Processes"]:
    """Start ``jobs`` workers, which end with the block.

    A forked worker shares what is already loaded, and the data. But only a process with a single thread can be forked;
    else they are spawned. That BLAS has one thread is said here for those, and for callers from Python: the command
    says so before it loads NumPy.
    """
    context = multiprocessing.get_context("fork" if _threads() == 1 else "spawn")
    stop, epochs = context.Event(), context.Value("q", 0)
    with (
        one_thread_of_blas(),
        ProcessPoolExecutor(jobs, context, _initialise, (stop, epochs, datasets)) as pool,
    ):
        pool.submit(_ready)  # starts them now, before there are other threads
        try:
            yield Processes(pool, jobs, stop, epochs)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _threads() -> int | None:
    """How many threads this process has, those of BLAS among them; None where that cannot be known."""
    with suppress(OSError):
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    return None


@dataclass(frozen=True, eq=False)
class Processes:
    """The processes, whether they are to stop, and how many epochs they have trained."""

    pool: ProcessPoolExecutor
    jobs: int
    stop: Any
    epochs: Any

    def run(
        self, tasks: Iterable[Task], interrupted: Callable[[], bool], seen: Callable[[int], None]
    ) -> Iterator[Outcomes]:
        """Yield what comes of the groups, whichever is ready first.

        Every now and then nothing is yielded, so that whoever waits can look how far the others are. A group that is
        finished when ``interrupted`` says to stop is still yielded.

        Raises:
            MachineError: a process was killed.
        """
        waiting: set[Future[Outcomes | None]] = set()
        known, more = 0, iter(tasks)
        try:
            while True:
                if interrupted():
                    self.stop.set()
                    waiting = {future for future in waiting if not future.cancel()}
                    more = iter(())
                while len(waiting) < _AHEAD * self.jobs and (task := next(more, None)) is not None:
                    waiting.add(self.pool.submit(_train, task))
                if not waiting:
                    return
                ready, waiting = wait(waiting, _POLL, FIRST_COMPLETED)
                if self.epochs.value > known:
                    seen(self.epochs.value - known)
                    known = self.epochs.value
                yield []
                for future in ready:
                    if outcomes := future.result():
                        yield outcomes
        except BrokenProcessPool:
            self._kill()
            raise MachineError(
                "a worker process was killed, perhaps because memory ran out: what is finished is kept; go on with "
                "--resume, with fewer --jobs"
            ) from None

    def _kill(self) -> None:
        """End all workers; what ``kill_workers`` of the pool does from Python 3.14 on.

        A broken pool sends them SIGTERM, which they ignore, and waits for them. But one that was killed may have held
        the lock of their queue, so that the others would never learn that they are to end.
        """
        for process in list(self.pool._processes.values()):
            process.kill()


def _now_and_then(question: Callable[[], bool]) -> Callable[[], bool]:
    """Ask no more than a few times a second: a step can be shorter than the answer."""
    last, answer = monotonic(), False

    def asked() -> bool:
        nonlocal last, answer
        if monotonic() - last > _POLL:
            last, answer = monotonic(), question()
        return answer

    return asked


# What a worker process has: it is made once, and serves every group that comes.
_worker: dict[str, Any] = {}


def _initialise(stop: Any, epochs: Any, datasets: Datasets) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):  # which a terminal or a cluster sends to all processes
        signal.signal(each, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.update(stop=_now_and_then(stop.is_set), epochs=epochs, datasets=datasets)


def _ready() -> None:
    """Do nothing: a process that can do that has started."""


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _train(task: Task) -> Outcomes | None:
    epochs, told, count = _worker["epochs"], monotonic(), 0

    def seen(more: int) -> None:
        nonlocal told, count
        count += more
        if monotonic() - told > _POLL:
            with epochs.get_lock():
                epochs.value += count
            told, count = monotonic(), 0

    outcomes = train_task(task, _worker["datasets"], _worker["stop"], seen)
    with epochs.get_lock():
        epochs.value += count
    return outcomes
