"""The files of a run are checked by digests that they carry themselves.

Every kind carries its SHA-256 in its own idiom: an NPZ as the array ``sha256``, JSON as the key ``sha256``, YAML in a
last comment. A file whose digest does not fit is reported as damaged and never believed.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from bpcli.common import array_files, files
from bpcli.common.array_files import ArrayFileError, Claim
from bpcli.common.errors import MachineError
from bpcli.common.files import MIB, write_atomically
from bpcli.common.text import LONGEST, printable
from bpcli.network import Array

DIGEST_COMMENT = "# sha256: "
_WRITTEN_ANEW = ("best.npz", "initial.npz", "summary.json")  # from the checkpoint and the configuration
LARGEST_TEXT = 64 * MIB  # bytes of a JSON or YAML file of a run


class DamagedError(MachineError):
    """A file of a run that was read and cannot be believed."""


def damaged(path: Path, why: str) -> DamagedError:
    """Return the error for a file that cannot be believed."""
    return DamagedError(f"{path}: the file is damaged ({why}); {remedy(path)}")


def remedy(path: Path) -> str:
    """Say what to do about a file of a run that cannot be used."""
    if path.name in _WRITTEN_ANEW:
        return "restore it from a copy, or delete it: --resume writes it anew"
    return "restore it from a copy, or train again"


def first_problem(error: ValidationError) -> str:
    """Say where a document is not what it should be, and why."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = printable(".".join(map(str, first["loc"])), LONGEST)
    return printable(f"{place}: {first['msg']}" if place else first["msg"])


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays, and their digest beside them, so that ``numpy.load`` alone reads them."""
    write_atomically(path, npz(arrays))


def npz(arrays: Mapping[str, Array]) -> bytes:
    """Return what ``write_npz`` writes."""
    buffer = io.BytesIO()
    members: dict[str, Any] = {**arrays, "sha256": np.array(_digest_of_arrays(arrays))}
    np.savez(buffer, **members)
    return buffer.getvalue()


def read_npz(
    path: Path, check: Callable[[Mapping[str, Claim]], None] = lambda _claims: None
) -> dict[str, Array]:
    """Read what ``write_npz`` wrote; ``check`` may refuse it by what it claims to hold, before it is unpacked.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    content = read_bytes(path)
    try:
        # Our own files are not compressed, so that what they hold is no larger than they are.
        arrays = array_files.read_npz(content, limit=len(content), check=check)
    except ArrayFileError as error:
        raise damaged(path, str(error)) from None
    if str(arrays.pop("sha256", "")) != _digest_of_arrays(arrays):
        raise damaged(path, "its digest does not match its arrays")
    return arrays


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document with its digest as the last key."""
    write_atomically(path, sealed_json(document))


def sealed_json(document: Mapping[str, Any]) -> bytes:
    """Return what ``write_json`` writes."""
    whole = {**document, "sha256": _digest_of_json(document)}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    try:
        document = json.loads(read_bytes(path, limit=LARGEST_TEXT))
    except (ValueError, RecursionError) as error:
        raise damaged(path, "it is not JSON") from error
    if not isinstance(document, dict) or document.pop("sha256", None) != _digest_of_json(document):
        raise damaged(path, "its digest does not match its content")
    return document


def write_commented(path: Path, text: str) -> None:
    """Write a text whose format has ``#`` comments, with its digest in a comment after it."""
    write_atomically(path, commented(text))


def commented(text: str) -> bytes:
    """Return what ``write_commented`` writes."""
    return f"{text}{DIGEST_COMMENT}{hashlib.sha256(text.encode()).hexdigest()}\n".encode()


def read_commented(path: Path) -> str:
    """Return the text that ``write_commented`` wrote.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    text, _, digest = read_bytes(path, limit=LARGEST_TEXT).rpartition(DIGEST_COMMENT.encode())
    if hashlib.sha256(text).hexdigest().encode() != digest.strip():
        raise damaged(
            path, "its digest does not match its text; to change a configuration, start a new run with it"
        )
    try:
        return text.decode()
    except ValueError as error:
        raise damaged(path, "it is not text") from error


def read_bytes(path: Path, *, limit: int = files.LARGEST, most: int | None = None) -> bytes:
    """Read a file of a run, or its first ``most`` bytes.

    Raises:
        MachineError: if it is missing, unreadable or too large.
    """
    if path.exists() and not path.is_file():  # to open a device or a pipe can have effects
        raise MachineError(f"{path}: this is not a regular file; {remedy(path)}")
    return files.read_bytes(path, MachineError, "the run cannot be used without it", limit=limit, most=most)


def _digest_of_arrays(arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _digest_of_json(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
