"""The relative residual and the verdict: what every check of a gradient means by them."""

from typing import Literal

import numpy as np

from bpcli.network import Array

Verdict = Literal["correct", "wrong", "uninformative", "failed"]


def relative_residual(found: Array, true: Array) -> float:
    """‖found - true‖ / ‖true‖; 0 if both are zero, inf if only ``true`` is."""
    scale = float(np.linalg.norm(true))
    gap = float(np.linalg.norm(found - true))
    if scale == 0:
        return 0.0 if gap == 0 else float("inf")
    return gap / scale


def cosine(found: Array, true: Array) -> float | None:
    """The cosine of the angle between two gradients, within ±1; None where one of them is zero."""
    lengths = float(np.linalg.norm(found) * np.linalg.norm(true))
    return float(np.clip(found.ravel() @ true.ravel() / lengths, -1, 1)) if lengths else None
