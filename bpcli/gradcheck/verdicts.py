"""What every check of a gradient means by a residual, a worst entry and a verdict, and what it says of an answer."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bpcli.network import Array

Verdict = Literal["correct", "wrong", "uninformative", "failed"]
Ids = tuple[str, ...]


def norm(tensor: Array) -> float:
    """‖tensor‖, inf where it overflows; without the threads that BLAS would wake for it thousands of times."""
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.square(tensor).sum()))


def relative_residual(found: Array, true: Array) -> float:
    """‖found - true‖ / ‖true‖; 0 if both are zero, inf if only ``true`` is."""
    scale, gap = norm(true), norm(found - true)
    if scale == 0:
        return 0.0 if gap == 0 else float("inf")
    return gap / scale


def cosine(found: Array, true: Array) -> float | None:
    """The cosine of the angle between two gradients, within ±1; None where one of them is zero."""
    scale = norm(found) * norm(true)
    return float(np.clip(found.ravel() @ true.ravel() / scale, -1, 1)) if scale else None


@dataclass(frozen=True)
class Worst:
    """The entry with the largest difference: what was found there, and what is true."""

    index: tuple[int, ...]
    found: float
    true: float


def worst_entry(found: Array, true: Array, gap: Array) -> Worst:
    """The entry with the largest gap; a NaN is larger than any number."""
    at = np.unravel_index(np.nan_to_num(gap, nan=np.inf).argmax(), gap.shape)
    return Worst(tuple(map(int, at)), float(found[at]), float(true[at]))


@dataclass(frozen=True)
class Finding:
    """One mistake, or several that occur together, and where.

    Attributes:
        ids: of the catalogue, or ``constant-factor``.
        tensors: the parameters whose gradients it spoils.
        rows: the rows it spoils; None for all.
        factor: the constant of a scaling.
        rate: the η of a weight that was moved first, or of new weights by a rate that nobody gave.
        alternatives: other explanations that fit just as well at every point.
    """

    ids: Ids
    tensors: tuple[str, ...]
    rows: tuple[int, ...] | None = None
    factor: float | None = None
    rate: float | None = None
    alternatives: tuple[Ids, ...] = ()


@dataclass(frozen=True)
class TensorVerdict:
    """One gradient of an answer, at the point where it is furthest from the truth.

    Attributes:
        name: of the parameter, V or bias_W.
        shape: as answered; as it should be where the answer has none.
        norm: of the true gradient.
        residual: ‖answer - true‖ / ‖true‖; None where they cannot be compared.
        verdict: correct, wrong or uninformative.
        worst: the entry with the largest difference; None where they cannot be compared.
        cosine: of the angle to the truth.
        row_factors: for each row the factor that would make it right, None where no factor does.
    """

    name: str
    shape: tuple[int, ...]
    norm: float
    residual: float | None
    verdict: Verdict
    worst: Worst | None
    cosine: float | None
    row_factors: tuple[float | None, ...]


@dataclass(frozen=True)
class SubmissionCheck:
    """What is known about one answer.

    Attributes:
        source: where it is from, a file's name.
        verdict: of the whole.
        tensors: every gradient, in the order V, bias_V, W, bias_W.
        findings: the mistakes, named; empty where nothing is wrong or nothing matches.
        unexplained: the wrong tensors that no mistake of the catalogue explains.
        reasons: why the point cannot tell, if it cannot.
        notes: what else was noticed, such as printed output.
        failure: what went wrong before there was an answer.
        by_machine: the machine failed, by a full disk or for want of permissions, and the submission is not to blame.
    """

    source: str
    verdict: Verdict
    tensors: tuple[TensorVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    unexplained: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failure: str | None = None
    by_machine: bool = False
