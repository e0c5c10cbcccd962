"""The lock of a run folder: one process at a time, and no file is touched that bpcli did not write.

The folder may come from somebody else, so whatever is called ``lock`` is not believed to be one. It is never opened
through a link, and neither written to nor removed unless its content is what bpcli writes there.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bpcli.common.errors import UsageError
from bpcli.common.files import kind

try:
    import fcntl
except ImportError:  # Windows has no flock; there a second process is not noticed
    fcntl = None  # type: ignore[assignment]

# What Windows lacks is 0 there; O_NONBLOCK keeps an open from waiting for the other end of a FIFO.
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CREATE = _OPEN | os.O_CREAT | os.O_EXCL
_LINE = re.compile(rb"bpcli ([0-9]{1,20})\n")
_BARE_PID = re.compile(rb"([0-9]{1,20})\n")  # what bpcli wrote formerly; other programs write it too

_held: set[int] = set()  # the descriptors of the locks of this process


def _let_go() -> None:
    """In a copy of this process: a lock ends with the process that took it, and not with the last of its copies."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def locked(path: Path, *, in_run: bool) -> Iterator[bool]:
    """Hold the lock file ``path`` until the block ends; the kernel lets go of it if the process dies.

    Yields whether a process of bpcli that was killed has left its lock there.

    A pid by itself is taken for a lock of former times only ``in_run``, a folder that is known to be a run's.
    A file that was there and was empty may be anybody's, so it is left there, and left empty.

    Raises:
        UsageError: if a running process holds it, or if it is not a lock of bpcli.
        OSError: if it cannot be made or opened.
    """
    descriptor, found = _acquire(path, in_run=in_run)
    line = f"bpcli {os.getpid()}\n".encode()
    _held.add(descriptor)
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, line)
        yield bool(found)
    finally:
        with suppress(OSError):
            if _is_at(path, descriptor) and _content(descriptor) in (line, b""):
                if found == b"":
                    os.ftruncate(descriptor, 0)
                else:
                    path.unlink()
        _held.discard(descriptor)
        os.close(descriptor)


def _acquire(path: Path, *, in_run: bool) -> tuple[int, bytes | None]:
    """Return the descriptor of a lock file that is ours, and what was in it; None where it was not there."""
    while True:
        descriptor, made = _open(path)
        if descriptor is None:
            continue
        try:
            _check_plain(path, os.fstat(descriptor))
            _flock(path, descriptor)
            # Between our open and our lock the last holder may have removed the file: then the lock is on nothing.
            if _is_at(path, descriptor):
                content = _content(descriptor)
                _pid(path, content, bare=in_run)
                return descriptor, None if made else content
        except BaseException as error:
            if made and not isinstance(
                error, UsageError
            ):  # that it cannot be locked is no reason to leave it
                with suppress(OSError):
                    path.unlink()
            os.close(descriptor)
            raise
        os.close(descriptor)


def _open(path: Path) -> tuple[int | None, bool]:
    """Return a descriptor, and whether the file was made by this call; none if it was removed meanwhile."""
    try:
        return os.open(path, _CREATE, 0o666), True
    except FileExistsError:
        pass
    try:
        _check_plain(path, path.lstat())  # before it is opened: to open a device or a pipe can have effects
        return os.open(path, _OPEN), False
    except FileNotFoundError:
        return None, False


def _check_plain(path: Path, status: os.stat_result) -> None:
    if name := kind(status.st_mode):
        raise _foreign(path, f"is {name}")
    if status.st_nlink > 1:  # 0 is a file that its holder has removed
        raise _foreign(path, "has a second name elsewhere (a hard link)")


def _flock(path: Path, descriptor: int) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = _pid(path, _content(descriptor), bare=True)  # a run that only begins has no configuration yet
        raise UsageError(
            f"{path.parent} is in use by process {pid or 'unknown'}: wait until it ends, or use another folder"
        ) from error


def _pid(path: Path, content: bytes, *, bare: bool) -> str:
    """Return the pid in a lock of ours, ``""`` if it is empty; ``bare`` says whether a pid alone is ours."""
    found = _LINE.fullmatch(content) or (_BARE_PID.fullmatch(content) if bare else None)
    if content and not found:
        raise _foreign(path, "holds something that bpcli did not write")
    return found[1].decode() if found else ""


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether ``path`` itself, not what it may link to, is still the open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _content(descriptor: int) -> bytes:
    """The beginning of the file, longer than any line of ours."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 64)


def _foreign(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not a lock of bpcli: it {why}; move it away or delete it, or use another folder"
    )
