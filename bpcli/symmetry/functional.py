"""Which hidden units compute the same function up to a factor, although their weights differ.

For unit j let v_j be its row of V with its bias. Units i and j *share a function* if h_j = c h_i for every input, with
one constant c. That is so

- under any activation   if  v_j = v_i                (c = 1);
- for tanh               if  v_j = -v_i               (c = -1, as tanh is odd);
- for relu               if  v_j = c v_i  with c > 0  (relu(c a) = c relu(a));
- for the identity       if  v_j = c v_i  with c ≠ 0.

One unit whose column of W is w_i + c w_j then does the work of both. Equality is within rounding, by the τ of
``symmetry.units``. It changes neither verdicts nor the number of effective units: with other w, the two receive other
gradients, and training may separate them.
"""

import numpy as np

from bpcli.network import Array, Parameters
from bpcli.symmetry.closeness import equal_units, part
from bpcli.symmetry.units import LayerSymmetry, unit_vectors

SCALES = ("relu", "identity")  # activations under which a factor of v is a factor of h
SIGNS = ("tanh", "identity")  # activations under which -v gives -h


def shared_functions(parameters: Parameters, symmetry: LayerSymmetry) -> tuple[tuple[int, ...], ...]:
    """Return the groups of units that share a function in one hidden layer, and are not all one group of ``symmetry``.

    Units are counted from 0. Weights that are not finite are in no group.
    """
    incoming, _ = unit_vectors(parameters, symmetry.layer)
    measured = part(_normalised(incoming, parameters.architecture.activation))
    if measured is None:
        return ()
    tied = [set(group) for group in symmetry.groups]
    return tuple(
        group for group in equal_units((measured,)) if not any(set(group) <= together for together in tied)
    )


def _normalised(rows: Array, activation: str) -> Array:
    """Return the rows (d×n) such that units that share a function have equal ones."""
    with np.errstate(all="ignore"):  # weights that are not finite are left out afterwards
        if activation in SCALES:
            # By the largest entry first, so that no square overflows or vanishes.
            largest = abs(rows).max(axis=1, keepdims=True)
            rows = rows / np.where(largest > 0, largest, 1)
            norms = np.linalg.norm(rows, axis=1, keepdims=True)
            rows = rows / np.where(norms > 0, norms, 1)
        if activation in SIGNS:
            # Any fixed direction tells a row from its negative, unless the two are orthogonal to it.
            side = rows @ np.cos(np.arange(1.0, rows.shape[1] + 1)).astype(rows.dtype)
            rows = np.where(side[:, None] < 0, -rows, rows)
    return rows
