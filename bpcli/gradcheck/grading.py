"""Judge an answer: each tensor against the true gradient, the whole by a verdict, and what is wrong by name.

A tensor is *correct* if its relative residual is at most 5e-7 (rounding to float32 leaves 6e-8), or, where its numbers
are float32, at most the rounding error measured at the point. It is *uninformative* if a mistake of the catalogue lies
as close as the truth does, or if the point cannot tell. Otherwise it is *wrong*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from bpcli.gradcheck.comparing import Precision, cosine, relative_residual
from bpcli.gradcheck.diagnosis import Finding, LayerView, diagnose, layer_views
from bpcli.gradcheck.informative import reasons_against
from bpcli.gradcheck.problem import Problem
from bpcli.gradcheck.rounding import float32_bounds, looks_like_float32
from bpcli.network import Array

Verdict = Literal["correct", "wrong", "uninformative", "failed"]

RIGHT = 5e-7
MATCH = 1e-6
BLUR = 1e-10  # what differs by less is the same explanation in float64
NOISE = 16.0  # of the rounding of one operation
STRUCTURAL = 1e-12  # a candidate this close to the truth is the truth, at these sizes


@dataclass(frozen=True)
class Worst:
    """The entry with the largest difference."""

    index: tuple[int, ...]
    answer: float
    true: float


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
    """

    source: str
    verdict: Verdict
    tensors: tuple[TensorVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    unexplained: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    failure: str | None = None


def grade(
    source: str,
    problems: Sequence[Problem],
    answers: Sequence[Mapping[str, Array]],
    notes: Sequence[str] = (),
) -> SubmissionCheck:
    """Judge the answers that one source gave at several points; each must hold at all of them.

    Args:
        source: where the answers are from.
        problems: the points, at least one; weight decay is part of the objective where a point has it.
        answers: at each point the gradients by parameter name, as returned; biases may be missing.
        notes: kept in the result.
    """
    findings, prepared = _by_shape(problems[0], answers)
    views = [layer_views(problem, answer) for problem, answer in zip(problems, prepared, strict=True)]
    tolerances = [_tolerances(problem, answer) for problem, answer in zip(problems, prepared, strict=True)]
    tensors, wrong = [], []
    for layer in reversed(range(len(views[0]))):
        for name in (views[0][layer].matrix, views[0][layer].bias):
            if name not in problems[0].parameters:
                continue
            judged = [
                _judge(view[layer], name, limits[name])
                for view, limits in zip(views, tolerances, strict=True)
            ]
            spoilt = any(name in finding.tensors for finding in findings)
            tensor = max(judged, key=_severity)
            tensors.append(_as_wrong(tensor) if spoilt else tensor)
            if tensor.verdict == "wrong" and not spoilt:
                wrong.append(name)
    found, unexplained = diagnose(views, wrong, _precision(prepared, tolerances))
    reasons = tuple(reason for problem in problems[:1] for reason in reasons_against(problem))
    return SubmissionCheck(
        source=source,
        verdict=_overall([tensor.verdict for tensor in tensors], reasons if len(problems) == 1 else ()),
        tensors=tuple(tensors),
        findings=(*findings, *found),
        unexplained=tuple(unexplained),
        reasons=reasons,
        notes=tuple(notes),
    )


def _precision(
    answers: Sequence[Mapping[str, Array]], tolerances: Sequence[Mapping[str, float]]
) -> Precision:
    """Numbers in float64 tell explanations apart that float32 blurs."""
    match = max(MATCH, *(limit for limits in tolerances for limit in limits.values()))
    single = any(looks_like_float32(tensor) for answer in answers for tensor in answer.values())
    return Precision(match, 10 * match if single else BLUR)


def _overall(verdicts: Sequence[Verdict], reasons: Sequence[str]) -> Verdict:
    """Wrong if anything is; correct only at a point that can tell."""
    if "wrong" in verdicts:
        return "wrong"
    return "uninformative" if reasons or "uninformative" in verdicts else "correct"


def _severity(tensor: TensorVerdict) -> tuple[int, float]:
    order = {
        "wrong": 2,
        "correct": 1,
        "uninformative": 0,
    }  # a point that can tell decides over one that cannot
    return order[tensor.verdict], tensor.residual or 0.0


def _by_shape(
    problem: Problem, answers: Sequence[Mapping[str, Array]]
) -> tuple[list[Finding], list[dict[str, Array]]]:
    """Name what shows in the shape alone, and bring the answers to the shapes they should have."""
    spoilt: dict[str, list[str]] = {}
    prepared = [dict(answer) for answer in answers]
    for names in problem.architecture.names():
        matrix, bias = names.matrix, names.bias
        if prepared[0][matrix].shape != problem.parameters[matrix].shape:
            spoilt.setdefault("outer-transposed", []).append(matrix)
            for answer in prepared:
                answer[matrix] = answer[matrix].T
        if bias not in problem.parameters:
            continue
        if bias not in prepared[0]:
            spoilt.setdefault("bias-frozen", []).append(bias)
        elif prepared[0][bias].shape != problem.parameters[bias].shape:
            spoilt.setdefault("bias-times-input", []).append(bias)
        else:
            continue
        for answer in prepared:
            answer[bias] = np.zeros(problem.parameters[bias].shape)
    return [Finding((name,), tuple(tensors)) for name, tensors in spoilt.items()], prepared


def _tolerances(problem: Problem, answer: Mapping[str, Array]) -> dict[str, float]:
    """How far each tensor may be from the truth: as rounding to float32 leaves it, or as computing in it does."""
    limits = dict.fromkeys(problem.parameters, RIGHT)
    if any(looks_like_float32(answer[name]) for name in limits):
        for name, bound in float32_bounds(problem).items():
            if looks_like_float32(answer[name]):
                limits[name] = max(RIGHT, bound)
    return limits


def _judge(view: LayerView, name: str, limit: float) -> TensorVerdict:
    """One tensor at one point."""
    found, true = view.found[name], view.true(name)
    residual = relative_residual(found, true)
    worst = np.unravel_index(int(np.argmax(np.abs(found - true))), true.shape)
    verdict: Verdict = "wrong"
    if residual <= limit:
        verdict = "uninformative" if _mistaken_as_close(view, name, residual, limit) else "correct"
    elif np.linalg.norm(found - true) <= _noise(view, name):
        verdict = "uninformative"
    return TensorVerdict(
        name=name,
        shape=found.shape,
        norm=float(np.linalg.norm(true)),
        residual=residual,
        verdict=verdict,
        worst=Worst(tuple(int(i) for i in worst), float(found[worst]), float(true[worst])),
        cosine=cosine(found, true),
        row_factors=tuple(
            _row_factor(f, t) for f, t in zip(np.atleast_1d(found), np.atleast_1d(true), strict=True)
        ),
    )


def _noise(view: LayerView, name: str) -> float:
    """What rounding alone may add up to: an excuse for a residual of a gradient that vanishes, never a certificate."""
    precision = np.float32 if looks_like_float32(view.found[name]) else np.float64
    return NOISE * float(np.finfo(precision).eps) * view.rounding[name != view.matrix]


def _mistaken_as_close(view: LayerView, name: str, residual: float, limit: float) -> bool:
    """Whether a candidate that is not the truth lies as close to the answer as the truth does, or within rounding."""
    found, true = view.found[name], view.true(name)
    reach = residual if limit <= RIGHT else limit
    for candidate in view.candidates[1:]:
        start, per_rate = view.part(candidate, name)
        if per_rate is not None:
            continue
        expected = start + view.decay if name == view.matrix else start
        if relative_residual(expected, true) > STRUCTURAL and relative_residual(found, expected) <= reach:
            return True
    return False


def _row_factor(found: Array, true: Array) -> float | None:
    """The factor that makes a row right, 1 where it is right already; None where no factor does."""
    found, true = np.atleast_1d(found), np.atleast_1d(true)
    if relative_residual(found, true) <= MATCH:
        return 1.0
    length = float(found @ found)
    if not length:
        return None
    factor = float(found @ true) / length
    return factor if factor and relative_residual(factor * found, true) <= MATCH else None


def _as_wrong(tensor: TensorVerdict) -> TensorVerdict:
    """A tensor whose shape alone was wrong: its numbers cannot be compared."""
    return TensorVerdict(tensor.name, tensor.shape, tensor.norm, None, "wrong", None, None, ())
