"""Runs the groups of a sweep in processes of this machine, as many at a time as there are jobs, or in this one.

A worker has one thread of BLAS, ignores Ctrl-C, which is the parent's to decide, and ends when its parent does.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from time import monotonic
from typing import Any

from bpcli.common.errors import MachineError
from bpcli.sweep.groups import Datasets, Task
from bpcli.sweep.outcome import Outcome, train_task
from bpcli.training.environment import THREAD_VARIABLES

_POLL = 0.1  # seconds between two looks at whether to stop, and at how far the others are
_AHEAD = 2  # groups for each job that are on their way: they wait in memory

Outcomes = list[Outcome]


def run_here(
    tasks: Iterable[Task], interrupted: Callable[[], bool], seen: Callable[[int], None]
) -> Iterator[Outcomes]:
    """Train one group after another in this process, until ``interrupted`` says to stop."""
    datasets = Datasets()
    for task in tasks:
        outcomes = train_task(task, datasets, _now_and_then(interrupted), seen)
        if outcomes is None:
            return
        yield outcomes


def run_in_processes(
    tasks: Iterable[Task], jobs: int, interrupted: Callable[[], bool], seen: Callable[[int], None]
) -> Iterator[Outcomes]:
    """Train ``jobs`` groups at a time, each in a process, and yield what comes of them, whichever is ready first.

    Every now and then nothing is yielded, so that whoever waits can look how far the others are. A group that is
    finished when ``interrupted`` says to stop is still yielded.

    Raises:
        MachineError: a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    stop, epochs = context.Event(), context.Value("q", 0)
    with one_thread_of_blas(), ProcessPoolExecutor(jobs, context, _initialise, (stop, epochs)) as pool:
        waiting: set[Future[Outcomes | None]] = set()
        known, more = 0, iter(tasks)
        try:
            while True:
                if interrupted():
                    stop.set()
                    waiting = {future for future in waiting if not future.cancel()}
                    more = iter(())
                while len(waiting) < _AHEAD * jobs and (task := next(more, None)) is not None:
                    waiting.add(pool.submit(_train, task))
                if not waiting:
                    return
                ready, waiting = wait(waiting, _POLL, FIRST_COMPLETED)
                if epochs.value > known:
                    seen(epochs.value - known)
                    known = epochs.value
                yield []
                for future in ready:
                    if outcomes := future.result():
                        yield outcomes
        except BrokenProcessPool:
            raise MachineError(
                "a worker process was killed, perhaps because memory ran out: what is finished is kept; go on with "
                "--resume, with fewer --jobs"
            ) from None
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@contextmanager
def one_thread_of_blas() -> Iterator[None]:
    """Let what is started in the block use one thread each: the jobs share the cores already."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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


def _initialise(stop: Any, epochs: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.update(stop=_now_and_then(stop.is_set), epochs=epochs, datasets=Datasets())


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
