"""The text of a configuration file, or the reason why there is none."""

import errno
from pathlib import Path

from bpcli.common.errors import MachineError, UsageError
from bpcli.yamltext.problems import ConfigProblems, Problem
from bpcli.yamltext.quoting import show
from bpcli.yamltext.reader import MAX_BYTES

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        UsageError: There is no such file, or it is a folder.
        MachineError: The file cannot be read.
        ConfigProblems: It is too long for a configuration, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            # No more than needed to know that it is too much: the path may be an endless device.
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise UsageError(
            f"{show(str(path))} is a folder; write the path of a configuration file in it"
        ) from None
    except ValueError:
        raise UsageError(f"{show(str(path))} cannot be the path of a file") from None
    except OSError as error:
        if error.errno in _NOT_THERE:
            message = "there is no such file; `bpcli config list` shows the configurations that have names"
            raise UsageError(f"{show(str(path))}: {message}") from None
        raise MachineError(f"{show(str(path))} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        message = f"longer than {MAX_BYTES // 1024} KiB; a configuration needs about one"
        raise ConfigProblems([Problem(str(path), 1, 1, "", message)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` is what was decoded: without the byte order mark.
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = f"the byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise ConfigProblems([Problem(str(path), line, column, "", message)]) from None
