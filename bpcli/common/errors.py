"""The ways in which a command can fail, each with the exit code by which a script tells them apart."""

from collections.abc import Sequence

from bpcli.common.text import printable


class BpcliError(Exception):
    """An error for the user: what is wrong, where, and what to do.

    Raised anywhere below ``cli/`` and caught once, in ``cli/``, which prints the message on stderr and exits
    with ``exit_code``. The message is complete; callers do not add to it.
    """

    exit_code = 2

    @property
    def lines(self) -> Sequence[str]:
        """The message as it may be printed: a line, whatever names and texts from elsewhere it quotes."""
        return [printable(str(self))]


class UsageError(BpcliError):
    """An option, a path or a run folder given to the command cannot be used (exit 2)."""


class ConfigError(BpcliError):
    """The configuration cannot be used (exit 2)."""


class DataError(BpcliError):
    """The data cannot be used (exit 2)."""


class MachineError(BpcliError):
    """The machine failed: disk, permissions, a damaged file (exit 1)."""

    exit_code = 1
