"""Somebody else's gradients from their files to the report: collect the answers, judge each, keep the order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.gradcheck.exchange import Failure
from bpcli.gradcheck.grading import SubmissionCheck, grade
from bpcli.gradcheck.informative import random_point
from bpcli.gradcheck.injecting import DECAY, injected, suited
from bpcli.gradcheck.points import Points
from bpcli.gradcheck.report import GradcheckReport
from bpcli.gradcheck.submission import Answer, Layout, collect_many
from bpcli.network.example import Example

SUFFIXES = (".py", ".npz", ".json")
MEMORY = 1 << 30  # bytes above what the interpreter and NumPy take


def check_submissions(
    paths: Sequence[Path], points: Points, *, layout: Layout, time_limit: float, memory_limit: int = MEMORY
) -> GradcheckReport:
    """Judge every file, each by itself: what happens to one does not touch the others.

    A Python file answers at every point, so that explanations which coincide at one are told apart; a file of
    numbers answers at the first.

    Raises:
        UsageError: if none of the paths is a .py, .npz or .json file.
    """
    unusable = {path: text for path in paths if (text := _unusable(path))}
    if len(unusable) == len(paths):
        raise UsageError("; ".join(unusable.values()))
    # A function that asks for weight_decay gets one; whether it counts is known from the answer.
    asked = [example.with_decay(example.weight_decay or DECAY) for example in points.examples]
    usable = [path for path in paths if path not in unusable]
    collected = collect_many(usable, asked, layout=layout, time_limit=time_limit, memory_limit=memory_limit)
    judged = {
        path: _judged(path, points, asked, answers) for path, answers in zip(usable, collected, strict=True)
    }
    judged |= {path: SubmissionCheck(str(path), "failed", failure=text) for path, text in unusable.items()}
    return GradcheckReport(tuple(judged[path] for path in paths), points.examples[0])


def _unusable(path: Path) -> str | None:
    """Why a path cannot be an answer."""
    if path.suffix.lower() not in SUFFIXES:
        return f"{path}: --against takes .py, .npz and .json files"
    if path.is_dir():
        return f"{path} is a folder: --against takes .py, .npz and .json files"
    return (
        None
        if path.is_file()
        else f"{path}: there is no such file; --against takes .py, .npz and .json files"
    )


def _judged(
    path: Path, points: Points, asked: Sequence[Example], answers: Sequence[Answer] | Failure
) -> SubmissionCheck:
    if isinstance(answers, Failure):
        return SubmissionCheck(str(path), "failed", failure=f"{answers.kind}: {answers.message}")
    if path.suffix.lower() == ".py":
        decays = answers[0].wants_decay
        examples = asked if decays else [example.with_decay(0.0) for example in asked]
    else:
        examples = points.examples[:1]
    averaged = (
        ("its results for a point at a time were averaged over the points",) if answers[0].per_point else ()
    )
    return grade(str(path), examples, [answer.tensors for answer in answers], (*answers[0].notes, *averaged))


def check_injected(name: str, point: Example) -> GradcheckReport:
    """Make a mistake of the catalogue at a random point of the configured sizes, and judge it like anybody's answer.

    Raises:
        UsageError: if there is no such mistake.
    """
    wanted = suited(point, name)
    example = random_point(wanted, np.random.default_rng(0))
    notes = []
    if wanted.architecture != point.architecture:
        notes.append("made on another network than the configured one, on which this mistake is possible")
    return GradcheckReport(
        (grade(f"{name}, injected", [example], [injected(example, name)], notes),), example
    )
