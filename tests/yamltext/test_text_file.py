"""A file becomes text, or one error of the right kind."""

from pathlib import Path

import pytest

from bpcli.common.errors import UsageError
from bpcli.yamltext.problems import ConfigProblems
from bpcli.yamltext.text_file import read_text


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark(start: bytes, tmp_path: Path) -> None:
    """A byte order mark is not part of the text."""
    (tmp_path / "my.yaml").write_bytes(start + "seed: 3 # é\n".encode())
    assert read_text(tmp_path / "my.yaml") == "seed: 3 # é\n"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_not_utf8(start: bytes, tmp_path: Path) -> None:
    """The place of a byte that is not UTF-8 does not depend on a byte order mark."""
    (tmp_path / "my.yaml").write_bytes(start + b"seed: 1\n# caf\xe9\n")
    with pytest.raises(ConfigProblems) as caught:
        read_text(tmp_path / "my.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 6)
    assert problem.message == "the byte 0xe9 is not valid UTF-8; save the file as UTF-8"


@pytest.mark.parametrize("name", ["none.yaml", "none.yaml/none.yaml", "a\0b", "x" * 5_000, "."])
def test_no_file(name: str, tmp_path: Path) -> None:
    """A missing file, a directory and a path that no file can have are wrong usage."""
    with pytest.raises(UsageError, match="`bpcli config list`"):
        read_text(tmp_path / name)


def test_endless_file() -> None:
    """Not more than the limit is read, even of a device without end."""
    with pytest.raises(ConfigProblems, match="longer than 64 KiB"):
        read_text(Path("/dev/zero"))
