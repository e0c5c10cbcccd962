"""From an answer to a verdict: which reading of it is taken, what is missing from it, and what was only rounded.

Of the readings that fit an answer the one is taken in which most gradients are right. What is missing, or has a shape
in which nothing can be compared, is set aside before the rest is graded, and comes back as missing or as wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bpcli.gradcheck.answer import Answer
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.verdicts import SubmissionCheck, TensorVerdict, relative_residual
from bpcli.gradcheck.views import true_gradients
from bpcli.network import Array
from bpcli.network.example import Example

CLOSE = 1e-4  # the residual of a gradient that is right as far as the choice of a reading goes
DIGITS = range(2, 9)  # that numbers may have been rounded to
FORWARD = "look first at this quantity that was returned:"
OTHER_WAY = "; --layout, --weights or --function settle it"


def judge(
    source: str,
    answers: Sequence[Answer],
    objectives: Sequence[Sequence[Example]],
    *,
    advice: str = OTHER_WAY,
) -> SubmissionCheck:
    """Judge the answers of one source at several examples, in the reading in which most gradients are right.

    Args:
        source: where they are from.
        answers: one for each example.
        objectives: the examples, once for each weight decay that the source may have meant.
        advice: how to settle a reading where several fit.
    """
    count = min(len(answer.readings) for answer in answers)
    ways = [(examples[: len(answers)], number) for examples in objectives for number in range(count)]
    scores = [
        sum(
            _right(answer.readings[number].tensors, example)
            for answer, example in zip(answers, examples, strict=True)
        )
        for examples, number in ways
    ]
    right = max(scores)
    settled = right == len(answers) * len(objectives[0][0].parameters)
    checks: list[tuple[SubmissionCheck, Sequence[Example], int]] = []
    for (examples, number), score in zip(ways, scores, strict=True):
        if score == right and not (checks and settled):
            notes = _notes(answers[0], number, "" if settled else advice)
            tensors = [answer.readings[number].tensors for answer in answers]
            checks.append((judge_tensors(source, tensors, examples, notes), examples, number))
    # Of several that are as right the one whose mistakes have names.
    check, examples, number = min(checks, key=lambda each: len(each[0].unexplained))
    if check.verdict != "correct" and (
        place := _first_wrong(answers[0].readings[number].quantities, examples[0])
    ):
        check = replace(
            check, notes=(f"{FORWARD} {place} is wrong, and with it all that follows", *check.notes)
        )
    return check


def _notes(answer: Answer, number: int, advice: str) -> list[str]:
    """How an answer was read, and another reading that fits unless no ``advice`` is needed."""
    said = answer.readings[number].said
    others = [other.said for other in answer.readings if other.said != said]
    also = f"; fits as well: {others[0]}{advice}" if advice and others else ""
    return [f"read as: {said}{also}", *answer.notes] if said else list(answer.notes)


def _first_wrong(found: Mapping[str, Array], example: Example) -> str | None:
    """The first quantity of the forward pass that is wrong, and after all of them the first delta that is."""
    network = example.stepped()
    layers = list(zip(example.architecture.names(), network.layers, strict=True))
    true: list[tuple[str, str, Array]] = []
    for number, (names, layer) in enumerate(layers, 1):
        true += [(f"pre_{number}", names.pre, layer.pre), (f"out_{number}", names.out, layer.out)]
    for number, (names, layer) in reversed(list(enumerate(layers, 1))):
        true.append((f"delta_{number}", names.delta, layer.delta * example.samples))
    for key, name, tensor in true:
        if key not in found:
            continue
        returned = found[key].astype(np.float64)
        expected = tensor if returned.ndim == 2 else tensor.mean(axis=0)
        scales = (1.0, 1 / example.samples) if key.startswith("delta") else (1.0,)
        fits = returned.shape == expected.shape
        if not fits or min(relative_residual(returned, c * expected) for c in scales) > CLOSE:
            return name
    return None


def judge_tensors(
    source: str,
    answers: Sequence[Mapping[str, Array]],
    examples: Sequence[Example],
    notes: Sequence[str] = (),
) -> SubmissionCheck:
    """Judge gradients by name, whatever their shapes are and however many of them are missing."""
    sorted_out = [_sort_out(answer, example) for answer, example in zip(answers, examples, strict=True)]
    missing, misshapen = sorted_out[0].missing, sorted_out[0].misshapen
    check = grade(source, examples, [each.whole for each in sorted_out], notes)
    frozen = [name for name in missing if name.startswith("bias_")]
    if check.verdict == "wrong" and frozen:  # beside other mistakes, biases that never move are one too
        left = [{n: t for n, t in each.whole.items() if n not in frozen} for each in sorted_out]
        check = grade(source, examples, left, notes)
        missing = [name for name in missing if name not in frozen]
    if not missing and not misshapen:
        return _perhaps_rounded(check, answers[0], examples[0])
    tensors = tuple(_replaced(tensor, missing, misshapen) for tensor in check.tensors)
    reasons = check.reasons
    if missing:
        there = [name for name in examples[0].parameters if name not in missing]
        reasons = (
            *reasons,
            f"missing: {_named(missing)}; found: {_named(there) or 'nothing'}",
        )
    shapes = {name: tensor.shape for name, tensor in examples[0].parameters.items()}
    wrong_shapes = tuple(
        f"∇{name} has shape {_shape(shape)}; it must have {_shape(shapes[name])}"
        for name, shape in misshapen.items()
    )
    verdict = check.verdict
    if misshapen:
        verdict = "wrong"
    elif verdict == "correct":
        verdict = "uninformative"
    check = replace(
        check,
        verdict=verdict,
        tensors=tensors,
        reasons=reasons,
        unexplained=(*check.unexplained, *misshapen),
        notes=(*check.notes, *wrong_shapes),
    )
    return _perhaps_rounded(check, answers[0], examples[0])


@dataclass(frozen=True, eq=False)
class _SortedOut:
    """An answer with the true gradient in place of what is missing or cannot be compared."""

    whole: dict[str, Array]
    missing: list[str]
    misshapen: dict[str, tuple[int, ...]]


def _sort_out(answer: Mapping[str, Array], example: Example) -> _SortedOut:
    whole: dict[str, Array] = {}
    missing: list[str] = []
    misshapen: dict[str, tuple[int, ...]] = {}
    for name, true in true_gradients(example).items():
        tensor = answer.get(name)
        matrix = example.parameters[name.removeprefix("bias_")].shape
        if tensor is None:
            missing.append(name)
        elif tensor.shape in {true.shape, matrix, matrix[::-1]}:
            whole[name] = tensor
        elif true.ndim == 1 and tensor.size == example.samples:
            whole[name] = tensor  # a sum over the units, as that along the wrong axis is
        elif tensor.ndim == 0 and true.ndim == 1:
            whole[name] = np.full(true.shape, tensor)  # one number, as an update would spread it
        else:
            misshapen[name] = tensor.shape
        whole.setdefault(name, true)
    return _SortedOut(whole, missing, misshapen)


def _right(answer: Mapping[str, Array], example: Example) -> int:
    """How many gradients are right, roughly."""
    true = true_gradients(example)
    return sum(
        tensor.shape == true[name].shape and relative_residual(tensor.astype(np.float64), true[name]) <= CLOSE
        for name, tensor in answer.items()
    )


def _replaced(
    tensor: TensorVerdict, missing: Sequence[str], misshapen: Mapping[str, tuple[int, ...]]
) -> TensorVerdict:
    """Take back the verdict on a gradient that was not there."""
    none = replace(tensor, residual=None, worst=None, cosine=None, row_factors=())
    if tensor.name in misshapen:
        return replace(none, shape=misshapen[tensor.name], verdict="wrong")
    return replace(none, verdict="uninformative") if tensor.name in missing else tensor


def _perhaps_rounded(
    check: SubmissionCheck, answer: Mapping[str, Array], example: Example
) -> SubmissionCheck:
    """Where every number is the true one, rounded to a few digits, say so instead of calling it wrong."""
    if check.verdict != "wrong" or not check.unexplained:
        return check
    pairs = [(answer[name], true) for name, true in true_gradients(example).items() if name in answer]
    if not all(found.shape == true.shape and found.dtype == np.float64 for found, true in pairs):
        return check
    found = np.concatenate([found.ravel() for found, _ in pairs])
    true = np.concatenate([true.ravel() for _, true in pairs])
    if not (how := _rounding(found, true)):
        return check
    hint = f"rounded to {how}, it agrees as far as it goes; write at least nine significant digits"
    tensors = tuple(replace(t, verdict="uninformative") if t.verdict == "wrong" else t for t in check.tensors)
    return replace(
        check,
        verdict="uninformative",
        tensors=tensors,
        findings=(),
        unexplained=(),
        reasons=(*check.reasons, hint),
    )


def _rounding(found: Array, true: Array) -> str | None:
    """How the true numbers were rounded to give these, or None if they were not."""
    for digits in DIGITS:
        if np.all(np.round(found, digits) == found):
            if np.count_nonzero(found) > found.size // 2 and np.all(
                abs(found - true) <= 0.51 * 10.0**-digits
            ):
                return f"{digits} decimals"
            break
    for digits in DIGITS:
        if all(float(f"{number:.{digits}g}") == number for number in found):
            with np.errstate(divide="ignore"):
                unit = 10.0 ** (np.floor(np.log10(abs(true))) - digits + 1)
            return f"{digits} significant digits" if np.all(abs(found - true) <= 0.51 * unit) else None
    return None


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"∇{name}" for name in names)


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "one number"
