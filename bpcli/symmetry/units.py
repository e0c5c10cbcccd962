"""Find the groups of hidden units that are one unit several times over, exactly or up to rounding.

A hidden unit j is its row of V with its bias, v_j, and its column of W, w_j. Two units i and j are

- *exact*            if v_i, w_i and v_j, w_j are the same bits;
- *within rounding*  if  ‖v_i - v_j‖ ≤ τ_V max(‖v_i‖, ‖v_j‖)  and  ‖w_i - w_j‖ ≤ τ_W max(‖w_i‖, ‖w_j‖)
                     with τ = 16 ε √n, ε the spacing of 1 in the precision and n the length of that part;
- *distinct*         otherwise.

τ is relative, so it follows the size of the weights; √n is how the rounding of a sum of n terms grows, and 16 leaves
room for a training run that keeps two units together while it rounds each of them differently.
"""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bpcli.network import Array, Parameters

Verdict = Literal["exact", "within rounding", "distinct"]


@dataclass(frozen=True)
class LayerSymmetry:
    """The groups of equal units in one hidden layer, counted from 1; units are counted from 0.

    Attributes:
        layer: the hidden layer.
        units: how many units it has.
        groups: the groups of two or more units that are exact or within rounding, the largest first.
        verdicts: one for each unit: how close its closest mate is.
    """

    layer: int
    units: int
    groups: tuple[tuple[int, ...], ...]
    verdicts: tuple[Verdict, ...]

    @property
    def effective_units(self) -> int:
        """How many different units there are: each group counts as one."""
        return self.units - sum(len(group) - 1 for group in self.groups)


def unit_vectors(parameters: Parameters, layer: int) -> tuple[Array, Array]:
    """Return the two parts of the units of hidden layer ``layer`` (from 1): d×(fan-in [+ 1]) and d×fan-out."""
    weight, bias = parameters.weights[layer - 1], parameters.biases[layer - 1]
    incoming = weight if bias is None else np.concatenate([weight, bias[:, None]], axis=1)
    return incoming, parameters.weights[layer].T


def network_symmetry(parameters: Parameters) -> tuple[LayerSymmetry, ...]:
    """Find the groups of every hidden layer; none without hidden layers."""
    return tuple(layer_symmetry(parameters, layer) for layer in range(1, parameters.architecture.depth))


def layer_symmetry(parameters: Parameters, layer: int) -> LayerSymmetry:
    """Find the groups of one hidden layer (counted from 1), by the rule of this module.

    Costs a product of the layer's weights with two vectors and a sort, not a comparison of all pairs: units that
    are close have close projections on any direction. A group is a unit and all later ones that are the same as it.
    """
    parts = [np.ascontiguousarray(part) for part in unit_vectors(parameters, layer)]
    units = len(parts[0])
    if not all(np.isfinite(part).all() for part in parts):
        # After a divergence all weights may be the same NaN; that is no finding about the units.
        distinct: list[Verdict] = ["distinct"] * units
        return LayerSymmetry(layer, units, (), tuple(distinct))
    leader_of = _leaders(parts)
    members: dict[int, list[int]] = {}
    for unit, leader in enumerate(leader_of):
        members.setdefault(leader, []).append(unit)
    groups = sorted(
        (tuple(group) for group in members.values() if len(group) > 1), key=lambda g: (-len(g), g)
    )
    grouped = {unit for group in groups for unit in group}
    twins = _bitwise_twins(parts)
    verdicts: list[Verdict] = [
        "exact" if unit in twins else "within rounding" if unit in grouped else "distinct"
        for unit in range(units)
    ]
    return LayerSymmetry(layer, units, tuple(groups), tuple(verdicts))


def _bitwise_twins(parts: list[Array]) -> set[int]:
    """Units that share all their bits with another one."""
    seen: dict[bytes, list[int]] = {}
    for unit in range(len(parts[0])):
        seen.setdefault(b"".join(part[unit].tobytes() for part in parts), []).append(unit)
    return {unit for same in seen.values() if len(same) > 1 for unit in same}


def _leaders(parts: list[Array]) -> list[int]:
    """For each unit, in order, the first unit before it that it is the same as; itself if there is none."""
    tolerances = [16 * float(np.finfo(part.dtype).eps) * np.sqrt(part.shape[1]) for part in parts]
    scaled = [_scaled(part) for part in parts]
    norms = [np.linalg.norm(part, axis=1) for part in scaled]
    # Projections on an arbitrary but fixed direction of length 1 in the incoming part; the slack of another τ
    # covers the rounding of the projection itself.
    direction = np.cos(np.arange(1.0, scaled[0].shape[1] + 1.0))
    projections = (scaled[0] @ (direction / np.linalg.norm(direction))).tolist()
    window = 2 * tolerances[0] * float(norms[0].max(initial=0.0))
    leaders: list[tuple[float, int]] = []  # sorted by projection
    leader_of = list(range(len(projections)))
    for unit, projection in enumerate(projections):
        low = bisect_left(leaders, (projection - window, -1))
        high = bisect_right(leaders, (projection + window, len(projections)))
        near = np.array(sorted(leader for _, leader in leaders[low:high]), dtype=np.intp)
        close = np.ones(len(near), dtype=bool)
        for part, norm, tolerance in zip(scaled, norms, tolerances, strict=True):
            gap = np.linalg.norm(part[near] - part[unit], axis=1)
            close &= gap <= tolerance * np.maximum(norm[near], norm[unit])
        if close.any():
            leader_of[unit] = int(near[close.argmax()])
        else:
            insort(leaders, (projection, unit))
    return leader_of


def _scaled(part: Array) -> Array:
    """The part in float64 and in units of its largest entry, so that no square overflows or vanishes."""
    largest = float(np.abs(part).max(initial=0.0))
    scaled: Array = part.astype(np.float64) / (largest or 1.0)
    return scaled
