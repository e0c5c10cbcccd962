"""Find the units that are the same up to rounding without comparing all pairs: what is close is so from any side.

The rows of a part are looked at from a few directions, and their lengths are compared: where two rows are within
τ of each other, each of these numbers is, too, up to its own rounding. Units that no other is near to in all these
views are done with; only the others, usually none, are measured. In a small layer all pairs are fewer operations than
that, and are compared at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bpcli.network import Array

TOLERANCE = 1024  # of ε √n: see docs/symmetry.md
DIRECTIONS = 3
NEIGHBOURS = 32  # a unit with more of them than this in its best view is measured anyway
CROWD = 32  # units near to one and different from it: beyond so many, pairs are measured many at a time
ALL_PAIRS = 4096  # entries of the differences of all pairs: beyond so many it is quicker not to form them
BLOCK = 128  # units whose pairs are, so that wide layers need no square matrix


@dataclass(frozen=True, eq=False)
class Part:
    """One part of every unit of a layer: its rows of V with biases, or its columns of W.

    Attributes:
        rows: d×n, in a range where no square overflows or vanishes.
        sizes: d numbers, max(‖v‖, m), where m is the median of ‖v‖.
        tolerance: τ of this part.
    """

    rows: Array
    sizes: Array
    tolerance: float

    def same(self, unit: int, others: Array) -> Array:
        """Say of each of ``others`` whether ‖v - v_unit‖ ≤ τ max(‖v‖, ‖v_unit‖, m): as many truth values."""
        gaps = self.rows[others] - self.rows[unit]  # exact where it matters: the two are within a factor of 2
        apart = gaps.any(axis=1)
        distances = np.zeros(len(others))
        distances[apart] = np.linalg.norm(gaps[apart].astype(np.float64), axis=1)
        within: Array = distances <= self.tolerance * np.maximum(self.sizes[others], self.sizes[unit])
        return within

    def same_as_each(self) -> Array:
        """``same`` for all pairs of units: d×d truth values."""
        gaps = (self.rows[:, None] - self.rows).astype(np.float64)
        distances = np.sqrt(np.einsum("ijk,ijk->ij", gaps, gaps))
        within: Array = distances <= self.tolerance * np.maximum(self.sizes[:, None], self.sizes)
        return within

    def same_pairs(self, units: Array, others: Array) -> Array:
        """``same`` for each of ``units``, which are close to each other: len(units)×len(others) truth values.

        ‖u‖² + ‖v‖² - 2 u·v is the square of the distance, up to ``blur``, once the first unit is taken away from both:
        (n + 8) ε bounds what a sum of n products and the three terms are rounded by. Only pairs that this cannot
        decide are measured as differences.
        """
        origin = self.rows[units[0]]
        u, v = self.rows[units] - origin, self.rows[others] - origin
        squares = np.einsum("ij,ij->i", u, u).astype(np.float64)[:, None] + np.einsum(
            "ij,ij->i", v, v
        ).astype(np.float64)
        limits = (self.tolerance * np.maximum(self.sizes[units][:, None], self.sizes[others])) ** 2
        blur = 4 * (self.rows.shape[1] + 8) * np.finfo(self.rows.dtype).eps * (squares + limits)
        margin = limits - (squares - 2 * (u @ v.T))
        within: Array = margin >= blur
        undecided = abs(margin) < blur
        for row in np.flatnonzero(undecided.any(axis=1)):
            columns = np.flatnonzero(undecided[row])
            within[row, columns] = self.same(units[row], others[columns])
        return within

    def views(self) -> tuple[Array, Array]:
        """Return k numbers that are close where rows are (k×d), and how close they then must be (d).

        The numbers are the projections on k - 1 fixed directions of length 1, and the size. Each is off by at most
        n ε/2 of the size; the 2 is for the larger of two sizes, as one window belongs to one unit.
        """
        length = self.rows.shape[1]
        directions = _directions(length, self.rows.dtype)
        views = np.concatenate([(self.rows @ directions).T, self.sizes[None]])
        return views, 2 * (self.tolerance + length * np.finfo(self.rows.dtype).eps) * self.sizes


def part(rows: Array) -> Part | None:
    """Measure the rows (d×n) of one part; None where they are not all finite."""
    norms = _norms(rows)
    if not 2.0**-30 < norms.max() < 2.0**30:
        largest = np.abs(rows).max()
        if not np.isfinite(largest):
            return None
        rows = np.ldexp(
            rows, -np.frexp(largest)[1]
        )  # a power of two: digits stay, but for the smallest numbers
        norms = _norms(rows)
    tolerance = TOLERANCE * float(np.finfo(rows.dtype).eps) * float(np.sqrt(rows.shape[1]))
    middle = np.sort(norms)[(len(norms) - 1) // 2 : len(norms) // 2 + 1]
    median = middle.sum() / len(middle)  # five times as fast as np.median on few units
    return Part(rows, np.maximum(norms, median), tolerance)


@lru_cache(maxsize=16)  # the same at every epoch
def _directions(length: int, dtype: np.dtype[Any]) -> Array:
    """Arbitrary but fixed directions of length 1, in columns: n×k."""
    angles = np.outer(np.arange(1.0, length + 1), np.arange(1.0, min(length, DIRECTIONS) + 1))
    directions: Array = (np.cos(angles) / np.linalg.norm(np.cos(angles), axis=0)).astype(dtype)
    return directions


def suspects(views: Array, windows: Array) -> Array:
    """Return the units that have another one near in all views (both k×d), in increasing order.

    They are sorted by the view that tells most of them apart; there, whatever is near a unit stands next to it, or next
    to others that are near.
    A unit among many close ones is taken for near to somebody without looking at all of them.
    """
    ranked = np.sort(views)
    usual = windows[:, :1]  # a rough one will do to choose by
    close_pairs = np.count_nonzero(ranked[:, 1:] - ranked[:, :-1] <= usual, axis=1)
    best = int(close_pairs.argmin())
    order = np.argsort(views[best])
    views, windows = views[:, order], windows[:, order]
    found = np.zeros(len(order), dtype=bool)
    for step in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
        close = near(views[:, step:], views[:, :-step], windows[:, step:], windows[:, :-step])
        if not close[best].any():
            break
        everywhere = close.all(axis=0)
        found[step:] |= everywhere
        found[:-step] |= everywhere
        if found.all():
            break
    else:
        one, other = slice(NEIGHBOURS, None), slice(None, -NEIGHBOURS)
        tied = near(views[best, one], views[best, other], windows[best, one], windows[best, other])
        found[NEIGHBOURS:] |= tied
        found[:-NEIGHBOURS] |= tied
    return np.sort(order[found])


def near(one: Array, other: Array, window: Array, other_window: Array) -> Array:
    """Say where two views of units are as close as those of equal units are."""
    close: Array = np.abs(one - other) <= np.minimum(window, other_window)
    return close


def equal_units(parts: tuple[Part, ...]) -> list[tuple[int, ...]]:
    """Return the groups of units that are the same in every part: a unit and all later ones that are the same as it."""
    if all(len(part.rows) * part.rows.size <= ALL_PAIRS for part in parts):
        return _grouped(np.all([part.same_as_each() for part in parts], axis=0))
    views, windows = _all_views(parts)
    groups: list[tuple[int, ...]] = []
    waiting = suspects(views, windows)
    shortest_first = sorted(parts, key=lambda part: part.rows.shape[1])
    known: dict[int, Array] = {}
    measured, crowded = np.zeros(views.shape[1], bool), False
    while len(waiting) > 1:
        unit, waiting = int(waiting[0]), waiting[1:]
        if unit in known:
            close = known.pop(unit)[waiting]
        else:
            in_view = near(views[:, waiting], views[:, [unit]], windows[:, waiting], windows[:, [unit]])
            beside: Array = np.all(in_view, axis=0)
            if crowded and np.count_nonzero(beside) > CROWD:
                crowd = np.append(unit, waiting[beside & ~measured[waiting]])[:BLOCK]
                measured[crowd] = True
                known |= _same_in_crowd(shortest_first, crowd, waiting, len(measured))
                close = known.pop(unit)[waiting]
            else:
                close = beside.copy()
                for part in shortest_first:
                    if close.any():
                        close[close] = part.same(unit, waiting[close])
                crowded = bool(np.count_nonzero(beside & ~close) > CROWD)  # a tie that comes apart
        if close.any():
            groups.append((unit, *waiting[close].tolist()))
            waiting = waiting[~close]
    return groups


def _grouped(same: Array) -> list[tuple[int, ...]]:
    """Return the groups among units of which d×d truth values say who is the same as whom."""
    groups: list[tuple[int, ...]] = []
    waiting = list(range(len(same))) if np.count_nonzero(same) > len(same) else []
    while len(waiting) > 1:
        unit, *waiting = waiting
        if close := [other for other in waiting if same[unit, other]]:
            groups.append((unit, *close))
            waiting = [other for other in waiting if not same[unit, other]]
    return groups


def _same_in_crowd(parts: Sequence[Part], units: Array, others: Array, count: int) -> dict[int, Array]:
    """Say for each of ``units``, which are close to each other, which later ones of ``others`` are the same.

    The answer has a truth value for each of the ``count`` units of the layer.
    """
    close = others > units[:, None]
    for part in parts:
        left = close.sum(axis=1)
        many = np.flatnonzero(left > CROWD)
        if len(many):
            close[many] &= part.same_pairs(units[many], others)
        for row in np.flatnonzero((left > 0) & (left <= CROWD)):
            columns = np.flatnonzero(close[row])
            close[row, columns] = part.same(units[row], others[columns])
    same = np.zeros((len(units), count), bool)
    same[:, others] = close
    return dict(zip(units.tolist(), same, strict=True))


def _all_views(parts: tuple[Part, ...]) -> tuple[Array, Array]:
    seen = [part.views() for part in parts]
    windows = [np.broadcast_to(window, views.shape) for views, window in seen]
    return np.concatenate([views for views, _ in seen]), np.concatenate(windows)


def _norms(rows: Array) -> Array:
    with np.errstate(all="ignore"):  # what overflows or vanishes is measured again, at another scale
        norms: Array = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms
