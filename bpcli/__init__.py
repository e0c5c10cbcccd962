"""bpcli trains small sigmoid networks by manual backpropagation and shows every step of it."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "check_gradients"]

PUBLIC = {"check_gradients": "bpcli.gradcheck.function_check"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: ``import bpcli`` alone takes no time."""
    if name in PUBLIC:
        return getattr(import_module(PUBLIC[name]), name)
    raise AttributeError(f"module 'bpcli' has no attribute {name!r}")
