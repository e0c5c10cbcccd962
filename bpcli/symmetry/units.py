"""Find the groups of hidden units that are one unit several times over, exactly or up to rounding.

A hidden unit j is its row of V with its bias, v_j, and its column of W, w_j. Two units i and j are

- *exact*            if v_i, w_i and v_j, w_j are the same bits;
- *within rounding*  if  ‖v_i - v_j‖ ≤ τ_V max(‖v_i‖, ‖v_j‖, m_V)  and  ‖w_i - w_j‖ ≤ τ_W max(‖w_i‖, ‖w_j‖, m_W)
                     with τ = 1024 ε √n, ε the spacing of 1 in the precision, n the length of that part, and m the
                     median of its norm over the units of the layer;
- *distinct*         otherwise.

τ is relative, so it follows the size of the weights; √n is how the rounding of a sum of n terms grows. 1024 leaves
room for ten thousand steps of training that keep two units together while they round each of them differently, and
m for a weight that passes through zero meanwhile; ``docs/symmetry.md`` says what was measured.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bpcli.network import Array, Parameters
from bpcli.symmetry.closeness import equal_units, part

UnitVerdict = Literal["exact", "within rounding", "distinct"]


@dataclass(frozen=True)
class LayerSymmetry:
    """The groups of equal units in one hidden layer, counted from 1; units are counted from 0.

    Attributes:
        layer: the hidden layer.
        units: how many units it has.
        groups: the groups of two or more units that are exact or within rounding, the largest first.
        verdicts: one for each unit: how close its nearest neighbour is.
    """

    layer: int
    units: int
    groups: tuple[tuple[int, ...], ...]
    verdicts: tuple[UnitVerdict, ...]

    @property
    def effective_units(self) -> int:
        """How many different units there are: each group counts as one."""
        return self.units - sum(len(group) - 1 for group in self.groups)


def unit_vectors(parameters: Parameters, layer: int) -> tuple[Array, Array]:
    """Return the two parts of the units of hidden layer ``layer`` (from 1): d×(fan-in [+ 1]) and d×fan-out."""
    weight, bias = parameters.weights[layer - 1], parameters.biases[layer - 1]
    incoming = weight if bias is None else np.concatenate([weight, bias[:, None]], axis=1)
    return incoming, parameters.weights[layer].T


def whole_units(parameters: Parameters, layer: int) -> Array:
    """Return the units of a hidden layer as rows in float64, d×(fan-in [+ 1] + fan-out): both parts side by side."""
    return np.concatenate(unit_vectors(parameters, layer), axis=1).astype(np.float64)


def network_symmetry(parameters: Parameters) -> tuple[LayerSymmetry, ...]:
    """Find the groups of every hidden layer; none without hidden layers."""
    return tuple(layer_symmetry(parameters, layer) for layer in range(1, parameters.architecture.depth))


def effective_units(parameters: Parameters) -> tuple[int, ...]:
    """Count the different units of every hidden layer: each group counts as one."""
    return tuple(
        parameters.architecture.sizes[layer]
        - sum(len(group) - 1 for group in _groups(unit_vectors(parameters, layer)))
        for layer in range(1, parameters.architecture.depth)
    )


def layer_symmetry(parameters: Parameters, layer: int) -> LayerSymmetry:
    """Find the groups of one hidden layer (counted from 1), by the rule of this module.

    A group is a unit and all later ones that are the same as it. Where all units differ, this costs one product of
    the layer's weights with a few vectors, and a sort: only units that these do not tell apart are compared.
    Weights that are not finite are in no group: the same NaN everywhere, after a divergence, says nothing of units.
    """
    vectors = unit_vectors(parameters, layer)
    verdicts: list[UnitVerdict] = ["distinct"] * len(vectors[0])
    groups = sorted(_groups(vectors), key=lambda g: (-len(g), g))
    for group in groups:
        for unit, exact in zip(group, _bit_identical(vectors, group), strict=True):
            verdicts[unit] = "exact" if exact else "within rounding"
    return LayerSymmetry(layer, len(verdicts), tuple(groups), tuple(verdicts))


def _groups(vectors: tuple[Array, Array]) -> list[tuple[int, ...]]:
    """Return the groups of units by the two parts of each; none where weights are not finite."""
    incoming, outgoing = map(part, vectors)
    return equal_units((incoming, outgoing)) if incoming and outgoing else []


def _bit_identical(vectors: tuple[Array, Array], group: tuple[int, ...]) -> list[bool]:
    """Say of each unit of a group whether it shares all its bits with another one."""
    rows = np.ascontiguousarray(np.concatenate([part[list(group)] for part in vectors], axis=1))
    bits = rows.view(f"u{rows.itemsize}")
    first = (bits == bits[0]).all(axis=1)  # settles most, often all, without a look at each in turn
    others = [row.tobytes() for row in bits[~first]]
    counts = Counter(others)
    of_others = iter(others)
    several = int(np.count_nonzero(first)) > 1
    return [several if as_first else counts[next(of_others)] > 1 for as_first in first.tolist()]


def merged(parameters: Parameters, symmetry: LayerSymmetry) -> Parameters:
    """Return the network with each group of ``symmetry`` in one unit: d×d0 becomes e×d0, e the effective units.

    Units that compute the same h enter the layer above as Σ_j w_kj h_j = h Σ_j w_kj, so one unit with the sum of
    their columns of W does the work of the group. It keeps the row (and bias) of the group's first unit.
    For exact groups the outputs are those of ``parameters`` up to the rounding of the sums; for groups within
    rounding, up to that rounding as well. Every other layer is copied.
    """
    layer = symmetry.layer
    follower_of = {unit: group[0] for group in symmetry.groups for unit in group[1:]}
    kept = [unit for unit in range(symmetry.units) if unit not in follower_of]
    sizes = list(parameters.architecture.sizes)
    sizes[layer] = len(kept)
    small = Parameters(replace(parameters.architecture, sizes=tuple(sizes)), parameters.dtype)
    for index, (weight, bias) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        rows = kept if index == layer - 1 else slice(None)
        columns = kept if index == layer else slice(None)
        small.weights[index][...] = weight[rows][:, columns]
        small_bias = small.biases[index]
        if bias is not None and small_bias is not None:
            small_bias[...] = bias[rows]
    outgoing, summed = parameters.weights[layer], small.weights[layer]
    for unit, leader in follower_of.items():
        summed[:, kept.index(leader)] += outgoing[:, unit]
    return small
