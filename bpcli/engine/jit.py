"""Where the machine code comes from: Numba's cache on the disk, or the compiler where there is none or it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

DURATION = "which takes up to half a minute"


@dataclass(frozen=True)
class Kernel:
    """A compiled kernel for one precision; ``note`` says what is wrong with the cache, if anything."""

    run: Callable[..., Any]
    note: str | None = None


@cache
def load_kernel(precision: str, *, epochs: bool = False) -> Kernel:
    """Return the kernel for float64 or float32, from the cache or compiled now; ``epochs``: the one that takes many."""
    from bpcli.engine import kernels

    signature = (kernels.epochs_signature if epochs else kernels.signature)(precision)
    note, cached = None, _with_cache(precision, epochs=epochs)
    if cached is not None:
        try:
            cached.compile(signature)
        except Exception as error:  # Numba unpickles what it finds: a damaged cache may raise anything
            note = (
                f"the compiled engine was compiled anew, because its cache in {cached.stats.cache_path} cannot be used "
                f"({type(error).__name__}: {error}); delete the files kernels.train* there"
            )
        else:
            return Kernel(cached)
    function = kernels.compiler(cache=False)(_named(precision, epochs=epochs))
    function.compile(signature)
    return Kernel(function, note)


def compilation_notice(precision: str, *, epochs: bool = False) -> str | None:
    """Say that the first epoch has to wait for the compiler, where nothing compiled is found; else None."""
    from bpcli.engine import kernels

    cached = _with_cache(precision, epochs=epochs)
    if cached is None:
        return (
            f"the compiled engine is compiled now, {DURATION}, and in every run: there is no folder where it could be "
            "kept; set NUMBA_CACHE_DIR to one that can be written to"
        )
    source = Path(kernels.__file__).stat().st_mtime
    name = _named(precision, epochs=epochs).__name__
    found = Path(cached.stats.cache_path).glob(f"kernels.{name}-*.nbc")
    if any(path.stat().st_mtime >= source for path in found):
        return None
    return f"the compiled engine is compiled now, {DURATION}; later runs of this precision find it compiled"


@cache
def _with_cache(precision: str, *, epochs: bool = False) -> Any:
    """Return the function that keeps on the disk what is compiled, or None where it cannot."""
    from bpcli.engine import kernels

    try:
        return kernels.compiler(cache=True)(_named(precision, epochs=epochs))
    except RuntimeError:  # Numba found no folder
        return None


def _named(precision: str, *, epochs: bool) -> FunctionType:
    """Return the kernel under a name for each precision, from which Numba makes the names of its files."""
    from bpcli.engine import kernels

    kernel = kernels.train_epochs if epochs else kernels.train
    name = f"{kernel.__name__}_{precision}"
    named = FunctionType(kernel.__code__, kernel.__globals__, name)
    named.__qualname__, named.__module__ = name, kernels.__name__
    return named
