"""Validation rows are a fair share of every class, and every row is used once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets.splitting import apportion, random_split, stratified_split


def rng(seed: int = 0) -> np.random.Generator:
    """A generator with a seed."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("sizes", "total", "shares"),
    [
        ([50, 50, 50], 30, [10, 10, 10]),
        ([7, 2, 1], 2, [2, 0, 0]),  # quotas 1.4, 0.4, 0.2; the first two remainders are equal
        ([53, 24, 23], 10, [5, 3, 2]),  # quotas 5.3, 2.4, 2.3
        ([1, 1, 8], 5, [0, 0, 5]),  # single rows stay to be trained on
        ([2, 2, 2], 3, [1, 1, 1]),
        ([1, 2, 97], 50, [0, 1, 49]),  # quotas 0.5, 1.0, 48.5; the first has nothing to spare
        ([0, 3, 3], 2, [0, 1, 1]),
        ([3, 3], 0, [0, 0]),
    ],
)
def test_rows_are_apportioned_by_largest_remainders(sizes, total, shares):
    """Shares worked out by hand."""
    assert_array_equal(apportion(np.array(sizes), total), shares)


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=12), st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_stratified_split_is_complete_and_fair(sizes, fraction, seed):
    """No row is lost or doubled; no class is without training; no class is off by a whole row or more."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    held_out = round(len(labels) * fraction)
    try:
        training, validation = stratified_split(labels, fraction, rng(seed))
    except DataError:
        assert held_out == 0 or held_out > len(labels) - len(sizes)
        return
    assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(len(labels)))
    assert len(validation) == held_out
    kept = np.bincount(labels[training], minlength=len(sizes))
    assert kept.min() >= 1
    if min(sizes) > 1 / (1 - fraction):  # no class had to keep its last row
        off = np.bincount(labels[validation], minlength=len(sizes)) - np.array(sizes) * held_out / len(labels)
        assert np.abs(off).max() < 1


def test_which_rows_are_held_out_is_random():
    """Every row of a class is held out about as often as any other."""
    generator = rng()
    counts = np.zeros(12)
    for _ in range(3000):
        counts[stratified_split(np.repeat([0, 1, 2], 4), 0.25, generator)[1]] += 1
    assert np.abs(counts / 3000 - 0.25).max() < 0.04


@pytest.mark.parametrize("split", [random_split, stratified_split])
def test_the_order_is_random(split):
    """The first rows of either part are a sample of all of them."""
    rows = 1000 if split is random_split else np.repeat([0, 1], 500)
    for part in split(rows, 0.5, rng()):
        assert 70 < np.count_nonzero(part[:200] < 500) < 130


@pytest.mark.parametrize("split", [random_split, stratified_split])
def test_nothing_can_be_held_out(split):
    """A fraction of 0 leaves all rows, shuffled."""
    rows = 6 if split is random_split else np.array([0, 1, 0, 1, 0, 1])
    training, validation = split(rows, 0.0, rng())
    assert_array_equal(np.sort(training), np.arange(6))
    assert validation.shape == (0,)


@pytest.mark.parametrize(
    ("fraction", "message"),
    [
        (0.1, "0.1 of 4 rows is not one row; raise it"),
        (0.9, "0.9 of 4 rows leaves none to train on"),
        (1.0, "1.0 is not a fraction"),
        (-0.5, "-0.5 is not a fraction"),
        (float("nan"), "nan is not a fraction"),
        (0.8, "holding out 3 of 4 rows leaves a class without a row to train on; hold out 0.5 at most"),
    ],
)
def test_a_fraction_that_cannot_be_held_out_is_refused(fraction, message):
    """Both parts need a row, and each class one to train on."""
    with pytest.raises(DataError, match=message):
        stratified_split(np.array([0, 0, 1, 1]), fraction, rng())
