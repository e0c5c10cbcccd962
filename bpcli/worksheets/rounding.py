"""How people and programs round a number that lies half-way between two: away from zero, to the even digit, or down.

Weights are halves, so that half-way is nothing rare on a worksheet. It is what is so within ``HAIR`` of a unit: binary
fractions hardly ever are exactly, and so programs that mean to round up or to even round some of them down.
"""

import numpy as np

from bpcli.network import Array

HAIR = 1e-6  # of a unit of the last digit


def half_up(value: Array, digits: int) -> Array:
    """Return a value rounded as at school: from half-way away from zero."""
    return _signed(np.floor(np.abs(value) * 10.0**digits + 0.5 + HAIR), value, digits)


def half_down(value: Array, digits: int) -> Array:
    """Return a value rounded from half-way towards zero."""
    return _signed(np.ceil(np.abs(value) * 10.0**digits - 0.5 - HAIR), value, digits)


def half_even(value: Array, digits: int) -> Array:
    """Return a value rounded as NumPy and Python do: from half-way to the even digit."""
    scaled = np.abs(value) * 10.0**digits
    above = np.floor(scaled + 0.5 + HAIR)
    half_way = np.abs(scaled - np.floor(scaled) - 0.5) <= HAIR
    return _signed(np.where(half_way & (above % 2 == 1), above - 1, above), value, digits)


def _signed(units: Array, value: Array, digits: int) -> Array:
    return np.asarray(np.copysign(units, value) / 10.0**digits)
