"""A trained network and how its inputs are encoded: what predicts, is evaluated and is exported."""

from bpcli.models.forward import Forward
from bpcli.models.model import Model, Predictions
from bpcli.models.rows import Rows, read_rows

__all__ = ["Forward", "Model", "Predictions", "Rows", "read_rows"]
