"""``bpcli walkthrough``: the forward and backward pass of one point; worksheets, their keys, and their marks."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen
from bpcli.cli.dialogue import ask_all, page_through
from bpcli.cli.grading import Wanted, graded
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SetOption, chosen_parts
from bpcli.cli.resolving import resolved
from bpcli.cli.variadic import VariadicFiles
from bpcli.cli.worksheets import (
    Look,
    Paper,
    drawn,
    made,
    refuse_fixed,
    refuse_misfits,
    seed_range,
    write_worksheets,
)
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from bpcli.config import Config
    from bpcli.walkthrough.blocks import Mode, Topic
    from bpcli.walkthrough.example import Chosen
    from bpcli.walkthrough.sheet import Explain
    from bpcli.walkthrough.typed import Typed

DEFAULT = "walkthrough"
USUAL_DIGITS = 4
# The panels of --help.
POINT, SHOWN, PAPER, MARKS = "The point", "What is shown", "Worksheets and quiz", "Marks"
Point = Callable[[int | None, int], "Chosen"]


class WalkthroughCommand(VariadicFiles):
    """Lets ``--grade`` take the answers of a whole class."""

    option = "--grade"
    endings = (".yaml", ".yml")


def walkthrough(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            autocompletion=completion.configurations,
            help="A YAML file, or the name of a shipped configuration. Without one: walkthrough, a 3-2-2 network.",
            show_default=False,
        ),
    ] = None,
    x: Annotated[
        str | None,
        typer.Option("--x", metavar="NUMBERS", rich_help_panel=POINT, help="The input: --x 1,0,1."),
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="NUMBERS", rich_help_panel=POINT, help="The target: --y 1,0.")
    ] = None,
    V: Annotated[
        str | None,
        typer.Option(
            "--V",
            metavar="ROWS",
            rich_help_panel=POINT,
            help="The first weight matrix, one row per neuron: --V '1,0,1; 0,1,1'.",
        ),
    ] = None,
    W: Annotated[
        str | None,
        typer.Option(
            "--W",
            metavar="ROWS",
            rich_help_panel=POINT,
            help="The second weight matrix (the only one with --hidden none).",
        ),
    ] = None,
    bias_V: Annotated[
        str | None,
        typer.Option(
            "--bias-V", metavar="NUMBERS", rich_help_panel=POINT, help="The biases of the hidden layer."
        ),
    ] = None,
    bias_W: Annotated[
        str | None,
        typer.Option(
            "--bias-W", metavar="NUMBERS", rich_help_panel=POINT, help="The biases of the output layer."
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            "--hidden",
            metavar="SIZES",
            rich_help_panel=POINT,
            help="Hidden layers: 3, or 4,3, or none. Weights are drawn at random.",
        ),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes",
            metavar="SIZES",
            rich_help_panel=POINT,
            help="All layers: 3,2,2. The numbers are drawn at random.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="α",
            rich_help_panel=POINT,
            help="The learning rate; overrides training.optimizer.learning_rate.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            rich_help_panel=POINT,
            help="Draw the point and the weights at random: small round numbers.",
        ),
    ] = None,
    notation: Annotated[
        Literal["vw", "delta"],
        typer.Option(
            "--notation",
            rich_help_panel=SHOWN,
            help="vw: h, z, ∇. delta: x⁽ˡ⁾, S⁽ˡ⁾, δ⁽ˡ⁾, w_ij, with a table of both.",
        ),
    ] = "vw",
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            metavar="a-h",
            rich_help_panel=SHOWN,
            help="Only this part, or a range: --part a-c. Repeatable.",
        ),
    ] = None,
    explain: Annotated[
        Literal["short", "full"] | None,
        typer.Option(
            "--explain",
            rich_help_panel=SHOWN,
            help="full derives each part in symbols first. Default: short for text, full for other formats.",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        bool,
        typer.Option(
            "--step",
            rich_help_panel=SHOWN,
            help="Show one part at a time: Enter for the next, b to go back, q to quit.",
        ),
    ] = False,
    quiz: Annotated[
        bool,
        typer.Option(
            "--quiz",
            rich_help_panel=PAPER,
            help="Ask for each value in turn, and say what is right, carried forward or mistaken.",
        ),
    ] = False,
    digits: Annotated[
        int,
        typer.Option(
            "--digits", metavar="N", min=1, max=12, rich_help_panel=SHOWN, help="Number of decimals printed."
        ),
    ] = USUAL_DIGITS,
    topic: Annotated[
        Literal["backprop", "symmetry"],
        typer.Option(
            "--topic",
            rich_help_panel=PAPER,
            help="Of a worksheet: the passes, or what equal initial weights lead to.",
        ),
    ] = "backprop",
    worksheet: Annotated[
        bool,
        typer.Option(
            "--worksheet", rich_help_panel=PAPER, help="Questions and given numbers, with room for the rest."
        ),
    ] = False,
    hints: Annotated[
        bool,
        typer.Option(
            "--hints",
            rich_help_panel=PAPER,
            help="With --worksheet or --seeds: print the formulas on the worksheet.",
        ),
    ] = False,
    key: Annotated[
        bool, typer.Option("--key", rich_help_panel=PAPER, help="The same sheet with everything filled in.")
    ] = False,
    seeds: Annotated[
        str | None,
        typer.Option(
            "--seeds",
            metavar="A:B",
            rich_help_panel=PAPER,
            help="A worksheet for each seed, its key and an answers file.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            rich_help_panel=PAPER,
            help="The folder for the files of --seeds or --worksheet.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", rich_help_panel=PAPER, help="Overwrite what is there, of --out, --csv or --feedback."
        ),
    ] = False,
    format_: Annotated[
        Literal["text", "markdown", "latex", "html"],
        typer.Option("--format", rich_help_panel=SHOWN, help="What is printed or written."),
    ] = "text",
    grade: Annotated[
        list[Path] | None,
        typer.Option(
            "--grade",
            metavar="FILE...",
            rich_help_panel=MARKS,
            help="Mark these answers (.yaml, as --seeds writes them), or a folder of them.",
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            metavar="FILE.csv",
            rich_help_panel=PAPER,
            help="The students, with a column name: their names on the sheets of --seeds, or beside their marks.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", rich_help_panel=MARKS, help="With --grade: write the marks as CSV."
        ),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            "--feedback",
            metavar="DIR",
            rich_help_panel=MARKS,
            help="With --grade: write a text for each student.",
        ),
    ] = None,
    override: SetOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Walk through the forward and the backward pass of one point, every quantity with its formula, value and shape.

    The point is the first training row of the configuration with its initial weights, all rounded to two digits; or
    typed with --x, --y, --V, --W; or drawn at random with --seed. Missing values come from the configuration; with
    --seed, or if sizes differ, they are drawn at random.

    --quiz asks for every value at the terminal. Worksheets leave blanks to fill: --worksheet prints one, --key its
    key, and --seeds 1:30 --out DIR writes thirty different ones with their keys and files for the answers, which
    --grade marks.

    Exits with 0, and with 3 if an answer is wrong; several answers files are marked although some cannot be read,
    and then it exits with 2.
    """
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    modes = {"worksheet": worksheet, "key": key, "quiz": quiz, "step": step, "seeds": seeds, "grade": grade}
    refuse_misfits(
        modes, hints=hints, out=out, force=force, roster=roster, csv=csv, feedback=feedback, explain=explain
    )
    for mode, how in (("step", "shows text, a part at a time"), ("quiz", "asks at the terminal")):
        if modes[mode] and (format_ != "text" or as_json or quiet):
            raise UsageError(f"--{mode} {how}: leave --format, --json and --quiet out")
    if topic == "symmetry" and (step or not any(modes.values())):
        raise UsageError(
            "--topic symmetry is a worksheet: add --worksheet, --key, --quiz or --seeds; bpcli symmetry-demo shows "
            "the same by training"
        )
    from bpcli.walkthrough.blocks import TOPIC_LETTERS
    from bpcli.walkthrough.typed import Typed

    look = Look(chosen_parts(part or [], TOPIC_LETTERS[topic]), notation, digits, format_, hints, topic)
    resolution = resolved(config or DEFAULT, override, {})
    tensors = {"x": x, "y": y, "V": V, "W": W, "bias_V": bias_V, "bias_W": bias_W}
    typed = Typed({name: text for name, text in tensors.items() if text is not None}, hidden, sizes, rate)
    point = partial(_point, resolution.config, typed, topic)
    if grade:
        wanted = Wanted(roster, csv, feedback, force)
        configured = config is not None
        return graded(
            resolution, typed, grade, screen, wanted, seed=seed, digits=digits, configured=configured
        )
    if seeds is not None and out is not None:
        refuse_fixed(seed, typed)
        papers, names = _papers(point, seed_range(seeds), digits, roster)
        return _written(papers, out, look, screen, names, force=force)
    if out is not None:
        known = None if typed.tensors else seed
        return _written([Paper(point(seed, digits).example, known)], out, look, screen, "", force=force)
    if quiz:
        return _asked(point(seed, digits), look, screen)
    paper = worksheet or key  # whose digits are those that one calculates with, and so part of the sheet
    return _shown(
        point(seed, digits if paper else USUAL_DIGITS),
        seed,
        look,
        "worksheet" if worksheet else "key" if key else "walk",
        screen,
        explain=explain or ("short" if format_ == "text" else "full"),
        step=step,
    )


def _point(settings: "Config", typed: "Typed", topic: "Topic", seed: int | None, digits: int) -> "Chosen":
    from bpcli.walkthrough.example import chosen_point
    from bpcli.worksheets.generate import DRAWS

    if topic == "symmetry":
        if typed.tensors:
            given = " and ".join(f"--{name.replace('_', '-')}" for name in typed.tensors)
            raise UsageError(f"--topic symmetry draws its numbers from a seed: leave {given} out")
        seed = settings.seed if seed is None else seed
    return chosen_point(settings, typed, seed, DRAWS[topic], digits)


def _shown(
    chosen: "Chosen",
    seed: int | None,
    look: Look,
    mode: "Mode",
    screen: Screen,
    *,
    explain: "Explain",
    step: bool,
) -> int:
    from bpcli.render.walkthrough.pages import page
    from bpcli.render.walkthrough.text import text, text_part, text_title
    from bpcli.walkthrough.walk import walk

    walked = walk(chosen.example)
    whole = made(walked, look, mode, seed, drawn=chosen.drawn, left_out=chosen.left_out, explain=explain)
    if step:
        screen.show(text_title(whole))
        page_through([text_part(whole, part) for part in whole.parts], screen)
    elif look.format == "text":
        screen.show(text(whole))
    else:
        screen.show_as_is(page(whole, look.format))
    drawn = chosen.drawn.document() if chosen.drawn else None
    screen.document(walked.document() | {"drawn": drawn, "left_out": list(chosen.left_out)})
    return 0


def _asked(chosen: "Chosen", look: Look, screen: Screen) -> int:
    from bpcli.common.markup import plain
    from bpcli.render.walkthrough.text import text_given, text_part_title
    from bpcli.walkthrough.blocks import Equation
    from bpcli.walkthrough.walk import walk
    from bpcli.worksheets.quiz import Quiz

    quiz = Quiz(chosen.example, look.digits, look.letters, look.topic)
    whole = replace(made(walk(chosen.example), look, "worksheet", drawn=chosen.drawn), title="Quiz")
    blocks = [block for part in whole.parts for block in part.blocks if isinstance(block, Equation)]
    symbols = {block.name: plain(block.symbol) for block in blocks}
    hints = {block.name: plain(f"{block.symbol} = {block.formula}") for block in blocks}
    titles = {part.letter: text_part_title(part) for part in whole.parts}
    screen.show(text_given(whole))
    return ask_all(quiz, titles, symbols, hints, screen)


def _written(
    papers: list[Paper], folder: Path, look: Look, screen: Screen, roster: str, *, force: bool
) -> int:
    from bpcli.render.text import counted

    paths = write_worksheets(papers, folder, look, roster=roster, force=force)
    answers = folder if len(papers) > 1 else next(path for path in paths if path.name.startswith("answers"))
    screen.show(
        f"{counted(len(papers), 'worksheet')} in {folder}, each with its key and a file for the answers; "
        f"mark them with\nbpcli walkthrough --grade {answers}",
        whole_lines=True,
    )
    screen.document({"schema": "bpcli.walkthrough.worksheets/1", "files": [str(path) for path in paths]})
    return 0


def _papers(point: Point, seeds: range, digits: int, roster: Path | None) -> tuple[list[Paper], str]:
    """A worksheet for each seed with the name of its student, and the roster with the seeds."""
    names: dict[int, str] = {}
    text = ""
    if roster is not None:
        from bpcli.worksheets.roster import read_roster

        students = read_roster(roster).with_seeds(seeds)
        names = {student.seed: student.name for student in students.students if student.seed is not None}
        text = students.text()
    examples = [drawn(lambda seed: point(seed, digits).example, seed) for seed in seeds]
    return [
        Paper(example, seed, names.get(seed, "")) for seed, example in zip(seeds, examples, strict=True)
    ], text
