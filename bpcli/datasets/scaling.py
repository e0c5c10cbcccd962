"""Bringing features to a common scale, fitted on the training rows: the network sees (x - offset) / scale."""

from typing import Literal, TypeAlias

import numpy as np

from bpcli.datasets.dataset import FloatArray

Scaling: TypeAlias = Literal["standard", "minmax", "none"]


def fit(X: FloatArray, scaling: Scaling) -> tuple[FloatArray, FloatArray]:
    """Offset and scale of each feature, from the N×d0 training rows.

    standard: mean and standard deviation ``sqrt(mean((x - mean)²))``; minmax: the least value and max - min;
    none: 0 and 1. A constant feature has the scale 1, and becomes 0 throughout.

    Returns:
        offset (d0) and scale (d0); infinite or NaN where the numbers are too large to tell.
    """
    least, greatest = X.min(axis=0), X.max(axis=0)
    constant = least == greatest
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standard":
            # The mean of equal numbers may be an ulp off, and that ulp would be scaled up to a feature.
            offset = np.where(constant, least, X.mean(axis=0))
            # The largest deviation is taken out first: squares of 1e200 overflow, squares of 1e-200 vanish.
            deviation = X - offset
            largest = np.where(constant, 1.0, np.abs(deviation).max(axis=0))
            scale = largest * np.sqrt(np.mean((deviation / largest) ** 2, axis=0))
        elif scaling == "minmax":
            offset, scale = least, greatest - least
        else:
            return np.zeros(X.shape[1]), np.ones(X.shape[1])
    return offset, np.where(constant, 1.0, scale)


def apply(X: FloatArray, offset: FloatArray, scale: FloatArray) -> FloatArray:
    """``(x - offset) / scale`` of M×d0 rows; infinite or NaN where that cannot be told in float64."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return (X - offset) / scale
