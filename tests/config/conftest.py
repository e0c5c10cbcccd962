"""A configuration file in its own folder, resolved with the layers that a test gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bpcli.config import ConfigProblems, Resolved, resolve

Load = Callable[..., Resolved]
Reported = Callable[..., list[str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration file of a test."""
    return tmp_path / "my.yaml"


@pytest.fixture
def load(file: Path) -> Load:
    """Resolves a text, as the file my.yaml, with the layers given."""

    def load(text: str | bytes = "", **layers: object) -> Resolved:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return resolve(str(file), **layers)

    return load


@pytest.fixture
def reported(load: Load, file: Path) -> Reported:
    """Returns the lines of the error for a text, without the folder."""

    def reported(text: str | bytes = "", **layers: object) -> list[str]:
        with pytest.raises(ConfigProblems) as caught:
            load(text, **layers)
        assert "\n".join(map(str, caught.value.problems)) == str(caught.value)
        return str(caught.value).replace(f"{file.parent}/", "").splitlines()

    return reported
