"""The growth of a small spread: its factor, from the first difference to where it is small no more."""

import pytest

from bpcli.symmetry_demo.comparison import Snapshot, Spread
from bpcli.symmetry_demo.divergence import growth


def snapshots(*spreads):
    """Return snapshots ten steps apart with these spreads."""
    return [Snapshot(10 * i, 0.1, Spread(s, s / 2, 0.0, 0.0), 2) for i, s in enumerate(spreads)]


def test_a_spread_that_doubles_every_ten_steps():
    """From 1e-12 on: a factor of 2^(1/10) a step, doubling in 10 steps."""
    found = growth(snapshots(*(1e-12 * 2**i for i in range(20))))
    assert found.factor == pytest.approx(2**0.1)
    assert found.doubling == pytest.approx(10)
    assert (found.verdict, found.first, found.last) == ("grows", 0, 190)


def test_it_is_measured_until_the_difference_is_small_no_more():
    """Beyond 1e-3 the units are apart, and what the spread does then is another matter."""
    found = growth(snapshots(0.0, 1e-16, 1e-8, 5e-3, 30.0, 31.0))
    assert (found.first, found.last, found.start, found.end) == (10, 30, 1e-16, 5e-3)


def test_a_spread_may_stay_or_shrink():
    """Less than a factor of 2 either way is no change; a short run that doubles has grown."""
    assert growth(snapshots(1e-12, 2.4e-12)).verdict == "grows"
    assert growth(snapshots(1e-12, 1.2e-12)).verdict == "stays"
    assert growth(snapshots(1e-12, 1e-13, 1e-14)).verdict == "shrinks"
    assert growth(snapshots(1e-12, 1e-14)).doubling is None


def test_without_a_small_spread_there_is_no_growth():
    """Exactly zero throughout, or large from the start."""
    assert growth(snapshots(0.0, 0.0, 0.0)) is None
    assert growth(snapshots(3.0, 4.0)) is None
    assert growth(snapshots(0.0, 1e-16)) is None
