"""The network itself: activations, losses, initialisation, and the forward and backward pass. NumPy only."""

from bpcli.network.architecture import Architecture, LayerNames
from bpcli.network.initialisation import initialise
from bpcli.network.network import Network
from bpcli.network.parameters import Array, Parameters
from bpcli.network.products import Product, order_stable

__all__ = [
    "Architecture",
    "Array",
    "LayerNames",
    "Network",
    "Parameters",
    "Product",
    "initialise",
    "order_stable",
]
