"""bpcli trains small sigmoid networks by manual backpropagation and shows every step of it.

The names below are the public API; docs/api.md describes them. Each is imported when it is first used, so that
``import bpcli`` takes no time, and loads neither NumPy nor the plotting library.
"""

import importlib

__version__ = "0.1.0"

PUBLIC = {
    "load_config": "bpcli.api",
    "train": "bpcli.api",
    "load_model": "bpcli.training.saved_model",
    "walk_through": "bpcli.api",
    "check_gradients": "bpcli.gradcheck.function_check",
    "demonstrate_symmetry": "bpcli.api",
    "Config": "bpcli.config",
    "Architecture": "bpcli.network",
    "Model": "bpcli.models",
    "Network": "bpcli.network",
    "Parameters": "bpcli.network",
    "Example": "bpcli.network.example",
    "TrainResult": "bpcli.training.result",
    "BpcliError": "bpcli.common.errors",
    "ConfigError": "bpcli.common.errors",
    "DataError": "bpcli.common.errors",
    "MachineError": "bpcli.common.errors",
    "UsageError": "bpcli.common.errors",
}
__all__ = ["__version__", *PUBLIC]  # noqa: PLE0604 - strings, every one


# By name and not by an import statement, so that the rooms below keep their one-way arrows. Type checkers read the stub
# beside this file.
def __getattr__(name: str) -> object:
    if name not in PUBLIC:
        raise AttributeError(f"module 'bpcli' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
