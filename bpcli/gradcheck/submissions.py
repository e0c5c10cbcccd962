"""Somebody else's gradients from their files to the report: collect the answers, judge each, keep the order."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bpcli.common.errors import MachineError, UsageError
from bpcli.gradcheck.answer import Answer
from bpcli.gradcheck.collect import PROGRAMS, Options, collect_many
from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.exchange import MACHINE, Failure
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.judging import judge
from bpcli.gradcheck.points import Points
from bpcli.gradcheck.report import GradcheckReport
from bpcli.gradcheck.sandbox import chosen
from bpcli.gradcheck.verdicts import SubmissionCheck
from bpcli.mistakes.making import DECAY, injected, suited
from bpcli.network.example import Example

SUFFIXES = (*PROGRAMS, ".npz", ".json")
TAKES = "--against takes .py, .ipynb, .npz and .json files"


def check_submissions(
    paths: Sequence[Path], points: Points, options: Options | None = None
) -> GradcheckReport:
    """Judge every file, each by itself: what happens to one does not touch the others.

    A program answers at every point, so that explanations which coincide at one are told apart; a file of
    numbers answers at the first.

    Raises:
        UsageError: if none of the paths is a .py, .ipynb, .npz or .json file, or the sandbox does not work here.
        MachineError: if there is one path, and the machine failed to look at it or to run it.
    """
    unusable = {path: why for path in paths if (why := _unusable(path))}
    if len(unusable) == len(paths):
        usage = any(isinstance(why.error, UsageError) for why in unusable.values())
        message = "; ".join(str(why.error) for why in unusable.values())
        raise UsageError(message) if usage else MachineError(message)
    objectives = Objectives(points)
    usable = [path for path in paths if path not in unusable]
    options = options or Options()
    programs = any(path.suffix.lower() in PROGRAMS for path in usable)
    sandbox = chosen(options.sandbox) if programs else None
    collected = collect_many(usable, objectives.asked, options)
    judged = {
        path: _judged(path, objectives, answers) for path, answers in zip(usable, collected, strict=True)
    }
    judged |= {path: _not_looked_at(path, why) for path, why in unusable.items()}
    if len(paths) == 1 and (failed := judged[paths[0]]).by_machine:
        raise MachineError(f"{failed.failure}")
    return GradcheckReport(tuple(judged[path] for path in paths), points.examples[0], sandbox)


class Objectives:
    """The examples of a check, with each weight decay that an answer may have meant; made once for all answers.

    Attributes:
        asked: what programs are given: one that asks for the weight decay gets one, if need be one of our own.
        plain: without a penalty, for those who do not ask for it.
        configured: as the configuration has it, which they may have written into their program.
    """

    def __init__(self, points: Points) -> None:
        self.asked = [example.with_decay(example.weight_decay or DECAY) for example in points.examples]
        self.plain = [example.with_decay(0.0) for example in points.examples]
        self.configured = list(points.examples)

    def of_program(self, wants_decay: bool) -> list[list[Example]]:
        """Those that the answers of a program may be right for."""
        if wants_decay:
            return [self.asked]
        has_decay = any(example.weight_decay for example in self.configured)
        return [self.plain, self.configured] if has_decay else [self.plain]


class _Unusable(NamedTuple):
    """Why a path cannot be an answer: the error if it is the only one, and whether its author is not to blame."""

    error: UsageError | MachineError
    by_machine: bool = False


def _unusable(path: Path) -> _Unusable | None:
    try:
        if path.is_dir():
            return _Unusable(UsageError(f"{path} is a folder; name its files: --against {path}/*.py"))
        if path.suffix.lower() not in SUFFIXES:
            return _Unusable(UsageError(f"{path}: {TAKES}"))
        if not path.is_file():
            return _Unusable(UsageError(f"{path}: there is no such file; {TAKES}"))
    except OSError as error:  # its folder may not be looked into
        reason = f"{path}: {error.strerror}; change permissions, then try again"
        return _Unusable(MachineError(reason), by_machine=True)
    if not os.access(path, os.R_OK):
        reason = f"{path} is not readable; change its permissions, then try again"
        return _Unusable(MachineError(reason), by_machine=True)
    return None


def _not_looked_at(path: Path, why: _Unusable) -> SubmissionCheck:
    text = f"{MACHINE}: {why.error}" if why.by_machine else str(why.error)
    return SubmissionCheck(str(path), "failed", failure=text, by_machine=why.by_machine)


def _judged(path: Path, objectives: Objectives, answers: Sequence[Answer] | Failure) -> SubmissionCheck:
    if isinstance(answers, Failure):
        return SubmissionCheck(
            str(path),
            "failed",
            failure=f"{answers.kind}: {answers.message}",
            by_machine=answers.kind == MACHINE,
        )
    if path.suffix.lower() in PROGRAMS:
        return judge(str(path), answers, objectives.of_program(answers[0].wants_decay))
    return judge(str(path), answers, [objectives.configured[:1]], advice="")


def check_injected(name: str, point: Example) -> GradcheckReport:
    """Make a mistake of the catalogue at a random point of the configured sizes, and judge it like anybody's answer.

    Raises:
        UsageError: if there is no such mistake.
    """
    wanted = suited(point, name)
    example = random_example(wanted, np.random.default_rng(0))
    notes = []
    if wanted.architecture != point.architecture:
        notes.append("made on another network than the configured one, on which this mistake is possible")
    return GradcheckReport(
        (grade(f"{name}, injected", [example], [injected(example, name)], notes),), example
    )
