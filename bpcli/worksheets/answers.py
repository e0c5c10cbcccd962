"""A student's numbers as a YAML file: the empty one, the key, and what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean, listed, printable
from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.worksheets.answer_file import entries_of, raise_if_any, tensor_of
from bpcli.worksheets.blanks import LETTERS, blanks
from bpcli.worksheets.heading import HEADING, Heading, heading_lines, heading_of
from bpcli.yamltext.problems import Collector
from bpcli.yamltext.tree import Node

Write = Callable[[Any], str]
MOST_NUMBERS = 1000  # to be worked out by hand, and far below what the reader takes


@dataclass(frozen=True, eq=False)
class Answers:
    """What one student wrote.

    Attributes:
        source: the file, for messages.
        values: the blanks by name, of their right shapes; NaN where nothing was written. May lack names.
        parts: the letters of the parts that the sheet asks for.
        topic: of the sheet.
    """

    source: str
    values: Mapping[str, Array] = field(default_factory=dict)
    parts: tuple[str, ...] = tuple(LETTERS)
    topic: Topic = "backprop"


def template(
    example: Example,
    seed: int | None,
    digits: int,
    title: str,
    letters: Sequence[str] = LETTERS,
    name: str | None = None,
    topic: Topic = "backprop",
) -> str:
    """Return the YAML to be filled in: the blanks of these parts by name, null where nothing is written yet.

    Raises:
        UsageError: if the network is too large for a sheet, or there is more than one sample.
    """
    return _text(example, seed, digits, title, tuple(letters), lambda _: "null", name, topic)


def filled(
    example: Example,
    digits: int,
    seed: int | None = None,
    title: str = "Key",
    letters: Sequence[str] = LETTERS,
    topic: Topic = "backprop",
) -> str:
    """Return the same file with the right numbers, rounded: the key. Raises as ``template`` does."""
    return _text(
        example, seed, digits, title, tuple(letters), lambda value: f"{value:.{digits}f}", topic=topic
    )


@dataclass(frozen=True, eq=False)
class AnswerFile:
    """An answers file, parsed once: first its heading is asked for, then, with the point of that sheet, its answers.

    Attributes:
        path: of the file.
        stated: what it says of its sheet, as far as that is valid.
    """

    path: Path
    stated: Heading
    _entries: Mapping[str, Node]
    _problems: Collector
    _text: str

    @property
    def heading(self) -> Heading:
        """What it says of its sheet, from which the point can be drawn again.

        Raises:
            DataError: the heading does not hold what belongs there.
        """
        raise_if_any(self._problems)
        return self.stated

    def answers(self, example: Example) -> Answers:
        """Return what was filled in; blanks, rows and numbers may be null or missing.

        Raises:
            DataError: the file holds names, shapes or numbers that do not fit: all of them at once.
        """
        wanted = {blank.name: blank for blank in blanks(example, self.stated.parts, self.stated.topic)}
        values: dict[str, Array] = {}
        for name, node in self._entries.items():
            if name in wanted:
                values[name] = tensor_of(wanted[name], node, self._problems, self._text)
            elif name not in HEADING:
                hint = did_you_mean(name, [*wanted, *HEADING]) or f"it has {listed([*HEADING, *wanted])}"
                message = f"this sheet has no such blank; {hint}"
                self._problems.add(node.key_place or node.place, (name,), message)
        raise_if_any(self._problems)
        return Answers(str(self.path), values, self.stated.parts, self.stated.topic)


def read_answer_file(path: Path) -> AnswerFile:
    """Parse an answers file.

    Raises:
        DataError: it cannot be read as keys and values at all.
        MachineError: the disk or the permissions do not allow it.
    """
    entries, problems, text = entries_of(path)
    return AnswerFile(path, heading_of(entries, problems), entries, problems, text)


def _text(
    example: Example,
    seed: int | None,
    digits: int,
    title: str,
    letters: tuple[str, ...],
    number: Write,
    name: str | None = None,
    topic: Topic = "backprop",
) -> str:
    wanted = blanks(example, letters, topic)
    if (count := sum(blank.value.size for blank in wanted)) > MOST_NUMBERS:
        raise UsageError(
            f"a worksheet of these sizes has {count:,} entries to compute; use a smaller network, such as 3-4-2"
        )
    sample = f"{0.62246:.{digits}f}"
    lines = [
        f"# {printable(title)}",
        f"# Write each number in place of its null, rounded to {digits} digits after the point: {sample}",
        "# Keep null where you have none. Continue with the numbers that you wrote: an error carried",
        "# forward gets the full mark. A row of numbers is a row of the matrix.",
        "# Do not change the lines up to the empty line: they identify the worksheet.",
        *heading_lines(example, seed, digits, letters, name, topic),
        "",
    ]
    for blank in wanted:
        shape = "×".join(map(str, blank.shape)) or "one number"
        if len(blank.shape) < 2:
            lines.append(f"{blank.name}: {_row(blank.value, number)}  # {shape}")
        else:
            lines.append(f"{blank.name}:  # {shape}")
            lines += [f"  - {_row(row, number)}" for row in blank.value]
    return "\n".join(lines) + "\n"


def _row(value: Array, number: Write) -> str:
    return number(value) if value.ndim == 0 else "[" + ", ".join(map(number, value)) + "]"
