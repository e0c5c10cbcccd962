"""The short form of ``python -m tests.torture``: each of its steps, a few times, with nothing bad."""

import os
import tempfile
from pathlib import Path

import pytest

from bpcli.training.sealed_files import read_npz, write_npz
from tests import torture
from tests.torturing import damage, kills
from tests.torturing.running import SCRATCH, command, train


@pytest.fixture
def scratch():
    """A folder in memory, where there is one: what is tried here is not how fast a disk is."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        yield Path(folder)


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@pytest.mark.parametrize("name", torture.steps("short"))
def test_nothing_goes_wrong(name, scratch):
    """What the long form does thousands of times; docs/reliability.md says what each step shows."""
    figure = torture.steps("short")[name](scratch)
    assert figure.tried
    assert not figure.bad


def test_a_believed_change_is_found(scratch, monkeypatch):
    """The check of forged files sees one that is accepted: here because nothing is compared any more."""
    assert command(scratch, *train(2)).code == 0
    expected = damage.fingerprint(scratch / "run")
    path = scratch / "run" / "checkpoint.npz"
    arrays = read_npz(path)
    write_npz(path, arrays | {"parameters": arrays["parameters"] + 1})
    assert damage.refused(scratch / "run", expected, "checkpoint.npz") == ""
    monkeypatch.setattr("bpcli.training.checkpoint.check_state", lambda *_: None)
    assert damage.refused(scratch / "run", expected, "checkpoint.npz") == "checkpoint.npz: believed"


def test_other_bits_are_found(scratch, monkeypatch):
    """The check of kills sees a run that ends otherwise."""
    monkeypatch.setattr(kills, "bits", lambda folder: {"x": folder.name.encode()})
    assert kills.kills(scratch, 1, epochs=6).bad == ["other bits"]
