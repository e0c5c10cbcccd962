"""A source that cannot be read is named, with what to do about it."""

import os

import numpy as np
import pytest

from bpcli.common.errors import DataError, MachineError
from bpcli.datasets import load


def refused(source, error=DataError) -> str:
    """The message with which a source is refused."""
    with pytest.raises(error) as caught:
        load(str(source), rng=np.random.default_rng(0))
    return str(caught.value)


def test_a_misspelt_name_meets_a_suggestion():
    """Neither a built-in set nor a file."""
    message = refused("digts")
    assert message.startswith("digts: neither a built-in data set (and, xor, circles,")
    assert message.endswith("(did you mean digits?)")


def test_a_file_of_an_unknown_kind_is_refused(tmp_path):
    """The suffix says how a file is read."""
    assert "nor a file ending in .csv, .tsv, .npz, .npy (.gz too)" in refused(tmp_path / "table.xlsx")


@pytest.mark.parametrize("name", ["none.csv", "none.npz", "none.npy", "none.tsv.gz", "no/such/folder.csv"])
def test_a_missing_file_is_named(tmp_path, name):
    """The whole path is in the message."""
    assert refused(tmp_path / name).startswith(f"{tmp_path / name}: there is no such file")


def test_a_directory_is_no_file(tmp_path):
    """Even with the suffix of one."""
    (tmp_path / "data.csv").mkdir()
    assert "this is a directory" in refused(tmp_path / "data.csv")


def test_a_path_with_a_nul_is_no_path():
    """The operating system takes no such name."""
    assert "not a valid path" in refused("a\0b.csv")


def test_a_file_that_may_not_be_read_is_the_machines_fault(tmp_path, monkeypatch):
    """Permissions are not wrong data, so the exit code is another."""

    def deny(path, flags):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    assert refused(tmp_path / "data.csv", MachineError).endswith(
        "data.csv: cannot be read: Permission denied"
    )


@pytest.mark.parametrize(
    "contents", [b"a,y\n1,0\n", b"\x1f\x8b", b"\x1f\x8b\x08\0\0\0\0\0\0\3not deflate at all"]
)
def test_a_gz_that_is_not_gzip_is_damaged(refuse, contents):
    """Plain, cut off or garbled."""
    assert refuse(contents, "data.csv.gz").startswith("data.csv.gz: the gzip file is damaged (")
