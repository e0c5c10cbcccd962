"""Worksheets as files: for each seed a worksheet, its key, and an answers file to be filled in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bpcli.cli.options import check_unused, refuse_together
from bpcli.common.errors import MachineError, UsageError
from bpcli.common.text import listed

if TYPE_CHECKING:
    from bpcli.network.example import Example
    from bpcli.network.symbols import Style
    from bpcli.render.walkthrough.pages import Format
    from bpcli.walkthrough.blocks import Mode, Sheet, Topic
    from bpcli.walkthrough.example import Drawn
    from bpcli.walkthrough.sheet import Explain
    from bpcli.walkthrough.typed import Typed
    from bpcli.walkthrough.walk import Walk

MOST = 10_000
LONGEST = 18  # digits of a seed
# What an option goes with: one of these at least.
COMPANY = {
    "seeds": ("out",),
    "out": ("seeds", "worksheet", "key"),
    "force": ("out", "csv", "feedback"),
    "hints": ("seeds", "worksheet"),
    "roster": ("seeds", "grade"),
    "csv": ("grade",),
    "feedback": ("grade",),
}
MODES: tuple["Mode", "Mode"] = ("worksheet", "key")
TITLES: dict["Mode", str] = {
    "walk": "Walkthrough",
    "worksheet": "Worksheet",
    "key": "Key to worksheet",
}


@dataclass(frozen=True)
class Look:
    """What a sheet looks like: its parts, notation, decimals and format; of a worksheet, its hints and topic."""

    letters: Sequence[str]
    notation: "Style"
    digits: int
    format: "Format"
    hints: bool = False
    topic: "Topic" = "backprop"


@dataclass(frozen=True)
class Paper:
    """One worksheet to be written: its point, the seed that the point is drawn from, and whose it is."""

    example: "Example"
    seed: int | None = None
    name: str = ""


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


def refuse_misfits(modes: Mapping[str, object], *, explain: object, **others: object) -> None:
    """Refuse options that cannot be combined, and those that need one that is not there.

    Args:
        modes: what the command does, by option.
        explain: goes with a walk only.
        others: what goes with some modes only, by option.

    Raises:
        UsageError: the message names the options.
    """
    # --seeds writes both.
    paper = {} if modes["seeds"] else {name: modes[name] for name in ("worksheet", "key")}
    refuse_together(**{name: value for name, value in modes.items() if name not in MODES}, **paper)
    for mode, value in modes.items():
        if mode != "step":
            refuse_together(explain=explain, **{mode: value})
    given = {name for name, value in {**modes, **others}.items() if value}
    chosen = given & set(modes)
    for option, company in COMPANY.items():
        if option in given and not given & set(company):
            # Of several only those that go with the mode in turn: --grade has no --out.
            able = [each for each in company if chosen & set(COMPANY.get(each, ()))] or company
            names, add = (
                listed((f"--{each}" for each in able), "or"),
                "it" if len(able) == 1 else "one of them",
            )
            raise UsageError(f"--{option} goes with {names}: add {add}, or leave --{option} out")


def refuse_fixed(seed: int | None, typed: "Typed") -> None:
    """Refuse what would make every sheet of ``--seeds`` the same one.

    Raises:
        UsageError: there is a seed, or there are numbers typed.
    """
    if seed is not None:
        raise UsageError("--seeds generates a worksheet for each seed: leave --seed out")
    if typed.tensors:
        given = listed(f"--{name.replace('_', '-')}" for name in typed.tensors)
        raise UsageError(
            f"--seeds generates all numbers of its worksheets: leave {given} out, or write one with "
            "--worksheet --out DIR"
        )


def write_worksheets(
    papers: Sequence[Paper], folder: Path, look: Look, *, roster: str = "", force: bool
) -> list[Path]:
    """Write worksheet, key, answers file and its key for each paper; HTML and LaTeX for a class in one file each, too.

    ``roster`` is the text of a further file, if there is one.

    Raises:
        UsageError: a file is there already, and ``force`` is not given.
        MachineError: the disk or the permissions do not allow it.
    """
    from bpcli.common.files import write_atomically
    from bpcli.render.walkthrough.pages import PRINTED, SUFFIXES, class_page, page
    from bpcli.walkthrough.walk import walk
    from bpcli.worksheets.answers import filled, template

    suffix = SUFFIXES[look.format]
    places = max(2, *(len(str(paper.seed)) for paper in papers))
    together = len(papers) > 1 and look.format in PRINTED
    names = [f"{each}s{suffix}" for each in MODES] if together else []
    for paper in papers:
        number = "" if paper.seed is None else f"-{paper.seed:0{places}}"
        names += [
            f"{name}{number}{ending}"
            for name, ending in (
                ("worksheet", suffix),
                ("key", suffix),
                ("answers", ".yaml"),
                ("key", ".yaml"),
            )
        ]
    names += ["roster.csv"] if roster else []
    paths = [folder / name for name in names]
    check_unused(paths, force=force)
    sheets: dict[str, list[Sheet]] = {mode: [] for mode in MODES}
    contents: list[str] = []
    for paper in papers:
        walked = walk(paper.example)
        for mode in MODES:
            sheets[mode].append(made(walked, look, mode, paper.seed, paper.name))
            contents.append(page(sheets[mode][-1], look.format))
        title = _title("worksheet", paper.seed, look.topic)
        contents.append(
            template(
                paper.example,
                paper.seed,
                look.digits,
                title,
                look.letters,
                name=paper.name or None,
                topic=look.topic,
            )
        )
        contents.append(
            filled(
                paper.example,
                look.digits,
                paper.seed,
                _title("key", paper.seed, look.topic),
                look.letters,
                look.topic,
            )
        )
    if together:
        contents = [class_page(sheets[mode], look.format) for mode in MODES] + contents
    contents += [roster] if roster else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            write_atomically(path, content.encode())
    except OSError as error:
        raise MachineError(f"{error.filename or folder}: cannot be written: {error.strerror}") from error
    return paths


def _title(mode: "Mode", seed: int | None, topic: "Topic") -> str:
    """Worksheet 7, Key to worksheet 7, Key to symmetry worksheet 7."""
    title = (
        TITLES[mode]
        if topic == "backprop"
        else TITLES[mode].lower().replace("worksheet", "symmetry worksheet")
    )
    numbered = title if seed is None or mode == "walk" else f"{title} {seed}"
    return numbered[0].upper() + numbered[1:]


def drawn(point: Callable[[int], "Example"], seed: int) -> "Example":
    """The point of a seed; one that cannot be drawn says which seed that was."""
    try:
        return point(seed)
    except UsageError as error:
        raise UsageError(f"--seeds: seed {seed}: {error}") from None


def made(
    walked: "Walk",
    look: Look,
    mode: "Mode",
    seed: int | None = None,
    name: str = "",
    *,
    drawn: "Drawn | None" = None,
    left_out: Sequence[str] = (),
    explain: "Explain" = "short",
) -> "Sheet":
    """The sheet of a point as it is wanted."""
    from bpcli.walkthrough.sheet import sheet
    from bpcli.walkthrough.symmetry_sheet import symmetry_sheet

    title = _title(mode, seed, look.topic)
    if look.topic == "symmetry":
        return symmetry_sheet(
            walked,
            style=look.notation,
            letters=look.letters,
            mode=mode,
            digits=look.digits,
            title=title,
            hints=look.hints,
            name=name,
        )
    return sheet(
        walked,
        style=look.notation,
        letters=look.letters,
        mode=mode,
        digits=look.digits,
        title=title,
        drawn=drawn,
        left_out=left_out,
        explain=explain,
        hints=look.hints,
        name=name,
    )
