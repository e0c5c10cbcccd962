"""Every mistake in the syntax is described in plain words, at the place where it was made."""

import pytest

from .conftest import Read


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c", "1:5", "unexpected ':'"),
        ("seed: 1\n  data: 2", "2:7", "unexpected ':'"),
        ("a:\n\tb: 1", "2:1", "tabs cannot be used for indentation"),
        ("a: @x", "1:4", "text that starts with '@' must be quoted"),
        ("a: 'x\nb: 3", "1:4", "a quote is opened but never closed"),
        ("a: [1, 2", "1:4", "a bracket is opened but never closed; add the missing ']'"),
        ("a: {b: 1", "1:4", "a bracket is opened but never closed; add the missing '}'"),
        ("a: [1, 2\nb: 3", "2:2", "a ',' or the closing ']' is missing"),
        ("a: ]", "1:4", "a value is missing"),
        ("a: [1], 2", "1:7", "unexpected ','; quote text"),
        ('a: "x" y', "1:8", "unexpected text after the value"),
        ("a:\n    b: 1\n  c: 2", "3:3", "the indentation of this line matches none"),
        (" a: 1\nb: 2", "2:1", "unexpected content"),
        ("a: - b", "1:4", "a list cannot start here"),
        ("a: 1\nb\nc: 2", "2:1", "this line is neither 'key: value' nor"),
        (": 3", "1:1", "a key is missing"),
        ('a: "\\q"', "1:6", "\\ before 'q' is not a valid escape"),
        ("a: *", "1:5", "text that starts with '&', '*' or '!' must be quoted"),
        ("a: !h!x", "1:4", "text that starts with '&', '*' or '!' must be quoted"),
        ("a: |x", "1:5", "text that starts with '|' or '>' must be quoted"),
        ("%x\na: 1", "2:1", "unexpected content"),
        ("%YAML 2.0\n---\n", "1:1", "directives (lines that start with '%')"),
        ('a: "\\xzz"', "1:7", "this escape sequence needs 2 hexadecimal digits"),
    ],
)
def test_syntax(text: str, place: str, words: str, read_file: Read) -> None:
    """A mistake in the syntax ends the reading with one problem."""
    _, (problem,) = read_file(text)
    assert problem.startswith(f"{place}: {words}")
