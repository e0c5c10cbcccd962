"""Data sets: where the rows come from, what their targets mean, and what the network is shown of them.

``load`` reads a built-in set, a CSV, an NPZ or an NPY into a ``Dataset``, as it stands in its source;
``prepare`` splits, scales and encodes that into the ``Prepared`` arrays a network is trained on.
"""

from bpcli.datasets.columns import InputOptions
from bpcli.datasets.dataset import Dataset
from bpcli.datasets.encoding import Encoding
from bpcli.datasets.layout import ReadOptions
from bpcli.datasets.loading import BUILT_IN, load
from bpcli.datasets.preparing import Prepared, prepare

__all__ = [
    "BUILT_IN",
    "Dataset",
    "Encoding",
    "InputOptions",
    "Prepared",
    "ReadOptions",
    "load",
    "prepare",
]
