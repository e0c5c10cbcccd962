"""What is said of wrong numbers: the mistakes that agree with them, and names that depend on other blanks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bpcli.network import Architecture, Array
from bpcli.worksheets.forward_mistakes import BlankMistake
from bpcli.worksheets.marks import BlankMark, NamedMistake
from bpcli.worksheets.rounding import TIE_TOLERANCE
from bpcli.worksheets.rounding_variants import within

ENOUGH = 2  # wrong numbers for a mistake that should have shown in others too


@dataclass
class PossibleMistake:
    """A mistake that could have been made in a blank, or in one before it that was not written, and what it yields."""

    mistake: BlankMistake
    at: str
    interval: tuple[Array, Array]


def agreeing(
    possible: Iterable[PossibleMistake], answer: Array, wrong: Array, digits: int
) -> list[PossibleMistake]:
    """Return the mistakes that agree with every number of a blank; if none does, with all those that are wrong.

    One wrong number does not name a mistake that would have made other numbers wrong too.
    """
    written = np.isfinite(answer)
    whole: dict[str, PossibleMistake] = {}
    partly: dict[str, PossibleMistake] = {}
    for each in possible:
        agrees = within(answer, each.interval, digits)
        if agrees[written].all():
            whole.setdefault(each.mistake.kind, each)
        elif agrees[wrong].all() and np.count_nonzero(wrong) >= ENOUGH:
            partly.setdefault(each.mistake.kind, each)
    return list((whole or partly).values())


def named(fitting: Sequence[PossibleMistake]) -> tuple[NamedMistake, ...]:
    """Return every mistake that fits, each with the others beside it."""
    kinds = [each.mistake.kind for each in fitting]
    return tuple(
        NamedMistake(
            each.mistake.id, each.mistake.words, each.at, tuple(other for other in kinds if other != kind)
        )
        for kind, each in zip(kinds, fitting, strict=True)
    )


def by_rounding(
    name: str, answer: Array, expected: Array, wrong: Array, digits: int
) -> tuple[NamedMistake, ...]:
    """Return what can be said of numbers that are wrong in their last digits only."""
    if not wrong.any():
        return ()
    written, wanted = answer[np.isfinite(answer)], (expected[wrong], expected[wrong])
    for fewer in range(1, digits):
        cut = np.allclose(written, np.round(written, fewer), rtol=0, atol=TIE_TOLERANCE * 10.0**-digits)
        if cut and within(answer[wrong], wanted, fewer).all():
            words = f"rounded to {fewer} digit{'s' * (fewer > 1)}, where {digits} are asked for"
            return (NamedMistake(None, words, name),)
    if within(answer[wrong], wanted, digits - 1).all():
        return (NamedMistake(None, "only the last digit is off: rounded too early, or cut off", name),)
    return ()


def in_context(
    marks: tuple[BlankMark, ...], architecture: Architecture, leading: Mapping[str, str]
) -> tuple[BlankMark, ...]:
    """Return the marks with names that what stands in other blanks gives them.

    Args:
        marks: of all blanks, each named by itself.
        architecture: the network.
        leading: the blanks whose one mistake becomes one of the catalogue once the next is worked out from it.
    """
    by_name = {blank.name: blank for blank in marks}
    last = architecture.names()[-1]
    after = [last.delta, last.grad_matrix, last.grad_bias]
    if architecture.depth > 1:
        passed_back = architecture.names()[-2].grad_out
        after.append(passed_back)
        by_name[passed_back] = _raw_error(by_name[passed_back], by_name[last.grad_matrix])
    first = next((by_name[name] for name in after if name in by_name and _answered(by_name[name])), None)
    for name, known in leading.items():
        if first and any(entry.verdict == "follows" for entry in first.entries):
            by_name[name] = replace(
                by_name[name], mistakes=tuple(replace(each, id=known) for each in by_name[name].mistakes)
            )
    return tuple(by_name.values())


def _answered(blank: BlankMark) -> bool:
    return any(entry.verdict != "blank" for entry in blank.entries)


def _raw_error(passed_back: BlankMark, gradient: BlankMark) -> BlankMark:
    """Wᵀ e for Wᵀ δ is a mistake of its own where ∇W is right; beside ∇W = e hᵀ it is one with that."""
    if gradient.verdict != "wrong" or len(passed_back.mistakes) != 1:
        return passed_back
    (one,) = passed_back.mistakes
    if one.id != "raw-error-back":
        return passed_back
    if [each.id for each in gradient.mistakes] == ["no-omega"]:
        words = f"{one.words}, as in {gradient.name}: δ² is written, and not used"
        one = replace(one, id="no-omega", words=words)
    else:
        one = replace(one, applies=False)
    return replace(passed_back, mistakes=(one,))
