"""One environment for every test, whatever machine, terminal and locale it runs on.

What BLAS does is left as it is, and so is the number of its threads where the environment sets it: the tests must hold
for each of them. Where nobody sets it, the processes of a run share the processors: threads that wait for one another
would take them from the other processes.
"""

import os

from hypothesis import HealthCheck, settings

# Read by Typer when it is imported, by Rich for each console, by Python in the processes that tests start.
UNSET = (
    "CI", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "FORCE_COLOR", "GITHUB_ACTIONS", "LANG", "LANGUAGE", "LINES",
    "NO_COLOR", "PYTHONIOENCODING", "PYTHONWARNINGS", "PY_COLORS", "TERMINAL_WIDTH", "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)  # fmt: skip
SET = {"COLUMNS": "100", "LC_ALL": "C", "PYTHONUTF8": "1", "TERM": "xterm-256color"}
THREADS = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"}

# No deadlines, which a busy machine misses; the same examples everywhere, so that a run does not depend on luck.
settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("same everywhere")


def pytest_sessionstart():
    """Pin the environment before anything of bpcli is imported; pytest has looked at its own terminal by now."""
    for name in [name for name in os.environ if name in UNSET or name.startswith("BPCLI_")]:
        del os.environ[name]
    os.environ.update(SET)
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes > 1 and not THREADS & set(os.environ):
        os.environ["OPENBLAS_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // processes))
