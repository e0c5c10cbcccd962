"""Find the units that are the same up to rounding without comparing all pairs: what is close is so from any side.

The rows of a part are looked at from a few directions, and their lengths are compared: where two rows are within
τ of each other, each of these numbers is, too, up to its own rounding. Units that no other is near to in all these
views are done with; only the others, usually none, are compared, many pairs at once by a product of matrices. In a
small layer all pairs are fewer operations than that.
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
BLOCK = 128  # units compared with all later ones at a time, so that wide layers need no square matrix
FEWER = 3 / 4  # of some units: distances from one of them that leave more than these together are of no help
PIECE = 1 << 18  # entries of the differences of pairs that are measured at a time
TINY = float(np.finfo(np.float32).tiny)  # a square below it may have vanished
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
        within = np.empty(len(units), bool)
        length = max(1, PIECE // self.rows.shape[1])
        for start in range(0, len(units), length):
            some = slice(start, start + length)
            u, v = units[some], others[some]
            # Exact where it matters: the two are within a factor of 2.
            gaps = (self.rows[v] - self.rows[u]).astype(np.float64)
            distances = np.sqrt(np.einsum("ij,ij->i", gaps, gaps))
            within[some] = distances <= self.tolerance * np.maximum(self.sizes[v], self.sizes[u])
        return within

    def same_as_each(self) -> Array:
        """``same`` for all pairs of units: d×d truth values."""
        gaps = (self.rows[:, None] - self.rows).astype(np.float64)
        distances = np.sqrt(np.einsum("ijk,ijk->ij", gaps, gaps))
        within: Array = distances <= self.tolerance * np.maximum(self.sizes[:, None], self.sizes)
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


@dataclass(frozen=True, eq=False)
class Centred:
    """One part of k units with the first of them as the origin: what is left is small, and float32 will do for it.

    1 is the largest distance at which two of these units are the same; each pair has a limit of its own.

    Attributes:
        part: their weights.
        units: which they are, k.
        rows: their rows less that of the first, k×n in float32.
        distances: the lengths of these, k in the precision of the part.
        squares: the squares of them, k in float32.
        limits: the squares of what is the same for two units of that size, k.
        rounding: what of ‖u‖² + ‖v‖² + limit the square of a distance, ‖u‖² + ‖v‖² - 2 u·v, may be off by.
    """

    part: Part
    units: Array
    rows: Array
    distances: Array
    squares: Array
    limits: Array
    rounding: float

    @classmethod
    def of(cls, part: Part, units: Array) -> "Centred":
        """Take the first unit away from all of them."""
        sizes = part.sizes[units]
        gaps = part.rows[units]
        gaps -= part.rows[units[0]]
        gaps /= part.tolerance * sizes.max()
        rows = gaps.astype(np.float32, copy=False)
        squares, limits = np.einsum("ij,ij->i", rows, rows), (sizes / sizes.max()) ** 2
        distances = np.sqrt(squares if rows is gaps else np.einsum("ij,ij->i", gaps, gaps))
        return cls(part, units, rows, distances, squares, limits, _rounding(rows))

    def split(self) -> list[Array]:
        """Return places of the units by their distance from the first, so that none is the same as one elsewhere."""
        order = np.argsort(self.distances, kind="stable")
        ranked, rounding = self.distances[order], _rounding(self.part.rows)
        apart = ranked[1:] * (1 - rounding) > ranked[:-1] * (1 + rounding) + 1
        return [np.sort(places) for places in np.split(order, np.flatnonzero(apart) + 1)]

    def same_pairs(self, block: Array, first: int) -> Array:
        """``Part.same`` for the places of ``block`` with each from ``first`` on: len(block)×(k - first) truth values.

        Most pairs are settled by two numbers, nearly all others by their own limits; what is left is measured.
        """
        squares, later = self.squares[block], self.squares[first:]
        limits, later_limits = self.limits[block], self.limits[first:]
        above, below = 1 + self.rounding, 1 - self.rounding
        underflow = self.rows.shape[1] * TINY
        least = (-2 * self.rows[block]) @ self.rows[first:].T
        least += below * squares[:, None]
        least += below * later  # the square, less what ‖u‖² and ‖v‖² are rounded by
        most_rounded = 2 * self.rounding * (squares.max() + later.max())
        within: Array = least <= below * limits.min() - underflow - most_rounded
        possible = (least <= above + underflow) & ~within
        one, other = np.divmod(np.flatnonzero(possible), len(later))  # few, and so faster than np.nonzero
        square, limit = least[one, other], np.maximum(limits[one], later_limits[other])
        settled = square + 2 * self.rounding * (squares[one] + later[other]) <= below * limit - underflow
        within[one[settled], other[settled]] = True
        settled |= square > above * limit + underflow
        one, other = one[~settled], other[~settled]
        # Units far from the first one, and near to many of the others, are compared from one of themselves.
        apart = (np.bincount(one, minlength=len(block)) > SPARSE * len(later)) & (squares > 1)
        if apart.any():
            far, near = np.flatnonzero(apart), np.unique(other[apart[one]])
            among = Centred.of(self.part, np.concatenate([self.units[block[far]], self.units[first:][near]]))
            within[np.ix_(far, near)] = among.same_pairs(np.arange(len(far)), len(far))
            one, other = one[~apart[one]], other[~apart[one]]
        within[one, other] = self.part.same(self.units[block[one]], self.units[first:][other])
        return within


def _rounding(rows: Array) -> float:
    """Twice what bounds the rounding of sums of n + 2 products and their terms, for rows (k×n): 2 (n + 8) ε."""
    length: int = rows.shape[1]
    return 4 * (length + 8) * float(np.finfo(rows.dtype).eps)


def equal_units(parts: tuple[Part, ...]) -> list[tuple[int, ...]]:
    """Return the groups of units that are the same in every part: a unit and all later ones that are the same as it."""
    if all(len(part.rows) * part.rows.size <= ALL_PAIRS for part in parts):
        same = np.triu(np.all([part.same_as_each() for part in parts], axis=0), 1)
        everyone = np.arange(len(same))
        return _take_groups(same, everyone, everyone, np.ones(len(same), bool))
    return _groups_among(sorted(parts, key=lambda part: part.rows.shape[1]), suspects(*_all_views(parts)))


def _groups_among(parts: Sequence[Part], units: Array) -> list[tuple[int, ...]]:
    """Return the groups among some units, which are in increasing order; what is far from one of them comes apart."""
    groups: list[tuple[int, ...]] = []
    if len(units) < 2:
        return groups
    centred = [Centred.of(part, units) for part in parts]
    for each in centred:
        pieces = each.split()
        if max(map(len, pieces)) <= FEWER * len(units):
            return [group for places in pieces for group in _groups_among(parts, units[places])]
    # All may be the same as the first one; if not, several are compared with all later ones at a time.
    left, count = np.ones(len(units), bool), 1
    while (block := np.flatnonzero(left[:-1])[:count]).size:
        first = int(block[0])
        same = np.arange(first, len(units)) > block[:, None]
        for each in centred:
            if np.count_nonzero(same) > SPARSE * same.size:
                same &= each.same_pairs(block, first)
            else:
                one, other = np.nonzero(same)
                same[one, other] = each.part.same(units[block[one]], units[first:][other])
        groups += _take_groups(same, block - first, units[first:], left[first:])
        left[block] = False
        count = min(16 * count, BLOCK)
    return groups


def _take_groups(same: Array, block: Array, units: Array, left: Array) -> list[tuple[int, ...]]:
    """Return the groups that the units at ``block``, a row of ``same`` each, begin; mark in ``left`` what is in one."""
    groups = []
    for row in np.flatnonzero(same.any(axis=1)):
        close = same[row] & left
        if left[block[row]] and close.any():
            groups.append((int(units[block[row]]), *units[close].tolist()))
            left[close] = False
    return groups


def _all_views(parts: tuple[Part, ...]) -> tuple[Array, Array]:
    seen = [part.views() for part in parts]
    windows = [np.broadcast_to(window, views.shape) for views, window in seen]
    return np.concatenate([views for views, _ in seen]), np.concatenate(windows)


def _norms(rows: Array) -> Array:
    with np.errstate(all="ignore"):  # what overflows or vanishes is measured again, at another scale
        norms: Array = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms
