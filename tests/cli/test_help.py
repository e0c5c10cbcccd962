"""``--help`` in every width of a terminal: nothing is cut, and nothing is said that only Python understands."""

import re

import pytest
from typer import main

from bpcli.cli.app import app


def every_command(group=None, path=()):
    """Yield each command of the program with the words that are typed for it."""
    group = group or main.get_command(app)
    for name in group.commands:
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


def words(command):
    """What the help of a command must show: its options, and every word about them."""
    for parameter in command.params:
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-"))
        yield from (getattr(parameter, "help", None) or "").split()


@pytest.mark.parametrize("columns", [60, 80])
def test_no_help_cuts_a_word_or_names_a_type_of_python(bpcli, columns):
    """Long keys are whole in a narrow terminal. <bool> after a switch would say that a value is to be typed."""
    for path, command in every_command():
        shown = bpcli(*path, "--help", columns=columns).out
        assert {word for word in words(command) if word not in shown} == set(), path
        assert re.findall(r"<(?:bool|str|path|int|float|list\S*)>", shown) == [], path
        assert max(map(len, shown.splitlines())) <= columns


def test_choices_are_told_where_there_is_room_and_where_there_is_not(bpcli):
    """<stable|blas> stands in a column of its own, or in one line with the option."""
    assert "--arithmetic  <stable|blas>" in bpcli("symmetry-demo", "--help", columns=60).out
    assert re.search(r"--arithmetic {3,}<stable\|blas> {3,}stable: one", bpcli("symmetry-demo", "--help").out)


def test_no_word_of_the_help_stands_on_black():
    """As code in Markdown does, also where the terminal is white."""
    assert [path for path, command in every_command() if "`" in (command.help or "")] == []
