"""Runs the groups of a sweep on a Dask cluster: its data are sent once, groups go out as tasks, and results come back.

Dask runs the groups of a lost worker again. If the scheduler is lost, the sweep ends with a message, and what came back
until then is kept.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from time import monotonic
from typing import Any

import bpcli
from bpcli.common.errors import BpcliError, MachineError, UsageError
from bpcli.common.threads import one_thread_of_blas
from bpcli.datasets import Dataset
from bpcli.sweep.groups import Datasets, Task, data_key
from bpcli.sweep.outcome import train_task
from bpcli.sweep.running import Outcomes

LOCAL = "local"
_POLL = 0.2  # seconds between two looks at whether to stop
_AHEAD = 3  # groups for each thread of the cluster that are on their way
_PATIENCE = 15  # seconds that a scheduler may be silent


def check_installed() -> None:
    """Check that there is Dask.

    Raises:
        UsageError: it is not installed.
    """
    if not find_spec("distributed"):
        raise UsageError(
            '--dask needs Dask, which is not installed: pip install "bpcli[dask]"; or leave --dask out'
        )


def run_on_dask(
    address: str,
    jobs: int,
    datasets: Datasets,
    tasks: Iterable[Task],
    interrupted: Callable[[], bool],
    seen: Callable[[int], None],
) -> Iterator[Outcomes]:
    """Train the groups on the cluster at ``address``, or on one of ``jobs`` processes of this machine, with "local".

    Raises:
        UsageError: there is no scheduler.
        MachineError: the scheduler was lost, or a worker cannot train.
    """
    with ExitStack() as stack:
        client = _connected(address, jobs, stack)
        stack.callback(_close, client)
        yield from _Cluster(client, address, datasets).run(tasks, interrupted, seen)


def _connected(address: str, jobs: int, stack: ExitStack) -> Any:
    from distributed import Client, LocalCluster

    logging.disable(logging.CRITICAL)  # what a person must know is said here
    stack.callback(logging.disable, logging.NOTSET)
    if address == LOCAL:
        stack.enter_context(one_thread_of_blas())
        cluster = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
        return Client(stack.enter_context(cluster))
    try:
        return Client(address, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"--dask {address}: there is no scheduler ({error or type(error).__name__}); start one with dask "
            "scheduler, and give the address that it prints, such as tcp://10.0.0.1:8786"
        ) from None


def _close(client: Any) -> None:
    with suppress(Exception):  # a scheduler that is gone cannot be told
        client.close(timeout=1)


class _Cluster:
    """The tasks that are on their way, and the data that the workers have."""

    def __init__(self, client: Any, address: str, datasets: Datasets) -> None:
        self._client, self._address, self._datasets = client, address, datasets
        self._sent: dict[str, Any] = {}
        self._waiting: dict[Any, Task] = {}
        self._unsent: Task | None = None
        self._silent_since: float | None = None

    def run(
        self, tasks: Iterable[Task], interrupted: Callable[[], bool], seen: Callable[[int], None]
    ) -> Iterator[Outcomes]:
        """Yield what comes of each group, whichever is ready first."""
        more = iter(tasks)
        try:
            while True:
                with suppress(OSError):  # whether the scheduler is there is asked below
                    self._send(more)
                    if not self._waiting:
                        return
                for task, outcomes in self._ready():
                    seen(task.epochs)
                    yield outcomes
                if interrupted():
                    return
                self._check_scheduler()
        finally:
            with suppress(Exception):
                if self._client.status == "running":
                    self._client.cancel([*self._waiting])

    def _send(self, more: Iterator[Task]) -> None:
        """Keep every thread of the cluster busy, and no more groups than that in the scheduler."""
        threads = max(1, sum(self._client.nthreads().values()))
        while (
            len(self._waiting) < _AHEAD * threads and (task := self._unsent or next(more, None)) is not None
        ):
            self._unsent = task  # until it is on its way
            config = task.combinations[0][2]
            dataset = self._datasets.get(config)
            key = data_key(config)
            if dataset is not None and key not in self._sent:
                self._sent[key] = self._client.scatter(dataset, broadcast=True)
            future = self._client.submit(
                _train_there, task, self._sent.get(key), bpcli.__version__, pure=False, retries=2
            )
            self._waiting[future] = task
            self._unsent = None

    def _ready(self) -> Iterator[tuple[Task, Outcomes]]:
        from distributed import TimeoutError as NothingYet
        from distributed import wait

        try:
            ready = wait([*self._waiting], timeout=_POLL, return_when="FIRST_COMPLETED").done
        except (NothingYet, TimeoutError):
            return
        except (
            Exception
        ):  # the connection may fail in many ways; whether the scheduler is there is asked below
            ready = set()
        for future in ready:
            if future.status == "cancelled":  # by a scheduler that is gone
                self._lost()
            task = self._waiting.pop(future)
            try:
                outcomes = future.result(timeout=_PATIENCE)
            except BpcliError:
                raise
            except Exception as error:
                if self._client.status != "running":
                    self._lost()
                raise MachineError(
                    f"a worker of {self._address} cannot train ({type(error).__name__}: {error}); every worker needs "
                    f"bpcli {bpcli.__version__} and what it needs. What is finished is kept: go on with --resume"
                ) from None
            future.release()
            yield task, outcomes

    def _check_scheduler(self) -> None:
        if self._client.status == "running":
            self._silent_since = None
            return
        self._silent_since = self._silent_since or monotonic()
        if self._client.status == "closed" or monotonic() - self._silent_since > _PATIENCE:
            self._lost()

    def _lost(self) -> None:
        raise MachineError(
            f"the Dask scheduler at {self._address} is gone: what is finished is kept; start it again, and go on with "
            "--resume"
        )


def _train_there(task: Task, dataset: Dataset | None, version: str) -> Outcomes:
    """Train a group on a worker."""
    if version != bpcli.__version__:
        raise UsageError(
            f"a worker has bpcli {bpcli.__version__}, and not {version}: install the same on all machines"
        )
    datasets = Datasets()
    if dataset is not None:
        datasets.put(task.combinations[0][2], dataset)
    outcomes = train_task(task, datasets)
    assert outcomes is not None, "nobody interrupts it"
    return outcomes
