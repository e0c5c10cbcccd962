"""PyYAML's complaints in plain words, each with the thing to do about it."""

import re
from typing import Protocol

from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

# The first pattern that is found in PyYAML's "while doing this: that is wrong" decides.
_WORDS = (
    (r"while scanning a block scalar", "text cannot start with '|' or '>' unless it is in quotes"),
    (r"directive|version 1", "a line that starts with '%' means nothing here; delete it"),
    (r"\btag\b|an anchor|an alias", "text cannot start with '&', '*' or '!' unless it is in quotes"),
    (r"character '\\t' that", "a tab cannot indent or separate here; use spaces"),
    (r"character (.+) that cannot start", "text cannot start with {0} here; put it in quotes"),
    (r"mapping values are not", "a ':' too many, or a line indented too far; quote text that holds ': '"),
    (r"sequence entries are not", "a list cannot start here; write it below its key, or as [a, b]"),
    (r"mapping keys are not", "a '?' cannot stand here; put text that starts with it in quotes"),
    (r"not find expected ':'", "this line is neither 'key: value' nor the rest of the line before"),
    (
        r"unknown escape character (.+)",
        "\\ before {0} means nothing in double quotes; write \\\\ or single quotes",
    ),
    (r"escape sequence of (\d+) hexadecimal", "an escape needs {0} hexadecimal digits here"),
    (r"unexpected end of stream", "a quote is opened and never closed"),
    (r"unexpected document separator", "a quote is not closed before '---' or '...'"),
    (r"<block end>, but found ':'", "a key is missing before this ':'"),
    (r"<block end>, but found ('[]},]')", "{0} does not belong here; put text that holds it in quotes"),
    (r"<block end>, but found '<scalar>'", "the value has ended before this; quote all of it, or nothing"),
    (r"<block end>", "this line's indentation fits none of the lines above"),
    (r"',' or '(.)', but got '<stream end>'", "a bracket is opened and never closed; write its '{0}'"),
    (r"',' or '(.)', but got", "a ',' or the closing '{0}' is missing before this"),
    (r"the node content", "a value is missing before this"),
    (
        r"<document start>",
        "this does not follow from the lines above; see to its indentation and its brackets",
    ),
)
# Here the place to look at is where the quote, bracket or line begins, which PyYAML has as the context.
_OPENED = ("could not find expected ':'", "unexpected end of stream", "but got '<stream end>'")


class Mark(Protocol):
    """A place in the text, counted from 0; PyYAML has two classes of them."""

    line: int
    column: int


def plain_words(error: MarkedYAMLError) -> str:
    """What is wrong with the text, and what to write."""
    complaint = f"{error.context}: {error.problem}"
    for pattern, words in _WORDS:
        if found := re.search(pattern, complaint):
            return words.format(*found.groups())
    return error.problem or "this is not YAML"


def mark_of(error: MarkedYAMLError) -> Mark | None:
    """Where the mistake is, which is not always where the parser noticed it."""
    opened = any(words in (error.problem or "") for words in _OPENED)
    return (error.context_mark if opened else None) or error.problem_mark or error.context_mark


def unreadable_character(error: ReaderError, text: str) -> tuple[int, int, str]:
    """Line and column (from 0) of a character that YAML does not allow, and the words for it."""
    before = text[: error.position]
    line, column = before.count("\n"), error.position - before.rfind("\n") - 1
    code = ord(text[error.position])
    return line, column, f"the character U+{code:04X} cannot stand in YAML; delete it"
