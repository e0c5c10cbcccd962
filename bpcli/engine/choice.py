"""Which engine trains when nobody says: decided by the size of the work alone, so that a run can be repeated."""

from importlib.util import find_spec

from bpcli.network import Architecture

EXTRA = 'pip install "bpcli[fast]"'

LARGE = 1 << 20  # multiplications of a product that is worth the packing that BLAS begins with

# Seconds that must be saved: loading Numba takes one, and compiling for the first time some more.
_WORTH = 3.0
# Of a step, on one core of 2020: what NumPy's calls cost for each layer, an output of a unit, and a multiply and add in
# a small product and in one that is left to BLAS by both engines.
_CALLS, _OUTPUT, _SMALL, _LARGE = 12e-6, 1e-8, 1e-10, 3e-11


def available() -> bool:
    """Whether Numba is installed, with SciPy, whose BLAS it uses."""
    return find_spec("numba") is not None and find_spec("scipy") is not None


def engine_versions() -> dict[str, str]:
    """Return the versions of what the machine code is made with."""
    from importlib.metadata import version

    return {package: version(package) for package in ("numba", "llvmlite", "scipy")}


def seconds_saved(architecture: Architecture, batch: int, steps: int, *, together: int = 1) -> float:
    """About how many seconds fewer so many steps take in machine code, on batches of so many rows.

    ``together`` networks share NumPy's calls.
    """
    return steps * sum(
        _CALLS / together
        + batch * fan_out * (_OUTPUT + fan_in * (_LARGE if batch * fan_in * fan_out > LARGE else _SMALL))
        for fan_in, fan_out in architecture.shapes()
    )


def worth_compiling(saved: float) -> bool:
    """Whether so many seconds are more than it takes to load the engine."""
    return saved > _WORTH
