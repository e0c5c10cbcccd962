"""The one reader of NPZ and NPY files: what a file claims to hold is looked at before any of it is unpacked.

A few bytes of a zip can claim terabytes, and the header of an array any shape. So the claims are added up first, and
compared with a limit and with what the caller expects. Nothing is unpickled. Whatever is wrong becomes an
``ArrayFileError``, whose text the caller puts behind the name of the file.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bpcli.common.files import LARGEST_UNSEEN, MIB
from bpcli.common.text import LONGEST, printable

Array = NDArray[Any]
MOST_MEMBERS = 1000
_LONGEST_REASON = 200
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes
_ENCRYPTED = 0x1


class ArrayFileError(ValueError):
    """Why a file is not read: a few words, without the name of the file."""


@dataclass(frozen=True)
class Claim:
    """What the header of an array says of it, before the array is there."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes in memory; an entry of no length counts as one byte, since there may be very many."""
        return prod(self.shape) * max(1, self.dtype.itemsize)

    def __str__(self) -> str:
        return f"{'×'.join(map(str, self.shape)) or 'one entry'} of {self.dtype}"


def read_npz(
    raw: bytes,
    *,
    limit: int = LARGEST_UNSEEN,
    wanted: Callable[[str], bool] = lambda _name: True,
    check: Callable[[Mapping[str, Claim]], None] = lambda _claims: None,
) -> dict[str, Array]:
    """Return the arrays of an NPZ by name.

    Args:
        raw: the content of the file.
        limit: how many bytes its arrays may take in memory, all together.
        wanted: which arrays to read; the others are left alone.
        check: gets the claims of those, and raises an ``ArrayFileError`` if they are not as expected.

    Raises:
        ArrayFileError: it is damaged, too large, or holds what is no array of numbers or text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = _members(archive, wanted)
            claims = {name: _claim_of_member(archive, name, member) for name, member in members.items()}
            _check_size(sum(claim.size for claim in claims.values()), limit)
            check(claims)
            return {name: _unpacked(archive, name, member) for name, member in members.items()}
    except ArrayFileError:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, EOFError, NotImplementedError,
            RuntimeError, LookupError, OverflowError, zlib.error) as error:  # fmt: skip
        raise ArrayFileError(f"not an NPZ file, or a damaged one: {reason(error)}") from None


def read_npy(raw: bytes, *, limit: int) -> Array:
    """Return the array of an NPY.

    Raises:
        ArrayFileError: as ``read_npz``.
    """
    stream = io.BytesIO(raw)
    claim = _claim(stream, len(raw))
    _check_size(claim.size, limit)
    stream.seek(0)
    return _array(stream)


def reason(error: Exception) -> str:
    """The text of a library's exception, printable on one line and short."""
    return printable(" ".join(str(error).split()), _LONGEST_REASON) or type(error).__name__


def _members(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> dict[str, zipfile.ZipInfo]:
    """Return where each array is, by name."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise ArrayFileError(f"it holds '{_shown(name)}' twice")
        if wanted(name):
            members[name] = member
    if len(members) > MOST_MEMBERS:
        raise ArrayFileError(f"it holds {len(members):,} arrays where {MOST_MEMBERS:,} are the limit")
    return members


def _claim_of_member(archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> Claim:
    if member.flag_bits & _ENCRYPTED:
        raise ArrayFileError(f"{_shown(name)}: it is encrypted")
    if member.compress_type not in _PACKINGS:
        raise ArrayFileError(f"{_shown(name)}: it is packed in a way that NumPy does not use")
    try:
        with archive.open(member) as stream:
            return _claim(stream, member.file_size)
    except ArrayFileError as error:
        raise ArrayFileError(f"{_shown(name)}: {error}") from None


def _claim(stream: IO[bytes], size: int) -> Claim:
    """What the header at the beginning of the ``size`` bytes of a stream says, if that fits their number."""
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:  # 2.0, and 3.0, which differs in the encoding of the names of fields only
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    except Exception as error:  # a damaged header reaches ast, tokenize, struct and the constructors of types
        raise ArrayFileError(f"cannot be read as an array ({reason(error)})") from None
    if dtype.hasobject:
        raise ArrayFileError("cannot be read as an array (Object arrays are not read; save numbers or text)")
    if any(length < 0 for length in shape):
        raise ArrayFileError("cannot be read as an array (a length in its shape is negative)")
    claim = Claim(shape, dtype)
    present, claimed = size - stream.tell(), prod(shape) * dtype.itemsize
    if claimed > present:
        raise ArrayFileError(
            f"cannot be read as an array (its header claims {claim}, {claimed:,} bytes, and there are {present:,})"
        )
    if claimed < present:
        raise ArrayFileError(f"damaged: there are extra bytes after the array ({present - claimed:,})")
    return claim


def _unpacked(archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> Array:
    """One array, read to its end: only then does zip compare the checksum."""
    with archive.open(member) as stream:
        # With a number zip unpacks no more than that, whatever the packed data would give.
        content = stream.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise ArrayFileError(f"{_shown(name)}: it is shorter than the archive says")
    return _array(io.BytesIO(content))


def _array(stream: io.BytesIO) -> Array:
    try:
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:
        raise ArrayFileError(f"cannot be read as an array ({reason(error)})") from None
    return array


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ArrayFileError(
            f"its arrays take {size / MIB:,.0f} MiB in memory where {limit / MIB:,.0f} MiB is the limit"
        )


def _shown(name: str) -> str:
    return printable(name, LONGEST)
