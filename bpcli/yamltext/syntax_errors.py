"""What PyYAML reports about malformed text, in plain words and with what to write instead."""

import re
from typing import Protocol

from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from bpcli.yamltext.problems import Place

# The first pattern found in PyYAML's "context: problem" determines the message.
_MESSAGES = (
    (r"while scanning a block scalar", "text that starts with '|' or '>' must be quoted"),
    (r"directive|version 1", "directives (lines that start with '%') are not supported; delete this line"),
    (r"\btag\b|an anchor|an alias", "text that starts with '&', '*' or '!' must be quoted"),
    (r"character '\\t' that", "tabs cannot be used for indentation or between tokens; use spaces"),
    (r"character (.+) that cannot start", "text that starts with {0} must be quoted"),
    (r"mapping values are not", "unexpected ':'; check the indentation, or quote text that contains ': '"),
    (r"sequence entries are not", "a list cannot start here; write it below its key, or as [a, b]"),
    (r"mapping keys are not", "unexpected '?'; text that starts with '?' must be quoted"),
    (r"not find expected ':'", "this line is neither 'key: value' nor a continuation of the line above"),
    (
        r"unknown escape character (.+)",
        "\\ before {0} is not a valid escape sequence; write \\\\, or use single quotes",
    ),
    (r"escape sequence of (\d+) hexadecimal", "this escape sequence needs {0} hexadecimal digits"),
    (r"unexpected end of stream", "a quote is opened but never closed"),
    (r"unexpected document separator", "a quote is not closed before '---' or '...'"),
    (r"<block end>, but found ':'", "a key is missing before this ':'"),
    (r"<block end>, but found ('[]},]')", "unexpected {0}; quote text that contains it"),
    (r"<block end>, but found '<scalar>'", "unexpected text after the value; quote the whole value"),
    (r"<block end>", "the indentation of this line matches none of the lines above"),
    (r"',' or '(.)', but got '<stream end>'", "a bracket is opened but never closed; add the missing '{0}'"),
    (r"',' or '(.)', but got", "a ',' or the closing '{0}' is missing before this"),
    (r"the node content", "a value is missing before this"),
    (r"<document start>", "unexpected content; check the indentation and the brackets of the lines above"),
)
# For these the mistake is where the quote, bracket or line starts, which PyYAML reports as the context.
_REPORTED_AT_START = ("could not find expected ':'", "unexpected end of stream", "but got '<stream end>'")


class YamlSyntaxError(Exception):
    """The text is not valid YAML, or is more than the reader accepts; reading ends here."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class Mark(Protocol):
    """A place in the text, counted from 0; PyYAML has two classes of them."""

    line: int
    column: int


def message_for(error: MarkedYAMLError) -> str:
    """Return what is wrong with the text and what to write."""
    report = f"{error.context}: {error.problem}"
    for pattern, message in _MESSAGES:
        if found := re.search(pattern, report):
            return message.format(*found.groups())
    return error.problem or "not valid YAML"


def mark_of(error: MarkedYAMLError) -> Mark | None:
    """Return where the mistake is, which is not always where the parser stopped."""
    at_start = any(words in (error.problem or "") for words in _REPORTED_AT_START)
    return (error.context_mark if at_start else None) or error.problem_mark or error.context_mark


def forbidden_character(error: ReaderError, text: str) -> tuple[int, int, str]:
    """Return line and column (from 0) of a character that YAML does not allow, and the message."""
    before = text[: error.position]
    line, column = before.count("\n"), error.position - before.rfind("\n") - 1
    code = ord(text[error.position])
    return line, column, f"the character U+{code:04X} is not allowed in YAML; delete it"
