"""No file can run code, hang the reader or raise anything but a list of short problems."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.config import Config, ConfigProblems, read
from bpcli.yamltext.reader import MAX_BYTES

from .conftest import Load, Reported

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
def test_hostile_text(text: str, reported: Reported) -> None:
    """Every attempt ends in errors that are short and name the line and the column."""
    lines = reported(text)
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


@settings(max_examples=60)
@given(pieces | st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text(anywhere: Callable[[str], Config], text: str) -> None:
    """Any text is a configuration or has problems, and raises nothing else."""
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


@pytest.mark.parametrize("text", ["5", "- seed", "just words"])
def test_not_a_mapping(text: str, reported: Reported) -> None:
    """The top level must hold keys and values."""
    (line,) = reported(text)
    assert line.startswith("my.yaml:1:1: the file contains ")
    assert line.endswith("write keys and values, for example seed: 0")


def test_merge_is_a_key_like_any_other(reported: Reported) -> None:
    """``<<`` merges nothing."""
    (line,) = reported("<<: {seed: 1}")
    assert line.startswith("my.yaml:1:1: <<: unknown key")
