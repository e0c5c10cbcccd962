"""What a student could rightly have written in a blank, given what stands in the blanks before it.

An earlier number enters a calculation as it was written down, or with all the digits of a calculator, and a product may
mix the two. So a blank is not compared with one number, but with the interval that these choices span:

    right      lo - u/2 ≤ answer ≤ hi + u/2,  where u = 10^-digits and [lo, hi] spans the true value and the
               formula at every choice of {as written, exact, worked out from what was written} for the earlier
               blanks it takes; those that are not right are worked out from what is right before them
    follows    the same, with the earlier blanks as the student has them, right or wrong

Behind a wrong number that nothing explains may stand any number that rounds to it. Such a number is *unexplained*, and
the interval is widened by what half a unit of it makes of the result. There are two ``RoundingVariants``: of the
right numbers, and of the student's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from bpcli.network import Array
from bpcli.worksheets.chain import Method, Step
from bpcli.worksheets.layer_steps import Formula
from bpcli.worksheets.rounding import TIE_TOLERANCE, half_down, half_even, half_up

MIXED = 2  # a formula of more earlier blanks than this is tried with all of them written, or all exact
MOST_METHODS = 2  # of a blank that another one is worked out from


class RoundingVariants:
    """The numbers of a sheet up to some blank, at several precisions.

    ``written`` is as it was written down, ``exact`` with every digit kept since the numbers last departed from the
    chain, and ``nears`` are worked out from what was written by each method, without being rounded. Where
    nothing was written ``written`` is rounded half to even, ``upward`` half up, ``downward`` half down, and ``kept``
    not at all; of what was written they are copies. ``unexplained`` marks the entries of a blank of
    which only the written number is known.
    """

    def __init__(self, given: Mapping[str, Array], digits: int) -> None:
        self._digits = digits
        self.written, self.exact = dict(given), dict(given)
        self.upward, self.downward, self.kept = (dict(given) for _ in range(3))
        self.nears = tuple(dict(given) for _ in range(MOST_METHODS))
        self.unexplained: dict[str, Array] = {}
        self._gaps = False

    @property
    def levels(self) -> tuple[dict[str, Array], ...]:
        """All of them, the written one first."""
        where_left_out = (self.upward, self.downward, self.kept) if self._gaps else ()
        return self.written, self.exact, *self.nears, *where_left_out

    def put(
        self,
        name: str,
        answer: Array,
        method: Formula,
        exact: Array,
        nears: Sequence[Array],
        unexplained: Array | None = None,
    ) -> None:
        """Enter a blank; where the answer is NaN, nothing was written, and ``method`` says what there would be."""
        written = np.isfinite(answer)
        self.exact[name] = np.asarray(exact)
        for i, level in enumerate(self.nears):
            level[name] = np.asarray(nears[min(i, len(nears) - 1)])
        self._gaps |= not written.all()
        for level, rounded in (
            (self.written, half_even),
            (self.upward, half_up),
            (self.downward, half_down),
            (self.kept, None),
        ):
            level[name] = answer
            if not written.all():
                value = method(level)
                level[name] = np.where(written, answer, rounded(value, self._digits) if rounded else value)
        if unexplained is not None and unexplained.any():
            self.unexplained[name] = unexplained

    def take(self, name: str, other: "RoundingVariants") -> None:
        """Enter a blank as it stands on another track."""
        for mine, theirs in zip(self._all(), other._all(), strict=True):
            mine[name] = theirs[name]
        if name in other.unexplained:
            self.unexplained[name] = other.unexplained[name]

    def interval(self, method: Method) -> tuple[Array, Array]:
        """The smallest and the largest that a right formula yields over all choices."""
        low, high = _span([method.formula(values) for values in self._choices(method.needs)])
        slack = self._slack(method.formula, method.needs)
        return low - slack, high + slack

    def mistaken_interval(self, wrong: Formula) -> tuple[Array, Array]:
        """The same for a wrong formula, all of its numbers at one precision."""
        low, high = _span([wrong(values) for values in self.levels])
        slack = self._slack(wrong, tuple(self.unexplained))
        return low - slack, high + slack

    def worked_out(self, methods: Sequence[Method], answer: Array) -> list[Array]:
        """What each method makes of what was written, unrounded; a further one only where its result is the same."""
        first, *further = methods
        found = [np.asarray(first.formula(self.written))]
        for method in further:
            low, high = self.interval(method)
            lowest, highest = self.interval(first)
            missing = ~np.isfinite(answer)
            same = np.where(
                missing, (low <= highest) & (lowest <= high), within(answer, (low, high), self._digits)
            )
            found.append(np.where(same, method.formula(self.written), found[0]))
        return found

    def nearest(self, step: Step, answer: Array) -> Method:
        """The right formula that an answer comes closest to."""
        if len(step.methods) == 1:
            return step.methods[0]
        return min(step.methods, key=lambda method: _distance(method.formula(self.written), answer))

    def _all(self) -> tuple[dict[str, Array], ...]:
        return self.written, self.exact, self.upward, self.downward, self.kept, *self.nears

    def _slack(self, formula: Formula, names: tuple[str, ...]) -> Array | float:
        """What half a unit of each unexplained number makes of a formula, added up."""
        slack: Array | float = 0.0
        start = formula(self.written) if any(name in self.unexplained for name in names) else None
        for name in names:
            for index in np.argwhere(self.unexplained.get(name, False)):
                moved = np.array(self.written[name])
                moved[tuple(index)] += 0.5 * 10.0**-self._digits
                slack = slack + np.abs(formula(self.written | {name: moved}) - start)
        return slack

    def _choices(self, needs: tuple[str, ...]) -> Iterator[Mapping[str, Array]]:
        if len(needs) > MIXED:
            yield from self.levels
            return
        for chosen in product(*(self._different(need) for need in needs)):
            yield self.written | dict(zip(needs, chosen, strict=True))

    def _different(self, name: str) -> list[Array]:
        """The numbers of a blank at all levels, each once."""
        found: list[Array] = []
        for level in self.levels:
            if not any(np.array_equal(level[name], other, equal_nan=True) for other in found):
                found.append(level[name])
        return found


def within(answer: Array, interval: tuple[Array, Array], digits: int) -> Array:
    """Which entries lie in an interval, half a unit of the last digit on either side included; NaN never does."""
    low, high = interval
    reach = (0.5 + TIE_TOLERANCE) * 10.0**-digits
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
