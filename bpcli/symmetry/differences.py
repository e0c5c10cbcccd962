"""Per-neuron weight differences: how far each hidden unit moved, and how far it is from its nearest other."""

from dataclasses import dataclass

import numpy as np

from bpcli.network import Array, Parameters
from bpcli.symmetry.units import LayerSymmetry, Verdict, unit_vectors

CANDIDATES = 8


@dataclass(frozen=True)
class UnitDifference:
    """One hidden unit against its own beginning and against its nearest other unit.

    Attributes:
        layer: the hidden layer, from 1.
        unit: the unit, from 0.
        change: ‖u - u₀‖, how far row of V, bias and column of W moved together since initialisation.
        twin: the nearest other unit; None in a layer of one.
        distance: ‖u - u_twin‖.
        verdict: exact, within rounding or distinct, by the rule of ``symmetry.units``.
    """

    layer: int
    unit: int
    change: float
    twin: int | None
    distance: float | None
    verdict: Verdict


def unit_differences(
    parameters: Parameters, initial: Parameters, symmetry: LayerSymmetry
) -> tuple[UnitDifference, ...]:
    """Measure every unit of one hidden layer; ``symmetry`` holds the groups of ``parameters`` in that layer."""
    units = _whole_units(parameters, symmetry.layer)
    moved = np.linalg.norm(units - _whole_units(initial, symmetry.layer), axis=1)
    twins, distances = nearest_units(units)
    return tuple(
        UnitDifference(
            layer=symmetry.layer,
            unit=unit,
            change=float(moved[unit]),
            twin=int(twins[unit]) if symmetry.units > 1 else None,
            distance=float(distances[unit]) if symmetry.units > 1 else None,
            verdict=symmetry.verdicts[unit],
        )
        for unit in range(symmetry.units)
    )


def nearest_units(units: Array) -> tuple[Array, Array]:
    """Return, for each row of ``units`` (d×n), the nearest other row and the distance to it: d indices, d numbers.

    One product ranks all pairs by ‖u‖² + ‖v‖² - 2 u·v, which cancels where two rows are almost equal; so the
    best few are measured again, as differences. A layer of one has no other: index 0 and distance inf.
    """
    centred = units - units.mean(axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    ranking = squares[:, None] + squares - 2 * (centred @ centred.T)
    np.fill_diagonal(ranking, np.inf)
    candidates = np.argsort(ranking, axis=1, kind="stable")[:, :CANDIDATES]
    distances = np.linalg.norm(units[candidates] - units[:, None], axis=2)
    distances[candidates == np.arange(len(units))[:, None]] = np.inf
    # Among equal distances the lowest-numbered unit is named.
    best = np.lexsort((candidates, distances), axis=1)[:, :1]
    return (
        np.take_along_axis(candidates, best, axis=1)[:, 0],
        np.take_along_axis(distances, best, axis=1)[:, 0],
    )


def _whole_units(parameters: Parameters, layer: int) -> Array:
    """The units of a layer as rows, d×(fan-in [+ 1] + fan-out), in float64."""
    return np.concatenate(unit_vectors(parameters, layer), axis=1).astype(np.float64)
