"""Which engine trains when nobody says: decided by the size of the work alone, so that a run can be repeated."""

from importlib.util import find_spec

from bpcli.network import Architecture

EXTRA = 'pip install "bpcli[fast]"'

LARGE = 1 << 20  # multiplications of a product that is worth the packing that BLAS begins with

# Seconds that must be saved: loading Numba takes one, and compiling for the first time some more.
_WORTH = 3.0
# Of a step, on one core of 2020: what NumPy's calls cost for each layer, and a multiply and add in a small product and
# in one that is left to BLAS by both engines.
_CALLS, _SMALL, _LARGE = 12e-6, 1e-10, 3e-11


def available() -> bool:
    """Whether Numba is installed, with SciPy, whose BLAS it uses."""
    return find_spec("numba") is not None and find_spec("scipy") is not None


def engine_versions() -> dict[str, str]:
    """Return the versions of what the machine code is made with."""
    from importlib.metadata import version

    return {package: version(package) for package in ("numba", "llvmlite", "scipy")}


def worth_compiling(architecture: Architecture, batch: int, steps: int) -> bool:
    """Whether so many steps on batches of so many rows save more time than it takes to load the engine."""
    products = [batch * fan_in * fan_out for fan_in, fan_out in architecture.shapes()]
    saved = sum(_CALLS + macs * (_LARGE if macs > LARGE else _SMALL) for macs in products)
    return steps * saved > _WORTH
