"""From a command's options to the configuration that they amount to."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpcli.config import Resolved


def resolved(config: str, overrides: Sequence[str] | None, options: Mapping[str, object]) -> "Resolved":
    """Resolve a configuration under ``--set``, the environment, and dedicated options such as ``seed``.

    An option that is None was not given.
    """
    from bpcli.config import resolve

    given = {key: value for key, value in options.items() if value is not None}
    return resolve(config, overrides=overrides or [], environment=os.environ, options=given)
