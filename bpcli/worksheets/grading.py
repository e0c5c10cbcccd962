"""Marks for a worksheet: every number right, following from an earlier slip, or wrong; and the slip by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.answers import Answers
from bpcli.worksheets.blanks import part_of
from bpcli.worksheets.chain import Step, Way, given, steps
from bpcli.worksheets.forward_mistakes import BlankMistake
from bpcli.worksheets.marking import Track, widened, within
from bpcli.worksheets.marks import BlankMark, EntryMark, Grade, Verdict
from bpcli.worksheets.naming import Explanation, agreeing, by_rounding, in_context, named


def grade(example: Example, answers: Answers, digits: int) -> Grade:
    """Judge every blank that a sheet asks for, in the order in which it is worked out.

    Args:
        example: the one point of the sheet.
        answers: what was written; NaN where nothing was.
        digits: after the decimal point, as the sheet asked for.
    """
    with np.errstate(all="ignore"):  # a student's numbers may be anything
        marking = _Marking(example, answers.values, digits)
        marks = tuple(marking.mark(step) for step in marking.steps)
    marks = in_context(marks, example.architecture, marking.leading)
    asked = tuple(mark for mark in marks if part_of(example.architecture, mark.name) in answers.parts)
    return Grade(answers.source, digits, asked)


@dataclass
class _Marking:
    """A sheet being marked, blank by blank.

    Attributes:
        leading: blanks whose one slip becomes a mistake of the catalogue once it is calculated on with, and which.
    """

    example: Example
    answers: Mapping[str, Array]
    digits: int
    true: dict[str, Array] = field(init=False)
    steps: tuple[Step, ...] = field(init=False)
    leading: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.true = core_values(self.example)
        self.steps = steps(self.example, self.digits)
        self._by_name = {step.name: step for step in self.steps}
        known = given(self.example)
        self._right, self._own = Track(known, self.digits), Track(known, self.digits)
        self._assumed: dict[str, BlankMistake] = {}  # what must have gone wrong in blanks that were left out
        self._confirmed: set[str] = set()  # left out, but what was made of them is right

    def mark(self, step: Step) -> BlankMark:
        """Judge one blank and enter it on both tracks."""
        true = self.true[step.name]
        answer = self.answers.get(step.name, np.full(true.shape, np.nan))
        written = np.isfinite(answer)
        right, follows = self._judge(step, answer)
        wrong = written & ~right & ~follows
        expected = self._own.nearest(step, answer).formula(self._own.written)
        fitting = self._fitting(step, answer, wrong) if wrong.any() else []
        if written.any() and not wrong.any():
            self._confirmed |= self._left_out_before(step)
        if step is not self.steps[-1]:
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
        mistakes = named(fitting) or by_rounding(step.name, answer, expected, wrong, self.digits)
        return BlankMark(step.name, true.shape, entries, mistakes)

    def _judge(self, step: Step, answer: Array) -> tuple[Array, Array]:
        """Which entries are right, and which follow from what the student has."""
        true = self.true[step.name]
        right = within(answer, (true, true), self.digits)
        follows = np.zeros_like(right)
        written = np.isfinite(answer)
        for way in step.ways:
            if (written & ~right).any():
                right |= within(answer, widened(self._right.interval(way), true), self.digits)
        for way in step.ways:
            if (written & ~right & ~follows).any():
                follows |= within(answer, self._own.interval(way), self.digits)
        return right, follows

    def _enter_right(self, step: Step, answer: Array, right: Array) -> None:
        """The track of right answers: what is wrong or missing is worked out from what is right before it."""
        right_ones = np.where(right, answer, np.nan)
        nears = self._right.worked_out(step.ways, right_ones)
        self._right.put(step.name, right_ones, step.ways[0].formula, self.true[step.name], nears)

    def _enter_own(
        self, step: Step, answer: Array, wrong: Array, right: Array, fitting: list[Explanation]
    ) -> None:
        """The track of the student's own numbers; what was not written is worked out from them."""
        own, ways = self._own, self._ways(step, answer)
        exact, nears = ways[0].formula(own.exact), own.worked_out(ways, answer)
        if fitting and fitting[0].at == step.name:
            slip = fitting[0].slip.wrong
            exact = np.where(wrong, slip(own.exact), exact)
            nears = [np.where(wrong, slip(own.written), near) for near in nears]
        elif wrong.any() and not fitting:  # a wrong number keeps its further digits to itself
            exact, *nears = (np.where(wrong, answer, value) for value in (exact, *nears))
        as_expected = np.any([within(answer, (each, each), self.digits) for each in (exact, *nears)], axis=0)
        loose = wrong & (len(fitting) != 1) | np.isfinite(answer) & ~right & ~as_expected
        own.put(step.name, answer, ways[0].formula, exact, nears, loose)

    def _ways(self, step: Step, answer: Array) -> list[Way]:
        """The ways to a blank, the one first that the answer comes closest to."""
        if step.name in self._assumed:
            return [Way(step.needs, self._assumed[step.name].wrong)]
        nearest = self._own.nearest(step, answer)
        return [nearest, *(way for way in step.ways if way is not nearest)]

    def _fitting(self, step: Step, answer: Array, wrong: Array) -> list[Explanation]:
        """The slips that agree with a blank that has wrong numbers."""
        found = self._explanations(step, self._own, self._assumed)
        if self._assumed:  # perhaps not everything was worked out from the blank that went wrong
            found += self._explanations(step, self._with({}, step), {})
        fitting = agreeing(found, answer, wrong, self.digits)
        if len(fitting) == 1:
            (only,) = fitting
            if only.at != step.name:
                self._assume(only, step)
            elif only.slip.leads_to:
                self.leading[step.name] = only.slip.leads_to
        return fitting

    def _explanations(self, step: Step, own: Track, assumed: Mapping[str, BlankMistake]) -> list[Explanation]:
        """Slips in the blanks before this one that were left out, carried here; then those in this very blank."""
        found = []
        before = self._left_out_before(step) - self._confirmed - set(assumed)
        for name in (each.name for each in self.steps if each.name in before):
            for slip in self._by_name[name].slips:
                track = self._with({**assumed, name: slip}, step)
                known = replace(slip, id=slip.leads_to) if slip.leads_to else slip
                found += [Explanation(known, name, track.interval(way)) for way in step.ways]
        for slip in step.slips:
            found.append(Explanation(slip, step.name, own.slip_interval(slip.wrong)))
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

    def _with(self, assumed: Mapping[str, BlankMistake], until: Step) -> Track:
        """The student's track up to a blank, had these slips been made in blanks that were left out."""
        track = Track(given(self.example), self.digits)
        for step in self.steps:
            if step is until:
                break
            if self._left_out(step.name):
                slip = assumed.get(step.name)
                ways = [Way(step.needs, slip.wrong)] if slip else step.ways
                nothing = np.full(self.true[step.name].shape, np.nan)
                exact, nears = ways[0].formula(track.exact), track.worked_out(ways, nothing)
                track.put(step.name, nothing, ways[0].formula, exact, nears)
            else:
                track.take(step.name, self._own)
        return track

    def _assume(self, explanation: Explanation, step: Step) -> None:
        """From here on the blank that was left out holds this slip: what follows from it is not wrong again."""
        self._assumed[explanation.at] = explanation.slip
        self._own = self._with(self._assumed, step)


def _verdict(written: bool, right: bool, follows: bool) -> Verdict:
    if not written:
        return "blank"
    if right:
        return "right"
    return "follows" if follows else "wrong"
