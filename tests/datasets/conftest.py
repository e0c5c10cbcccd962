"""Ways of bringing a data set into being for one test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bpcli.common.errors import BpcliError, DataError
from bpcli.datasets import Dataset, load

Read = Callable[..., Dataset]
Refuse = Callable[..., str]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Load a file that holds these bytes, or this text in UTF-8."""

    def _read(contents: str | bytes, name: str = "data.csv", **options: Any) -> Dataset:
        path = tmp_path / name
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        return load(str(path), rng=np.random.default_rng(0), **options)

    return _read


@pytest.fixture
def refuse(read: Read, tmp_path: Path) -> Refuse:
    """The message with which such a file is refused, without the folder it lies in."""

    def _refuse(
        contents: str | bytes, name: str = "data.csv", error: type[BpcliError] = DataError, **options: Any
    ) -> str:
        with pytest.raises(error) as caught:
            read(contents, name, **options)
        message = str(caught.value)
        assert "\n" not in message
        return message.replace(f"{tmp_path}/", "")

    return _refuse
