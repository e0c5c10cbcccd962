"""Why a submission cannot be used, in the one form that every module of this room raises."""


class RefusedError(Exception):
    """The submission cannot be used: a ``Failure``'s kind, and what its message says after the place."""

    def __init__(self, kind: str, message: str, at: str = "") -> None:
        super().__init__(message)
        self.kind, self.at = kind, at
