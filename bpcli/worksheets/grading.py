"""Marks for a worksheet: each number right, an error carried forward, or wrong; and the mistake by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.answers import Answers
from bpcli.worksheets.blanks import part_of
from bpcli.worksheets.chain import Method, Step, given, steps
from bpcli.worksheets.forward_mistakes import BlankMistake
from bpcli.worksheets.marks import BlankMark, EntryMark, Grade, MarkVerdict
from bpcli.worksheets.naming import PossibleMistake, agreeing, by_rounding, in_context, named
from bpcli.worksheets.rounding_variants import RoundingVariants, widened, within


def grade(example: Example, answers: Answers, digits: int) -> Grade:
    """Judge every blank that a sheet asks for, in the order in which it is worked out.

    Args:
        example: the one point of the sheet.
        answers: what was written; NaN where nothing was.
        digits: after the decimal point, as the sheet asked for.
    """
    with np.errstate(all="ignore"):  # a student's numbers may be anything
        marking = _Marking(example, answers.values, digits, answers.topic)
        marks = tuple(marking.mark(step) for step in marking.steps)
    marks = in_context(marks, example.architecture, marking.leading)
    asked = tuple(
        mark for mark in marks if part_of(example.architecture, mark.name, answers.topic) in answers.parts
    )
    return Grade(answers.source, digits, asked)


@dataclass
class _Marking:
    """A sheet being marked, blank by blank.

    Attributes:
        leading: blanks whose one mistake becomes one of the catalogue once the next blank is worked out from it.
    """

    example: Example
    answers: Mapping[str, Array]
    digits: int
    topic: Topic
    true: dict[str, Array] = field(init=False)
    steps: tuple[Step, ...] = field(init=False)
    leading: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.true = core_values(self.example)
        self.steps = steps(self.example, self.digits, self.topic)
        self._by_name = {step.name: step for step in self.steps}
        known = given(self.example)
        self._right, self._own = RoundingVariants(known, self.digits), RoundingVariants(known, self.digits)
        self._assumed: dict[str, BlankMistake] = {}  # what must have gone wrong in blanks that were left out
        self._confirmed: set[str] = set()  # left out, but what was made of them is right

    def mark(self, step: Step) -> BlankMark:
        """Judge one blank and enter it among both kinds of numbers."""
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
        for method in step.methods:
            if (written & ~right).any():
                right |= within(answer, widened(self._right.interval(method), true), self.digits)
        for method in step.methods:
            if (written & ~right & ~follows).any():
                follows |= within(answer, self._own.interval(method), self.digits)
        return right, follows

    def _enter_right(self, step: Step, answer: Array, right: Array) -> None:
        """The right answers: what is wrong or missing is worked out from what is right before it."""
        right_ones = np.where(right, answer, np.nan)
        nears = self._right.worked_out(step.methods, right_ones)
        self._right.put(step.name, right_ones, step.methods[0].formula, self.true[step.name], nears)

    def _enter_own(
        self, step: Step, answer: Array, wrong: Array, right: Array, fitting: list[PossibleMistake]
    ) -> None:
        """The student's own numbers; what was not written is worked out from them."""
        own, methods = self._own, self._methods(step, answer)
        exact, nears = methods[0].formula(own.exact), own.worked_out(methods, answer)
        if fitting and fitting[0].at == step.name:
            wrongly = fitting[0].mistake.wrong
            exact = np.where(wrong, wrongly(own.exact), exact)
            nears = [np.where(wrong, wrongly(own.written), near) for near in nears]
        elif wrong.any() and not fitting:  # a wrong number keeps its further digits to itself
            exact, *nears = (np.where(wrong, answer, value) for value in (exact, *nears))
        as_expected = np.any([within(answer, (each, each), self.digits) for each in (exact, *nears)], axis=0)
        unexplained = wrong & (len(fitting) != 1) | np.isfinite(answer) & ~right & ~as_expected
        own.put(step.name, answer, methods[0].formula, exact, nears, unexplained)

    def _methods(self, step: Step, answer: Array) -> list[Method]:
        """The methods for a blank, the one first that the answer comes closest to."""
        if step.name in self._assumed:
            return [Method(step.needs, self._assumed[step.name].wrong)]
        nearest = self._own.nearest(step, answer)
        return [nearest, *(method for method in step.methods if method is not nearest)]

    def _fitting(self, step: Step, answer: Array, wrong: Array) -> list[PossibleMistake]:
        """The mistakes that agree with a blank that has wrong numbers."""
        found = self._possible(step, self._own, self._assumed)
        if self._assumed:  # perhaps not everything was worked out from the blank that went wrong
            found += self._possible(step, self._with({}, step), {})
        fitting = agreeing(found, answer, wrong, self.digits)
        if len(fitting) == 1:
            (only,) = fitting
            if only.at != step.name:
                self._assume(only, step)
            elif only.mistake.leads_to:
                self.leading[step.name] = only.mistake.leads_to
        return fitting

    def _possible(
        self, step: Step, own: RoundingVariants, assumed: Mapping[str, BlankMistake]
    ) -> list[PossibleMistake]:
        """Mistakes in earlier blanks that were left out, carried to this one; then those in this very blank."""
        found = []
        before = self._left_out_before(step) - self._confirmed - set(assumed)
        for name in (each.name for each in self.steps if each.name in before):
            for mistake in self._by_name[name].mistakes:
                variants = self._with({**assumed, name: mistake}, step)
                known = replace(mistake, id=mistake.leads_to) if mistake.leads_to else mistake
                found += [PossibleMistake(known, name, variants.interval(method)) for method in step.methods]
        for mistake in step.mistakes:
            found.append(PossibleMistake(mistake, step.name, own.mistaken_interval(mistake.wrong)))
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

    def _with(self, assumed: Mapping[str, BlankMistake], until: Step) -> RoundingVariants:
        """The student's numbers up to a blank, had these mistakes been made in blanks that were left out."""
        variants = RoundingVariants(given(self.example), self.digits)
        for step in self.steps:
            if step is until:
                break
            if self._left_out(step.name):
                mistake = assumed.get(step.name)
                methods = [Method(step.needs, mistake.wrong)] if mistake else step.methods
                nothing = np.full(self.true[step.name].shape, np.nan)
                exact, nears = methods[0].formula(variants.exact), variants.worked_out(methods, nothing)
                variants.put(step.name, nothing, methods[0].formula, exact, nears)
            else:
                variants.take(step.name, self._own)
        return variants

    def _assume(self, possible: PossibleMistake, step: Step) -> None:
        """From here on the blank that was left out holds this mistake: what follows from it is not wrong again."""
        self._assumed[possible.at] = possible.mistake
        self._own = self._with(self._assumed, step)


def _verdict(written: bool, right: bool, follows: bool) -> MarkVerdict:
    if not written:
        return "blank"
    if right:
        return "right"
    return "follows" if follows else "wrong"
