"""A text, read as the file my.yaml, and the problems that its reader reports."""

from collections.abc import Callable

import pytest

from bpcli.yamltext.problems import Collector, ConfigProblems, Place
from bpcli.yamltext.reader import read
from bpcli.yamltext.syntax_errors import YamlSyntaxError
from bpcli.yamltext.tree import Node

Read = Callable[[str], tuple[Node | None, list[str]]]


@pytest.fixture(scope="session")
def read_file() -> Read:
    """Return the tree of a text (None without one) and its problems, one line each."""

    def read_file(text: str) -> tuple[Node | None, list[str]]:
        problems = Collector()
        try:
            node = read(text, lambda line, column: Place.in_file("my.yaml", line, column), problems)
            problems.raise_if_any()
        except YamlSyntaxError as error:
            return None, [f"{error.place.line}:{error.place.column}: {error.message}"]
        except ConfigProblems as error:
            return node, [str(problem).removeprefix("my.yaml:") for problem in error.problems]
        return node, []

    return read_file
