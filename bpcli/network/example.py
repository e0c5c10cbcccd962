"""The point at which gradients are compared: a batch, the weights, and what an update would need."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpcli.network import Architecture, Array, Network, Parameters


@dataclass(frozen=True, eq=False)
class Example:
    """One point to check gradients at, every number in float64.

    Attributes:
        architecture: the network; its ``loss`` is a mean over the samples.
        X: N×d0, samples in rows.
        Y: N×d_L.
        parameters: V, bias_V, W, bias_W … by name, shaped as in ``Parameters.named``.
        learning_rate: α, for submissions that ask for it.
        weight_decay: c; 0 unless a submission asks for it, and then the objective includes ½c‖·‖² of the matrices.
    """

    architecture: Architecture
    X: Array
    Y: Array
    parameters: dict[str, Array]
    learning_rate: float = 0.5
    weight_decay: float = 0.0

    @property
    def samples(self) -> int:
        """N."""
        return len(self.X)

    def with_decay(self, weight_decay: float) -> "Example":
        """Return the same point with the penalty ½c‖·‖² in the objective: itself, where it has that already."""
        return self if weight_decay == self.weight_decay else replace(self, weight_decay=weight_decay)

    def network(self, dtype: Any = np.float64) -> Network:
        """Return bpcli's own network at this point, in the given precision, its buffers for the whole batch."""
        parameters = Parameters(self.architecture, dtype)
        for name, tensor in parameters.named():
            tensor[...] = self.parameters[name]
        return Network(parameters, rows=self.samples)

    def stepped(self) -> Network:
        """Return that network in float64 after its forward and backward pass here."""
        network = self.network()
        network.forward(self.X)
        network.backward(self.Y)
        return network
