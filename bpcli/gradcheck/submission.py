"""Somebody else's gradients: each file is run, or read, so that nothing in it harms more than itself.

A Python file runs in a process of its own (``child.py``), in a folder of its own. That guards against accidents:
endless loops, crashes, floods of output, full disks. It is no sandbox: a submission may do whatever its user may.
"""

import io
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, Literal, cast, overload

import numpy as np

from bpcli.gradcheck.answer import Answer, is_foreign, messages, not_ours, parse
from bpcli.gradcheck.exchange import LARGEST, MACHINE, Failure, read_answer, shapes_of
from bpcli.gradcheck.process import FILE_LIMIT, STARTING, end_all, failure_of, run_child
from bpcli.network import Array
from bpcli.network.example import Example

Layout = Literal["rows", "columns"]


@overload
def collect(
    path: Path, example: Example, *, layout: Layout, time_limit: float, memory_limit: int
) -> Answer | Failure: ...
@overload
def collect(
    path: Path, example: Sequence[Example], *, layout: Layout, time_limit: float, memory_limit: int
) -> list[Answer] | Failure: ...
def collect(
    path: Path, example: Example | Sequence[Example], *, layout: Layout, time_limit: float, memory_limit: int
) -> Answer | list[Answer] | Failure:
    """Get the gradients out of a .py, .npz or .json file, for one example or for several of one architecture.

    Several share one process and give a list, or the first failure among them. An .npz or .json answers the
    first example only, and gives a list of one. ``time_limit`` is in seconds of the submission's own time, for
    each example; ``memory_limit`` is in bytes above what Python and NumPy take.
    """
    examples = [example] if isinstance(example, Example) else list(example)
    if path.suffix.lower() != ".py":
        results = [_read(path, examples[0])]
    elif not path.is_file():
        results = [Failure("unreadable", f"{path.name}: there is no such file")]
    else:
        results = _run(path.absolute(), examples, layout, time_limit, memory_limit)
    answers = []
    for number, result in enumerate(results, 1):
        if isinstance(result, Failure):
            at = f" (at point {number} of {len(examples)}; there was an answer before)" if number > 1 else ""
            return replace(result, message=result.message + at)
        answers.append(result)
    return answers[0] if isinstance(example, Example) else answers


@overload
def collect_many(
    paths: Sequence[Path],
    example: Example,
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> list[Answer | Failure]: ...
@overload
def collect_many(
    paths: Sequence[Path],
    example: Sequence[Example],
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> list[list[Answer] | Failure]: ...
def collect_many(
    paths: Sequence[Path],
    example: Example | Sequence[Example],
    *,
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    jobs: int | None = None,
) -> Sequence[Answer | list[Answer] | Failure]:
    """Collect from many files, in order, ``jobs`` at a time (by default one for each processor).

    Where the machine failed, as a full disk does, the file is run once more by itself: the others are done then, and
    what they wrote is removed.
    """

    def one(path: Path) -> Answer | list[Answer] | Failure:
        return collect(path, example, layout=layout, time_limit=time_limit, memory_limit=memory_limit)

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


def _read(path: Path, example: Example) -> Answer | Failure:
    tensors = read_answer(path)
    return tensors if isinstance(tensors, Failure) else _fitted(path, Answer(tensors), example)


def _run(
    path: Path, examples: Sequence[Example], layout: Layout, time_limit: float, memory_limit: int
) -> list[Answer | Failure]:
    """Run a Python file in a process of its own and take its answers, one for each example."""
    token = secrets.token_hex()
    request = _request(path, examples, layout, time_limit, memory_limit, token)
    try:
        with tempfile.TemporaryDirectory(prefix="bpcli-", ignore_cleanup_errors=True) as folder:
            ended = run_child(Path(folder), request, len(examples) * time_limit + STARTING)
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        return [
            Failure(MACHINE, f"{path.name}: not run: {at}{error.strerror}; free space or change permissions")
        ]
    if len(ended.sent) > LARGEST:
        return [Failure("unreadable", f"{path.name}: {LARGEST >> 20} MiB are too many for gradients")]
    sent, rest = messages(ended.sent, token)
    noise = (ended.printed.note(),) if ended.printed.size else ()
    results: list[Answer | Failure] = []
    for message, example in zip(sent, examples, strict=False):
        result = parse(path, message)
        if isinstance(result, Answer):
            result = _fitted(path, replace(result, notes=(*result.notes, *noise)), example)
        results.append(result)
    if len(results) < len(examples):
        foreign = is_foreign(rest, token)
        limits = (time_limit, memory_limit)
        results.append(not_ours(path, "something else") if foreign else failure_of(path, ended, rest, limits))
    return results


def _request(
    path: Path,
    examples: Sequence[Example],
    layout: Layout,
    time_limit: float,
    memory_limit: int,
    token: str,
) -> bytes:
    """What ``child.py`` reads: a line of JSON, and each example as NPZ."""
    archives = []
    for example in examples:
        buffer = io.BytesIO()
        np.savez(
            buffer,
            x=example.X,  # a row at a time
            y=example.Y,
            X=example.X if layout == "rows" else np.ascontiguousarray(example.X.T),
            Y=example.Y if layout == "rows" else np.ascontiguousarray(example.Y.T),
            learning_rate=np.array(example.learning_rate),
            weight_decay=np.array(example.weight_decay),
            **cast(dict[str, Any], example.parameters),
        )
        archives.append(buffer.getvalue())
    names = list(shapes_of(examples[0].architecture))
    settings = {
        "submission": str(path),
        "points": [len(archive) for archive in archives],
        "matrices": [name for name in names if not name.startswith("bias_")],
        "biases": [name for name in names if name.startswith("bias_")],
        "time_limit": time_limit,
        "cpu_limit": ceil(len(examples) * time_limit + STARTING),
        "memory_limit": memory_limit,
        "file_limit": FILE_LIMIT,
        "token": token,
    }
    return b"".join((json.dumps(settings).encode(), b"\n", *archives))


def _fitted(path: Path, answer: Answer, example: Example) -> Answer | Failure:
    """Check names, shapes and numbers, and let through the wrong shapes that a mistake is known by."""
    shapes = shapes_of(example.architecture)
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
