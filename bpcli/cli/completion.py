"""What the shell offers after Tab: configurations, ``--set KEY=VALUE``, mistakes, runs, pages and terms."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, get_args

Offered = list[tuple[str, str]]  # each with what it is


def in_bash(complete: Callable[[], object]) -> str:
    """What ``complete`` prints for bash, which breaks words at = and replaces only what stands behind it.

    KEY=VALUE arrives as three words, in the variables that the script of bash sets; Typer wants one.
    """
    words = os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]
    joined: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if joined and word and "=" in (before, word):
            joined[-1] += word
        else:
            joined.append(word)
    os.environ |= {"COMP_WORDS": "\n".join(joined), "COMP_CWORD": str(len(joined) - 1)}
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            complete()
    except SystemExit:  # that is how Typer ends
        pass
    start = joined[-1].rpartition("=")
    there = start[0] + start[1] if len(joined) < len(words) else ""
    return "".join(f"{line.removeprefix(there)}\n" for line in printed.getvalue().splitlines())


def configurations(incomplete: str) -> Offered:
    """The shipped configurations and the YAML files at hand."""
    from bpcli.config import shipped

    named = [(each.name, each.description) for each in shipped() if each.name.startswith(incomplete)]
    return [*named, *((path, "file") for path in _paths(incomplete, (".yaml", ".yml")))]


def settings(incomplete: str) -> Offered:
    """Every key of a configuration with each of its values, or with an example of one."""
    return [(setting, said) for setting, said in _settings() if setting.startswith(incomplete)]


def swept(incomplete: str) -> Offered:
    """Every key with its values between commas, or an example of them; and a range of seeds."""
    choices: dict[str, tuple[list[str], str]] = {}
    for setting, said in _settings():
        key, _, value = setting.partition("=")
        choices.setdefault(key, ([], said))[0].append(value)
    offered = [
        (f"{key}={','.join(values)}", said) for key, (values, said) in choices.items() if key != "seed"
    ]
    return [each for each in [("seed=0:99", "a hundred seeds"), *offered] if each[0].startswith(incomplete)]


def mistakes(incomplete: str) -> Offered:
    """The ids of the catalogue."""
    from bpcli.mistakes.catalogue import CATALOGUE

    return [(row.id, row.explanation) for row in CATALOGUE if row.id.startswith(incomplete)]


def runs(incomplete: str) -> Offered:
    """The run folders at hand: those in runs/ too, where bpcli train keeps them."""
    beneath = [incomplete] if incomplete else ["", "runs/"]
    found = [folder for each in beneath for folder in _paths(each, ())]
    return [(folder, "run") for folder in found if (Path(folder) / "summary.json").is_file()]


def _paths(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """The folders that a path begun so may lead to, and the files of these kinds; all of them on one level."""
    folder = incomplete.rpartition("/")[0]
    try:
        entries = sorted(Path(folder or ("/" if incomplete.startswith("/") else ".")).iterdir())
    except OSError:
        return []
    begun = [(f"{folder}/" if "/" in incomplete else "") + entry.name for entry in entries]
    return [
        path
        for path, entry in zip(begun, entries, strict=True)
        if path.startswith(incomplete) and (entry.name.endswith(suffixes) if suffixes else entry.is_dir())
    ]


def _settings() -> Iterator[tuple[str, str]]:
    """Each KEY=VALUE worth offering, with what it is."""
    from bpcli.config.fields import BUILT_IN
    from bpcli.config.schema import VARIANTS, known_keys, locate

    for path in known_keys():
        name = ".".join(map(str, path))
        if (variants := VARIANTS.get(path[:-1])) and path[-1] == variants.tag:
            yield from ((f"{name}={value}", model.__doc__ or "") for value, model in variants.models.items())
            continue
        owner = (
            next((each for each in variants.models if path[-1] in variants.keys(each)), "")
            if variants
            else ""
        )
        key = locate((*path[:-1], owner, path[-1]) if owner else path)
        description = key.field.description or "" if key.field else ""
        values = [*BUILT_IN] if path == ("data", "source") else _values(key.field, key.example)
        yield from ((f"{name}={value}", description) for value in values)


def _values(field: Any, example: Any) -> list[str]:
    """The choices of a field, or its example as the command line takes it."""
    if field is not None and field.annotation is bool:
        return ["true", "false"]
    choices = (
        [each for each in get_args(field.annotation) if isinstance(each, str)] if field is not None else []
    )
    if choices:
        return choices
    if isinstance(example, list | tuple):
        return [",".join(map(str, example))]
    return [] if example is None or isinstance(example, dict) else [str(example)]
