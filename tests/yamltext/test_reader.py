"""The reader returns values with their places, and rejects what is ambiguous or harmful."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.yamltext.reader import MAX_DEPTH, MAX_VALUES
from bpcli.yamltext.tree import Node, find, to_plain

from .conftest import Read


def place_of(node: Node | None) -> tuple[int | None, int | None]:
    """Line and column of a node."""
    assert node is not None
    return node.place.line, node.place.column


def test_values_and_places(read_file: Read) -> None:
    """Every value has the line and column where it is written, counted from 1."""
    node, problems = read_file("seed: 3\nmodel:\n  hidden: [4, x]\n")
    assert node is not None
    assert not problems
    assert to_plain(node) == {"seed": 3, "model": {"hidden": [4, "x"]}}
    assert place_of(find(node, ("seed",))) == (1, 7)
    assert place_of(find(node, ("model", "hidden"))) == (3, 11)
    assert place_of(find(node, ("model", "hidden", 1))) == (3, 15)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "null", "~", "\ufeff"])
def test_empty_text_is_null(text: str, read_file: Read) -> None:
    """A text without content has the value null."""
    node, problems = read_file(text)
    assert node is not None
    assert (node.value, problems) == (None, [])


def test_one_document(read_file: Read) -> None:
    """A second document is rejected at its place."""
    _, problems = read_file("seed: 1\n---\nseed: 2\n")
    assert problems == ["2:1: a second document starts here; keep one and delete the '---'"]


def test_references_and_tags(read_file: Read) -> None:
    """Aliases, anchors and tags are rejected together, each at its place, and the rest is read."""
    node, problems = read_file("seed: !!int 3\nmodel:\n  hidden: &h [3]\ntraining:\n  epochs: *h\n")
    assert problems == [
        "1:7: seed: the tag '!!int' is not allowed; write the value without it",
        "3:11: model.hidden: the anchor '&h' is not allowed; remove it",
        "5:11: training.epochs: the alias '*h' is not allowed; write the value",
    ]
    assert node is not None
    assert to_plain(node) == {"seed": 3, "model": {"hidden": [3]}, "training": {}}


@pytest.mark.parametrize(("key", "shown"), [("1", "1"), ("null", "null"), ("true", "true"), ("1.5", "1.5"),
    ("? [a]\n", "a list or a mapping")])  # fmt: skip
def test_keys_are_text(key: str, shown: str, read_file: Read) -> None:
    """A key that is not text is rejected."""
    _, problems = read_file(f"{key}: 3")
    assert [problem.partition(": ")[2] for problem in problems] == [
        f"a key must be text, not {shown}; put it in quotes"
    ]


def test_duplicate_sections_are_merged(read_file: Read) -> None:
    """A key written twice is a problem, but what both sections say is read, the later one last."""
    node, problems = read_file("a: {b: 1, c: 2}\na: {b: 3}\n")
    assert problems == ["2:1: a: written twice, first at 1:1; keep one of the two"]
    assert node is not None
    assert to_plain(node) == {"a": {"b": 3, "c": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * (MAX_DEPTH + 2), f"too deeply nested; at most {MAX_DEPTH} levels are allowed"),
        ("[" + "a," * MAX_VALUES + "]", f"too many values; at most {MAX_VALUES} are allowed"),
        ("%YAML 9" + "9" * 5_000 + ".1\n---\n", "a number here is out of range for YAML"),
        ("a: \0", "the character U+0000 is not allowed in YAML; delete it"),
        ("a: " + "9" * 101, "a: an integer of more than 100 digits is not allowed; write a smaller one"),
        ('a: "\\ud800"', "a: '\\ud800' contains an unpaired surrogate; write the character itself"),
    ],
)
def test_limits(text: str, message: str, read_file: Read) -> None:
    """Each limit of the reader has a message of its own."""
    _, (problem,) = read_file(text)
    assert problem.partition(": ")[2] == message


# fmt: off
WORDS = ["seed", "model", "hidden", "init", "no", "null", "-1", ".nan"]
SIGNS = [": ", ":", "\n", "\n  ", "\n    ", "- ", "? ", "[", "]", "{", "}", ", ", "'", '"', "#", "|", ">", "%", "\t"]
TRICKS = ["&a ", "*a", "!t ", "!!int ", "---\n", "...\n", "\\", "\ufeff", "\x85"]
# fmt: on
pieces = st.lists(st.sampled_from([*WORDS, *SIGNS, *TRICKS]), max_size=30).map("".join)


@settings(max_examples=60)
@given(pieces | st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text(read_file: Read, text: str) -> None:
    """Any text has a value or a problem, and raises nothing."""
    node, problems = read_file(text)
    assert node is not None or problems
