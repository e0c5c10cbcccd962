"""Loss curves: when their axis is logarithmic."""

import pytest

from bpcli.render.curves import axis_is_log


@pytest.mark.parametrize(
    ("values", "log"), [([1.0, 10.0], True), ([1.0, 9.9], False), ([0.0, 1.0], False), ([0.0, 0.0], False)]
)
def test_an_axis_is_logarithmic_over_a_decade_of_positive_values_only(values, log):
    """Zero has no logarithm."""
    assert axis_is_log(values) is log
