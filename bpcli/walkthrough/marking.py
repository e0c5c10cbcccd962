"""What a student could rightly have written in a blank, given what stands in the blanks before it.

An earlier number enters a calculation as it was written down, or with all the digits of a calculator, and a product may
mix the two. So a blank is not compared with one number, but with the interval that these choices span:

    right      lo - u/2 ≤ answer ≤ hi + u/2,  where u = 10^-digits and [lo, hi] spans the true value and the
               formula at every choice of {as written, exact, worked out from what was written} for the earlier
               blanks it takes, those that are not right being replaced by their true values
    follows    the same, with the earlier blanks as the student has them, right or wrong

Behind a wrong number that nothing explains may stand any number that rounds to it. Such a number is *loose*, and the
interval is widened by what half a unit of it makes of the result. A ``Track`` is one of the two ways of looking at a
sheet.
"""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from bpcli.network import Array
from bpcli.walkthrough.chain import Step, Way
from bpcli.walkthrough.slips import Formula

HAIR = 1e-6  # of u: what binary fractions need at the edge of half a unit
MIXED = 2  # a formula of more earlier blanks than this is tried with all of them written, or all exact


class Track:
    """The numbers of a sheet up to some blank, at three precisions.

    ``written`` is as it was written down, ``exact`` with every digit kept since the numbers last departed from the
    chain, and ``near`` is worked out from what was written, without being rounded. ``loose`` marks the entries of a
    blank of which only the written number is known.
    """

    def __init__(self, given: Mapping[str, Array], digits: int) -> None:
        self._half = 0.5 * 10.0**-digits
        self.written, self.exact, self.near = dict(given), dict(given), dict(given)
        self.loose: dict[str, Array] = {}

    @property
    def levels(self) -> tuple[dict[str, Array], ...]:
        """The three, the written one first."""
        return self.written, self.exact, self.near

    def put(self, name: str, written: Array, exact: Array, near: Array, loose: Array | None = None) -> None:
        """Enter a blank."""
        self.written[name], self.exact[name], self.near[name] = written, exact, near
        if loose is not None and loose.any():
            self.loose[name] = loose

    def interval(self, way: Way) -> tuple[Array, Array]:
        """The smallest and the largest that a right formula yields over all choices."""
        low, high = _span([way.formula(values) for values in self._choices(way.needs)])
        slack = self._slack(way.formula, way.needs)
        return low - slack, high + slack

    def slip_interval(self, wrong: Formula) -> tuple[Array, Array]:
        """The same for a wrong formula, all of its numbers at one precision."""
        low, high = _span([wrong(values) for values in self.levels])
        slack = self._slack(wrong, tuple(self.loose))
        return low - slack, high + slack

    def _slack(self, formula: Formula, names: tuple[str, ...]) -> Array | float:
        """What half a unit of each loose number makes of a formula, added up."""
        slack: Array | float = 0.0
        start = formula(self.written) if any(name in self.loose for name in names) else None
        for name in names:
            for index in np.argwhere(self.loose.get(name, False)):
                moved = self.written[name].copy()
                moved[tuple(index)] += self._half
                slack = slack + np.abs(formula(self.written | {name: moved}) - start)
        return slack

    def nearest(self, step: Step, answer: Array) -> Way:
        """The right formula that an answer comes closest to."""
        if len(step.ways) == 1:
            return step.ways[0]
        return min(step.ways, key=lambda way: _distance(way.formula(self.written), answer))

    def _choices(self, needs: tuple[str, ...]) -> Iterator[Mapping[str, Array]]:
        if len(needs) > MIXED:
            yield from self.levels
            return
        for chosen in product(self.levels, repeat=len(needs)):
            yield self.written | {need: level[need] for need, level in zip(needs, chosen, strict=True)}


def within(answer: Array, interval: tuple[Array, Array], digits: int) -> Array:
    """Which entries lie in an interval, half a unit of the last digit on either side included; NaN never does."""
    low, high = interval
    reach = (0.5 + HAIR) * 10.0**-digits
    inside: Array = (answer >= low - reach) & (answer <= high + reach)
    return inside


def widened(interval: tuple[Array, Array], value: Array) -> tuple[Array, Array]:
    """The interval with one more value in it."""
    return np.fmin(interval[0], value), np.fmax(interval[1], value)


def _span(values: list[Array]) -> tuple[Array, Array]:
    stacked = np.stack(values)
    stacked = np.where(np.isfinite(stacked), stacked, np.nan)  # log(0) is nobody's answer
    low: Array = np.fmin.reduce(stacked)
    high: Array = np.fmax.reduce(stacked)
    return low, high


def _distance(value: Array, answer: Array) -> float:
    gap = np.abs(value - answer)
    return float(np.where(np.isfinite(gap), gap, 0.0).sum())
