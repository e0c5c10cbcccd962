"""Numbers in JSON documents: what is not finite has no place in JSON and becomes null."""

from math import isfinite


def finite(value: float | None) -> float | None:
    """Return the number, or None where there is none or it is not finite."""
    return value if value is not None and isfinite(value) else None
