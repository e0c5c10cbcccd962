"""Answers: what comes back from a submission's process, checked before anything believes it, or a file of numbers.

``worker.py`` sends a message for each point: a token, the lengths of what follows, a report in JSON, and the gradients
as NPZ (nothing where there are none). The submission runs in the same process and can send or change anything, so
whatever deviates costs that submission its own answer.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpcli.common.array_files import ArrayFileError, read_npz
from bpcli.common.errors import DataError, UsageError
from bpcli.common.text import printable
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.conventions.results import plans
from bpcli.gradcheck.exchange import LARGEST, Failure, read_members
from bpcli.gradcheck.trial import layers_of
from bpcli.network import Architecture, Array

LONGEST_REPORT = 1 << 16  # bytes; what worker.py writes stays far below
SHOWN = 200  # characters of what is wrong with a report
FAULTS = (b"Timeout", b"Fatal Python error", b"Windows fatal exception")  # how Python's fault handler begins


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read an answer: how, in a line, and the gradients by the parameter's name.

    They have the shape of the parameter; if not, the shape is wrong. Float precision is the submission's. Quantities of
    the forward pass ("pre_1", "out_1", … "delta_2") that came with them hold samples in rows, or are means over them.
    """

    said: str
    tensors: dict[str, Array]
    quantities: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, said: str, everything: dict[str, Array]) -> "Reading":
        """Sort what a program returned: the name of a quantity of the forward pass begins with ~."""
        tensors = {name: tensor for name, tensor in everything.items() if name[:1] != "~"}
        quantities = {name[1:]: tensor for name, tensor in everything.items() if name[:1] == "~"}
        return cls(said, tensors, quantities)


@dataclass(frozen=True, eq=False)
class Answer:
    """Gradients as they were returned.

    Attributes:
        readings: at least one; several where names and shapes do not settle how the answer is to be read.
        wants_decay: the function asked for the weight decay.
        notes: what its author may want to know besides.
    """

    readings: tuple[Reading, ...]
    wants_decay: bool = False
    notes: tuple[str, ...] = ()

    @property
    def tensors(self) -> dict[str, Array]:
        """The gradients in the likeliest reading."""
        return self.readings[0].tensors


class _Report(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AnswerReport(_Report):
    """What ``worker.py`` reports beside gradients."""

    readings: list[Annotated[str, Field(max_length=1000)]] = Field(min_length=1, max_length=10)
    wants_decay: bool
    notes: list[Annotated[str, Field(max_length=1000)]] = Field(max_length=10)


class FailureReport(_Report):
    """What ``worker.py`` reports where there are none."""

    kind: Literal[
        "crash", "exit", "import failed", "no function", "unknown parameter", "changed argument", "missing return",
        "wrong return", "wrong type", "wrong shapes", "memory limit", "file limit", "machine failure",
    ]  # fmt: skip
    message: str = Field(min_length=1, max_length=4000)


class Message(NamedTuple):
    """One answer as it was sent."""

    report: bytes
    tensors: bytes


def messages(data: bytes, token: str) -> tuple[list[Message], bytes]:
    """Split what was sent into its whole messages and the rest: mostly nothing, or what the fault handler wrote."""
    header = re.compile(re.escape(token.encode()) + rb"([0-9]{16})([0-9]{16})")
    found: list[Message] = []
    start = 0
    while head := header.match(data, start):
        middle = head.end() + int(head[1])
        end = middle + int(head[2])
        if end > len(data):
            break
        found.append(Message(data[head.end() : middle], data[middle:end]))
        start = end
    return found, data[start:]


def is_foreign(rest: bytes, token: str) -> bool:
    """Whether the rest is neither a message that was cut short nor from the fault handler."""
    return bool(rest) and not rest.startswith((token.encode(), *FAULTS))


def parse(path: Path, message: Message) -> Answer | Failure:
    """Turn a message into an answer, or into the failure that it reports or is."""
    if len(message.report) > LONGEST_REPORT:
        return not_ours(path, f"a report of {len(message.report)} bytes")
    try:
        if not message.tensors:
            failed = FailureReport.model_validate_json(message.report)
            return Failure(failed.kind, printable(failed.message))
        report = AnswerReport.model_validate_json(message.report)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return not_ours(path, f"{place}: {first['msg']}" if place else first["msg"])
    try:
        tensors = read_npz(message.tensors, limit=LARGEST)
    except ArrayFileError as error:
        return not_ours(path, f"no gradients as NPZ: {error}")
    sorted_out: list[dict[str, Array]] = [{} for _ in report.readings]
    for key, tensor in tensors.items():
        number, _, name = key.partition(" ")
        if not number.isdecimal() or int(number) >= len(sorted_out):
            return not_ours(path, f"gradients called {key}")
        if tensor.dtype.kind != "f":
            return not_ours(path, f"{name} holds {tensor.dtype}")
        sorted_out[int(number)][name] = tensor
    readings = [
        Reading.of(printable(said), found) for said, found in zip(report.readings, sorted_out, strict=True)
    ]
    if not all(reading.tensors for reading in readings):
        return not_ours(path, "a reading without gradients")
    return Answer(tuple(readings), report.wants_decay, tuple(map(printable, report.notes)))


def not_ours(path: Path, what: str) -> Failure:
    """Return the failure of a submission that tampers with what bpcli's own program sends."""
    return Failure(
        "unreadable",
        f"{path.name}: its report is not what bpcli's worker writes ({printable(what, SHOWN)}); "
        "gradients must only return",
    )


def read_answer(path: Path, architecture: Architecture) -> Answer | Failure:
    """Read gradients from NPZ or JSON, under whatever names and in whatever order people keep them.

    A matrix may be a vector, and may hold its bias as a column.
    """
    try:
        members = read_members(path)
    except (DataError, UsageError) as error:
        return Failure("unreadable", str(error))
    arrays: dict[str, Any] = {}
    for name, value in members.items():
        try:
            arrays[name] = np.asarray(value) if isinstance(value, list) else value
        except ValueError:
            if all(isinstance(row, list) and not any(isinstance(v, list) for v in row) for row in value):
                return Failure("wrong shapes", f"{path.name}: {name} has rows of different lengths")
            arrays[name] = value  # a list of the tensors of all layers
    unnamed = [name for name in arrays if re.fullmatch("arr_[0-9]+", name)]  # np.savez without names
    returned = tuple(arrays[name] for name in unnamed) if len(unnamed) == len(arrays) else arrays
    layers = layers_of(architecture)
    turned = (False,) * architecture.depth
    try:
        found = plans(returned, layers, turned)
        if len(found) > 1 and path.suffix.lower() == ".json":
            found.sort(key=lambda plan: plan.vectors != "F")  # as Octave's V(:) and MATLAB's are
        readings = [Reading(plan.said, plan.follow(returned, layers, turned)) for plan in found]
    except RefusedError as error:
        return Failure(error.kind, f"{path.name}: {printable(str(error), 300)}")
    return Answer(tuple(readings))
