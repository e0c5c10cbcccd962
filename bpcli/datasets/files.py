"""The bytes of a file, gzip undone, or one message about why they cannot be had."""

import gzip
import zlib
from pathlib import Path

from bpcli.common.errors import DataError, MachineError

GZIP_MAGIC = b"\x1f\x8b"


def read_bytes(path: str) -> bytes:
    """The contents of a file, decompressed if it is gzip.

    Raises:
        DataError: no such file, not a file, or damaged.
        MachineError: it is there but cannot be read: permissions, disk.
    """
    try:
        raw = Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f"{path}: there is no such file; check data.source "
            "(in a configuration file a relative path starts at its folder)"
        ) from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a directory; name a file in it") from None
    except OSError as error:
        raise MachineError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a path with a NUL in it
        raise DataError(f"{path!r}: not a path: {error}") from None
    return decompress(raw, path)


def decompress(raw: bytes, path: str) -> bytes:
    """Undo gzip where a file is named .gz or begins like one.

    Raises:
        DataError: the file is truncated or damaged, or is called .gz and is not gzip.
    """
    if not (path.lower().endswith(".gz") or raw.startswith(GZIP_MAGIC)):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}); fetch or write it anew") from None
