"""Per-neuron weight differences: how far each hidden unit moved, and how far it is from its nearest neighbour."""

from dataclasses import dataclass

import numpy as np

from bpcli.network import Array, Parameters
from bpcli.symmetry.functional import shared_functions
from bpcli.symmetry.units import LayerSymmetry, UnitVerdict, whole_units

CANDIDATES = 8  # measured for each unit
BLOCK = 256  # units ranked at a time, so that wide layers need no square matrix
CANCELLED = 1e-10  # of the largest square: what the ranking may be off by


@dataclass(frozen=True)
class UnitDifference:
    """One hidden unit against its own start and against its nearest neighbour.

    Attributes:
        layer: the hidden layer, from 1.
        unit: the unit, from 0.
        change: ‖u - u₀‖, how far row of V, bias and column of W moved together since initialisation.
        nearest: the nearest other unit; None in a layer of one, and where weights are not finite.
        distance: ‖u - u_nearest‖.
        verdict: exact, within rounding or distinct, by the rule of ``symmetry.units``.
        same_function: the other units with the same h up to a factor, where they are not all tied to it.
    """

    layer: int
    unit: int
    change: float
    nearest: int | None
    distance: float | None
    verdict: UnitVerdict
    same_function: tuple[int, ...] = ()


def unit_differences(
    parameters: Parameters, initial: Parameters, symmetry: LayerSymmetry
) -> tuple[UnitDifference, ...]:
    """Measure every unit of one hidden layer; ``symmetry`` holds the groups of ``parameters`` in that layer."""
    units = whole_units(parameters, symmetry.layer)
    # Weights that a divergence has left behind are far out or not finite: their figures are, too.
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.linalg.norm(units - whole_units(initial, symmetry.layer), axis=1)
        measurable = symmetry.units > 1 and bool(np.isfinite(units).all())
        nearest, distances = nearest_units(units) if measurable else (moved, moved)
    sharing = {unit: group for group in shared_functions(parameters, symmetry) for unit in group}
    return tuple(
        UnitDifference(
            layer=symmetry.layer,
            unit=unit,
            change=float(moved[unit]),
            nearest=int(nearest[unit]) if measurable else None,
            distance=float(distances[unit]) if measurable else None,
            verdict=symmetry.verdicts[unit],
            same_function=tuple(other for other in sharing.get(unit, ()) if other != unit),
        )
        for unit in range(symmetry.units)
    )


def nearest_units(units: Array) -> tuple[Array, Array]:
    """Return, for each row of ``units`` (d×n), the nearest other row and the distance to it: d indices, d numbers.

    A row that is there twice has its nearest neighbour at distance 0. For the others the product ‖u‖² + ‖v‖² - 2 u·v
    ranks all pairs, after their mean is taken away, as it cancels where two rows are almost equal. So the best few
    of each row are measured again as differences, and where the product cannot tell rows apart, all of those. Of rows
    at the same distance the first is named. A layer of one has no other: index 0 and distance inf.
    """
    first, second, group = _equal_rows(units)
    several = second[group] >= 0
    nearest = np.where(first[group] == np.arange(len(units)), second[group], first[group])
    distances = np.where(several, 0.0, np.inf)
    # What is there several times is met once: many equal rows would fill every list of candidates.
    to_different, measured = _nearest_different(units[first])
    nearest[~several] = first[to_different[group[~several]]]
    distances[~several] = measured[group[~several]]
    return nearest, distances


def _equal_rows(units: Array) -> tuple[Array, Array, Array]:
    """Group equal rows: the first and the second row of each group (-1 where there is none), and the group of each."""
    numbers: dict[bytes, int] = {}
    group = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in units + 0.0], np.intp)
    first, second = np.full(len(numbers), -1), np.full(len(numbers), -1)
    for row, number in enumerate(group.tolist()):
        if first[number] < 0:
            first[number] = row
        elif second[number] < 0:
            second[number] = row
    return first, second, group


def _nearest_different(units: Array) -> tuple[Array, Array]:
    """``nearest_units`` of rows that are all different."""
    count = len(units)
    centred = units - units.mean(axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    blur = CANCELLED * squares.max(initial=0.0)
    nearest, distances = np.zeros(count, np.intp), np.full(count, np.inf)
    for start in range(0, count, BLOCK):
        block = slice(start, min(start + BLOCK, count))
        ranking = squares[block, None] + squares - 2 * (centred[block] @ centred.T)
        ranking[np.arange(block.stop - start), np.arange(start, block.stop)] = np.inf
        best = np.partition(ranking, min(CANDIDATES, count) - 1, axis=1)[:, min(CANDIDATES, count) - 1]
        for row, ranked, few in zip(range(start, block.stop), ranking, best, strict=True):
            candidates = np.flatnonzero(ranked <= max(few, ranked.min() + blur))
            candidates = candidates[candidates != row]
            if len(candidates):
                measured = np.linalg.norm(units[candidates] - units[row], axis=1)
                closest = int(measured.argmin())
                nearest[row], distances[row] = candidates[closest], measured[closest]
    return nearest, distances
