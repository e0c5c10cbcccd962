"""Judge an answer: each tensor against the true gradient, the whole by a verdict, and what is wrong by name.

A tensor is *correct* if its relative residual is at most 5e-7 (rounding to float32 leaves 6e-8), or, where its numbers
were computed in float32, if no entry is further off than the rounding measured for it at the example. It is
*uninformative* (inconclusive, on the screen) if a mistake of the catalogue lies as close as the truth does, if an entry
is at the edge of its rounding, or if the example cannot tell. Otherwise it is *wrong*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bpcli.gradcheck.comparing import MATCH, Precision
from bpcli.gradcheck.degenerate import degeneracies, unseen
from bpcli.gradcheck.diagnosis import diagnose
from bpcli.gradcheck.rounding import (
    CERTAIN,
    EXCUSED,
    computed_in_float32,
    float32_spread,
    looks_like_float32,
)
from bpcli.gradcheck.shapes import by_shape
from bpcli.gradcheck.verdicts import (
    Finding,
    SubmissionCheck,
    TensorVerdict,
    Verdict,
    cosine,
    relative_residual,
    worst_entry,
)
from bpcli.gradcheck.views import LayerView, layer_views, true_gradients
from bpcli.network import Array
from bpcli.network.example import Example

RIGHT = 5e-7
DOUBLE = 1e-10  # what float64 alone leaves is far less
TIE = 1e-10  # what differs by less is the same explanation in float64
NOISE = 16.0  # of the rounding of one operation
STRUCTURAL = 1e-12  # a candidate this close to the truth is the truth, at these sizes


def grade(
    source: str,
    examples: Sequence[Example],
    answers: Sequence[Mapping[str, Array]],
    notes: Sequence[str] = (),
) -> SubmissionCheck:
    """Judge the answers that one source gave at several points; each must hold at all of them.

    Args:
        source: where the answers are from.
        examples: the points, at least one; weight decay is part of the objective where a point has it.
        answers: at each point the gradients by parameter name, as returned; biases may be missing.
        notes: kept in the result.
    """
    shapes = by_shape(examples, answers)
    prepared = shapes.answers
    views = [layer_views(example, answer) for example, answer in zip(examples, prepared, strict=True)]
    tolerances = [_tolerances(example, answer) for example, answer in zip(examples, prepared, strict=True)]
    tensors, wrong = [], []
    for layer in reversed(range(len(views[0]))):
        for name in (views[0][layer].matrix, views[0][layer].bias):
            if name not in examples[0].parameters:
                continue
            judged = [
                _judge(view[layer], name, limits[name])
                for view, limits in zip(views, tolerances, strict=True)
            ]
            tensor = max(judged, key=_severity)
            if tensor.verdict == "wrong" and name not in shapes.settled:
                wrong.append(name)
            replaced = name in shapes.settled or name in shapes.turned
            tensors.append(_as_wrong(tensor, answers[0].get(name)) if replaced else tensor)
    found, unexplained = diagnose(views, wrong, _precision(prepared, tolerances))
    turned = tuple(name for name in shapes.turned if name not in unexplained)
    findings = [*shapes.findings, *([Finding(("outer-transposed",), turned)] if turned else []), *found]
    reasons = degeneracies(examples[0])
    return SubmissionCheck(
        source=source,
        verdict=_overall([tensor.verdict for tensor in tensors], reasons if len(examples) == 1 else ()),
        tensors=tuple(tensors),
        findings=tuple(findings),
        unexplained=(*shapes.unexplained, *unexplained),
        reasons=reasons,
        notes=(*notes, *(unseen(examples[0]) if len(examples) == 1 else ())),
    )


def _precision(
    answers: Sequence[Mapping[str, Array]], tolerances: Sequence[Mapping[str, float]]
) -> Precision:
    """Numbers in float64 tell explanations apart that float32 blurs."""
    match = max(MATCH, *(limit for limits in tolerances for limit in limits.values()))
    single = any(looks_like_float32(tensor) for answer in answers for tensor in answer.values())
    return Precision(match, 10 * match if single else TIE)


def _overall(verdicts: Sequence[Verdict], reasons: Sequence[str]) -> Verdict:
    """Wrong if anything is; correct only at a point that can tell."""
    if "wrong" in verdicts:
        return "wrong"
    return "uninformative" if reasons or "uninformative" in verdicts else "correct"


def _severity(tensor: TensorVerdict) -> tuple[int, float]:
    # A point that can tell decides over one that cannot.
    order = {"wrong": 2, "correct": 1, "uninformative": 0}
    return order[tensor.verdict], tensor.residual or 0.0


def _tolerances(example: Example, answer: Mapping[str, Array]) -> dict[str, float]:
    """How far each tensor may be from the truth: as rounding to float32 leaves it, or as computing in it does."""
    limits = dict.fromkeys(example.parameters, RIGHT)
    if any(looks_like_float32(answer[name]) for name in limits):
        true = true_gradients(example)
        for name, spread in float32_spread(example).items():
            scale = float(np.linalg.norm(true[name]))
            if looks_like_float32(answer[name]) and scale:
                limits[name] = max(RIGHT, CERTAIN * float(np.linalg.norm(spread)) / scale)
    return limits


def _judge(view: LayerView, name: str, limit: float) -> TensorVerdict:
    """One tensor at one point."""
    found, true = view.found[name], view.true(name)
    residual = relative_residual(found, true)
    verdict: Verdict = "wrong"
    spread = _spread(view, name, residual)
    if spread is not None:
        verdict = _by_entry(view, name, spread)
    elif residual <= limit:
        verdict = "uninformative" if _mistaken_as_close(view, name, residual, limit) else "correct"
        if limit <= RIGHT and _a_line_is_off(view, name):
            verdict = "wrong"
    elif np.linalg.norm(found - true) <= np.linalg.norm(_noise(view, name)):
        verdict = "uninformative"
    return TensorVerdict(
        name=name,
        shape=found.shape,
        norm=float(np.linalg.norm(true)),
        residual=residual,
        verdict=verdict,
        worst=worst_entry(found, true, np.abs(found - true)),
        cosine=cosine(found, true),
        row_factors=tuple(
            _row_factor(f, t) for f, t in zip(np.atleast_1d(found), np.atleast_1d(true), strict=True)
        ),
    )


def _spread(view: LayerView, name: str, residual: float) -> Array | None:
    """The rounding of each entry where an answer was computed in float32; None where it was not."""
    found, true = view.found[name], view.true(name)
    if looks_like_float32(found):
        return float32_spread(view.example)[name]
    if residual > DOUBLE and np.isfinite(residual):
        spread = float32_spread(view.example)[name]
        return spread if computed_in_float32(found, true, spread) else None
    return None


def _by_entry(view: LayerView, name: str, spread: Array) -> Verdict:
    """Judge an answer in float32, where a single entry may be wrong that is small beside the others."""
    found, true = view.found[name], view.true(name)
    gap = np.abs(found - true)
    if np.all(gap <= CERTAIN * spread):
        scale = float(np.linalg.norm(true)) or 1.0
        reach = CERTAIN * float(np.linalg.norm(spread)) / scale
        residual = relative_residual(found, true)
        return (
            "uninformative" if _mistaken_as_close(view, name, residual, max(reach, 2 * RIGHT)) else "correct"
        )
    excused = np.all(gap <= np.maximum(EXCUSED * spread, _noise(view, name)))
    return "uninformative" if excused else "wrong"


def _noise(view: LayerView, name: str) -> Array:
    """What rounding alone may add up to, entry by entry: an excuse for a residual, never a certificate."""
    precision = np.float32 if looks_like_float32(view.found[name]) else np.float64
    noise: Array = NOISE * float(np.finfo(precision).eps) * view.rounding[name != view.matrix]
    return noise


def _a_line_is_off(view: LayerView, name: str) -> bool:
    """Whether a row or a column is wrong by itself, too small beside the others to show in the whole."""
    true, noise = view.true(name), _noise(view, name)
    if true.ndim < 2:
        return False
    gap = view.found[name] - true
    norms = [[np.linalg.norm(each, axis=axis) for each in (gap, true, noise)] for axis in (0, 1)]
    return any(bool(np.any(off > RIGHT * size + excused)) for off, size, excused in norms)


def _mistaken_as_close(view: LayerView, name: str, residual: float, limit: float) -> bool:
    """Whether a candidate that is not the truth lies as close to the answer as the truth does, or within rounding."""
    found, true = view.found[name], view.true(name)
    reach = residual if limit <= RIGHT else limit
    singles = view.singles()
    tensors = singles.matrix if name == view.matrix else singles.bias
    decay = view.reduced(name, view.decay) if name == view.matrix else 0.0
    found, true = view.reduced(name, found), view.reduced(name, true)
    others = (tensors[1:] + decay).reshape(len(tensors) - 1, -1)
    lengths = np.linalg.norm(others, axis=1)
    another = np.linalg.norm(others - true.ravel(), axis=1) > STRUCTURAL * np.linalg.norm(true)
    as_close = np.linalg.norm(others - found.ravel(), axis=1) <= reach * lengths
    return bool(np.any(another & as_close))


def _row_factor(found: Array, true: Array) -> float | None:
    """The factor that makes a row right, 1 where it is right already; None where no factor does."""
    found, true = np.atleast_1d(found), np.atleast_1d(true)
    if relative_residual(found, true) <= MATCH:
        return 1.0
    with np.errstate(over="ignore"):
        length = float(found @ found)
    if not length:
        return None
    factor = float(found @ true) / length
    return factor if factor and relative_residual(factor * found, true) <= MATCH else None


def _as_wrong(tensor: TensorVerdict, answered: Array | None) -> TensorVerdict:
    """A tensor that is missing, or whose shape was wrong: its numbers are not compared entry by entry."""
    shape = tensor.shape if answered is None else answered.shape
    return replace(
        tensor, shape=shape, residual=None, verdict="wrong", worst=None, cosine=None, row_factors=()
    )
