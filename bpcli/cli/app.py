"""The program ``bpcli``: its commands, and the one place where a failure becomes a message and an exit code."""

import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bpcli import __version__
from bpcli.cli.console import print_error, print_warning
from bpcli.common.errors import BpcliError

# Where each command is: its module, and there the function; or the Typer application of a group of commands.
GROUPS = ("runs", "config")
COMMANDS = {
    "train": ("train", "train"),
    "data": ("data", "data"),
    "evaluate": ("evaluate", "evaluate"),
    "predict": ("predict", "predict"),
    "export": ("export_model", "export"),
    "sweep": ("sweep", "sweep"),
    "gradcheck": ("gradcheck", "gradcheck"),
    "symmetry-demo": ("symmetry_demo", "symmetry_demo"),
    "walkthrough": ("walkthrough", "walkthrough"),
    "docs": ("docs", "docs"),
    "explain": ("docs", "explain"),
    "runs": ("runs", "app"),
    "config": ("config", "app"),
}
PARSERS = {"gradcheck": "GradcheckCommand", "walkthrough": "WalkthroughCommand"}  # that are not Typer's own
MARKUP: Literal["markdown"] = "markdown"  # so that help is folded to the terminal, not where the source is


class Commands(Mapping[str, Any]):
    """The commands by name. Typer builds all of them before one runs; here each is imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _command(name: str) -> Any:
    module_name, function = COMMANDS[name]
    module = import_module(f"bpcli.cli.{module_name}")
    alone = typer.Typer(rich_markup_mode=MARKUP, pretty_exceptions_enable=False)
    if name in GROUPS:
        alone.add_typer(getattr(module, function), name=name)
    else:
        parser = getattr(module, PARSERS[name]) if name in PARSERS else None
        alone.command(name, cls=parser)(getattr(module, function))
    return typer.main.get_group(alone).commands[name]


class Program(TyperGroup):
    """The group of all commands, none of which is loaded yet."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]  # nobody adds to them

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """The names, for the help and for completion."""
        return [*self.commands]


app = typer.Typer(
    name="bpcli",
    cls=Program,
    epilog="Start with: bpcli train (handwritten digits), bpcli train xor, bpcli config list.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
)


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
    _open_missing_streams()
    sys.exit(_run())


def _legible_help() -> None:
    """Give the help the colours of the reports, and room; typer's own yellow and cyan cannot be read on white."""
    from typer import rich_utils

    from bpcli.render.help import HelpTable
    from bpcli.render.styles import HELP

    rich_utils.Table = HelpTable  # type: ignore[attr-defined]

    for name, style in HELP.items():
        setattr(rich_utils, name, style)


def _open_missing_streams() -> None:
    """Replace standard streams that the caller has closed: a file opened later would get their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def _choose_encoding() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file or a pipe gets UTF-8 whatever the console has: pages say that they are UTF-8. On a terminal
            # whose encoding has no ∇, a question mark is better than no report.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _run() -> int:
    _choose_encoding()
    if os.environ.get("_BPCLI_COMPLETE") == "complete_bash":
        from bpcli.cli.completion import in_bash

        sys.stdout.write(in_bash(lambda: app(prog_name="bpcli", standalone_mode=False)))
        return 0
    color = "--no-color" not in sys.argv
    bare = [[], *([group] for group in GROUPS)]  # these show their help
    if sys.argv[1:] in bare or {"-h", "--help"} & set(sys.argv):
        _legible_help()
    warnings.showwarning = lambda message, *_: print_warning(str(message), color=color)  # no line of code
    try:
        code = app(prog_name="bpcli", standalone_mode=False) or 0
        sys.stdout.flush()
    except BpcliError as error:
        print_error(error.lines, color=color)
        return error.exit_code
    except typer.TyperException as error:
        from bpcli.cli.usage import usage_message

        # A bare `bpcli` has printed its help, and has nothing to complain of.
        if not (message := usage_message(error)):
            return 0
        print_error([message], color=color)
        return error.exit_code
    except BrokenPipeError:
        _drop_stdout()  # at exit it would be noticed once more
        return 0
    except SystemExit as end:
        # Click ends the program with 1 where a reader has left, as `head` does.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        _drop_stdout()
        return 0
    except OSError as error:
        if not error.filename:
            _drop_stdout()
        print_error(
            [
                f"{error.filename or 'standard output'}: {error.strerror or error}; free space or change permissions, "
                "then try again"
            ],
            color=color,
        )
        return 1
    except MemoryError:
        print_error(
            [
                "not enough memory: use less data, fewer hidden units, a smaller training.batch_size or "
                "model.dtype=float32"
            ],
            color=color,
        )
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return code


def _drop_stdout() -> None:
    """Let what is still to be printed go nowhere."""
    with suppress(io.UnsupportedOperation):  # a notebook's stream is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
