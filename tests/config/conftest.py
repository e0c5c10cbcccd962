"""A configuration file in a folder of its own, read and laid over as the tests ask."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bpcli.config import ConfigProblems, Resolved, resolve

Load = Callable[..., Resolved]
Complaints = Callable[..., list[str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the configuration of a test stands."""
    return tmp_path / "my.yaml"


@pytest.fixture
def load(file: Path) -> Load:
    """Resolves a text, as the file my.yaml, with the layers given."""

    def load(text: str | bytes = "", **layers: object) -> Resolved:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return resolve(str(file), **layers)

    return load


@pytest.fixture
def complaints(load: Load, file: Path) -> Complaints:
    """The lines of the error that a text is refused with, without the folder."""

    def complaints(text: str | bytes = "", **layers: object) -> list[str]:
        with pytest.raises(ConfigProblems) as caught:
            load(text, **layers)
        assert "\n".join(map(str, caught.value.problems)) == str(caught.value)
        return str(caught.value).replace(f"{file.parent}/", "").splitlines()

    return complaints
