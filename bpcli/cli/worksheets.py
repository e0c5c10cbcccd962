"""Worksheets as files: for each seed a worksheet, its key, and an answers file to be filled in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.common.errors import MachineError, UsageError

if TYPE_CHECKING:
    from bpcli.network.example import Example
    from bpcli.network.symbols import Style
    from bpcli.render.walkthrough.pages import Format
    from bpcli.walkthrough.blocks import Mode
    from bpcli.walkthrough.chosen_network import Typed

MOST = 10_000
LONGEST = 18  # digits of a seed
MODES: tuple["Mode", "Mode"] = ("worksheet", "key")
TITLES: dict["Mode", str] = {
    "walk": "Walkthrough",
    "worksheet": "Worksheet",
    "key": "Key to worksheet",
}


@dataclass(frozen=True)
class Look:
    """What a walk looks like: which parts, in which notation, with how many decimals, in which format, with hints."""

    letters: Sequence[str]
    notation: "Style"
    digits: int
    format: "Format"
    hints: bool = False


def seed_range(text: str) -> range:
    """Read A:B, both ends included.

    Raises:
        UsageError: it is something else.
    """
    from bpcli.yamltext.scalars import show

    first, colon, last = text.partition(":")
    numbers = all(end.isdecimal() and len(end) <= LONGEST for end in (first, last))
    if not (colon and numbers and int(first) <= int(last)):
        raise UsageError(
            f"--seeds: {show(text)} is not a range of seeds; write for example 1:30, which includes both ends"
        )
    if int(last) - int(first) >= MOST:
        raise UsageError(f"--seeds: {show(text)} are more than {MOST:,} worksheets; write fewer at a time")
    return range(int(first), int(last) + 1)


def refuse_fixed(seed: int | None, typed: "Typed") -> None:
    """Refuse what would make every sheet of ``--seeds`` the same one.

    Raises:
        UsageError: there is a seed, or there are numbers typed.
    """
    if seed is not None:
        raise UsageError("--seeds generates a worksheet for each seed: leave --seed out")
    if typed.tensors:
        from bpcli.common.text import listed

        given = listed(f"--{name.replace('_', '-')}" for name in typed.tensors)
        raise UsageError(
            f"--seeds generates all numbers of its worksheets: leave {given} out, or use --worksheet for one"
        )


def write_worksheets(
    seeds: range,
    folder: Path,
    point: Callable[[int], "Example"],
    look: Look,
    *,
    force: bool,
) -> list[Path]:
    """Write worksheet-NN, key-NN, answers-NN.yaml and key-NN.yaml for each seed, and return the paths.

    All points are drawn before anything is written.

    Raises:
        UsageError: a file is there already, and ``force`` is not given; or a seed has no good sheet.
        MachineError: the disk or the permissions do not allow it.
    """
    from bpcli.common.files import write_atomically
    from bpcli.render.walkthrough.pages import SUFFIXES, page
    from bpcli.walkthrough.sheet import sheet
    from bpcli.walkthrough.walk import walk
    from bpcli.worksheets.answers import filled, template

    suffix, places = SUFFIXES[look.format], max(2, len(str(seeds[-1])))
    names = [
        name
        for seed in seeds
        for name in (
            f"worksheet-{seed:0{places}}{suffix}",
            f"key-{seed:0{places}}{suffix}",
            f"answers-{seed:0{places}}.yaml",
            f"key-{seed:0{places}}.yaml",
        )
    ]
    taken = [name for name in names if (folder / name).exists()]
    if taken and not force:
        raise UsageError(
            f"{folder / taken[0]} exists already{f', and {len(taken) - 1} more' if taken[1:] else ''}: choose "
            "another --out, or overwrite with --force"
        )
    points = [_drawn(point, seed) for seed in seeds]
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for seed, example in zip(seeds, points, strict=True):
            walked = walk(example)
            worksheet, key = (
                page(
                    sheet(
                        walked,
                        style=look.notation,
                        letters=look.letters,
                        mode=mode,
                        digits=look.digits,
                        title=f"{TITLES[mode]} {seed}",
                        hints=look.hints,
                    ),
                    look.format,
                )
                for mode in MODES
            )
            answers = template(example, seed, look.digits, f"Worksheet {seed}", look.letters)
            right = filled(example, look.digits, seed, f"{TITLES['key']} {seed}", look.letters)
            for content in (worksheet, key, answers, right):
                path = folder / names[len(written)]
                write_atomically(path, content.encode())
                written.append(path)
    except OSError as error:
        raise MachineError(f"{error.filename or folder}: cannot be written: {error.strerror}") from error
    return written


def _drawn(point: Callable[[int], "Example"], seed: int) -> "Example":
    """The point of a seed; one that cannot be drawn says which seed that was."""
    try:
        return point(seed)
    except UsageError as error:
        raise UsageError(f"--seeds: seed {seed}: {error}") from None
