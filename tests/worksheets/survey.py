"""Many worksheets looked at one by one: well posed, different, their keys right, their mistakes marked and named.

The rules are checked here on numbers worked out in plain Python (``byhand``), not by the code that draws.
"""

import re
from collections import Counter
from contextlib import suppress
from functools import cache
from math import inf

import numpy as np

from bpcli.common.markup import mixed, plain
from bpcli.network import Architecture
from bpcli.render.walkthrough.pages import page
from bpcli.walkthrough.blocks import Equation, Graph, Numbers, Room, Table
from bpcli.walkthrough.sheet import sheet as sheet_of
from bpcli.walkthrough.symmetry_sheet import symmetry_sheet
from bpcli.walkthrough.walk import walk
from bpcli.worksheets import generate
from bpcli.worksheets.answers import Answers
from bpcli.worksheets.blanks import blanks
from bpcli.worksheets.grading import grade
from tests.walkthrough.byhand import ROWS, mistakes, sheet
from tests.walkthrough.points import answers_of

# An example is frozen, and drawing one takes longer than what is tested on it.
drawn_point = cache(generate.drawn_point)

DIGITS = 4
UNIT = 10.0**-DIGITS
SHOWS = 3 * UNIT  # what a mistake must change


def ill_posed(example):
    """Yield every rule of docs/worksheets.md that a point breaks."""
    q = sheet(example)
    numbers = [example.X, *example.parameters.values()]
    halves = [v for tensor in numbers for v in tensor.ravel().tolist()]
    if not all(v and 2 * v == int(2 * v) and abs(v) <= 2 for v in halves):
        yield "a number that is no half from -2 to 2, or zero"
    if len(set(example.X.ravel().tolist())) < example.X.size:
        yield "two inputs alike"
    if not all(v in (0, 1) for v in example.Y.ravel().tolist()):
        yield "a target that is neither 0 nor 1"
    if not all(0.05 <= v <= 0.95 for v in q["h"] + q["z"]):
        yield "a saturated unit"
    for name in ("delta_1", "delta_2", "grad_V", "grad_W"):
        if np.abs(np.array(q[name])).min() < 0.001:
            yield f"{name} vanishes"
    for name in ("grad_V", "grad_W"):
        rows = [tuple(round(v, DIGITS) for v in row) for row in q[name]]
        rows += [tuple(-v for v in row) for row in rows]
        if len(set(rows)) < len(rows):
            yield f"{name} has two rows alike"
    if len({abs(v) for v in q["a"]}) < len(q["a"]):
        yield "two units alike"
    yield from hidden_mistakes(example, q)


def hidden_mistakes(example, right):
    """Yield the mistakes that do not show, and the pairs that look alike, in the blank that they are made in."""
    found = {}
    for id_, at, formula in mistakes(example):
        if at in right:
            with suppress(ValueError):  # the sizes do not allow it
                found.setdefault(at, []).append((id_, sheet(example, at, formula)[at]))
    step = min(1.0, 2 * example.learning_rate)
    for at, all_made in found.items():
        made = [(id_, value) for id_, value in all_made if np.shape(value) == np.shape(right[at])]
        for i, (id_, value) in enumerate(made):
            for other, seen in [("what is right", right[at]), *made[:i]]:
                through = {"updated-first", "raw-and-updated"} & {id_, other} or at.startswith("new")
                apart = float(np.abs(np.array(value) - np.array(seen)).max())
                if id_ != other and 1e-12 < apart < SHOWS * (step if through else 1):
                    yield f"{id_} in {at} looks like {other}"


def change(right, wrong, at):
    """How much a mistake changes the blank that it is made in; infinite where it changes the shape."""
    true, found = np.array(right[at]), np.array(wrong[at])
    return inf if true.shape != found.shape else float(np.abs(true - found).max())


SHEETS = {"backprop": sheet_of, "symmetry": symmetry_sheet}


def printed(example, *, style="vw", hints=False, topic="backprop"):
    """Return what a worksheet prints: the given numbers, and the parts with their questions and blanks."""
    whole = SHEETS[topic](walk(example), style=style, mode="worksheet", hints=hints)
    given, _, parts = page(whole, "text").partition("\n(a) ")
    return given, parts


def leaks(example, topic="backprop"):
    """Yield every formula, factor, reason and number that a worksheet asks for and prints, in either notation."""
    for style in ("vw", "delta"):
        given, said = printed(example, style=style, topic=topic)
        said = " ".join(said.split())
        allowed = set(re.findall(NUMBER, given)) | {"0", "1", "2"}
        for number in set(re.findall(NUMBER, said)) - allowed:
            yield f"{number} in {style}"
        parts = [part for part in SHEETS[topic](walk(example), style=style, mode="key").parts if part.letter]
        names = {
            plain(block.symbol) for part in parts for block in part.blocks if isinstance(block, Equation)
        }
        for part in parts:  # the names of the blanks stand beside them
            for formula in set(formulas(part)) - names - {"1"}:
                if re.search(rf"(?<![^\s◀]){re.escape(formula)}(?![^\s│])", said):
                    yield f"{formula} in ({part.letter}) of {style}"


NUMBER = r"(?<![\w.])\d+\.?\d*(?![\w.])"  # no index of a symbol


def formulas(part):
    """Yield the formulas of a part, the factors of its rows, and the labels of its arrows, as a screen shows them."""
    for block in part.blocks:
        if isinstance(block, Equation):
            yield from (plain(side) for side in block.formula.split(" = ") if side)
            labels = [term.label for term in block.working if isinstance(term, Numbers)]
            yield from (plain(label) for label in labels if block.slots and label)
        elif isinstance(block, Graph):
            labels = [label for stage in block.stages for label in (stage.arrow, stage.upward)]
            yield from (f"{plain(label)} {line}" for label in labels if label for line in "─│▶")
        elif isinstance(block, Room):
            yield mixed(block.answer, str, plain)
        elif isinstance(block, Table) and block.open_columns == 1:
            yield from (
                plain(cell.strip("$")) for row in block.rows for cell in row[1:] if not cell.isdigit()
            )


def verdict_on(example, id_, at, formula, *, rounding, ways=()):
    """Say what the grading makes of one mistake carried through a whole sheet."""
    right = sheet(example)
    if at not in right:
        return "does not apply"
    try:
        whole = sheet(example, at, formula, DIGITS if rounding else None, ways=ways)
    except ValueError:
        return "does not apply"  # the sizes do not allow it
    size = change(right, whole, at)
    if size == inf or size < 1e-12:
        return "does not apply"
    if size < SHOWS:
        return "hidden by rounding"
    judged = grade(example, answers_of(whole, DIGITS), DIGITS)
    wrong = [blank for blank in judged.blanks if blank.verdict == "wrong"]
    if [blank.name for blank in wrong] != [at]:
        return f"marked in {', '.join(blank.name for blank in wrong) or 'nothing'}"
    kinds = [named.id for named in wrong[0].mistakes]
    if kinds == [id_]:
        return "marked and named"
    return "marked, one of several named" if id_ in kinds else f"marked, called {kinds}"


def survey(architecture, seeds):
    """Return how often each thing was found over these seeds, and the seeds of each sheet by its numbers."""
    counts: Counter[tuple[str, str]] = Counter()
    sheets = {}
    for seed in seeds:
        example = drawn_point(architecture, seed)
        faults = list(ill_posed(example))
        counts["sheet", "; ".join(faults) or "well posed"] += 1
        numbers = b"".join(t.tobytes() for t in (example.X, example.Y, *example.parameters.values()))
        sheets.setdefault(numbers, []).append(seed)
        rounding = bool(seed % 2)
        ways = ROWS if rounding and architecture.loss == "cross_entropy" else ()
        counts["printed", "; ".join(leaks(example)) or "nothing asked for"] += 1
        key = sheet(example, digits=DIGITS if rounding else None, ways=ways)
        right = grade(example, answers_of(key, DIGITS), DIGITS).entirely_right
        counts["key", "entirely right" if right else "not entirely right"] += 1
        for id_, at, formula in mistakes(example):
            found = verdict_on(example, id_, at, formula, rounding=rounding, ways=ways)
            counts[f"{id_} in {at}", found] += 1
    return counts, sheets


def report(architecture, seeds, surveys):
    """Return the lines of a short table of surveys; what is not as it should be has a line of its own."""
    counts: Counter[tuple[str, str]] = Counter()
    together = {}
    for found_there, sheets in surveys:
        counts += found_there
        for numbers, found in sheets.items():
            together.setdefault(numbers, []).extend(found)
    same = [found for found in together.values() if len(found) > 1]
    close = sum(max(group) - min(group) < 30 for group in same)
    good = {"well posed", "nothing asked for", "entirely right", "marked and named"}
    planted = Counter(
        {key: n for key, n in counts.items() if " in " in key[0] and key[1] != "does not apply"}
    )
    named = sum(count for (_, found), count in planted.items() if found in good)
    kinds = len({what for what, _ in planted})
    sizes, biases = "-".join(map(str, architecture.sizes)), "with" if architecture.bias else "without"
    entropy = ", cross-entropy" * (architecture.loss == "cross_entropy")
    yield f"{sizes} {biases} biases{entropy}, seeds 0 to {seeds[-1]}"
    yield f"  sheets well posed          {counts['sheet', 'well posed']:7,} of {len(seeds):,}"
    yield f"  nothing asked for printed  {counts['printed', 'nothing asked for']:7,} of {len(seeds):,}"
    yield f"  the same sheet twice       {len(same):7,}; within a class of 30: {close}"
    yield f"  keys entirely right        {counts['key', 'entirely right']:7,} of {len(seeds):,}"
    yield f"  mistakes marked and named  {named:7,} of {planted.total():,}, of {kinds} kinds"
    for (what, found), count in sorted(counts.items()):
        if found not in good and found != "does not apply":
            yield f"    {what}: {found} {count:,}"


def survey_equal(seeds):
    """Count, over the sheets on equal weights of these seeds, what a survey counts of the others."""
    counts: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        example = generate.drawn_equal(Architecture((3, 2, 2), bias=False), seed)
        counts["printed", "; ".join(leaks(example, "symmetry")) or "nothing asked for"] += 1
        rounded = {blank.name: np.round(blank.value, DIGITS) for blank in blanks(example, topic="symmetry")}
        judged = grade(example, Answers("key", rounded, tuple("abcdef"), "symmetry"), DIGITS)
        counts["key", "entirely right" if judged.entirely_right else "not entirely right"] += 1
    return counts


def report_equal(seeds, counts):
    """Return the lines of a short table of them."""
    yield f"equal weights, 3-2-2, seeds 0 to {seeds[-1]}"
    yield f"  nothing asked for printed  {counts['printed', 'nothing asked for']:7,} of {len(seeds):,}"
    yield f"  keys entirely right        {counts['key', 'entirely right']:7,} of {len(seeds):,}"


def architectures():
    """The command's own sizes, wider ones, square ones where nearly every mistake can be made, and cross-entropy."""
    return (
        Architecture((3, 2, 2), bias=False),
        Architecture((3, 4, 2), bias=False),
        Architecture((3, 3, 3), bias=True),
        Architecture((3, 4, 2), loss="cross_entropy", bias=True),
    )
