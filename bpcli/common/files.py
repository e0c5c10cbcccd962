"""Reads files with one message for each way to fail, and writes them so that they are complete or absent."""

import errno
import os
import tempfile
from pathlib import Path

from bpcli.common.errors import BpcliError, MachineError
from bpcli.common.text import LONGEST, printable

TEMPORARY = ".tmp"

_LONGEST_PATH = 10 * LONGEST
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


def read_bytes(path: str | Path, error: type[BpcliError], advice: str, *, most: int = -1) -> bytes:
    """Return the content of a file, or its first ``most`` bytes: the path may be a device without end.

    Args:
        path: The file.
        error: What to raise if there is no file at ``path``.
        advice: What to do then; the end of the message.
        most: How many bytes to read; all of them if negative.

    Raises:
        BpcliError: ``error``, if there is no such file, the path is a directory, or no file can have it.
        MachineError: The file exists but cannot be read (permissions, disk).
    """
    shown = printable(str(path), _LONGEST_PATH)
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except IsADirectoryError:
        raise error(f"{shown}: this is a directory, not a file; {advice}") from None
    except OSError as failure:
        if failure.errno in _NO_FILE:
            raise error(f"{shown}: there is no such file; {advice}") from None
        raise MachineError(f"{shown}: cannot be read: {failure.strerror or failure}") from None
    except ValueError:  # a NUL
        raise error(f"{shown}: not a valid path; {advice}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of ``path`` in one step that survives a crash: temporary name, flush, fsync, rename.

    Raises:
        OSError: The disk or the permissions do not allow it; the old file is unchanged.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = str(path)  # for a full disk the error has no file name
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the umask: mkstemp grants access to the owner only, but these are ordinary files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
