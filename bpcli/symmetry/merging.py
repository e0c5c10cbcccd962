"""The equivalent smaller network: tied units merged into one, their outgoing weights summed.

Units that compute the same h enter the layer above as Σ_j w_kj h_j = h Σ_j w_kj, so one unit with the sum of their
columns of W does the work of the group.
"""

from dataclasses import replace

from bpcli.network import Parameters
from bpcli.symmetry.units import LayerSymmetry


def merged(parameters: Parameters, symmetry: LayerSymmetry) -> Parameters:
    """Return the network with each group of ``symmetry`` in one unit: d×d0 becomes e×d0, e the effective units.

    A group keeps the row (and bias) of its first unit. For exact groups the outputs are those of ``parameters`` up to
    the rounding of the sums; for groups within rounding, up to that rounding as well. Every other layer is copied.
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
