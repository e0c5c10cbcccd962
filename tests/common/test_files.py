"""Reading a file gives its bytes or one error of the right kind."""

import gzip
import os
import threading
from pathlib import Path

import pytest

from bpcli.common import files
from bpcli.common.errors import DataError, MachineError
from bpcli.common.files import read_bytes, unzipped, write_atomically


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

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(MachineError, match="cannot be read: Permission denied"):
        read_bytes(tmp_path / "secret", DataError, "")


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A MiB for what does not show its size, and hardly any patience."""
    monkeypatch.setattr(files, "LARGEST_UNSEEN", 1 << 20)
    monkeypatch.setattr(files, "PATIENCE", 0.02)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is looked at first; the message has both numbers. A hole in the file takes no disk here."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(3 << 30)
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(DataError, match=r"large: 3,072 MiB where 1,024 MiB is the limit; make it smaller"):
        read_bytes(tmp_path / "large", DataError, "make it smaller")


@pytest.mark.usefixtures("small_limits")
def test_a_device_without_end_is_given_up() -> None:
    """No more than the limit is read of it."""
    with pytest.raises(DataError, match=r"/dev/zero: more where 1 MiB is the limit"):
        read_bytes("/dev/zero", DataError, "")
    assert read_bytes("/dev/zero", DataError, "", most=5) == bytes(5)


@pytest.mark.usefixtures("small_limits")
def test_a_pipe_that_nobody_writes_to_is_given_up(tmp_path: Path) -> None:
    """Without a writer, and with one that is silent."""
    os.mkfifo(tmp_path / "pipe")
    for writer in (None, os.open(tmp_path / "pipe", os.O_RDWR)):
        with pytest.raises(DataError, match=r"nothing has come through this pipe for 0\.02 s"):
            read_bytes(tmp_path / "pipe", DataError, "")
        if writer is not None:
            os.close(writer)


def test_a_pipe_with_a_writer_is_read_to_its_end(tmp_path: Path) -> None:
    """As ``zcat table.gz > pipe &`` writes it, whoever opens it first."""
    os.mkfifo(tmp_path / "pipe")
    content = bytes(range(256)) * 1000
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    assert read_bytes(tmp_path / "pipe", DataError, "") == content
    writer.join()


@pytest.mark.usefixtures("small_limits")
def test_what_unpacks_to_more_than_the_limit_is_not_unpacked() -> None:
    """8 MiB of zeros are 8 KB; within the limit everything comes out, members and padding included."""
    with pytest.raises(ValueError, match=r"^unpacks to more where 1 MiB is the limit$"):
        unzipped(gzip.compress(bytes(8 << 20)))
    assert unzipped(gzip.compress(b"a") + gzip.compress(b"b") + bytes(5)) == b"ab"
    whole = gzip.compress(b"content")
    for length in range(1, len(whole)):
        with pytest.raises(ValueError, match=r"^is damaged \("):
            unzipped(whole[:length])


def test_the_folder_is_synced_after_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the content, then the new name, then the folder: in this order a stop of the machine loses nothing."""
    done = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        done.append("folder" if os.path.samestat(os.fstat(descriptor), tmp_path.stat()) else "file")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_atomically(tmp_path / "file", b"new")
    assert done == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_written_to_is_named_by_the_file(tmp_path: Path) -> None:
    """The error has the name that was asked for, and not that of a temporary file."""
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(tmp_path / "none" / "file", b"")
    assert caught.value.filename == str(tmp_path / "none" / "file")
