"""A sweep on a Dask cluster of real processes: workers and schedulers die, and no network is lost or there twice."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep

import pytest

PATIENCE = 300  # seconds for whatever should come
WORDS = ["sweep", "xor", "--over", "seed=0:79", "--set", "model.hidden=2", "--epochs", "400"]
WORDS += ["--set", "training.engine=numpy", "-q", "--jobs", "1"]
PROGRAM = (
    "import sys\nfrom bpcli.sweep import groups\ngroups.MOST = 4\nfrom bpcli.__main__ import main\nmain()\n"
)


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler, and return what starts workers of it; all of them end with the test."""
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        yield lambda: Cluster(tmp_path, stack)


class Cluster:
    """A scheduler on loopback, and its workers."""

    def __init__(self, folder, stack):
        self._folder, self._stack = folder, stack
        self._file = folder / f"scheduler-{len(list(folder.iterdir()))}.json"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file"]
        self.scheduler = self._started([*words, self._file])
        wait_until(lambda: self._file.exists() and self._file.read_text(encoding="utf-8").endswith("}"))
        self.address = json.loads(self._file.read_text(encoding="utf-8"))["address"]

    def worker(self):
        """Start a worker of one thread, without a nanny that would start it again."""
        return self._started(["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"])

    def _started(self, words):
        return self._stack.enter_context(
            running([sys.executable, "-m", "dask", *map(str, words)], self._folder)
        )


@contextmanager
def running(words, folder):
    """A process that ends with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BPCLI_")}
    process = subprocess.Popen(
        words, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(there):
    """Wait for something, but not for ever."""
    until = monotonic() + PATIENCE
    while not there():
        assert monotonic() < until
        sleep(0.02)


def parts(folder):
    """How many groups are finished."""
    return len(list((folder / "parts").glob("*.npz")))


def bpcli(*words):
    """The command line, with groups of four networks."""
    return [sys.executable, "-c", PROGRAM, *WORDS, *map(str, words)]


@contextmanager
def losing_a_worker(cluster, tmp_path):
    """A sweep on two workers of which one is killed after some of the twenty groups; yields it and its folder.

    Before it, the same is done on this machine, in ``whole``.
    """
    subprocess.run(bpcli("--out", tmp_path / "whole"), cwd=tmp_path, check=True)
    folder = tmp_path / "s"
    doomed, _ = cluster.worker(), cluster.worker()
    with running(bpcli("--out", folder, "--dask", cluster.address), tmp_path) as sweep:
        wait_until(lambda: parts(folder) >= 2 or sweep.poll() is not None)
        doomed.send_signal(signal.SIGKILL)
        yield sweep, folder


def assert_whole(folder):
    """The twenty groups and the tables are those of the sweep on this machine, byte for byte."""
    assert parts(folder) == 20
    for name in ("results.csv", "curves.npz"):
        assert (folder / name).read_bytes() == (folder.parent / "whole" / name).read_bytes()


@pytest.mark.slow
def test_a_worker_that_dies_costs_no_network(cluster, tmp_path):
    """Its groups are trained by the other one: each network once, as on this machine."""
    with losing_a_worker(cluster(), tmp_path) as (sweep, folder):
        _, said = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 0, said
    assert_whole(folder)


@pytest.mark.slow
def test_a_scheduler_that_dies_ends_the_sweep_with_a_message_and_resume_completes_it(cluster, tmp_path):
    """After a worker has died already; another cluster does the rest."""
    first = cluster()
    with losing_a_worker(first, tmp_path) as (sweep, folder):
        seen = parts(folder)
        wait_until(lambda: parts(folder) > seen + 1 or sweep.poll() is not None)
        first.scheduler.kill()
        _, said = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 1, said
    assert "scheduler" in said
    assert "--resume" in said
    assert len(said.strip().splitlines()) == 1
    assert 2 <= parts(folder) < 20
    second = cluster()
    second.worker()
    done = subprocess.run(bpcli("--resume", folder, "--dask", second.address), cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert_whole(folder)
