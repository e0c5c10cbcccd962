"""Somebody else's gradients: each file is run, or read, so that nothing in it harms more than itself.

A Python file runs in a process of its own (``worker.py``), in a folder of its own. That guards against accidents:
endless loops, crashes, floods of output, full disks. Only bubblewrap (``sandbox.py``) keeps it from anything else.
"""

import io
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from copy import copy
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from bpcli.gradcheck.answer import Answer, is_foreign, messages, not_ours, parse, read_answer
from bpcli.gradcheck.exchange import LARGEST, MACHINE, Failure, shapes_of
from bpcli.gradcheck.runner import (
    FILE_LIMIT,
    PROCESS_LIMIT,
    STARTING,
    Limits,
    end_all,
    failure_of,
    run_worker,
    too_little_memory,
)
from bpcli.gradcheck.sandbox import Sandbox, chosen
from bpcli.gradcheck.trial import arrays_of, layers_of, trial_example
from bpcli.network import Array
from bpcli.network.example import Example

Layout = Literal["rows", "columns"]
Weights = Literal["out-in", "in-out"]
PROGRAMS = (".py", ".ipynb")
MORE = 4  # times the memory limit, to see if it is to blame for a crash
MEMORY = 1 << 30  # bytes above what the interpreter and NumPy take


@dataclass(frozen=True)
class Options:
    """How submissions are run.

    Attributes:
        layout: whether X and Y hold samples in rows or in columns; None to find out.
        weights: whether matrices are n_out × n_in ("out-in") or n_in × n_out ("in-out"); None to find out.
        function: the name of the function, or of a class and its method; None for the usual names.
        time_limit: seconds of the submission's own time, for each example.
        memory_limit: bytes above what Python and NumPy take; 0 for no limit.
        sandbox: what keeps a program from the rest of the system.
    """

    layout: Layout | None = None
    weights: Weights | None = None
    function: str | None = None
    time_limit: float = 10.0
    memory_limit: int = MEMORY
    sandbox: Sandbox = "none"


def collect(path: Path, examples: Sequence[Example], options: Options) -> list[Answer] | Failure:
    """Get the gradients out of one file; see ``collect_many``."""
    (result,) = collect_many([path], examples, options)
    return result


def collect_many(
    paths: Sequence[Path], examples: Sequence[Example], options: Options, *, jobs: int | None = None
) -> list[list[Answer] | Failure]:
    """Collect from many files, in order, ``jobs`` at a time (by default one for each processor).

    Each gives a list with an answer for each example, or the first failure among them; the examples are of one
    architecture. An .npz or .json file answers the first example only, and gives a list of one. Where the machine
    failed, as a full disk does, the file is run once more by itself: the others are done then, and what they wrote is
    removed.
    """
    request = _Request(examples, options)

    def one(path: Path) -> list[Answer] | Failure:
        return _collected(path, examples, request)

    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    futures = [pool.submit(one, path) for path in paths]
    try:
        results = [future.result() for future in futures]
        for index, result in enumerate(results):
            if isinstance(result, Failure) and result.kind == MACHINE:
                results[index] = one(paths[index])
        return results
    finally:
        # After Ctrl-C nobody waits for a time limit: what has not begun is dropped, what runs is ended. Until all is
        # done, because a process may be started just now, and for the folders to be removed.
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
        while wait(futures, timeout=0.05).not_done:
            end_all()


def _collected(path: Path, examples: Sequence[Example], request: "_Request") -> list[Answer] | Failure:
    results: list[Answer | Failure]
    if path.suffix.lower() not in PROGRAMS:
        results = [_read(path, examples[0])]
    elif not path.is_file():
        results = [Failure("unreadable", f"{path.name}: there is no such file")]
    else:
        results, crashed = _run(path.absolute(), examples, request)
        if crashed and request.options.memory_limit:
            results = _perhaps_for_memory(path.absolute(), examples, request, results)
    answers = []
    for number, result in enumerate(results, 1):
        if isinstance(result, Failure):
            at = f" (at point {number} of {len(examples)}; there was an answer before)" if number > 1 else ""
            return replace(result, message=result.message + at)
        answers.append(result)
    return answers


def _read(path: Path, example: Example) -> Answer | Failure:
    answer = read_answer(path, example.architecture)
    return answer if isinstance(answer, Failure) else fitted(path.name, answer, example)


def _perhaps_for_memory(
    path: Path, examples: Sequence[Example], request: "_Request", results: list[Answer | Failure]
) -> list[Answer | Failure]:
    """Run what a signal ended once more with more memory: if that helps, the limit was to blame."""
    _, again = _run(path, examples, request.with_memory(MORE * request.options.memory_limit))
    return results if again else [too_little_memory(path.name, request.options.memory_limit)]


def _run(path: Path, examples: Sequence[Example], request: "_Request") -> tuple[list[Answer | Failure], bool]:
    """Run a program in a process of its own and take its answers, one for each example; and say if it crashed."""
    token = secrets.token_hex()
    options = request.options
    try:
        with tempfile.TemporaryDirectory(prefix="bpcli-", ignore_cleanup_errors=True) as folder:
            limits = Limits(options.time_limit, len(examples) + 1, request.sandbox)
            ended = run_worker(Path(folder), path, request.of(path, token), token, limits)
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        reason = f"{path.name}: not run: {at}{error.strerror}; free space or change permissions"
        return [Failure(MACHINE, reason)], False
    if len(ended.sent) > LARGEST:
        return [Failure("unreadable", f"{path.name}: {LARGEST >> 20} MiB are too many for gradients")], False
    sent, rest = messages(ended.sent, token)
    noise = (ended.printed.note(),) if ended.printed.size else ()
    results: list[Answer | Failure] = []
    for message, example in zip(sent, examples, strict=False):
        result = parse(path, message)
        if isinstance(result, Answer):
            result = fitted(path.name, replace(result, notes=(*result.notes, *noise)), example)
        results.append(result)
    if len(results) < len(examples):
        foreign = is_foreign(rest, token)
        why = failure_of(path, ended, rest, (options.time_limit, options.memory_limit))
        results.append(not_ours(path, "something else") if foreign else why)
        crashed = isinstance(results[-1], Failure) and results[-1].kind == "crash"
        return results, crashed
    return results, False


class _Request:
    """What ``worker.py`` reads: a line of JSON, and the trial and each example as NPZ; made once for all files."""

    def __init__(self, examples: Sequence[Example], options: Options) -> None:
        self.options = options
        self.sandbox = chosen(options.sandbox)
        trial = trial_example(examples[0])
        self.archives = [_archive(example) for example in (trial, *examples)]
        self.settings = {
            "points": [len(archive) for archive in self.archives],
            "layers": layers_of(examples[0].architecture),
            "trial_layers": layers_of(trial.architecture),
            "layout": options.layout,
            "weights": options.weights,
            "function": options.function,
            "time_limit": options.time_limit,
            "cpu_limit": ceil((len(examples) + 1) * options.time_limit + STARTING),
            "memory_limit": options.memory_limit,
            "file_limit": FILE_LIMIT,
            "process_limit": PROCESS_LIMIT,
        }

    def with_memory(self, memory: int) -> "_Request":
        """The same request with another memory limit."""
        other = copy(self)
        other.options = replace(self.options, memory_limit=memory)
        other.settings = self.settings | {"memory_limit": memory}
        return other

    def of(self, path: Path, token: str) -> bytes:
        """The request for one file."""
        settings = self.settings | {"submission": str(path), "token": token}
        return b"".join((json.dumps(settings).encode(), b"\n", *self.archives))


def _archive(example: Example) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **cast(dict[str, Any], arrays_of(example)))
    return buffer.getvalue()


def fitted(source: str, answer: Answer, example: Example) -> Answer | Failure:
    """Drop readings that hold no finite numbers; say what is missing, and refuse what fits nowhere."""
    shapes = shapes_of(example.architecture)
    first = answer.tensors
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    if len(shapes) > 1 and all(tensor.size != sizes[name] for name, tensor in first.items()):
        name, tensor = next(iter(first.items()))
        return Failure(
            "wrong shapes",
            f"{source}: the gradient for {name} has shape {tensor.shape}; it must have that of {name}, "
            f"{shapes[name]}; was it made for another configuration? give the same CONFIG, or --point",
        )
    for name, tensor in first.items():
        if not np.isfinite(tensor).all():
            wrong = int(np.count_nonzero(~np.isfinite(tensor)))
            return Failure(
                "not finite",
                f"{source}: {wrong} of the {tensor.size} numbers in the gradient for {name} are NaN or infinite; "
                "look for a division by 0, a log of 0 or an exp of something large",
            )
    kept = [answer.readings[0]] + [
        reading
        for reading in answer.readings[1:]
        if all(np.isfinite(tensor).all() for tensor in reading.tensors.values())
    ]
    return replace(answer, readings=tuple(replace(r, tensors=_shaped(r.tensors, shapes)) for r in kept))


def _shaped(tensors: dict[str, Array], shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    """The tensors in the order of the parameters; a bias without needless axes."""
    out = {}
    for name, shape in shapes.items():
        tensor = tensors.get(name)
        if tensor is None:
            continue
        bare = tuple(size for size in tensor.shape if size != 1)
        flat = len(shape) == 1 and bare == tuple(size for size in shape if size != 1)
        out[name] = tensor.reshape(shape) if flat or tensor.size == int(np.prod(shape)) == 1 else tensor
    return out
