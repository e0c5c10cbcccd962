"""``bpcli config``: list, show, check and create configurations."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bpcli.cli import completion
from bpcli.cli.console import Screen
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption, SeedOption, SetOption, check_free
from bpcli.cli.resolving import layers_of, resolved
from bpcli.common.files import write_atomically

app = typer.Typer(
    help="List, show, check and create configurations.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigName = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG",
        autocompletion=completion.configurations,
        help="Path of a YAML file, or name of a shipped configuration.",
    ),
]


@app.command("list")
def list_(as_json: JsonOption = False, quiet: QuietOption = False, no_color: NoColorOption = False) -> None:
    """List the shipped configurations."""
    from bpcli.config import shipped
    from bpcli.render.config import shipped_table

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    found = shipped()
    screen.show(shipped_table(found))
    screen.document(
        {
            "schema": "bpcli.config.list/1",
            "configurations": [
                {"name": each.name, "description": each.description, "path": str(each.path)} for each in found
            ],
        }
    )


@app.command()
def show(
    config: ConfigName,
    override: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Show the resolved configuration with the origin of each value."""
    from bpcli.config import show_lines
    from bpcli.render.config import shown_config

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    found = resolved(config, override, {"seed": seed})
    screen.show(shown_config(show_lines(found)), whole_lines=True)
    screen.document(
        {
            "schema": "bpcli.config.show/1",
            "name": found.name,
            "config": found.config.model_dump(mode="json"),
            "origins": dict(found.origins),
        }
    )


@app.command()
def check(
    config: ConfigName,
    override: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Check a configuration and the data that it names, and report all its problems at once.

    Reads the data, standard input excepted. Exits with 2 if there are any problems.
    """
    from bpcli.common.errors import ConfigError, DataError
    from bpcli.config import ConfigProblems
    from bpcli.yamltext.problems import Problem

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    problems: tuple[dict[str, object], ...] = ()
    try:
        layers = layers_of(config, override, {"seed": seed})
        found = layers.resolved()
        if layers.sweep:
            from bpcli.sweep.plan import make_plan

            make_plan(layers, [])
        from bpcli.render.config import checked  # NumPy is loaded only where the file is sound
        from bpcli.training.setup import checked_data

        data = checked_data(found.config)
        screen.show(checked(found, data), whole_lines=True)
    except ConfigProblems as error:
        if not as_json:
            raise
        problems = tuple(asdict(problem) for problem in error.problems)
    except (ConfigError, DataError) as error:
        if not as_json:
            raise
        of_data = isinstance(error, DataError)  # else what is configured does not suit them
        file, key = (found.config.data.source, "data") if of_data else (str(found.path), "training")
        problems = (asdict(Problem(file, None, None, key, str(error))),)
    screen.document({"schema": "bpcli.config.check/1", "valid": not problems, "problems": list(problems)})
    return 2 if problems else 0


@app.command()
def new(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="File to write; without FILE, the configuration is printed."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
) -> None:
    """Create a configuration file: every key with its default and a comment."""
    from rich.text import Text

    from bpcli.config import starter

    if file is None:
        typer.echo(starter(), nl=False)
        return
    check_free(file, force=force)
    write_atomically(file, starter().encode())
    Screen().show(Text(f"created {file}; edit it, then run: bpcli config check {file}"), whole_lines=True)


@app.command()
def schema() -> None:
    """Print the JSON schema of a configuration file, for completion and validation in editors."""
    from bpcli.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
