"""Outputs of any number of rows, such that those of a row depend on nothing but the row, to the last bit.

BLAS sums in another order where a matrix has another number of rows, and in float32 even where a row stands at another
place. So rows are always taken ``ROWS`` at a time, the last of them padded, and in float64: then a row has the same
outputs among the training rows, in another file, and alone.
"""

import numpy as np

from bpcli.network import Array, Network, Parameters

ROWS = 128  # at a time: enough for BLAS to be busy, little enough to pad a small table
MORE_ROWS = 512  # where a row need not have the same outputs elsewhere


class Forward:
    """The forward pass of parameters in their present state, in buffers of its own.

    With ``fast``, float32 stays float32: a few digits fewer, in a quarter of the time. In float64 it changes nothing.

    Attributes:
        network: those buffers, for whoever wants to look at the layers of the last rows.
    """

    def __init__(self, parameters: Parameters, *, fast: bool = False) -> None:
        self._parameters = parameters
        exact = parameters.dtype == np.float64
        padded = exact or not fast
        self._padded = np.zeros((ROWS, parameters.architecture.sizes[0])) if padded else None
        own = parameters if exact or fast else Parameters(parameters.architecture)
        self.network = Network(own, ROWS if padded else MORE_ROWS)

    def __call__(self, X: Array) -> tuple[Array, Array]:
        """Return b and z of the output layer for X (N×d0), each N×d_L in float64."""
        if self.network.parameters is not self._parameters:
            self.network.parameters.flat[...] = self._parameters.flat
        n, at_a_time = len(X), self.network.rows
        b, z = (np.empty((n, self.network.architecture.sizes[-1])) for _ in range(2))
        for start in range(0, n, at_a_time):
            rows = X[start : start + at_a_time]
            self.network.forward(rows if self._padded is None else self._filled(rows, self._padded))
            last, count = self.network.layers[-1], len(rows)
            b[start : start + count], z[start : start + count] = last.pre[:count], last.out[:count]
        return b, z

    def _filled(self, rows: Array, padded: Array) -> Array:
        """The rows in float64, and zeros after them where they are fewer than ``ROWS``."""
        if len(rows) == ROWS and rows.dtype == padded.dtype and rows.flags.c_contiguous:
            return rows
        padded[: len(rows)] = rows
        padded[len(rows) :] = 0
        return padded
