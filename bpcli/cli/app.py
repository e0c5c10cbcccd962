"""The program ``bpcli``: its commands, and the one place where a failure becomes a message and an exit code."""

import os
import sys
from typing import Annotated

import typer

from bpcli import __version__
from bpcli.cli import config, train
from bpcli.cli.console import complain
from bpcli.errors import BpcliError

app = typer.Typer(
    name="bpcli",
    help="Train a small sigmoid network by manual backpropagation, and see, check and prove every step.",
    epilog="Start with: bpcli train (handwritten digits), bpcli train xor, bpcli config list.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode="markdown",  # so that help is folded to the terminal, not where the source is
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("train")(train.train)
app.add_typer(config.app, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bpcli {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_option: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train a small sigmoid network by manual backpropagation, and see, check and prove every step."""


def main() -> None:
    """Run the command line and exit: 0 fine, 1 the machine failed, 2 wrong usage, 3 the answer is no."""
    sys.exit(_run())


def _run() -> int:
    color = "--no-color" not in sys.argv
    try:
        return app(standalone_mode=False) or 0
    except BpcliError as error:
        complain(str(error), color=color)
        return error.exit_code
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "bpcli")
        complain(f"{error.format_message().rstrip('.')}; see {command} --help", color=color)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone, as with `| head`; Python must not complain of it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"{error.filename or 'the machine'}: {error.strerror or error}", color=color)
        return 1
    except MemoryError:
        complain("not enough memory: use a smaller training.batch_size, fewer hidden units or dtype float32")
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
