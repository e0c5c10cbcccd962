"""Judge an answer: each tensor against the true gradient, the whole by a verdict, and what is wrong by name.

A tensor is *correct* if its relative residual is at most 5e-7 (rounding to float32 leaves 6e-8), or, where its numbers
were computed in float32, if no entry is further off than the rounding measured for it at the example. It is
*uninformative* (inconclusive, on the screen) if a mistake of the catalogue lies as close as the truth does, if an entry
is at the edge of its rounding, or if the example cannot tell. Otherwise it is *wrong*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bpcli.gradcheck.comparing import Precision, constant_factor
from bpcli.gradcheck.degenerate import degeneracies, unseen
from bpcli.gradcheck.diagnosis import Finding, LayerView, diagnose, layer_views
from bpcli.gradcheck.residuals import Verdict, cosine, relative_residual
from bpcli.gradcheck.rounding import (
    CERTAIN,
    EXCUSED,
    computed_in_float32,
    float32_spread,
    looks_like_float32,
)
from bpcli.mistakes.candidates import prepared
from bpcli.network import Array
from bpcli.network.architecture import LayerNames
from bpcli.network.example import Example

RIGHT = 5e-7
MATCH = 1e-6
DOUBLE = 1e-10  # what float64 alone leaves is far less
TIE = 1e-10  # what differs by less is the same explanation in float64
NOISE = 16.0  # of the rounding of one operation
CANCELLED = 1e-13
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
    shapes = _by_shape(examples, answers)
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
            if tensor.verdict == "wrong" and name not in shapes.spoilt:
                wrong.append(name)
            replaced = name in shapes.spoilt or name in shapes.turned
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


@dataclass(frozen=True, eq=False)
class _Shapes:
    """What shows in the shapes of an answer, and the answer brought to the shapes that it should have.

    Attributes:
        findings: mistakes that the shape gives away and the numbers confirm.
        unexplained: tensors of a shape that a mistake has, with numbers that it has not.
        turned: matrices that came transposed; what else is wrong with them is still to be found.
        answers: at each point; zeros stand for what cannot be compared.
    """

    findings: list[Finding]
    unexplained: list[str]
    turned: list[str]
    answers: list[dict[str, Array]]

    @property
    def spoilt(self) -> set[str]:
        """The tensors that are settled by their shape."""
        return {*self.unexplained, *(name for finding in self.findings for name in finding.tensors)}


def _by_shape(examples: Sequence[Example], answers: Sequence[Mapping[str, Array]]) -> _Shapes:
    """Look at the shapes of an answer: they are the same at every point."""
    by_mistake: dict[str, list[str]] = {}
    shapes = _Shapes([], [], [], [dict(answer) for answer in answers])
    for names in examples[0].architecture.names():
        matrix, bias = names.matrix, names.bias
        if shapes.answers[0][matrix].shape != examples[0].parameters[matrix].shape:
            shapes.turned.append(matrix)
            for answer in shapes.answers:
                answer[matrix] = answer[matrix].T
        if bias not in examples[0].parameters:
            continue
        if bias not in shapes.answers[0]:
            by_mistake.setdefault("bias-frozen", []).append(bias)
        elif shapes.answers[0][bias].shape == examples[0].parameters[bias].shape:
            continue
        elif name := _by_its_shape(examples, shapes.answers, names):
            by_mistake.setdefault(name, []).append(bias)
        else:
            shapes.unexplained.append(bias)
        for answer in shapes.answers:
            answer[bias] = np.zeros(examples[0].parameters[bias].shape)
    shapes.findings.extend(Finding((name,), tuple(tensors)) for name, tensors in by_mistake.items())
    return shapes


def _by_its_shape(
    examples: Sequence[Example], answers: Sequence[Mapping[str, Array]], names: LayerNames
) -> str | None:
    """The mistake that gives a bias this shape, if its numbers are those of the mistake at every example."""

    def held(name: str) -> bool:
        return all(
            any(_scaled(a[names.bias], made) for made in _misshapen(example, a, names)[name])
            for example, a in zip(examples, answers, strict=True)
        )

    return next((name for name in ("bias-times-input", "bias-summed", "bias-wrong-axis") if held(name)), None)


def _misshapen(example: Example, answer: Mapping[str, Array], names: LayerNames) -> dict[str, list[Array]]:
    """What a bias's gradient of the wrong shape may be, by mistake: from the true δ, or the matrix answered."""
    work = prepared(example).work(example.architecture.names().index(names))
    delta = work.delta / example.samples
    true = work.grad_weight
    matrix = answer[names.matrix] - example.weight_decay * example.parameters[names.matrix]
    own = [matrix] if matrix.shape == true.shape else []
    return {
        "bias-times-input": [*own, true],
        "bias-summed": [delta.sum()],
        "bias-wrong-axis": [delta.sum(axis=1)],
    }


def _scaled(found: Array, true: Array) -> bool:
    """Whether these are the same numbers, either way round and up to a factor, where there is more than one."""
    right = np.ravel(true)
    for flat in (found.ravel(), found.T.ravel()):
        if flat.shape != right.shape:
            return False
        if max(abs(flat).max(), abs(right).max()) < CANCELLED:  # the deltas of softmax sum to zero
            return True
        factor = constant_factor(flat, right, MATCH) or 1.0
        if relative_residual(flat, factor * right) <= MATCH:
            return True
    return False


def _tolerances(example: Example, answer: Mapping[str, Array]) -> dict[str, float]:
    """How far each tensor may be from the truth: as rounding to float32 leaves it, or as computing in it does."""
    limits = dict.fromkeys(example.parameters, RIGHT)
    if any(looks_like_float32(answer[name]) for name in limits):
        true = dict(example.stepped().gradients.named())
        for name, spread in float32_spread(example).items():
            scale = float(np.linalg.norm(true[name]))
            if looks_like_float32(answer[name]) and scale:
                limits[name] = max(RIGHT, CERTAIN * float(np.linalg.norm(spread)) / scale)
    return limits


def _judge(view: LayerView, name: str, limit: float) -> TensorVerdict:
    """One tensor at one point."""
    found, true = view.found[name], view.true(name)
    residual = relative_residual(found, true)
    worst = np.unravel_index(int(np.argmax(np.abs(found - true))), true.shape)
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
        worst=Worst(tuple(int(i) for i in worst), float(found[worst]), float(true[worst])),
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
