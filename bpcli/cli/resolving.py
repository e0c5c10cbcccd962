"""Resolves a command's configuration from its options and the environment, which only ``cli/`` reads."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpcli.config import Resolved


def resolved(config: str, overrides: Sequence[str] | None, options: Mapping[str, object]) -> "Resolved":
    """Return the configuration with ``--set``, the environment and named options such as ``seed`` applied.

    Args:
        config: The name of a shipped configuration, or a path.
        overrides: The values of ``--set``.
        options: The values of named options by dotted key; None for an option that is not given.
    """
    from bpcli.config import resolve

    return resolve(config, overrides=overrides or [], environment=os.environ, options=options)
