"""What comes back from a submission's process, checked in this one place before anything believes it.

``child.py`` sends a message for each point: a token, the lengths of what follows, a report in JSON, and the gradients
as NPZ (nothing where there are none). The submission runs in the same process and can send or change anything, so
whatever deviates costs that submission its own answer.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpcli.common.text import printable
from bpcli.gradcheck.exchange import Failure, read_npz
from bpcli.network import Array

LONGEST_REPORT = 1 << 16  # bytes; what child.py writes stays far below
SHOWN = 200  # characters of what is wrong with a report
FAULTS = (b"Timeout", b"Fatal Python error", b"Windows fatal exception")  # how Python's fault handler begins


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


class _Report(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AnswerReport(_Report):
    """What ``child.py`` reports beside gradients."""

    per_point: bool
    wants_decay: bool
    notes: list[Annotated[str, Field(max_length=1000)]] = Field(max_length=10)


class FailureReport(_Report):
    """What ``child.py`` reports where there are none."""

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
        tensors = read_npz(message.tensors)
    except (
        Exception
    ) as error:  # a damaged archive fails in a dozen ways, in zipfile, zlib, ast and the allocator
        return not_ours(path, f"no gradients as NPZ: {error}")
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f":
            return not_ours(path, f"{name} holds {tensor.dtype}")
    return Answer(tensors, report.per_point, report.wants_decay, tuple(map(printable, report.notes)))


def not_ours(path: Path, what: str) -> Failure:
    """Return the failure of a submission that tampers with what bpcli's own program sends."""
    return Failure(
        "unreadable",
        f"{path.name}: its report is not what bpcli's worker writes ({printable(what, SHOWN)}); "
        "gradients must only return",
    )
