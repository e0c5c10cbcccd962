"""The matrix products that a network can be given: fast, or with one order of summation for every entry."""

from typing import Any, Protocol

import numpy as np

from bpcli.network.parameters import Array

BLOCK_SIZE = 1 << 20  # held at a time, so that a wide layer needs no more memory than a narrow one


class MatMul(Protocol):
    """A matrix product that writes its result: ``np.matmul``, or one whose order of summation is fixed."""

    def __call__(self, left: Array, right: Array, /, *, out: Array) -> Any:
        """Write ``left @ right`` to ``out``, broadcasting leading axes."""


def fixed_order_matmul(left: Array, right: Array, /, *, out: Array) -> Array:
    """Write ``left @ right`` (…×m×n by …×n×p) to ``out``, each entry by the same sequence of operations.

    Entry (i, j) is the sum over the last axis of an array of products, i×j×n, in memory order: the same n terms
    summed the same way at every place. So equal rows of ``left``, or equal columns of ``right``, give bit-identical
    results at every size, which BLAS does not promise: its kernels treat the last columns of a matrix, where no
    full block is left, in another order than the first ones.
    """
    rows, columns = out.shape[-2], right.mT[..., None, :, :]
    step = max(1, BLOCK_SIZE * rows // max(1, out.size * left.shape[-1]))
    for start in range(0, rows, step):
        block = slice(start, start + step)
        # In C order whatever the order of the factors, or the sum would run along another axis. No fused
        # multiply-add can creep in either: products are rounded when they are stored.
        products = np.multiply(left[..., block, None, :], columns, order="C")
        np.sum(products, axis=-1, out=out[..., block, :])
    return out
