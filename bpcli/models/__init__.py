"""A trained network and how its inputs are encoded: what predicts, is evaluated and is exported."""

from bpcli.models.model import Model, Predictions
from bpcli.models.outputs import Forward
from bpcli.models.sources import Rows, read_rows

__all__ = ["Forward", "Model", "Predictions", "Rows", "read_rows"]
