"""The network itself: activations, losses, initialisation, and the forward and backward pass. NumPy only."""

from bpcli.network.architecture import Architecture, LayerNames
from bpcli.network.initialisation import initialise
from bpcli.network.matmul import MatMul, fixed_order_matmul
from bpcli.network.network import Network
from bpcli.network.parameters import Array, Parameters

__all__ = [
    "Architecture",
    "Array",
    "LayerNames",
    "MatMul",
    "Network",
    "Parameters",
    "fixed_order_matmul",
    "initialise",
]
