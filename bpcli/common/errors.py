"""The few ways in which a command can fail; each knows the exit code that tells them apart in a script."""


class BpcliError(Exception):
    """Something a person must be told: what is wrong, where, and what to do.

    Raised anywhere below ``cli/`` and caught once, in ``cli/``, which prints the message on stderr and exits
    with ``exit_code``. The message is complete by itself; nobody adds to it on the way.
    """

    exit_code = 2


class UsageError(BpcliError):
    """The command was called with something it cannot use: an option, a path, a run folder (exit 2)."""


class ConfigError(BpcliError):
    """The configuration cannot be used (exit 2)."""


class DataError(BpcliError):
    """The data cannot be used (exit 2)."""


class MachineError(BpcliError):
    """The machine failed, not the person: disk, permissions, a damaged file (exit 1)."""

    exit_code = 1
