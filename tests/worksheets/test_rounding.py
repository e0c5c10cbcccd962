"""Half-way between two numbers: away from zero, to the even digit, or towards zero, in spite of binary fractions."""

import numpy as np
import pytest

from bpcli.worksheets.rounding import half_down, half_even, half_up


@pytest.mark.parametrize(
    ("rounded", "expected"),
    [
        (half_up, [0.13, 0.14, -0.13, -0.14, 1.01, 0.3]),
        (half_even, [0.12, 0.14, -0.12, -0.14, 1.0, 0.3]),
        (half_down, [0.12, 0.13, -0.12, -0.13, 1.0, 0.3]),
    ],
)
def test_half_way(rounded, expected):
    """1.005 is less than that in binary, and 0.1 + 0.2 more than 0.3."""
    values = np.array([0.125, 0.135, -0.125, -0.135, 1.005, 0.1 + 0.2])
    assert rounded(values, 2).tolist() == expected


@pytest.mark.parametrize("rounded", [half_up, half_even, half_down])
def test_elsewhere_there_is_one_way_to_round(rounded):
    """As NumPy does; what is not a number stays so."""
    values = np.random.default_rng(0).uniform(-2, 2, 1000)
    assert np.array_equal(rounded(values, 4), np.round(values, 4))
    assert np.isnan(rounded(np.array(np.nan), 4))
