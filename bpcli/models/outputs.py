"""Outputs of any number of rows, such that those of a row depend on nothing but the row, to the last bit.

BLAS sums in another order where a matrix has another number of rows, and in float32 even where a row stands at another
place. So rows are always taken ``ROWS`` at a time, the last of them padded, and in float64: then a row has the same
outputs among the training rows, in another file, and alone.
"""

import numpy as np

from bpcli.network import Array, Network, Parameters

ROWS = 128  # at a time: enough for BLAS to be busy, little enough to pad a small table


class Forward:
    """The forward pass of parameters in their present state, in buffers of its own.

    Attributes:
        network: those buffers, for whoever wants to look at the layers of the last ``ROWS`` rows.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        exact = parameters.dtype == np.float64
        self.network = Network(parameters if exact else Parameters(parameters.architecture), ROWS)
        self._padded = np.zeros((ROWS, parameters.architecture.sizes[0]))

    def __call__(self, X: Array) -> tuple[Array, Array]:
        """Return b and z of the output layer for X (N×d0), each N×d_L in float64."""
        if self.network.parameters is not self._parameters:
            self.network.parameters.flat[...] = self._parameters.flat
        n = len(X)
        b, z = (np.empty((n, self.network.architecture.sizes[-1])) for _ in range(2))
        for start in range(0, n, ROWS):
            stop = min(start + ROWS, n)
            rows = stop - start
            self._padded[:rows] = X[start:stop]
            self._padded[rows:] = 0
            self.network.forward(self._padded)
            last = self.network.layers[-1]
            b[start:stop], z[start:stop] = last.pre[:rows], last.out[:rows]
        return b, z
