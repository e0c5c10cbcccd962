"""Somebody else's gradients: each file is run, or read, so that nothing in it harms more than itself.

A Python file runs in a process of its own (``child.py``), in a folder of its own. That guards against accidents:
endless loops, crashes, floods of output. It is no sandbox: a submission may do whatever its user may.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import IO, Any, Literal, cast, overload

import numpy as np

from bpcli.errors import DataError
from bpcli.gradcheck.exchange import Failure, read_answer, read_members, shapes_of
from bpcli.gradcheck.problem import Problem
from bpcli.network import Array

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

Layout = Literal["rows", "columns"]


@dataclass(frozen=True, eq=False)
class Answer:
    """Gradients as they were returned.

    Attributes:
        tensors: by the parameter's name. A matrix may be transposed, and a bias may have the shape of its
            matrix: those are mistakes with names. Every other shape fits. Float precision is the submission's.
        per_point: the function took a point at a time, and this is the mean over the points.
        wants_decay: the function asked for ``weight_decay``.
        notes: what its author may want to know besides.
    """

    tensors: dict[str, Array]
    per_point: bool = False
    wants_decay: bool = False
    notes: tuple[str, ...] = ()


@overload
def collect(
    path: Path, problem: Problem, *, layout: Layout, time_limit: float, memory_limit: int
) -> Answer | Failure: ...
@overload
def collect(
    path: Path, problem: Sequence[Problem], *, layout: Layout, time_limit: float, memory_limit: int
) -> list[Answer] | Failure: ...
def collect(
    path: Path, problem: Problem | Sequence[Problem], *, layout: Layout, time_limit: float, memory_limit: int
) -> Answer | list[Answer] | Failure:
    """Get the gradients out of a .py, .npz or .json file, for one problem or for several of one architecture.

    Several share one process and give a list, or the first failure among them. An .npz or .json answers the
    first problem only, and gives a list of one. ``time_limit`` is in seconds of the submission's own time, for
    each problem; ``memory_limit`` is in bytes above what Python and NumPy take.
    """
    problems = [problem] if isinstance(problem, Problem) else list(problem)
    if path.suffix.lower() != ".py":
        results = [_read(path, problems[0])]
    elif not path.is_file():
        results = [Failure("unreadable", f"{path.name}: there is no such file")]
    else:
        results = _run(path.absolute(), problems, layout, time_limit, memory_limit)
    answers = []
    for number, result in enumerate(results, 1):
        if isinstance(result, Failure):
            at = f" (at point {number} of {len(problems)}; there was an answer before)" if number > 1 else ""
            return replace(result, message=result.message + at)
        answers.append(result)
    return answers[0] if isinstance(problem, Problem) else answers


@overload
def collect_many(
    paths: Sequence[Path],
    problem: Problem,
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> list[Answer | Failure]: ...
@overload
def collect_many(
    paths: Sequence[Path],
    problem: Sequence[Problem],
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> list[list[Answer] | Failure]: ...
def collect_many(
    paths: Sequence[Path],
    problem: Problem | Sequence[Problem],
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> Sequence[Answer | list[Answer] | Failure]:
    """Collect from many files, in order, ``jobs`` at a time (by default one for each processor)."""

    def one(path: Path) -> Answer | list[Answer] | Failure:
        return collect(path, problem, layout=layout, time_limit=time_limit, memory_limit=memory_limit)

    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        return list(pool.map(one, paths))
    finally:
        # After Ctrl-C nobody waits for a time limit: what has not begun is dropped, what runs is ended.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(_RUNNING):
            _kill(process)


_RUNNING: set[subprocess.Popen[str]] = set()


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def _read(path: Path, problem: Problem) -> Answer | Failure:
    tensors = read_answer(path)
    return tensors if isinstance(tensors, Failure) else _fitted(path, Answer(tensors), problem)


def _run(
    path: Path, problems: Sequence[Problem], layout: Layout, time_limit: float, memory_limit: int
) -> list[Answer | Failure]:
    """Run a Python file in a process of its own and take its answers, one for each problem."""
    with tempfile.TemporaryDirectory(prefix="bpcli-", ignore_cleanup_errors=True) as folder:
        channel = Path(folder)
        names = list(shapes_of(problems[0].architecture))
        token = secrets.token_hex()
        request = {
            "submission": str(path),
            "points": len(problems),
            "matrices": [name for name in names if not name.startswith("bias_")],
            "biases": [name for name in names if name.startswith("bias_")],
            "time_limit": time_limit,
            "cpu_limit": ceil(len(problems) * time_limit + STARTING),
            "memory_limit": memory_limit,
            "token": token,
        }
        (channel / "request.json").write_text(json.dumps(request), "utf-8")
        for index, problem in enumerate(problems):
            np.savez(
                channel / f"point-{index}.npz",
                x=problem.X,  # a row at a time
                y=problem.Y,
                X=problem.X if layout == "rows" else np.ascontiguousarray(problem.X.T),
                Y=problem.Y if layout == "rows" else np.ascontiguousarray(problem.Y.T),
                learning_rate=np.array(problem.learning_rate),
                weight_decay=np.array(problem.weight_decay),
                **cast(dict[str, Any], problem.parameters),
            )
        status, printed = _start(channel, len(problems) * time_limit + STARTING)
        end = _end(path, status, printed, channel, (time_limit, memory_limit))
        results: list[Answer | Failure] = []
        for index, problem in enumerate(problems):
            result = _answer(path, channel / f"answer-{index}.npz", token, end)
            if isinstance(result, Answer):
                noise = (printed.note(),) if printed.size else ()
                result = _fitted(path, replace(result, notes=(*result.notes, *noise)), problem)
            results.append(result)
        return results


class _Printed(threading.Thread):
    """What a process prints, read to its end so that it never blocks, and forgotten but for both ends."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(daemon=True)
        self.stream, self.size, self.first, self.last = stream, 0, "", ""

    def run(self) -> None:
        with self.stream:
            while text := self.stream.read(1 << 13):
                self.size += len(text)
                self.first = (self.first + text)[:KEPT] if len(self.first) < KEPT else self.first
                self.last = (self.last + text)[-KEPT:]

    def note(self) -> str:
        """Its size and its first line."""
        first = next(iter(self.first.strip().splitlines()), "")
        return f"its printed output was captured: {self.size} characters, beginning {first[:80]!r}"


def _start(channel: Path, seconds: float) -> tuple[int | None, _Printed]:
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
    printed = _Printed(process.stdout)
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


def _end(
    path: Path, status: int | None, printed: _Printed, channel: Path, limits: tuple[float, int]
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


def _answer(path: Path, file: Path, token: str, end: Failure) -> Answer | Failure:
    """Read what ``child.py`` wrote, believing nothing: the submission could have written the file."""
    if not file.exists():
        return end
    forged = Failure(
        "unreadable", f"{path.name}: it wrote into the file that bpcli keeps for its answer; only return"
    )
    try:
        members = read_members(file)
        report = json.loads(str(members.pop("report")))
    except (DataError, KeyError, ValueError):
        return forged
    if not isinstance(report, dict) or report.get("token") != token:
        return forged
    if "kind" in report:
        return Failure(report["kind"], report["message"])
    return Answer(members, report["per_point"], report["wants_decay"], tuple(report["notes"]))


def _fitted(path: Path, answer: Answer, problem: Problem) -> Answer | Failure:
    """Check names, shapes and numbers, and let through the wrong shapes that a mistake is known by."""
    shapes = shapes_of(problem.architecture)
    tensors: dict[str, Array] = {}
    sizes = {name: np.prod(shape) for name, shape in shapes.items()}
    strange = all(answer.tensors[name].size != size for name, size in sizes.items() if name in answer.tensors)
    elsewhere = "; was it made for another configuration? give the same CONFIG, or --point" if strange else ""
    for name, shape in shapes.items():
        is_bias = name.startswith("bias_")
        tensor = answer.tensors.get(name)
        if tensor is None:
            if is_bias:
                continue
            return Failure("missing return", f"{path.name}: there is no gradient for {name}")
        matrix = shapes[name.removeprefix("bias_")]
        squeezable = {(*shape, 1), (1, *shape)} if is_bias else set()
        if tensor.shape in squeezable or tensor.size == np.prod(shape) == 1:
            tensor = tensor.reshape(shape)
        elif tensor.shape not in {shape, matrix, matrix[::-1]}:
            return Failure(
                "wrong shapes",
                f"{path.name}: the gradient for {name} has shape {tensor.shape}; "
                f"it must have that of {name}, {shape}{elsewhere}",
            )
        if not np.isfinite(tensor).all():
            wrong = int(np.count_nonzero(~np.isfinite(tensor)))
            return Failure(
                "not finite",
                f"{path.name}: {wrong} of the {tensor.size} numbers in the gradient for {name} are NaN or infinite; "
                "look for a division by 0, a log of 0 or an exp of something large",
            )
        tensors[name] = tensor
    missing = [name for name in shapes if name not in tensors]
    notes = (f"it has no gradient for {' and '.join(missing)}",) if missing else ()
    return replace(answer, tensors=tensors, notes=(*answer.notes, *notes))
