"""Files that are either whole or not there."""

import os
import tempfile
from pathlib import Path

TEMPORARY = ".tmp"


def write_atomically(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step that survives a crash: temporary name, flush, fsync, rename.

    Raises:
        OSError: if the disk or the permissions do not allow it; the old file is then still there.
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
        error.filename = str(path)  # a full disk is told of by its number alone
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The permissions that new files are denied: mkstemp grants only the owner's, a run is an ordinary file."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
