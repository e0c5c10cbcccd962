"""``bpcli symmetry-demo``: show why initial weights are random, every claim decided by measured numbers."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen, track
from bpcli.cli.export import check_picture, save_picture
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SeedOption, SetOption, chosen_parts
from bpcli.cli.resolving import resolved
from bpcli.common.errors import UsageError

if TYPE_CHECKING:
    from bpcli.config import Init
    from bpcli.symmetry_demo.comparison import Snapshot
    from bpcli.symmetry_demo.demo import Demo

DEFAULT = "symmetry-demo"
PAUSE = 0.06  # seconds between two pictures of --watch


def symmetry_demo(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            autocompletion=completion.configurations,
            help="A YAML file, or the name of a shipped configuration. Without one: symmetry-demo, a 3-6-3 network.",
            show_default=False,
        ),
    ] = None,
    arithmetic: Annotated[
        Literal["stable", "blas"],
        typer.Option(
            "--arithmetic",
            help="stable: one order of summation for every unit, so equal units stay equal to the last bit. "
            "blas: as in training; shows whether, and when, rounding makes them differ.",
        ),
    ] = "stable",
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="SCHEME",
            help="How to draw the weights of the network called random: xavier, he, normal, uniform; or with "
            "settings, as in '{scheme: normal, std: 0.1}'.",
            show_default=False,
        ),
    ] = None,
    weight: Annotated[
        float | None,
        typer.Option(
            "--weight",
            metavar="W",
            help="The constant w. Without it: model.init.value where that is configured, else 0.5.",
            show_default=False,
        ),
    ] = None,
    hidden: Annotated[
        int | None,
        typer.Option("--hidden", metavar="N", help="Hidden units.", min=1, max=10_000, show_default=False),
    ] = None,
    activation: Annotated[
        Literal["sigmoid", "tanh", "relu", "identity"] | None,
        typer.Option("--activation", help="Activation function of the hidden units.", show_default=False),
    ] = None,
    dtype: Annotated[
        Literal["float64", "float32"] | None,
        typer.Option("--dtype", help="Floating-point precision.", show_default=False),
    ] = None,
    bias: Annotated[
        bool | None, typer.Option("--bias/--no-bias", help="With or without biases.", show_default=False)
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            help="Number of steps, each on all samples.",
            min=1,
            max=10**9,
            show_default=False,
        ),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            metavar="a-g",
            help="Only this claim, with what it is about, or a range: --part a-c. Repeatable.",
        ),
    ] = None,
    notation: Annotated[
        Literal["delta", "vw"],
        typer.Option(
            "--notation",
            help="delta: S⁽ˡ⁾, x⁽ˡ⁾, w_ij⁽ˡ⁾, as in the claims' JSON. vw: a, h, b, z, v_ji, w_ji.",
        ),
    ] = "delta",
    watch: Annotated[bool, typer.Option("--watch", help="Play the steps in the terminal first.")] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Save the report as a picture: .svg, .html or .txt."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that --save names.")] = False,
    override: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Show why initial weights are random: networks side by side, and every claim with its numbers.

    Trains a network with constant weights, one with zero weights, one with random weights, a constant one with one
    unit nudged, and one with half of its units tied, all on the same samples; and logistic regression from two
    starts. Every claim about them is decided by what is measured. Data, sizes, loss, optimizer and schedule are those
    of the configuration. Every step is taken on the same samples, the first 64 that bpcli train would learn from,
    and counts as an epoch; batch_size and early_stopping do not matter here.

    Exits with 3 if a claim does not hold, or a network diverged.
    """
    from bpcli.render.symmetry_demo import demonstration
    from bpcli.symmetry_demo.claim import LETTERS
    from bpcli.symmetry_demo.demo import Demo

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    if watch and (as_json or quiet):
        raise UsageError(
            "--watch plays on the screen, which --json and --quiet keep empty: leave one of them out"
        )
    if save:
        check_picture(save, force=force)
    options = {
        "seed": seed,
        "model.hidden": None if hidden is None else [hidden],
        "model.activation": activation,
        "model.dtype": dtype,
        "model.bias": bias,
        "training.epochs": steps,
    }
    letters = chosen_parts(part or [], LETTERS)
    found = resolved(config or DEFAULT, override, options)
    random = _scheme(config or DEFAULT, init, override) if init else None
    demo = Demo(found.name, found.config, random=random, weight=weight, arithmetic=arithmetic)
    for _ in (_watched if watch and screen.out.is_terminal else _followed)(demo, screen):
        pass
    result = demo.result().only(*letters)
    report = demonstration(result, notation)
    screen.show(report)
    if as_json:
        screen.document(result.document())
    if save:
        save_picture(save, report, f"bpcli symmetry-demo {result.name}")
        screen.show(f"saved  {save}", whole_lines=True)
    return 3 if result.failed or result.diverged else 0


def _scheme(config: str, init: str, override: list[str] | None) -> "Init":
    """What --init says, checked and completed as a configuration's own model.init would be."""
    others = [text for text in override or [] if not text.strip().startswith("model.init")]
    if init.lstrip().startswith("{"):
        return resolved(config, [*others, f"model.init={init}"], {}).config.model.init
    return resolved(config, others, {"model.init": {"scheme": init}}).config.model.init


def _watched(demo: "Demo", screen: Screen) -> "Iterator[dict[str, Snapshot]]":
    """Play the recorded steps in the terminal."""
    from rich.live import Live

    from bpcli.render.trajectories import frame

    with Live(console=screen.out, transient=True, auto_refresh=False) as live:
        for snapshots in demo.snapshots():
            live.update(frame(snapshots, demo.distances()), refresh=True)
            yield snapshots
            sleep(PAUSE)


def _followed(demo: "Demo", screen: Screen) -> "Iterator[dict[str, Snapshot]]":
    """Take the steps, with a progress bar."""
    return track(
        demo.snapshots(),
        screen,
        what="step",
        done=0,
        total=demo.config.training.epochs,
        seen=lambda snapshots: (snapshots["random"].step, snapshots["random"].loss),
    )
