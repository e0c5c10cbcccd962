"""One container for the weights, for their gradients and for whatever an optimiser remembers of either."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bpcli.network.architecture import Architecture

Array = NDArray[Any]

# What is worked on at a time where several operations go over one array: it stays in a core's own cache meanwhile.
PIECE_BYTES = 1 << 18


class Parameters:
    """Matrices and biases as named views of one buffer: what V is called here, ∇V is called in its gradient's.

    ``flat`` is …×P, the whole of it, for code that treats every number alike (an optimiser, a checkpoint);
    ``weights[l]`` is …×d_l×d_(l-1) and ``biases[l]`` …×d_l, or None where the network has no biases. The leading
    axes ``lead`` hold networks side by side. Everything starts at zero.
    """

    def __init__(
        self, architecture: Architecture, dtype: DTypeLike = np.float64, lead: tuple[int, ...] = ()
    ) -> None:
        self.architecture = architecture
        self.lead = lead
        self.flat: Array = np.zeros((*lead, architecture.parameter_count), dtype)
        self.weights: list[Array] = []
        self.biases: list[Array | None] = []
        start = 0
        for fan_in, fan_out in architecture.shapes():
            stop = start + fan_out * fan_in
            self.weights.append(self.flat[..., start:stop].reshape(*lead, fan_out, fan_in))
            start = stop
            self.biases.append(self.flat[..., start : start + fan_out] if architecture.bias else None)
            start += fan_out * architecture.bias

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of every number here."""
        return self.flat.dtype

    def named(self) -> Iterator[tuple[str, Array]]:
        """Yield each tensor under the name of the parameter: V, bias_V, W, bias_W."""
        for names, weight, bias in zip(self.architecture.names(), self.weights, self.biases, strict=True):
            yield names.matrix, weight
            if bias is not None:
                yield names.bias, bias

    def copy(self) -> "Parameters":
        """Return the same numbers in a buffer of their own."""
        twin = Parameters(self.architecture, self.dtype, self.lead)
        twin.flat[...] = self.flat
        return twin
