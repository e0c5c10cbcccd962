"""Make a mistake of the catalogue on purpose, to show what it looks like and that the check catches it."""

from bpcli.common.errors import UsageError
from bpcli.mistakes.making import DECAY, made, suited
from bpcli.network import Array
from bpcli.network.example import Example

__all__ = ["DECAY", "injected", "suited"]


def injected(example: Example, name: str) -> dict[str, Array]:
    """Return the gradients at ``example`` with one mistake of the catalogue made in all places where it is usual.

    Raises:
        UsageError: if there is no such mistake, or the point does not allow it.
    """
    found = made(example, name)
    if found is None:
        raise UsageError(f"{name} cannot be made with sizes {example.architecture.sizes} here")
    return found
