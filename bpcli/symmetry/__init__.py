"""Which hidden units are the same unit twice, by a rule that tells rounding from meaning, and which learn no more."""

from bpcli.symmetry.activity import Activity, saturated_rows, unit_activity
from bpcli.symmetry.differences import UnitDifference, unit_differences
from bpcli.symmetry.units import (
    LayerSymmetry,
    UnitVerdict,
    effective_units,
    layer_symmetry,
    network_symmetry,
    unit_vectors,
)

__all__ = [
    "Activity",
    "LayerSymmetry",
    "UnitDifference",
    "UnitVerdict",
    "effective_units",
    "layer_symmetry",
    "network_symmetry",
    "saturated_rows",
    "unit_activity",
    "unit_differences",
    "unit_vectors",
]
