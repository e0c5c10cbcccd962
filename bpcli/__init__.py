"""bpcli trains small sigmoid networks by manual backpropagation and shows every step of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bpcli.gradcheck.function_check import check_gradients

__version__ = "0.1.0"
__all__ = ["__version__", "check_gradients"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: ``import bpcli`` alone takes no time."""
    if name == "check_gradients":
        from bpcli.gradcheck.function_check import check_gradients  # noqa: PLC0415

        return check_gradients
    raise AttributeError(f"module 'bpcli' has no attribute {name!r}")
