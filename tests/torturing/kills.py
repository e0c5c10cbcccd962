"""SIGKILL at any moment of a training: the folder is never damaged, and the run goes on to the same bits."""

import random
import shutil
import time
from pathlib import Path

from tests.torturing.running import Figure, bits, command, left_over, train


def kills(folder: Path, number: int, epochs: int = 60, seed: int = 0) -> Figure:
    """Kill a training, and once more what takes it up, at random moments; then let it end."""
    rng = random.Random(seed)
    figure = Figure("SIGKILL while training, then resumed to its end")
    start = time.monotonic()
    assert command(folder, *train(epochs, "whole")).code == 0
    expected = bits(folder / "whole")
    longest = time.monotonic() - start  # seconds, adapted so that most kills find the training at work
    while figure.tried < number:
        run = folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        killed = command(folder, *train(epochs), kill_after=rng.uniform(0, longest))
        if killed.code == 0:
            longest *= 0.95
            continue
        longest *= 1.01
        again = rng.uniform(0, longest) if rng.random() < 0.5 else None
        figure.add(_faults(folder, run, expected, epochs, again), "killed")
    return figure


def _faults(folder: Path, run: Path, expected: dict[str, bytes], epochs: int, again: float | None) -> str:
    """Go on, perhaps killed once more on the way, and say what is wrong with the end."""
    if again is not None:
        command(folder, *_go_on(run, epochs), kill_after=again)
    done = command(folder, *_go_on(run, epochs))
    if done.code or done.broken:
        return f"not taken up: {done.err}"
    if bits(run) != expected:
        return "other bits"
    return "".join(map(str, left_over(run)))


def _go_on(run: Path, epochs: int) -> tuple[str, ...]:
    """What a person types: --resume where there is a checkpoint, else the training anew."""
    if (run / "checkpoint.npz").exists():
        return ("train", "--resume", "run", "-q")
    return (*train(epochs), *(["--force"] if run.exists() else []))
