"""Reading a file gives its bytes or one error of the right kind."""

from pathlib import Path

import pytest

from bpcli.common.errors import DataError, MachineError
from bpcli.common.files import read_bytes


def test_read_bytes(tmp_path: Path) -> None:
    """The whole content is returned, or its beginning."""
    (tmp_path / "file").write_bytes(b"content")
    assert read_bytes(tmp_path / "file", DataError, "") == b"content"
    assert read_bytes(str(tmp_path / "file"), DataError, "", most=3) == b"con"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("none", "there is no such file"),
        ("file/none", "there is no such file"),
        ("x" * 5_000, "there is no such file"),
        (".", "this is a directory, not a file"),
        ("a\0b", "not a valid path"),
    ],
)
def test_no_file(name: str, what: str, tmp_path: Path) -> None:
    """Where there is no file the caller's error is raised, with the caller's advice."""
    (tmp_path / "file").touch()
    with pytest.raises(DataError) as caught:
        read_bytes(tmp_path / name, DataError, "look elsewhere")
    assert str(caught.value).endswith(f": {what}; look elsewhere")
    assert "\0" not in str(caught.value)


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system refuses to open is a failure of the machine."""

    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(MachineError, match="cannot be read: Permission denied"):
        read_bytes(tmp_path / "secret", DataError, "")
