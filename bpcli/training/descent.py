"""Gradient descent: the one loop in which a network learns, whoever trains it and on whatever."""

from collections.abc import Iterable, Iterator

import numpy as np

from bpcli.network import Array, Network
from bpcli.training.optimisers import Optimiser


def descend(
    network: Network,
    batches: Iterable[tuple[Array, Array]],
    optimiser: Optimiser,
    rates: Iterable[float | Array],
) -> Iterator[None]:
    """Train on each batch X (N×d0), Y (N×d_L) at its learning rate α; …×1 rates for networks side by side.

    Pauses in every step between its backward pass and its update, so that whoever looks then sees the gradients
    beside the weights that they belong to. Whoever stops there leaves that update out.
    """
    for (X, Y), rate in zip(batches, rates, strict=False):
        network.forward(X)  # a = V x, h = s(a), b = W h, z = s(b)
        network.backward(Y)  # ∇z, ∇W, ∇h, ∇V, all of them at these weights
        yield
        optimiser.step(rate)  # V ← V - α ∇V, W ← W - α ∇W


class Batches:
    """The rows of X (M×d0) and Y (M×d_L) in a new random order each epoch, ``size`` at a time.

    They are gathered into buffers that are allocated once; a short last batch is a view of the same buffers.
    With ``weights`` (M) an epoch is M rows drawn with these probabilities instead, with replacement.
    """

    def __init__(
        self, X: Array, Y: Array, size: int, rng: np.random.Generator, weights: Array | None = None
    ) -> None:
        self._weights = weights
        self._X, self._Y, self._size, self._rng = X, Y, size, rng
        self._rows = np.arange(len(X))
        self._order = np.empty_like(self._rows)
        self._x = np.empty((size, X.shape[1]), X.dtype)
        self._y = np.empty((size, Y.shape[1]), Y.dtype)

    def shuffle(self) -> Array:
        """Draw the order of the next epoch: the numbers of the rows, in a buffer that the next one takes too."""
        if self._weights is None:
            self._order[...] = self._rows
            self._rng.shuffle(self._order)
        else:
            self._order[...] = self._rng.choice(len(self._rows), len(self._rows), p=self._weights)
        return self._order

    def epoch(self) -> Iterator[tuple[Array, Array]]:
        """Go once through all rows, yielding x (N×d0) and y (N×d_L) of each batch, N ≤ ``size``."""
        self.shuffle()
        for start in range(0, len(self._order), self._size):
            rows, x, y = self._order[start : start + self._size], self._x, self._y
            if len(rows) < self._size:
                x, y = x[: len(rows)], y[: len(rows)]
            # Only mode="clip" gathers straight into the buffer; the default makes an array first.
            self._X.take(rows, axis=0, out=x, mode="clip")
            self._Y.take(rows, axis=0, out=y, mode="clip")
            yield x, y
