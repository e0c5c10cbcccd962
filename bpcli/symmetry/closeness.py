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
ALL_PAIRS = 4096  # entries of the differences of all pairs: beyond so many it is quicker not to form them
BLOCK = 128  # units compared with all others at a time, so that wide layers need no square matrix
SPARSE = 1 / 32  # of all pairs: so few are faster to measure one by one than by a product of matrices


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

    def same(self, units: Array, others: Array) -> Array:
        """Say of each pair, one of ``units`` and one of ``others``, whether ‖v - u‖ ≤ τ max(‖v‖, ‖u‖, m)."""
        # Exact where it matters: the two are within a factor of 2.
        gaps = self.rows[others] - self.rows[units]
        distances = np.linalg.norm(gaps.astype(np.float64), axis=1)
        within: Array = distances <= self.tolerance * np.maximum(self.sizes[others], self.sizes[units])
        return within

    def same_as_each(self) -> Array:
        """``same`` for all pairs of units: d×d truth values."""
        gaps = (self.rows[:, None] - self.rows).astype(np.float64)
        distances = np.sqrt(np.einsum("ijk,ijk->ij", gaps, gaps))
        within: Array = distances <= self.tolerance * np.maximum(self.sizes[:, None], self.sizes)
        return within

    def same_pairs(self, units: Array, others: Array) -> Array:
        """``same`` for every one of ``units`` with every one of ``others``: len(units)×len(others) truth values.

        ‖u‖² + ‖v‖² - 2 u·v is the square of the distance, up to ``blur``, once the first unit is taken away from both:
        (n + 8) ε bounds what a sum of n products and the three terms are rounded by, and n times the smallest normal
        number what vanishes. Only pairs that this cannot decide are measured as differences.
        """
        length, precision = self.rows.shape[1], np.finfo(self.rows.dtype)
        u, v = self.rows[units], self.rows[others]
        u -= (origin := self.rows[units[0]])
        v -= origin
        limit = (self.tolerance * self.sizes) ** 2
        limits = np.maximum.outer(limit[units], limit[others])
        squares = np.add.outer(np.einsum("ij,ij->i", u, u), np.einsum("ij,ij->i", v, v))
        margin = 2 * (u @ v.T) - squares + limits
        blur = 4 * (length + 8) * precision.eps * (squares + limits) + length * precision.tiny
        within: Array = margin > blur
        undecided = abs(margin) <= blur
        # Units far from the first one, and near to many of the others: one of them is taken away from these.
        apart = np.count_nonzero(undecided, axis=1) > SPARSE * len(others)
        apart[0] = False
        if apart.any():
            within[apart] = self.same_pairs(units[apart], others)
            undecided[apart] = False
        if undecided.any():
            one, other = np.nonzero(undecided)
            within[one, other] = self.same(units[one], others[other])
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
        # By a power of two: digits stay, but for the smallest numbers.
        rows = np.ldexp(rows, -np.frexp(largest)[1])
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
    groups: list[tuple[int, ...]] = []
    small = all(len(part.rows) * part.rows.size <= ALL_PAIRS for part in parts)
    waiting = np.arange(len(parts[0].rows)) if small else suspects(*_all_views(parts))
    shortest_first = sorted(parts, key=lambda part: part.rows.shape[1])
    # All may be the same as the first one; if not, several are compared with all others at a time.
    count = len(waiting) if small else 1
    while len(waiting) > 1:
        if small:
            same = np.triu(np.all([part.same_as_each() for part in parts], axis=0), 1)
        else:
            same = _same_in_all(shortest_first, waiting[:count], waiting)
        left = np.ones(len(waiting), bool)
        for place in np.flatnonzero(same.any(axis=1)):
            close = same[place] & left
            if left[place] and close.any():
                groups.append((int(waiting[place]), *waiting[close].tolist()))
                left &= ~close
        left[:count] = False
        waiting, count = waiting[left], min(8 * count, BLOCK)
    return groups


def _same_in_all(parts: Sequence[Part], units: Array, others: Array) -> Array:
    """Say for each of ``units`` which later ones of ``others`` are the same: len(units)×len(others) truth values."""
    same = others > units[:, None]
    for part in parts:
        if np.count_nonzero(same) > SPARSE * same.size:
            same &= part.same_pairs(units, others)
        else:
            one, other = np.nonzero(same)
            same[one, other] = part.same(units[one], others[other])
    return same


def _all_views(parts: tuple[Part, ...]) -> tuple[Array, Array]:
    seen = [part.views() for part in parts]
    windows = [np.broadcast_to(window, views.shape) for views, window in seen]
    return np.concatenate([views for views, _ in seen]), np.concatenate(windows)


def _norms(rows: Array) -> Array:
    with np.errstate(all="ignore"):  # what overflows or vanishes is measured again, at another scale
        norms: Array = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms
