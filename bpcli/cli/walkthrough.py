"""``bpcli walkthrough``: the forward and backward pass of one point; worksheets, their keys, and their marks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen
from bpcli.cli.grading import graded
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SetOption, refuse_together
from bpcli.cli.pager import page_through
from bpcli.cli.resolving import resolved
from bpcli.cli.variadic import VariadicFiles
from bpcli.cli.worksheets import TITLES, Look, refuse_fixed, seed_range, write_worksheets
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from bpcli.config import Config
    from bpcli.walkthrough.blocks import Mode
    from bpcli.walkthrough.chosen_network import Typed
    from bpcli.walkthrough.example import Chosen
    from bpcli.walkthrough.sheet import Explain

DEFAULT = "walkthrough"
USUAL_DIGITS = 4
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
    x: Annotated[str | None, typer.Option("--x", metavar="NUMBERS", help="The input: --x 1,0,1.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="NUMBERS", help="The target: --y 1,0.")] = None,
    V: Annotated[
        str | None,
        typer.Option(
            "--V", metavar="ROWS", help="The first weight matrix, one row per neuron: --V '1,0,1; 0,1,1'."
        ),
    ] = None,
    W: Annotated[
        str | None,
        typer.Option(
            "--W", metavar="ROWS", help="The second weight matrix (the only one with --hidden none)."
        ),
    ] = None,
    bias_V: Annotated[
        str | None, typer.Option("--bias-V", metavar="NUMBERS", help="The biases of the hidden layer.")
    ] = None,
    bias_W: Annotated[
        str | None, typer.Option("--bias-W", metavar="NUMBERS", help="The biases of the output layer.")
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            "--hidden",
            metavar="SIZES",
            help="Hidden layers: 3, or 4,3, or none. Weights are drawn at random.",
        ),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option("--sizes", metavar="SIZES", help="All layers: 3,2,2. The numbers are drawn at random."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", metavar="α", help="The learning rate; overrides training.optimizer.learning_rate."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            help="Draw the point and the weights at random: small round numbers.",
        ),
    ] = None,
    notation: Annotated[
        Literal["vw", "delta"],
        typer.Option("--notation", help="vw: h, z, ∇. delta: x⁽ˡ⁾, S⁽ˡ⁾, δ⁽ˡ⁾, w_ij, with a table of both."),
    ] = "vw",
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="a-h", help="Only this part, or a range: --part a-c. Repeatable."),
    ] = None,
    explain: Annotated[
        Literal["short", "full"] | None,
        typer.Option(
            "--explain",
            help="full derives each part in symbols first. Default: short for text, full for other formats.",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        bool,
        typer.Option("--step", help="Show one part at a time: Enter for the next, b to go back, q to quit."),
    ] = False,
    digits: Annotated[
        int, typer.Option("--digits", metavar="N", min=1, max=12, help="Number of decimals printed.")
    ] = USUAL_DIGITS,
    worksheet: Annotated[
        bool, typer.Option("--worksheet", help="Questions and given numbers, with room for the rest.")
    ] = False,
    key: Annotated[bool, typer.Option("--key", help="The same sheet with everything filled in.")] = False,
    seeds: Annotated[
        str | None,
        typer.Option(
            "--seeds", metavar="A:B", help="A worksheet for each seed, its key and an answers file."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder for the files of --seeds.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    format_: Annotated[
        Literal["text", "markdown", "latex", "html"],
        typer.Option("--format", help="What is printed or written."),
    ] = "text",
    grade: Annotated[
        list[Path] | None,
        typer.Option(
            "--grade", metavar="FILE...", help="Mark these answers (.yaml, as --seeds writes them)."
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

    Worksheets leave blanks to fill: --worksheet prints one, --key its key, and --seeds 1:30 --out DIR writes thirty
    different ones with their keys and files for the answers, which --grade marks.

    Exits with 0, and with 3 if an answer is wrong; several answers files are marked although some cannot be read,
    and then it exits with 2.
    """
    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    refuse_together(step=step, grade=grade, seeds=seeds)
    if seeds is None:  # which writes worksheets and keys
        refuse_together(step=step, worksheet=worksheet, key=key, grade=grade)
    for other in ({"worksheet": worksheet}, {"key": key}, {"seeds": seeds}, {"grade": grade}):
        refuse_together(explain=explain, **other)
    if step and (format_ != "text" or as_json or quiet):
        raise UsageError("--step shows text, a part at a time: leave --format, --json and --quiet out")
    if (out is None) != (seeds is None) or (force and out is None):
        raise UsageError(
            "--seeds A:B and --out DIR go together (and --force with them): give both, or neither"
        )
    from bpcli.walkthrough.chosen_network import Typed
    from bpcli.walkthrough.sheet import chosen_letters

    look = Look(chosen_letters(part or []), notation, digits, format_)
    resolution = resolved(config or DEFAULT, override, {})
    tensors = {"x": x, "y": y, "V": V, "W": W, "bias_V": bias_V, "bias_W": bias_W}
    typed = Typed({name: text for name, text in tensors.items() if text is not None}, hidden, sizes, rate)
    point = partial(_point, resolution.config, typed)
    if grade:
        return graded(
            resolution, typed, grade, screen, seed=seed, digits=digits, configured=config is not None
        )
    if seeds is not None and out is not None:
        refuse_fixed(seed, typed)
        return _written(point, seed_range(seeds), out, look, screen, force=force)
    paper = (
        worksheet or key
    )  # for which the digits are those that one calculates with, and so part of the sheet
    return _shown(
        point(seed, digits if paper else USUAL_DIGITS),
        seed,
        look,
        "worksheet" if worksheet else "key" if key else "walk",
        screen,
        explain=explain or ("short" if format_ == "text" else "full"),
        step=step,
    )


def _point(settings: "Config", typed: "Typed", seed: int | None, digits: int) -> "Chosen":
    from bpcli.walkthrough.example import chosen_point
    from bpcli.worksheets.generate import drawn_point

    return chosen_point(settings, typed, seed, drawn_point, digits)


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
    from bpcli.walkthrough.sheet import sheet
    from bpcli.walkthrough.walk import walk

    walked = walk(chosen.example)
    whole = sheet(
        walked,
        style=look.notation,
        letters=look.letters,
        mode=mode,
        digits=look.digits,
        title=TITLES[mode] if seed is None or mode == "walk" else f"{TITLES[mode]} {seed}",
        drawn=chosen.drawn,
        explain=explain,
    )
    if step:
        screen.show(text_title(whole))
        page_through([text_part(whole, part) for part in whole.parts], screen)
    elif look.format == "text":
        screen.show(text(whole))
    else:
        screen.show_as_is(page(whole, look.format))
    drawn = chosen.drawn.document() if chosen.drawn else None
    screen.document(walked.document() | {"drawn": drawn})
    return 0


def _written(point: Point, seeds: range, folder: Path, look: Look, screen: Screen, *, force: bool) -> int:
    from bpcli.render.text import counted

    paths = write_worksheets(seeds, folder, lambda seed: point(seed, look.digits).example, look, force=force)
    screen.show(
        f"{counted(len(seeds), 'worksheet')} in {folder}, each with its key and a file for the answers; "
        f"mark them with\nbpcli walkthrough --grade {folder}/answers-*.yaml",
        whole_lines=True,
    )
    screen.document({"schema": "bpcli.walkthrough.worksheets/1", "files": [str(path) for path in paths]})
    return 0
