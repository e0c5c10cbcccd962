"""The files of a run are checked by digests that they carry themselves.

Every kind carries its SHA-256 in its own idiom: an NPZ as the array ``sha256``, JSON as the key ``sha256``, YAML in a
last comment. A file whose digest does not fit is reported as damaged and never believed.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.common import files
from bpcli.common.errors import MachineError
from bpcli.common.files import write_atomically
from bpcli.network import Array

DIGEST_COMMENT = "# sha256: "


def damaged(path: Path, why: str) -> MachineError:
    """Return the error for a file that cannot be believed."""
    return MachineError(f"{path}: the file is damaged ({why}); restore it from a copy, or train again")


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays, and their digest beside them, so that ``numpy.load`` alone reads them."""
    buffer = io.BytesIO()
    members: dict[str, Any] = {**arrays, "sha256": np.array(_digest_of_arrays(arrays))}
    np.savez(buffer, **members)
    write_atomically(path, buffer.getvalue())


def read_npz(path: Path) -> dict[str, Array]:
    """Read what ``write_npz`` wrote.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    content = read_bytes(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        OSError,
        EOFError,
        KeyError,
        NotImplementedError,
    ) as error:
        raise damaged(path, "it is not a readable NPZ") from error
    if str(arrays.pop("sha256", "")) != _digest_of_arrays(arrays):
        raise damaged(path, "its digest does not match its arrays")
    return arrays


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document with its digest as the last key."""
    whole = {**document, "sha256": _digest_of_json(document)}
    write_atomically(path, (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    try:
        document = json.loads(read_bytes(path))
    except ValueError as error:
        raise damaged(path, "it is not JSON") from error
    if not isinstance(document, dict) or document.pop("sha256", None) != _digest_of_json(document):
        raise damaged(path, "its digest does not match its content")
    return document


def write_commented(path: Path, text: str) -> None:
    """Write a text whose format has ``#`` comments, with its digest in a comment after it."""
    write_atomically(path, f"{text}{DIGEST_COMMENT}{hashlib.sha256(text.encode()).hexdigest()}\n".encode())


def check_commented(path: Path) -> None:
    """Check the digest of what ``write_commented`` wrote.

    Raises:
        MachineError: if the file is missing, unreadable, or not what was written.
    """
    text, _, digest = read_bytes(path).rpartition(DIGEST_COMMENT.encode())
    if hashlib.sha256(text).hexdigest().encode() != digest.strip():
        raise damaged(
            path, "its digest does not match its text; to change a configuration, start a new run with it"
        )


def read_bytes(path: Path) -> bytes:
    """Read a file of a run.

    Raises:
        MachineError: if it is missing or unreadable.
    """
    if path.exists() and not path.is_file():  # to read a pipe would wait for ever
        raise MachineError(f"{path}: this is not a regular file; restore it from a copy, or train again")
    return files.read_bytes(path, MachineError, "the run cannot be used without it")


def _digest_of_arrays(arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _digest_of_json(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
