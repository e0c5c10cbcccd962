"""Which hidden units are the same unit twice: groups, differences, and the rule that tells rounding from meaning."""

from bpcli.symmetry.differences import UnitDifference, unit_differences
from bpcli.symmetry.units import LayerSymmetry, Verdict, layer_symmetry, network_symmetry, unit_vectors

__all__ = [
    "LayerSymmetry",
    "UnitDifference",
    "Verdict",
    "layer_symmetry",
    "network_symmetry",
    "unit_differences",
    "unit_vectors",
]
