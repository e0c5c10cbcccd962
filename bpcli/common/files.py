"""Reads files within limits, with one message for each way to fail, and writes them complete or not at all."""

import errno
import os
import select
import stat
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bpcli.common.errors import BpcliError, MachineError, UsageError
from bpcli.common.text import LONGEST, printable

TEMPORARY = ".tmp"
MIB = 1 << 20
LARGEST = 1024 * MIB  # bytes of a file: what is read is kept in memory, several times over
LARGEST_UNSEEN = 256 * MIB  # bytes of a pipe, a device or a compressed file: its size does not show
PATIENCE = 10.0  # seconds without a byte after which a pipe is given up

_LONGEST_PATH = 10 * LONGEST
_PIECE = 1 << 16
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # of a folder, on some network file systems


def read_bytes(
    path: str | Path, error: type[BpcliError], advice: str, *, most: int | None = None, limit: int = LARGEST
) -> bytes:
    """Return the content of a file, or its first ``most`` bytes.

    The path may be a named pipe whose other end never writes, or a device without end: both are given up.

    Args:
        path: The file.
        error: What to raise if there is no file at ``path``, or too large a one.
        advice: What to do then; the end of the message.
        most: How many bytes to read; without it all of them, and no more than ``limit``.
        limit: How many bytes a file may have; a pipe or a device may have no more than ``LARGEST_UNSEEN`` either.

    Raises:
        BpcliError: ``error``, if there is no such file, the path is a directory, no file can have it, or the file is
            larger than the limit or does not come.
        MachineError: The file exists but cannot be read (permissions, disk).
    """
    shown = printable(str(path), _LONGEST_PATH)
    try:
        # Not to wait for the other end of a named pipe, as a plain open does.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except IsADirectoryError:
        raise error(f"{shown}: this is a directory, not a file; {advice}") from None
    except OSError as failure:
        if failure.errno in _NO_FILE:
            raise error(f"{shown}: there is no such file; {advice}") from None
        raise MachineError(f"{shown}: cannot be read: {failure.strerror or failure}") from None
    except ValueError:  # a NUL
        raise error(f"{shown}: not a valid path; {advice}") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise error(f"{shown}: this is a directory, not a file; {advice}")
        regular = stat.S_ISREG(status.st_mode)
        limit = limit if regular else min(limit, LARGEST_UNSEEN)
        if most is None and status.st_size > limit:
            raise error(f"{shown}: {too_large(status.st_size, limit)}; {advice}")
        content = _read(descriptor, limit + 1 if most is None else most, status.st_size, wait=not regular)
    except TimeoutError:
        raise error(f"{shown}: nothing has come through this pipe for {PATIENCE:g} s; {advice}") from None
    except OSError as failure:
        raise MachineError(f"{shown}: cannot be read: {failure.strerror or failure}") from None
    finally:
        os.close(descriptor)
    if most is None and len(content) > limit:
        raise error(f"{shown}: {too_large(None, limit)}; {advice}")
    return content


def too_large(size: int | None, limit: int) -> str:
    """Say that there are ``size`` bytes, or simply more, where ``limit`` are the most that are read."""
    return f"{f'{size / MIB:,.0f} MiB' if size else 'more'} where {limit // MIB:,} MiB is the limit"


def _read(descriptor: int, most: int, size: int, *, wait: bool) -> bytes:
    """Read up to ``most`` bytes, ``size`` of them at once, then in growing pieces: what is not there takes no memory.

    Raises:
        TimeoutError: nothing came for ``PATIENCE`` seconds.
    """
    pieces: list[bytes] = []
    count = 0
    while count < most:
        if wait and not select.select([descriptor], [], [], PATIENCE)[0]:
            raise TimeoutError
        piece = os.read(descriptor, min(most - count, max(_PIECE, count, size - count)))
        if not piece:
            break
        pieces.append(piece)
        count += len(piece)
    return b"".join(pieces)


def free_memory() -> int | None:
    """Return how many bytes of memory are free, caches counted as free, or None where the system does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def unpacked_limit(raw: bytes) -> int:
    """How many bytes the content of a file may unpack to."""
    return max(LARGEST_UNSEEN, 2 * len(raw))


def unzipped(raw: bytes) -> bytes:
    """Return what gzip packed into ``raw``, one member or several, within the limit of what a file may unpack to.

    Raises:
        ValueError: it "is damaged" or "unpacks to" too much; the message begins so.
    """
    limit = unpacked_limit(raw)
    content = bytearray()
    while raw:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            content += member.decompress(raw, limit + 1 - len(content))
        except zlib.error as error:
            raise ValueError(f"is damaged ({error})") from None
        if len(content) > limit:
            raise ValueError(f"unpacks to {too_large(None, limit)}")
        if not member.eof:
            raise ValueError("is damaged (it ends before the packed content does)")
        raw = member.unused_data.lstrip(b"\0")  # which tape archives pad with
    return bytes(content)


def kind(mode: int) -> str:
    """Return what a file is by its ``st_mode``, nothing if it is an ordinary one."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "")


def check_replaceable(path: Path) -> None:
    """Check that no folder, pipe or device would give way to a file that is written to ``path``.

    A link gives way as a link, and what it leads to is left alone; but not a link to one of those, such as /dev/stdout.

    Raises:
        UsageError: the message says what is there.
    """
    try:
        what = kind(path.stat().st_mode)
    except OSError:  # nothing is there, or nothing that can be looked at
        return
    if what:
        raise UsageError(f"{path} is {what}, not a file: choose another name")


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of ``path`` in one step that survives a crash, also of the machine.

    A temporary name, flush, fsync, rename, and fsync of the folder, which holds the names.

    Raises:
        UsageError: there is a folder, a pipe or a device.
        OSError: The disk or the permissions do not allow it. The file is the old one or the new one, and whole.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Replace files in this order, each as ``write_atomically`` does, but for one fsync of each folder at the end.

    Raises:
        UsageError: there is a folder, a pipe or a device.
        OSError: The disk or the permissions do not allow it. Each file is the old one or the new one, and whole.
    """
    for path, content in contents.items():
        with _renamed(path) as file:
            file.write(content)
    for folder in dict.fromkeys(path.parent for path in contents):
        sync_folder(folder)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces ``path`` when the block ends, as ``write_atomically`` does; an error drops it.

    Raises:
        UsageError: there is a folder, a pipe or a device.
        OSError: The disk or the permissions do not allow it. The file is the old one or the new one, and whole.
    """
    with _renamed(path) as file:
        yield file
    sync_folder(path.parent)


@contextmanager
def _renamed(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file whose content goes to the disk, and which then takes its name, when the block ends."""
    check_replaceable(path)
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # for a full disk the error has no file name
        raise
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk: without it a rename may be lost when the machine stops."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            error.filename = str(folder)
            raise
    finally:
        os.close(descriptor)


def _umask() -> int:
    """Return the umask: mkstemp grants access to the owner only, but these are ordinary files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
