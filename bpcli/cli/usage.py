"""Says anew what the option parser has to complain of: what was typed, what there is, and what was probably meant."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from typer import TyperException

from bpcli.common.text import LONGEST, did_you_mean, listed, nearest, printable, synonym

# The types of pydantic's errors, by which typer checks values, and what a value should have been.
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("small", "ge", "{} or more"),
    "less_than_equal": ("large", "le", "{} or less"),
}


def usage_message(error: TyperException) -> str:
    """Return one message for an error of the parser; empty where it has shown the help instead."""
    found: Any = error
    context = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    if message.endswith("requires an argument"):
        return f"{found.option_name} needs a value after it"
    if context is None or not message:
        return message
    see = f"; see {context.command_path} --help"
    if type(error).__name__ == "NoSuchOption":
        said = _no_option(found.option_name, context.command.params)
        return f"{said} See {context.command_path} --help" if said.endswith("?") else said + see
    if (details := _details(error)) and getattr(found, "param", None) is not None:
        return _wrong_value(found.param, details)
    if unknown := re.search(r"No such command '(.*?)'", message):
        return _no_command(unknown[1], context.command.commands, context.command_path)
    if extra := re.search(r"unexpected extra argument\(?s?\)? \((.*)\)", message):
        return f"{printable(extra[1], LONGEST)}: one argument too many, or an option without its dashes{see}"
    if (missing := getattr(found, "param", None)) is not None and message.startswith("Missing"):
        name = missing.opts[0] if missing.opts[0].startswith("-") else missing.metavar or missing.name
        choices = [str(each) for each in missing.type_descriptor.choices or ()]
        values = f": write {name} {listed(choices, 'or')}" if choices else ""
        return f"{name} is missing{values}{see}"
    return message + see


def _no_option(name: str, parameters: Sequence[Any]) -> str:
    """Say that there is no such option, and which one, or which key of --set, was probably meant."""
    from bpcli.config.schema import keys_called, known_keys

    options = {
        option.lstrip("-"): option
        for each in parameters
        for option in (*each.opts, *each.secondary_opts)
        if option.startswith("--")
    }
    word = name.lstrip("-")
    what = f"there is no option {printable(name, LONGEST)}"
    same, keys = synonym(word, options), keys_called(word) if "set" in options else []
    if same is None and keys:
        return f"{what}; write --set {listed((f'{_dotted(key)}=VALUE' for key in keys), 'or')}"
    if meant := same or nearest(word, options):
        return f"{what}; did you mean {options[meant]}?"
    # Of so many keys one is always a little like the word; what is mistyped begins with the right letter.
    alike = [str(key[-1]) for key in known_keys() if str(key[-1])[0] == word[:1]]
    if "set" in options and (meant := nearest(word, alike)):
        keys = [key for key in known_keys() if key[-1] == meant]
        return f"{what}; did you mean --set {listed((f'{_dotted(key)}=VALUE' for key in keys), 'or')}?"
    return f"{what}; there are {listed(sorted(options.values()))}"


def _dotted(key: Sequence[object]) -> str:
    return ".".join(map(str, key))


def _details(error: TyperException) -> Mapping[str, Any] | None:
    """What pydantic found first, if it was pydantic that refused the value."""
    errors = getattr(error.__cause__, "errors", None)
    return errors(include_url=False)[0] if errors else None


def _wrong_value(parameter: Any, details: Mapping[str, Any]) -> str:
    """Say which value an option cannot have, and which it can."""
    name = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.metavar
    value, kind = details["input"], details["type"]
    said = f"{name}: '{printable(str(value), LONGEST)}'"
    if choices := [str(each) for each in parameter.type_descriptor.choices or ()]:
        hint = did_you_mean(value, choices)
        return f"{said} is not one of {', '.join(choices)}; {hint or 'write one of these'}"
    if kind in _BOUNDS:
        size, bound, words = _BOUNDS[kind]
        return f"{said} is too {size}; write {words.format(details['ctx'][bound])}"
    if expected := _EXPECTED.get(kind, _EXPECTED.get(kind.partition("_")[0])):
        return f"{said} is not {expected}; write {name} {parameter.metavar or 'VALUE'}"
    return f"{said}: {details['msg']}"


def _no_command(word: str, commands: Mapping[str, object], path: str) -> str:
    """Say that there is no such command; a configuration or a file in its place belongs after a command."""
    from bpcli.cli.resolving import belongs_to
    from bpcli.config import shipped

    if path == "bpcli" and (command := belongs_to(word)):
        return command
    if path == "bpcli" and any(word == each.name for each in shipped()):
        return f"{word} is a configuration, not a command: bpcli train {word} trains it"
    hint = did_you_mean(word, commands)
    there = f"the commands of {path} are {listed(commands)}"
    what = f"there is no command '{printable(word, LONGEST)}'; "
    return f"{what}{hint} T{there[1:]}" if hint else f"{what}{there}"
