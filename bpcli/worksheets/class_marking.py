"""Marks a class: every file that can be read, by the name of its student, and what is odd about it.

The point of a file is drawn again from its heading, which no option may contradict.

A student may take another student's sheet, or write the answers to one sheet into the file of another. The numbers
tell: if they are wrong for the sheet of the file, they are compared with those of the other sheets of the class.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.common.errors import BpcliError, DataError, MachineError, UsageError
from bpcli.config import Resolved
from bpcli.network.example import Example
from bpcli.walkthrough.typed import Typed, read_hidden, read_sizes
from bpcli.worksheets.answers import AnswerFile, Answers, read_answer_file
from bpcli.worksheets.generate import CLASSES, DRAWS
from bpcli.worksheets.grading import grade
from bpcli.worksheets.heading import Heading
from bpcli.worksheets.marks import Grade, MarkedFile, Unread
from bpcli.worksheets.roster import Roster
from bpcli.yamltext.scalars import show

# It may be another sheet if nothing of the first blank is right, which hangs on no other, or so little of the whole.
DOUBTFUL = 0.5
SURE = 0.8
KEYS = {
    "hidden": "model.hidden",
    "activation": "model.activation",
    "output": "model.output",
    "bias": "model.bias",
    "loss": "training.loss",
    "rate": "training.optimizer.learning_rate",
}
USUAL_DIGITS = 4  # what --digits is where nobody gave it
Said = Mapping[str, tuple[str, Any]]  # of a sheet on the command line: by name, the option and its value


def mark_files(
    files: Sequence[Path], said: Said, digits: int, roster: Roster | None = None, *, alone: bool = False
) -> tuple[list[MarkedFile], list[Unread]]:
    """Return the marks of the files, in their order, and the files that could not be read.

    Raises:
        UsageError: an option contradicts a file.
        DataError: a file that is ``alone`` cannot be read.
    """
    read: list[AnswerFile] = []
    unread: list[Unread] = []
    for file in files:
        try:
            answer_file = read_answer_file(file)
            _ = answer_file.heading
            read.append(answer_file)
        except (DataError, MachineError) as error:
            if alone:
                raise
            unread.append(Unread(str(file), str(error)))
    seeds = {each.heading.seed for each in read} | {s.seed for s in (roster.students if roster else ())}
    marked: list[MarkedFile] = []
    for answer_file in read:
        require_agreement(answer_file.path, answer_file.heading, said)
        try:
            marked.append(_marked(answer_file, digits, roster, seeds - {None}))
        except (DataError, MachineError) as error:
            if alone:
                raise
            unread.append(Unread(str(answer_file.path), str(error)))
    order = [str(file) for file in files]
    return list(_told_of_twice(marked)), sorted(unread, key=lambda each: order.index(each.source))


def _marked(
    answer_file: AnswerFile, digits: int, roster: Roster | None, seeds: Iterable[int | None]
) -> MarkedFile:
    heading = answer_file.heading
    digits = heading.digits or digits
    example = _drawn(_bare(heading), digits) or drawn_again(answer_file.path, heading, digits)
    answers = answer_file.answers(example)
    found = grade(example, answers, digits)
    student = roster.student_of(answer_file.path, heading.name, heading.seed) if roster else None
    fits = _other_sheet(found, answers, heading, digits, seeds)
    notes = [f"answers worksheet {fits[0]}: {fits[1]} of {found.total} marks for that one"] if fits else []
    if roster and student is None:
        notes.append("not on the roster")
    elif student and student.seed is not None and heading.seed not in (None, student.seed):
        notes.append(
            f"is worksheet {heading.seed}; the roster has worksheet {student.seed} for {student.name}"
        )
    name = student.name if student else heading.name
    return MarkedFile(found, name, heading.seed, tuple(notes), fits[0] if fits else None)


def _told_of_twice(marked: Sequence[MarkedFile]) -> Iterator[MarkedFile]:
    """The marks, with a note where a student has more than one file."""
    for each in marked:
        same = [other for other in marked if other.student == each.student and each.student is not None]
        note = (f"one of {len(same)} files of {each.student}",) if len(same) > 1 else ()
        yield replace(each, notes=each.notes + note)


def _other_sheet(
    found: Grade, answers: Answers, heading: Heading, digits: int, seeds: Iterable[int | None]
) -> tuple[int, int] | None:
    """The seed of another sheet that the answers fit, with their marks there."""
    answered = found.total - found.counts()["blank"]
    first = [
        entry.verdict for blank in found.blanks[:1] for entry in blank.entries if entry.verdict != "blank"
    ]
    doubtful = found.marks <= DOUBTFUL * answered or set(first) == {"wrong"}
    if heading.seed is None or not answered or not doubtful:
        return None
    near = range(max(0, heading.seed - CLASSES // 2), heading.seed + CLASSES // 2 + 1)
    for seed in dict.fromkeys([*sorted(each for each in seeds if each is not None), *near]):
        other = _drawn(replace(_bare(heading), seed=seed), digits)
        if seed == heading.seed or other is None or not _begins_right(other, answers, digits):
            continue
        theirs = grade(other, answers, digits)
        if theirs.marks >= SURE * answered:
            return seed, theirs.marks
    return None


def _bare(heading: Heading) -> Heading:
    """What of a heading says which numbers are drawn, and nothing that differs within a class."""
    return replace(heading, name=None, parts=(), given=None)


@lru_cache(maxsize=256)
def _drawn(heading: Heading, digits: int) -> Example | None:
    """The sheet of a seed; None where there is none."""
    if heading.seed is None:
        return None
    try:
        return drawn_again(Path(), heading, digits)
    except BpcliError:
        return None


def _begins_right(example: Example, answers: Answers, digits: int) -> bool:
    """Whether the first numbers that were written are right for a sheet, which is quick to see."""
    first = example.architecture.names()[0].pre
    written = answers.values.get(first)
    if written is None or not np.isfinite(written).any():
        return True
    network = example.network()
    network.forward(example.X)
    right = network.layers[0].pre[0]
    return bool(np.nanmax(np.abs(written - right)) <= 10.0**-digits)


def said_on_the_line(
    resolved: Resolved, typed: Typed, seed: int | None, digits: int, *, configured: bool
) -> dict[str, tuple[str, Any]]:
    """Return what was said of the sheet outside the answers files; ``configured`` where a CONFIG was named.

    Raises:
        UsageError: numbers of a point were typed, or sizes that cannot be read.
    """
    if typed.tensors:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in typed.tensors)
        raise UsageError(f"--grade: each answers file says which worksheet it is for: leave {options} out")
    config = resolved.config
    values = {
        "hidden": list(config.model.hidden),
        "activation": config.model.activation,
        "output": config.model.output,
        "bias": config.model.bias,
        "loss": config.training.loss,
        "rate": config.training.optimizer.learning_rate,
    }
    said: dict[str, tuple[str, Any]] = {}
    for name, key in KEYS.items():
        origin = resolved.origins.get(key, "default")
        if origin.startswith(("--", "BPCLI_")):
            said[name] = (f"--set {key}" if origin == "--set" else origin, values[name])
        elif configured and origin != "default":
            said[name] = (origin, values[name])
    if typed.rate is not None:
        said["rate"] = ("--rate", typed.rate)
    if typed.sizes is not None:
        said["sizes"] = ("--sizes", list(read_sizes("--sizes", typed.sizes)))
    if typed.hidden is not None:
        said["hidden"] = ("--hidden", list(read_hidden(typed.hidden)))
    if seed is not None:
        said["seed"] = ("--seed", seed)
    if digits != USUAL_DIGITS:
        said["digits"] = ("--digits", digits)
    return said


def require_agreement(path: Path, heading: Heading, said: Said) -> None:
    """Refuse an option that contradicts what a file says of its sheet.

    Raises:
        UsageError: one does.
    """
    for name, theirs in heading.facts().items():
        option, ours = said.get(name, ("", theirs))
        if ours != theirs:
            raise UsageError(
                f"{path} is for {name} {show(theirs)}, and {option} says {show(ours)}: leave {option} out, as the file "
                "says which sheet it is for"
            )


def drawn_again(path: Path, heading: Heading, digits: int) -> Example:
    """Return the point of a file.

    Raises:
        DataError: it does not say which sheet it is for, or there is no such sheet.
    """
    if heading.given and heading.network and heading.rate and heading.seed is None:
        parameters = {name: heading.given[name] for name in heading.network.parameter_shapes()}
        x, y = heading.given["x"], heading.given["y"]
        return Example(heading.network, x[None], y[None], parameters, heading.rate)
    if heading.seed is None or heading.network is None or heading.rate is None:
        missing = "seed" if heading.seed is None else "network"
        raise DataError(
            f"{path}: it does not say which sheet it is for: its {missing} is missing. Keep the first lines as they "
            "were written (seed, digits, network), or copy them from the key"
        )
    try:
        draw = DRAWS[heading.topic]
        return draw(heading.network, heading.seed, learning_rate=heading.rate, digits=digits)
    except BpcliError as error:
        raise DataError(f"{path}: {error}") from None
