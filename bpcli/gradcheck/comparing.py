"""Compare an answer with many candidates at once: which match, and by which factor or rate?

A match is a relative residual ‖answer - candidate‖ / ‖candidate‖ up to a tolerance, after one of the factors that have
a name: 1, -1 (sign), 2 and ½ (half), N and 1/N (sum-for-mean, mean-twice), 1/K and 2/K (mean-over-outputs), α
(rate-included), and their products.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from bpcli.gradcheck.verdicts import Ids, relative_residual
from bpcli.network import Array
from bpcli.network.example import Example

MATCH = 1e-6  # the relative residual of a match in float64
ALONG = 1e-9  # 1 - cosine of two directions that are one
ROUNDING = 1e-15  # of the longest candidate: a shorter one is rounding alone, and proves nothing
SHORTEST = 1e-4  # of the gradient: a shorter move of W is not fitted
SCALINGS = ("sign", "half", "sum-for-mean", "mean-twice", "mean-over-outputs", "rate-included")


@dataclass(frozen=True)
class Match:
    """A candidate that an answer agrees with.

    Attributes:
        ids: every mistake that it takes.
        residual: what is left, relative.
        factor: the constant of a scaling, None if there is none.
        rate: the η by which W had moved, None if it had not or is the given one.
        candidate: its number.
    """

    ids: Ids
    residual: float
    factor: float | None = None
    rate: float | None = None
    candidate: int = 0


@dataclass(frozen=True)
class Precision:
    """How closely answers are compared.

    Attributes:
        match: the relative residual of a match.
        tie: residuals up to this count as equal; a worse runner-up is clearly worse.
    """

    match: float
    tie: float

    @property
    def tolerance(self) -> float:
        """What anything that is to be looked at may leave."""
        return max(self.match, self.tie)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What candidates make of some tensors, C×P.

    Attributes:
        start: the gradients.
        derivative: minus their derivative by the rate of a W that was moved first, or None.
        decay: what is added to them after any scaling, P entries.
    """

    start: Array
    derivative: Array | None
    decay: Array


def named_factors(example: Example) -> list[tuple[float, Ids]]:
    """The factors with a name at an example, each with the mistakes it takes; the simplest first."""
    return _named(example.samples, example.architecture.sizes[-1], example.learning_rate)


def named_factor(match: Match, first: Example, other: Example) -> float | None:
    """The factor of a match found at one example, as it is at another with more samples; None where it has none."""
    if match.factor is None:
        return None
    scalings = {name for name in match.ids if name in SCALINGS}
    here, there = (
        [factor for factor, ids in named_factors(example) if set(ids) == scalings]
        for example in (first, other)
    )
    return there[here.index(match.factor)] if match.factor in here and len(here) == len(there) else None


@lru_cache(maxsize=64)
def _named(samples: int, outputs: int, rate: float) -> list[tuple[float, Ids]]:
    batch: list[tuple[float, Ids]] = [(1.0, ())]
    if samples > 1:
        batch += [(float(samples), ("sum-for-mean",)), (1 / samples, ("mean-twice",))]
    halves: list[tuple[float, Ids]] = [(1.0, ()), (2.0, ("half",)), (0.5, ("half",))]
    if outputs > 1:
        halves += [(1 / outputs, ("mean-over-outputs",)), (2 / outputs, ("mean-over-outputs",))]
    rates: list[tuple[float, Ids]] = [(1.0, ()), (rate, ("rate-included",))]
    signs: list[tuple[float, Ids]] = [(1.0, ()), (-1.0, ("sign",))]
    found = []
    for parts in product(signs, halves, batch, rates):
        ids = tuple(name for _, names in parts for name in names)
        if "rate-included" in ids:  # -α∇ is the update as it is added
            ids = tuple(name for name in ids if name != "sign")
        factor = float(np.prod([factor for factor, _ in parts]))
        # 2/K is 1 where K is 2: no mistake there.
        if not (ids and abs(factor - 1) < 1e-12):
            found.append((factor, ids))
    return sorted(found, key=lambda each: len(each[1]))


def matches(
    found: Array, ids: Callable[[int], Ids], prediction: Prediction, example: Example, precision: Precision
) -> Iterator[Match]:
    """Yield every way in which ``found`` (P entries) is one of the candidates; the truth itself has no ids."""
    factors = named_factors(example)
    values = np.array([factor for factor, _ in factors])
    tolerance = precision.tolerance
    for number, scale, rate in _fitted(found - prediction.decay, prediction, tolerance):
        # The constant is fitted; the named one has to do as well.
        for place in np.flatnonzero(np.abs(values - scale) <= 4 * tolerance * np.abs(scale)):
            expected = prediction.start[number]
            if rate is not None and prediction.derivative is not None:
                expected = expected - rate * prediction.derivative[number]
            left = relative_residual(found, values[place] * expected + prediction.decay)
            if left <= tolerance:
                name = tuple(dict.fromkeys((*ids(number), *factors[place][1])))
                yield Match(name, left, _unless_one(values[place]), rate, number)


def _unless_one(factor: float) -> float | None:
    return None if factor == 1 else float(factor)


def _fitted(
    found: Array, prediction: Prediction, tolerance: float
) -> Iterator[tuple[int, float, float | None]]:
    """Yield the candidates that are ``found`` but for a factor (and a positive rate): number, factor, rate."""
    start = prediction.start
    if prediction.derivative is None:
        lengths = np.einsum("cp,cp->c", start, start)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = start @ found / lengths
            gap = np.linalg.norm(found - scale[:, None] * start, axis=1)
            good = gap <= 4 * tolerance * np.linalg.norm(found)
        # What is as small as the rounding of the largest candidate is nobody's, by whatever factor it is enlarged.
        smallest = ROUNDING**2 * lengths.max(initial=0.0)
        good &= (lengths > smallest) & (found @ found > smallest) & (scale != 0)
        for number in np.flatnonzero(good):
            yield int(number), float(scale[number]), None
        return
    move = prediction.derivative
    # found = c start - d move, by what is left of each move beside its start.
    lengths = np.einsum("cp,cp->c", start, start)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        along = np.einsum("cp,cp->c", move, start) / lengths
        beside = move - along[:, None] * start
        widths = np.einsum("cp,cp->c", beside, beside)
        moved = -(beside @ found) / widths
        scale = start @ found / lengths + moved * along
        rate = moved / scale
        gap = np.linalg.norm(found - scale[:, None] * start + moved[:, None] * move, axis=1)
        good = gap <= 4 * tolerance * np.linalg.norm(found)
        # Without a move the candidate is its own start, and that one has a name of its own; a move along the start
        # itself would be any scaling.
        good &= (
            (rate > 0) & (rate**2 * widths > SHORTEST**2 * lengths) & (widths > ALONG * along**2 * lengths)
        )
    for number in np.flatnonzero(good):
        yield int(number), float(scale[number]), float(rate[number])


def constant_factor(found: Array, true: Array, tolerance: float) -> float | None:
    """The constant by which ``found`` is ``true``, or None where it is not, or a single number could not tell."""
    if found.size < 2 or not np.any(true):
        return None
    factor = float(found @ true) / float(true @ true)
    if factor == 0 or relative_residual(found, factor * true) > tolerance:
        return None
    return factor
