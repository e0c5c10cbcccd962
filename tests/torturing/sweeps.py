"""SIGKILL at any moment of a sweep: what is finished is kept, and the tables are those of an uninterrupted one."""

import random
import shutil
from pathlib import Path

from bpcli.cli import sweep as command_module  # noqa: F401 - loaded before the forks
from bpcli.sweep import groups, store, sweeping
from tests.torturing.commands import go_on_with_sweep
from tests.torturing.running import Figure, command, left_over

WORDS = (
    "sweep",
    "xor",
    "--over",
    "seed=0:19",
    "--over",
    "model.hidden=2,3",
    "--epochs",
    "30",
    "-q",
    "--jobs",
)
SECONDS = 60.0  # for the whole sweep, on a machine that has other work
TABLES = (store.RESULTS, store.CURVES, store.BEST)


def kills(folder: Path, number: int, seed: int = 0) -> Figure:
    """Kill a sweep of ten groups, and once more what takes it up, at random moments; then let it end.

    One process trains in half of them, two of its own in the others.
    """
    rng, most, small = random.Random(seed), groups.MOST, sweeping._SMALL
    figure = Figure("SIGKILL while sweeping, then resumed to its end")
    groups.MOST = 4
    try:
        assert command(folder, *WORDS, "1", "--out", "whole", seconds=SECONDS).code == 0
        expected = _tables(folder / "whole")
        longest = {"1": 0.5, "2": 0.5}  # seconds, adapted so that most kills find the sweep at work
        while figure.tried < number:
            jobs = "12"[figure.tried % 2]
            sweeping._SMALL = small if jobs == "1" else 1e-9  # no work at all is still small
            shutil.rmtree(folder / "s", ignore_errors=True)
            killed = command(folder, *WORDS, jobs, "--out", "s", kill_after=rng.uniform(0, longest[jobs]))
            if killed.code == 0:
                longest[jobs] *= 0.95
                continue
            longest[jobs] *= 1.01
            again = rng.uniform(0, longest[jobs]) if rng.random() < 0.5 else None
            figure.add(_faults(folder, jobs, expected, again), f"with {jobs} jobs")
    finally:
        groups.MOST, sweeping._SMALL = most, small
    return figure


def _faults(folder: Path, jobs: str, expected: dict[str, bytes], again: float | None) -> str:
    """Go on, perhaps killed once more on the way, and say what is wrong with the end."""
    if again is not None:
        command(folder, *WORDS, jobs, *go_on_with_sweep(folder / "s"), kill_after=again)
    done = command(folder, *WORDS, jobs, *go_on_with_sweep(folder / "s"), seconds=SECONDS)
    if done.code or done.broken:
        return f"not taken up: {done.broken or done.err}"
    if _tables(folder / "s") != expected:
        return "other tables"
    return "".join(map(str, left_over(folder / "s")))


def _tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}
