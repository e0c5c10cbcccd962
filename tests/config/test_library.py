"""The shipped configurations are found by name, and all of them can be used."""

from pathlib import Path

import pytest

from bpcli.common.errors import UsageError
from bpcli.config import resolve, shipped

NAMES = ["and", "circles", "digits", "iris", "logistic", "moons", "spiral", "symmetry", "xor"]


def test_shipped() -> None:
    """Each has a name and one short line that describes it."""
    entries = shipped()
    assert set(NAMES) <= {entry.name for entry in entries}
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert all(0 < len(entry.description) <= 70 for entry in entries)
    assert not any(entry.description.startswith("#") for entry in entries)


@pytest.mark.parametrize("name", [entry.name for entry in shipped()])
def test_every_one_resolves(name: str) -> None:
    """Each is valid, and knows its name and its file."""
    resolved = resolve(name)
    assert resolved.name == name
    assert resolved.path.name == f"{name}.yaml"
    training = resolved.config.training
    decided = (training.loss, training.batch_size, training.weight_decay, resolved.config.data.validation)
    assert "auto" not in decided, "it does not depend on the data"


def test_a_shipped_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is the shipped configuration even beside a file of that name, unless it is written as a path."""
    monkeypatch.chdir(tmp_path)
    for name in ("xor", "xor.yaml", "mine", "xor.yml"):
        Path(name).write_text("seed: 7\n", encoding="utf-8")
    assert resolve("xor").config.seed == 0
    for path in ("xor.yaml", "xor.yml", "./xor", str(tmp_path / "xor"), "mine"):
        resolved = resolve(path)
        assert (resolved.config.seed, resolved.name) == (7, Path(path).stem)


@pytest.mark.parametrize(
    ("config", "start"),
    [
        (
            "digts",
            "there is no configuration 'digts'; did you mean digits? The shipped configurations are and, ",
        ),
        ("qqq", "there is no configuration 'qqq'. The shipped configurations are and, circles, "),
        ("xor.yaml", "there is no file 'xor.yaml'; did you mean xor? The shipped configurations are "),
        ("no/where", "there is no file 'no/where'. The shipped configurations are "),
        ("a\0b", "there is no configuration 'a\\x00b'. The shipped configurations are "),
        ("q" * 5_000, "there is no configuration 'qqq"),
    ],
)
def test_unknown(config: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not exist is named, with what was probably meant and all that there is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        resolve(config)
    assert str(caught.value).startswith(start)
    assert "`bpcli config list`" in str(caught.value)
