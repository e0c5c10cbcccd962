"""Compare an answer with one candidate: does it match, and by which factor or rate?

A match is a relative residual ‖answer - candidate‖ / ‖candidate‖ up to a tolerance, after one of the factors that have
a name: 1, -1 (sign), 2 and ½ (half), N and 1/N (sum-for-mean, mean-twice), and their products.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bpcli.mistakes.candidates import Candidate
from bpcli.network import Array
from bpcli.network.example import Example

ALONG = 1e-9  # 1 - cosine of two directions that are one
DECAYS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (1, ()),
    (0, ("decay-missing",)),
    (2, ("decay-doubled",)),
)


@dataclass(frozen=True)
class Match:
    """A candidate that an answer agrees with.

    Attributes:
        ids: every mistake that it takes; never empty.
        residual: what is left, relative.
        factor: the constant of a scaling, None if there is none.
        rate: the η by which W had moved, None if it had not.
        needs_output: it is this mistake only if the output layer has it too.
    """

    ids: tuple[str, ...]
    residual: float
    factor: float | None = None
    rate: float | None = None
    needs_output: bool = False


def relative_residual(found: Array, true: Array) -> float:
    """‖found - true‖ / ‖true‖; 0 if both are zero, inf if only ``true`` is."""
    scale = float(np.linalg.norm(true))
    gap = float(np.linalg.norm(found - true))
    if scale == 0:
        return 0.0 if gap == 0 else float("inf")
    return gap / scale


def named_factors(samples: int) -> Iterator[tuple[float, tuple[str, ...]]]:
    """The factors with a name, for a batch of N samples; each with the mistakes it takes."""
    batch = [(1.0, ()), (float(samples), ("sum-for-mean",)), (1 / samples, ("mean-twice",))]
    if samples == 1:
        batch = batch[:1]
    for sign, sign_ids in ((1, ()), (-1, ("sign",))):
        for half, half_ids in ((1, ()), (2, ("half",)), (0.5, ("half",))):
            for factor, batch_ids in batch:
                yield sign * half * factor, (*sign_ids, *half_ids, *batch_ids)


@dataclass(frozen=True)
class Precision:
    """How closely answers are compared.

    Attributes:
        match: the relative residual of a match.
        blur: residuals up to this are all the same to us; a worse runner-up is clearly worse.
    """

    match: float
    blur: float


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a candidate makes of some tensors, as one vector each.

    Attributes:
        start: the gradient, n numbers.
        per_rate: minus its derivative by the rate, or None.
        decay: c times the weights of those entries, 0 for a bias.
    """

    start: Array
    per_rate: Array | None
    decay: Array


def matches(
    found: Array, candidate: Candidate, expectation: Expectation, example: Example, precision: Precision
) -> Iterator[Match]:
    """Yield every way in which ``found`` (n numbers) is ``candidate``, of at most two mistakes."""
    start, decay = expectation.start, expectation.decay
    for factor, decay_factor, extra in _factors(example.samples, bool(decay.any())):
        ids = (*candidate.ids, *extra)
        if not 0 < len(ids) <= 2 or (expectation.per_rate is not None and extra):
            continue
        expected, rate = factor * start + decay_factor * decay, None
        if expectation.per_rate is not None:
            rate = _rate(start, found - decay_factor * decay, expectation.per_rate, example.learning_rate)
            move = rate * expectation.per_rate
            # Without a move the candidate is its own start, and that one has a name of its own.
            if relative_residual(expected - move, expected) <= precision.blur:
                continue
            expected = expected - move
        residual = relative_residual(found, expected)
        if residual <= max(precision.match, precision.blur):
            yield Match(ids, residual, factor if factor != 1 else None, rate, candidate.needs_output)


def _factors(samples: int, decays: bool) -> Iterator[tuple[float, float, tuple[str, ...]]]:
    """Factors of the gradient and of the decay term, with the mistakes they take; a scaling may catch both."""
    for factor, ids in named_factors(samples):
        for decay_factor, decay_ids in DECAYS if decays else DECAYS[:1]:
            yield factor, decay_factor, (*ids, *decay_ids)
        if decays and factor != 1:
            yield factor, factor, ids


def _rate(start: Array, found: Array, per_rate: Array, learning_rate: float) -> float:
    """The η of least squares in found = start - η · per_rate.

    Where the move is along the start itself (a single number, or one hidden unit and one output), any scaling would
    be a move by some η: there it is the known rate or none.
    """
    length = float(per_rate @ per_rate)
    if length == 0 or abs(cosine(start, per_rate) or 1.0) > 1 - ALONG:
        return learning_rate
    return float((start - found) @ per_rate) / length


def constant_factor(found: Array, true: Array, tolerance: float) -> float | None:
    """The constant by which ``found`` is ``true``, or None where it is not, or a single number could not tell."""
    if found.size < 2 or not np.any(true):
        return None
    factor = float(found @ true) / float(true @ true)
    if factor == 0 or relative_residual(found, factor * true) > tolerance:
        return None
    return factor


def cosine(found: Array, true: Array) -> float | None:
    """The cosine of the angle between two gradients; None where one of them is zero."""
    lengths = float(np.linalg.norm(found) * np.linalg.norm(true))
    return float(found.ravel() @ true.ravel()) / lengths if lengths else None
