"""The text of a configuration file, or one message that says why it cannot be read."""

from pathlib import Path

from bpcli.common.errors import UsageError
from bpcli.common.files import read_bytes
from bpcli.yamltext.problems import ConfigProblems, Problem
from bpcli.yamltext.reader import MAX_BYTES


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Raises:
        UsageError: There is no such file, or it is a directory.
        MachineError: The file cannot be read.
        ConfigProblems: It is longer than ``MAX_BYTES``, or not UTF-8.
    """
    advice = "give the path of a YAML file, or a name that `bpcli config list` shows"
    content = read_bytes(path, UsageError, advice, most=MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = f"longer than {MAX_BYTES // 1024} KiB, the limit for a configuration file"
        raise ConfigProblems([Problem(str(path), 1, 1, "", message)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` is what was decoded: without the byte order mark.
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = f"the byte 0x{error.object[error.start]:02x} is not valid UTF-8; save the file as UTF-8"
        raise ConfigProblems([Problem(str(path), line, column, "", message)]) from None
