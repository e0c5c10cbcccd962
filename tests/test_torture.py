"""The short form of ``python -m tests.torture``: each of its steps, a few times, with nothing bad."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpcli.common.errors import BpcliError
from bpcli.training.sealed_files import read_npz, write_npz
from tests import torture
from tests.torturing import damage, fuzzing, kills
from tests.torturing.running import SCRATCH, Figure, command, train


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


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Everything that is read, with sound inputs of each kind."""
    return fuzzing.targets(tmp_path_factory.mktemp("kinds"))


@pytest.mark.parametrize(
    "name",
    [
        "YAML",
        "--set",
        "CSV",
        "NPZ",
        "answers",
        "gradients JSON",
        "channel",
        "run: metrics.csv",
        "sweep: .json",
    ],
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_read_is_used_or_refused_with_one_printable_message(kinds, name, data):
    """Any bytes, and sound ones with any bytes in their midst."""
    sound, read = kinds[name]
    content = data.draw(st.sampled_from(sound))
    begin, end = (data.draw(st.integers(0, len(content))) for _ in range(2))
    text = st.text(max_size=20).map(lambda each: each.encode("utf-8", "surrogatepass"))
    foreign = data.draw(st.binary(max_size=40) | text)
    try:
        read(content[:begin] + foreign + content[end:])
    except BpcliError as error:
        assert all(map(str.isprintable, error.lines))


def test_settings_that_take_more_memory_than_their_limit_are_found(monkeypatch):
    """The limit is measured."""
    monkeypatch.setattr(torture, "MIB_OF_SETTINGS", -1)
    figure, _ = torture.done("fuzzed settings", lambda _: Figure("nothing"))
    assert figure.bad == [f"{figure.notes['MiB at most']} MiB where -1 are the limit"]
