"""Which rows are held out for validation, in fair shares of every class, and the order of the others."""

import math

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.dataset import IntArray


def random_split(rows: int, fraction: float, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Row numbers for training and for validation, ``round(rows · fraction)`` of them, both in random order.

    Raises:
        DataError: a fraction that leaves no row to train on, or promises validation and gives no row.
    """
    held_out = _held_out(rows, fraction)
    order = rng.permutation(rows)
    return order[held_out:], order[:held_out]


def stratified_split(
    labels: IntArray, fraction: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """As ``random_split``, with every class held out in proportion to its size.

    Args:
        labels: the class position of each of N rows.
        fraction: of the rows, to be held out; every class keeps a row to train on all the same.
        rng: what the rows are drawn with.

    Raises:
        DataError: as ``random_split``, or so many small classes that they cannot spare the rows.
    """
    held_out = _held_out(len(labels), fraction)
    sizes = np.bincount(labels)
    quota = apportion(sizes, held_out)
    order = rng.permutation(len(labels))
    # How many rows of its own class come before each row, in the random order: the first ones are held out.
    shuffled = labels[order]
    by_class = np.argsort(shuffled, kind="stable")
    rank = np.empty_like(order)
    rank[by_class] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = rank < quota[shuffled]
    return order[~chosen], order[chosen]


def apportion(sizes: IntArray, total: int) -> IntArray:
    """Share ``total`` rows out among classes in proportion to their sizes, by the largest-remainder method.

    A class of n rows gets ``⌊n · total / N⌋``, and the rows still missing go one each to the classes with the
    largest remainders (the first of equal ones), as long as n - 1 is not exceeded. Integers keep it exact.

    Raises:
        DataError: the classes cannot spare so many rows.
    """
    spare = np.maximum(sizes - 1, 0)
    rows = int(sizes.sum())
    if total > spare.sum():
        limit = math.floor(100 * spare.sum() / rows) / 100
        raise DataError(
            f"data.validation: holding out {total} of {rows} rows leaves a class without a row "
            f"to train on; hold out {limit:g} at most, or bring more rows of the small classes"
        )
    share, remainder = np.divmod(sizes * total, rows)
    while (missing := total - int(share.sum())) > 0:
        by_remainder = np.argsort(-remainder, kind="stable")
        share[by_remainder[share[by_remainder] < spare[by_remainder]][:missing]] += 1
    return share


def _held_out(rows: int, fraction: float) -> int:
    if not 0 <= fraction < 1:
        raise DataError(
            f"data.validation: {fraction} is not a fraction to hold out; write a number from 0 to below 1"
        )
    held_out = round(rows * fraction)
    if held_out == rows:
        raise DataError(
            f"data.validation: {fraction} of {rows} rows leaves none to train on; lower it, or add rows"
        )
    if fraction > 0 and held_out == 0:
        raise DataError(
            f"data.validation: {fraction} of {rows} rows is not one row; "
            "raise it, bring more rows, or write 0 for no validation"
        )
    return held_out
