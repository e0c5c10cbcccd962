"""Marks for a worksheet: every number right, following from an earlier slip, or wrong; and the slip by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bpcli.gradcheck.problem import Problem
from bpcli.network import Array
from bpcli.walkthrough.answers import Answers
from bpcli.walkthrough.chain import Step, given, steps
from bpcli.walkthrough.core import core_values
from bpcli.walkthrough.marking import HAIR, Track, widened, within
from bpcli.walkthrough.marks import BlankMark, EntryMark, Grade, Named, Verdict
from bpcli.walkthrough.slips import Slip


def grade(problem: Problem, answers: Answers, digits: int) -> Grade:
    """Judge every blank of a sheet, in the order in which it is worked out.

    Args:
        problem: the one point of the sheet.
        answers: what was written; NaN where nothing was.
        digits: after the decimal point, as the sheet asked for.
    """
    with np.errstate(all="ignore"):  # a student's numbers may be anything
        marking = _Marking(problem, answers.values, digits)
        marks = tuple(marking.mark(step) for step in marking.steps)
    return Grade(answers.source, digits, marks)


@dataclass
class _Explanation:
    """A slip that a blank's numbers agree with, made in this blank or in one before it that was not written."""

    slip: Slip
    at: str
    interval: tuple[Array, Array]


@dataclass
class _Marking:
    problem: Problem
    answers: Mapping[str, Array]
    digits: int
    true: dict[str, Array] = field(init=False)
    steps: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.true = core_values(self.problem)
        self.steps = steps(self.problem)
        self._by_name = {step.name: step for step in self.steps}
        known = given(self.problem)
        self._right, self._own = Track(known, self.digits), Track(known, self.digits)
        self._assumed: dict[str, Slip] = {}  # what must have gone wrong in blanks that were left out
        self._confirmed: set[str] = set()  # left out, but what was made of them is right

    def mark(self, step: Step) -> BlankMark:
        """Judge one blank and enter it on both tracks."""
        true = self.true[step.name]
        answer = self.answers.get(step.name, np.full(true.shape, np.nan))
        written = np.isfinite(answer)
        right, follows = self._judge(step, answer)
        wrong = written & ~right & ~follows
        way = self._own.nearest(step, answer)
        expected = way.formula(self._own.written)
        fitting = self._fitting(step, answer, wrong) if wrong.any() else []
        if written.any() and not wrong.any():
            self._confirmed |= self._left_out_before(step)
        self._enter_right(step, answer, right)
        self._enter_own(step, answer, wrong, right, fitting)
        entries = tuple(
            EntryMark(
                index=index,
                answer=float(answer[index]) if written[index] else None,
                expected=float(true[index]),
                follows_from=float(expected[index]),
                verdict=_verdict(bool(written[index]), bool(right[index]), bool(follows[index])),
            )
            for index in np.ndindex(true.shape)
        )
        named = _named(fitting) or self._by_rounding(step.name, answer, expected, wrong)
        return BlankMark(step.name, true.shape, entries, named)

    def _judge(self, step: Step, answer: Array) -> tuple[Array, Array]:
        """Which entries are right, and which follow from what the student has."""
        true = self.true[step.name]
        right = within(answer, (true, true), self.digits)
        follows = np.zeros_like(right)
        for way in step.ways:
            right |= within(answer, widened(self._right.interval(way), true), self.digits)
            follows |= within(answer, self._own.interval(way), self.digits)
        return right, follows

    def _enter_right(self, step: Step, answer: Array, right: Array) -> None:
        """The track of right answers: what is not right is taken as it should have been."""
        true = self.true[step.name]
        rounded = np.round(true, self.digits)
        near = self._right.nearest(step, answer).formula(self._right.written)
        self._right.put(step.name, np.where(right, answer, rounded), true, np.where(right, near, true))

    def _enter_own(
        self, step: Step, answer: Array, wrong: Array, right: Array, fitting: list[_Explanation]
    ) -> None:
        """The track of the student's own numbers; what was not written is worked out from them."""
        levels = self._own.levels
        formula = self._own.nearest(step, answer).formula
        if step.name in self._assumed:
            formula = self._assumed[step.name].wrong
        values = [formula(level) for level in levels]
        if fitting and fitting[0].at == step.name:
            slip = fitting[0].slip.wrong
            values = [
                np.where(wrong, slip(level), value) for level, value in zip(levels, values, strict=True)
            ]
        written = np.where(np.isfinite(answer), answer, np.round(values[0], self.digits))
        # A wrong number keeps its further digits to itself, unless it is known how it came about.
        near, exact = (np.where(wrong & (not fitting), written, value) for value in values[:2])
        as_expected = within(written, (near, near), self.digits) | within(
            written, (exact, exact), self.digits
        )
        loose = wrong & (len(fitting) != 1) | np.isfinite(answer) & ~right & ~as_expected
        self._own.put(step.name, written, exact, near, loose)

    def _fitting(self, step: Step, answer: Array, wrong: Array) -> list[_Explanation]:
        """The slips that agree with every number of the blank; if none does, with all those that are wrong."""
        found = self._explanations(step, self._own, self._assumed)
        if self._assumed:  # perhaps not everything was worked out from the blank that went wrong
            found += self._explanations(step, self._with({}, step), {})
        kinds: dict[str, _Explanation] = {}
        for entries in (np.isfinite(answer), wrong):
            for each in found:
                if np.all(within(answer, each.interval, self.digits)[entries]):
                    kinds.setdefault(each.slip.kind, each)
            if kinds:
                break
        fitting = list(kinds.values())
        if len(fitting) == 1 and fitting[0].at != step.name:
            self._assume(fitting[0], step)
        return fitting

    def _by_rounding(self, name: str, answer: Array, expected: Array, wrong: Array) -> tuple[Named, ...]:
        """What can be said of numbers that are wrong in their last digits only."""
        if not wrong.any():
            return ()
        written, wanted = answer[np.isfinite(answer)], (expected[wrong], expected[wrong])
        for fewer in range(1, self.digits):
            cut = np.allclose(written, np.round(written, fewer), rtol=0, atol=HAIR * 10.0**-self.digits)
            if cut and within(answer[wrong], wanted, fewer).all():
                words = f"rounded to {fewer} digit{'s' * (fewer > 1)}, where {self.digits} are asked for"
                return (Named(None, words, name),)
        if within(answer[wrong], wanted, self.digits - 1).all():
            return (Named(None, "only the last digit is off: rounded too early, or cut off", name),)
        return ()

    def _explanations(self, step: Step, own: Track, assumed: Mapping[str, Slip]) -> list[_Explanation]:
        """Slips in the blanks before this one that were left out, carried here; then those in this very blank."""
        found = []
        before = self._left_out_before(step) - self._confirmed - set(assumed)
        for name in (each.name for each in self.steps if each.name in before):
            for slip in self._by_name[name].slips:
                track = self._with({**assumed, name: slip}, step)
                found.append(_Explanation(slip, name, track.interval(step.ways[0])))
        for slip in step.slips:
            found.append(_Explanation(slip, step.name, own.slip_interval(slip.wrong)))
        return found

    def _left_out(self, name: str) -> bool:
        return name not in self.answers or not np.isfinite(self.answers[name]).any()

    def _left_out_before(self, step: Step) -> set[str]:
        """The blanks that were not written and that this one is worked out through."""
        found: set[str] = set()
        waiting = list(step.needs)
        while waiting:
            name = waiting.pop()
            if name not in found and self._left_out(name):
                found.add(name)
                waiting += self._by_name[name].needs
        return found

    def _with(self, assumed: Mapping[str, Slip], until: Step) -> Track:
        """The student's track up to a blank, had these slips been made in blanks that were left out."""
        track = Track(given(self.problem), self.digits)
        for step in self.steps:
            if step is until:
                break
            formula = assumed[step.name].wrong if step.name in assumed else step.ways[0].formula
            if self._left_out(step.name):
                near, exact, _ = (formula(level) for level in track.levels)
                track.put(step.name, np.round(near, self.digits), exact, near)
            else:
                written, exact, near = (level[step.name] for level in self._own.levels)
                track.put(step.name, written, exact, near, self._own.loose.get(step.name))
        return track

    def _assume(self, explanation: _Explanation, step: Step) -> None:
        """From here on the blank that was left out holds this slip: what follows from it is not wrong again."""
        self._assumed[explanation.at] = explanation.slip
        self._own = self._with(self._assumed, step)


def _verdict(written: bool, right: bool, follows: bool) -> Verdict:
    if not written:
        return "blank"
    if right:
        return "right"
    return "follows" if follows else "wrong"


def _named(fitting: list[_Explanation]) -> tuple[Named, ...]:
    kinds = [each.slip.kind for each in fitting]
    return tuple(
        Named(each.slip.id, each.slip.words, each.at, tuple(other for other in kinds if other != kind))
        for kind, each in zip(kinds, fitting, strict=True)
    )
