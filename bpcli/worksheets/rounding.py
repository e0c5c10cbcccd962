"""How people and programs round a number that lies half-way between two: away from zero, to the even digit, or down.

Weights are halves, so half-way is common on a worksheet. Values within ``TIE_TOLERANCE`` units of it count as half-way:
few are exactly half-way in binary, so programs that round up or to even round some of them down.
"""

import numpy as np

from bpcli.network import Array

TIE_TOLERANCE = 1e-6  # of a unit of the last digit


def half_up(value: Array, digits: int) -> Array:
    """Return a value rounded as at school: from half-way away from zero."""
    return _signed(np.floor(np.abs(value) * 10.0**digits + 0.5 + TIE_TOLERANCE), value, digits)


def half_down(value: Array, digits: int) -> Array:
    """Return a value rounded from half-way towards zero."""
    return _signed(np.ceil(np.abs(value) * 10.0**digits - 0.5 - TIE_TOLERANCE), value, digits)


def half_even(value: Array, digits: int) -> Array:
    """Return a value rounded as NumPy and Python do: from half-way to the even digit."""
    scaled = np.abs(value) * 10.0**digits
    above = np.floor(scaled + 0.5 + TIE_TOLERANCE)
    half_way = np.abs(scaled - np.floor(scaled) - 0.5) <= TIE_TOLERANCE
    return _signed(np.where(half_way & (above % 2 == 1), above - 1, above), value, digits)


def _signed(units: Array, value: Array, digits: int) -> Array:
    return np.asarray(np.copysign(units, value) / 10.0**digits)
