"""The point as a file, so that gradients from any language can be checked at it, and why an answer may fail."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from bpcli.common.array_files import ArrayFileError, read_npz, reason
from bpcli.common.errors import DataError, MachineError, UsageError
from bpcli.common.files import read_bytes, write_atomically
from bpcli.network import Architecture, Array
from bpcli.network.architecture import Activation, LossName, Output
from bpcli.network.example import Example

SETTINGS = ("sizes", "activation", "output", "loss", "learning_rate", "weight_decay")
MACHINE = "machine failure"  # the kind of a Failure
LARGEST = 1 << 28  # bytes, uncompressed: an answer is small, and a zip can promise terabytes


@dataclass(frozen=True)
class Failure:
    """Why there is no answer to check.

    Attributes:
        kind: a few words to group by: "time limit", "memory limit", "crash", "exit", "import failed",
            "no function", "unknown parameter", "changed argument", "missing return", "wrong return",
            "wrong type", "wrong shapes", "not finite", "file limit", "unreadable"; or "machine failure", which is
            not the submission's fault.
        message: for its author: the file, the line where it is known, what happened and what to do.
    """

    kind: str
    message: str


def export_problem(example: Example, path: Path) -> None:
    """Write the point to an NPZ or JSON file, by the suffix, with a text that says how to answer.

    Raises:
        UsageError: the suffix is neither .npz nor .json.
        MachineError: the file cannot be written.
    """
    architecture = example.architecture
    tensors = {"X": example.X, "Y": example.Y, **example.parameters}
    settings = {
        "sizes": list(architecture.sizes),
        "activation": architecture.activation,
        "output": architecture.output,
        "loss": architecture.loss,
        "learning_rate": example.learning_rate,
        "weight_decay": example.weight_decay,
        "how_to_answer": _how_to_answer(example),
    }
    if _suffix(path) == ".npz":
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {**tensors, **{name: np.array(value) for name, value in settings.items()}}
        np.savez(buffer, **arrays)
        content = buffer.getvalue()
    else:
        document = settings | {name: tensor.tolist() for name, tensor in tensors.items()}
        content = (json.dumps(document, ensure_ascii=False) + "\n").encode()
    try:
        write_atomically(path, content)
    except OSError as error:
        raise MachineError(f"{path}: cannot be written: {error.strerror}") from error


def read_problem(path: Path) -> Example:
    """Read what ``export_problem`` wrote, or a point that somebody else wrote in the same form.

    Raises:
        DataError: the file is damaged, or an entry is missing, unknown, of the wrong shape or not finite.
    """
    members = read_members(path)
    members.pop("how_to_answer", None)
    absent = [name for name in ("X", "Y", *SETTINGS) if name not in members]
    if absent:
        raise DataError(
            f"{path}: there is no {', no '.join(absent)}; it holds {', '.join(members) or 'nothing'}"
        )
    architecture = _architecture(path, members)
    shapes = shapes_of(architecture)
    absent = [name for name in shapes if name not in members]
    unknown = [name for name in members if name not in {"X", "Y", *SETTINGS, *shapes}]
    if absent or unknown:
        wrong = [f"there is no {name}" for name in absent] + [
            f"{name} is not a name here" for name in unknown
        ]
        raise DataError(f"{path}: {', '.join(wrong)}; these sizes want {', '.join(shapes)}")
    X = _tensor(path, "X", members, (None, architecture.sizes[0]))
    return Example(
        architecture=architecture,
        X=X,
        Y=_tensor(path, "Y", members, (len(X), architecture.sizes[-1])),
        parameters={name: _tensor(path, name, members, shape) for name, shape in shapes.items()},
        learning_rate=float(_tensor(path, "learning_rate", members, ())),
        weight_decay=float(_tensor(path, "weight_decay", members, ())),
    )


def shapes_of(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter, and so of its gradient, in the order of a tuple: matrices, then biases."""
    return architecture.parameter_shapes()


def _how_to_answer(example: Example) -> str:
    shapes = shapes_of(example.architecture)
    wanted = ", ".join(f"{name} ({'×'.join(map(str, shape))})" for name, shape in shapes.items())
    decay = (
        ", plus half of weight_decay times the squared entries of the matrices"
        if example.weight_decay
        else ""
    )
    return (
        "Samples are rows of X and Y, neurons are rows of the matrices. Write the gradient of the mean loss over "
        f"the samples{decay} to an .npz or .json file, under the names of the parameters: {wanted}. "
        "Then: bpcli gradcheck --point THIS_FILE --against FILE"
    )


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in {".npz", ".json"}:
        raise UsageError(f"{path}: the name must end in .npz or .json")
    return suffix


def read_members(path: Path) -> dict[str, Any]:
    """Return the entries of an NPZ or JSON file, whatever they are.

    Raises:
        DataError: the file is missing, too large, damaged, or holds Python objects.
        UsageError: its name ends in something else.
    """
    suffix = _suffix(path)
    if not path.is_file():  # nor a pipe: an answer is written before it is checked
        raise DataError(f"{path}: there is no such file")
    raw = read_bytes(path, DataError, "give the gradients alone", limit=LARGEST)
    try:
        return read_npz(raw, limit=LARGEST) if suffix == ".npz" else _from_json(raw)
    except (ArrayFileError, ValueError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path}: not {suffix[1:].upper()} of numbers, or damaged ({reason(error)}); write it anew"
        ) from None


def _from_json(raw: bytes) -> dict[str, Any]:
    document = json.loads(raw)
    if not isinstance(document, dict):
        raise TypeError("it is not an object with a key for each tensor")
    return document


def _architecture(path: Path, members: dict[str, Any]) -> Architecture:
    words: dict[str, Any] = {}
    for name, choices in (("activation", Activation), ("output", Output), ("loss", LossName)):
        words[name] = str(members[name])
        if words[name] not in get_args(choices):
            raise DataError(f"{path}: {name} is {words[name]}; it is one of {', '.join(get_args(choices))}")
    sizes = np.asarray(members["sizes"])
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu":
        raise DataError(f"{path}: sizes must be whole numbers, d0, …, dL")
    bias = any(name.startswith("bias_") for name in members)
    try:
        return Architecture(tuple(sizes.tolist()), bias=bias, **words)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def _tensor(path: Path, name: str, members: dict[str, Any], shape: tuple[int | None, ...]) -> Array:
    """One entry as finite float64 numbers of a shape in which None stands for any length but 0."""
    try:
        tensor = np.asarray(members[name])
    except ValueError:
        raise DataError(f"{path}: {name} has rows of different lengths") from None
    if tensor.dtype.kind not in "iuf":
        raise DataError(f"{path}: {name} holds {tensor.dtype}; it wants real numbers")
    fits = len(shape) == tensor.ndim and all(
        size == want or (want is None and size) for size, want in zip(tensor.shape, shape, strict=True)
    )
    if not fits:
        want = "×".join("N" if size is None else str(size) for size in shape) or "one number"
        given = "×".join(map(str, tensor.shape)) or "one number"
        raise DataError(f"{path}: the shape of {name} is {given}; it must be {want}")
    if not np.isfinite(tensor).all():
        raise DataError(f"{path}: {name} holds NaN or infinity; every number must be finite")
    return np.array(tensor, np.float64)
