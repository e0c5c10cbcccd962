"""``bpcli export``: a trained network for use without bpcli."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bpcli.cli.console import Screen
from bpcli.cli.options import NoColorOption, QuietOption, RunArgument, check_free
from bpcli.common.files import write_atomically


def export(
    run: RunArgument,
    to: Annotated[
        Literal["onnx", "torch", "numpy", "sklearn"],
        typer.Option(
            "--to", help="onnx: a graph. numpy, torch, sklearn: a Python file that needs that package."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Default: model.onnx, or model.py.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Export the network of a run, with the encoding of its inputs, for use without bpcli."""
    from rich.text import Text

    from bpcli.models.onnx_graph import onnx_bytes
    from bpcli.models.standalone import program
    from bpcli.training.saved_model import load_model

    file = output or Path("model.onnx" if to == "onnx" else "model.py")
    check_free(file, force=force)
    model = load_model(run)
    content = onnx_bytes(model) if to == "onnx" else program(model, to).encode()
    write_atomically(file, content)
    Screen(quiet=quiet, color=not no_color).show(Text(f"wrote {file}"), whole_lines=True)
