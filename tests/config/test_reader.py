"""No file runs anything, hangs the reader, or is taken for something that it does not say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcli.common.errors import MachineError, UsageError
from bpcli.config import Config, ConfigProblems, read
from bpcli.yamltext.reader import MAX_BYTES

from .conftest import Complaints, Load

HOSTILE = {
    "open lists": "[" * 60_000,
    "open mappings": "{a: " * 10_000,
    "nested keys": "? " * 30_000,
    "nested items": "- " * 30_000,
    "empty keys": ": " * 30_000,
    "list in list": "[a, " * 5_000,
    "an alias of itself": "&a [*a,*a]",
    "nested aliases": "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "a long word": "a" * 60_000,
    "a long key": "a" * 60_000 + ": 1",
    "a long open quote": '"' + "a\n" * 30_000,
    "many quotes": "'" * 59_999,
    "one key many times": "a: 1\n" * 10_000,
    "many keys": "".join(f"k{i}: 1\n" for i in range(6_000)),
    "many items": "[" + "a," * 30_000,
    "many empty mappings": "{" + "a: {}," * 8_000,
    "many anchors": "".join(f"&a{i} b{i}: 1\n" for i in range(3_000)),
    "a long block": "a: >\n" + "\n" * 60_000,
    "many block marks": ">" * 60_000,
    "many backslashes": "\\" * 60_000,
    "many escapes": 'a: "' + "\\x41" * 16_000 + '"',
    "too many digits": "seed: " + "9" * 5_000,
    "too many hexadecimal digits": "seed: 0x" + "f" * 5_000,
    "an endless version": "%YAML 9" + "9" * 5_000 + ".1\n---\nseed: 1",
    "a character beyond Unicode": 'a: "\\UFFFFFFFF"',
    "half a character": '"\\ud800": "\\udfff"',
    "NUL": "seed: \0",
    "more than the limit": "#" * (MAX_BYTES + 1),
    "code": "!!python/object/apply:os.system ['exit']",
    "a name": "seed: !!python/name:os.system",
    "a list for a key": "? [a]\n: 1",
    "a mapping for a key": "? {a: 1}\n: 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text(text: str, complaints: Complaints) -> None:
    """Every attempt ends in errors that are short and name the line and the column."""
    lines = complaints(text)
    assert all(line.startswith("my.yaml:") for line in lines)
    assert max(map(len, lines)) < 300


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Config]:
    """Reads any text as a file."""
    path = tmp_path_factory.mktemp("any") / "any.yaml"

    def anywhere(text: str) -> Config:
        path.write_bytes(text.encode())
        return read(path)

    return anywhere


# fmt: off
WORDS = ["seed", "model", "hidden", "init", "scheme", "training", "name", "adam", "data", "no", "null", "-1", ".nan"]
SIGNS = [": ", ":", "\n", "\n  ", "\n    ", "- ", "? ", "[", "]", "{", "}", ", ", "'", '"', "#", "|", ">", "%", "\t"]
TRICKS = ["&a ", "*a", "!t ", "!!int ", "---\n", "...\n", "\\", "\ufeff", "\x85"]
# fmt: on
pieces = st.lists(st.sampled_from([*WORDS, *SIGNS, *TRICKS]), max_size=30).map("".join)


@given(pieces | st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text(anywhere: Callable[[str], Config], text: str) -> None:
    """Any text is a configuration or is refused with problems, and nothing else happens."""
    try:
        assert isinstance(anywhere(text), Config)
    except ConfigProblems as error:
        assert error.problems


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# nothing\n", "---\n", "null", "{}", "\ufeff", "data:\nmodel:\ntraining:\n"]
)
def test_nothing_said(text: str, load: Load) -> None:
    """A file, or a section, without content leaves every default."""
    assert load(text).config == Config()


def test_byte_order_mark(load: Load) -> None:
    """A byte order mark is not part of the text."""
    assert load("\ufeffseed: 3\n").config.seed == 3


@pytest.mark.parametrize("text", ["5", "- seed", "just words"])
def test_not_a_mapping(text: str, complaints: Complaints) -> None:
    """The top level must hold keys and values."""
    (line,) = complaints(text)
    assert line.startswith("my.yaml:1:1: the file holds ")
    assert line.endswith("write keys and values, for example seed: 0")


def test_one_document(complaints: Complaints) -> None:
    """A second document is refused, and its place named."""
    assert complaints("seed: 1\n---\nseed: 2\n") == [
        "my.yaml:2:1: a second document begins here; keep one and delete the '---'"
    ]


def test_references_and_tags(complaints: Complaints) -> None:
    """Aliases, anchors and tags are refused together, each at its place."""
    assert complaints("seed: !!int 3\nmodel:\n  hidden: &h [3]\ntraining:\n  epochs: *h\n") == [
        "my.yaml:1:7: seed: the tag '!!int' is refused; write the value without it",
        "my.yaml:3:11: model.hidden: the anchor '&h' is refused; leave it out",
        "my.yaml:5:11: training.epochs: the alias '*h' is refused; write the value",
    ]


def test_merge_is_a_key_like_any_other(complaints: Complaints) -> None:
    """``<<`` merges nothing."""
    (line,) = complaints("<<: {seed: 1}")
    assert line.startswith("my.yaml:1:1: <<: there is no such key")


@pytest.mark.parametrize("key", ["1", "null", "true", "1.5"])
def test_keys_are_words(key: str, complaints: Complaints) -> None:
    """A key that is not text is refused."""
    assert complaints(f"{key}: 3") == [
        f"my.yaml:1:1: a key must be a word, and {key} is none; put it in quotes"
    ]


def test_not_utf8(complaints: Complaints) -> None:
    """A byte that is not UTF-8 is named with its place."""
    assert complaints(b"seed: 1\n# caf\xe9\n") == [
        "my.yaml:2:6: the byte 0xe9 is not UTF-8; save the file as UTF-8"
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c", "1:5", "a ':' too many"),
        ("seed: 1\n  data: 2", "2:7", "a ':' too many"),
        ("a:\n\tb: 1", "2:1", "a tab cannot indent"),
        ("a: @x", "1:4", "text cannot start with '@'"),
        ("a: 'x\nb: 3", "1:4", "a quote is opened and never closed"),
        ("a: [1, 2", "1:4", "a bracket is opened and never closed; write its ']'"),
        ("a: {b: 1", "1:4", "a bracket is opened and never closed; write its '}'"),
        ("a: [1, 2\nb: 3", "2:2", "a ',' or the closing ']' is missing"),
        ("a: ]", "1:4", "a value is missing"),
        ("a: [1], 2", "1:7", "',' does not belong here"),
        ('a: "x" y', "1:8", "the value has ended before this"),
        ("a:\n    b: 1\n  c: 2", "3:3", "this line's indentation fits none"),
        (" a: 1\nb: 2", "2:1", "this does not follow from the lines above"),
        ("a: - b", "1:4", "a list cannot start here"),
        ("a: 1\nb\nc: 2", "2:1", "this line is neither 'key: value' nor"),
        (": 3", "1:1", "a key is missing"),
        ('a: "\\q"', "1:6", "\\ before 'q' means nothing"),
        ("a: *", "1:5", "text cannot start with '&', '*' or '!'"),
        ("a: !h!x", "1:4", "text cannot start with '&', '*' or '!'"),
        ("a: |x", "1:5", "text cannot start with '|' or '>'"),
        ("%x\na: 1", "2:1", "this does not follow from the lines above"),
        ("%YAML 2.0\n---\n", "1:1", "a line that starts with '%' means nothing here"),
        ('a: "\\xzz"', "1:7", "an escape needs 2 hexadecimal digits here"),
    ],
)
def test_syntax(text: str, place: str, words: str, complaints: Complaints) -> None:
    """A mistake in the syntax ends the reading with one error, in plain words."""
    (line,) = complaints(text)
    assert line.startswith(f"my.yaml:{place}: {words}")


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file, and a path that no file can have, are wrong usage."""
    for name in ("none.yaml", "none.yaml/none.yaml", "a\0b", "x" * 5_000):
        with pytest.raises(UsageError):
            read(tmp_path / name)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is not a configuration."""
    with pytest.raises(UsageError, match="is a folder"):
        read(tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system refuses to open is the machine's failure."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MachineError, match="cannot be read: Permission denied"):
        read(tmp_path / "secret.yaml")


def test_endless_file() -> None:
    """Not more than the limit is read, even of a device without end."""
    with pytest.raises(ConfigProblems, match="longer than 64 KiB"):
        read(Path("/dev/zero"))
