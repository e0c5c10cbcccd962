"""One environment for every test, whatever machine, terminal and locale it runs on.

What BLAS does is left as it is: the tests must hold for each of them, and for any number of its threads. Where several
processes run tests, each has one, unless the environment says otherwise: more would only wait for one another.
"""

import gc
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

# Read by Typer when it is imported, by Rich for each console, by Python in the processes that tests start, which would
# compile everything anew without bytecode.
UNSET = (
    "CI", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "FORCE_COLOR", "GITHUB_ACTIONS", "LANG", "LANGUAGE", "LINES",
    "NO_COLOR", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONWARNINGS", "PY_COLORS", "TERMINAL_WIDTH",
    "TTY_COMPATIBLE", "TTY_INTERACTIVE",
)  # fmt: skip
THREADS = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SET = {"COLUMNS": "100", "LC_ALL": "C", "PYTHONUTF8": "1", "TERM": "xterm-256color"}

# No deadlines, which a busy machine misses; the same examples everywhere, so that a run does not depend on luck.
settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("same everywhere")


@pytest.fixture(scope="session")
def nursery():
    """The process that those of submissions are forked from; None where that is not possible."""
    from tests.gradcheck.nursery import Nursery

    nursery = Nursery() if sys.platform == "linux" else None
    yield nursery
    if nursery:
        nursery.close()


@pytest.fixture
def forked(nursery, monkeypatch):
    """Fork what runs a submission: a start of Python and NumPy less for each."""
    from bpcli.gradcheck import runner

    if nursery:
        names = {"PIPE": subprocess.PIPE, "TimeoutExpired": subprocess.TimeoutExpired}
        monkeypatch.setattr(runner, "subprocess", SimpleNamespace(Popen=nursery.start, **names))


def written(descriptor):
    """In place of ``os.fsync``: no test pulls the plug, and thousands of runs need not wait for the disk."""
    os.fstat(descriptor)  # fails where there is no such file


def pytest_sessionstart(session):
    """Pin the environment before anything of bpcli is imported; pytest has looked at its own terminal by now.

    The processes of pytest-xdist are started later, and inherit it.
    """
    os.fsync = written
    for name in [name for name in os.environ if name in UNSET or name.startswith("BPCLI_")]:
        del os.environ[name]
    os.environ.update(SET)
    if session.config.getoption("numprocesses", default=None) and os.environ.keys().isdisjoint(THREADS):
        os.environ.update(dict.fromkeys(THREADS, "1"))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the collector of garbage from going through all that is imported and collected, again and again.

    Imports leave none that is worth the search, and tests little: they are searched for it less often than by default.
    """
    gc.disable()
    collected = yield
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    return collected
