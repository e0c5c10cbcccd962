"""Unquoted scalars mean what YAML 1.2 says, and what is written is read back."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.yamltext.problems import Collector, Place
from bpcli.yamltext.reader import read
from bpcli.yamltext.scalars import MAX_DIGITS, Scalar, flow, parse_scalar, show
from bpcli.yamltext.tree import to_plain

values = st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        "no",
        "1e-3",
        "0o7",
        "0x1f",
        "null",
        "~",
        "",
        "...",
        "---",
        "a: b",
        "# x",
        "日本.csv",
        "é",
        "\u2028",
        "12:30",
    ]
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("12", 12),
        ("-12", -12),
        ("+3", 3),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-05", 1e-05),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
    ],
)
def test_core_schema(text: str, value: Scalar) -> None:
    """Null, booleans and numbers are those of the 1.2 core schema."""
    parsed = parse_scalar(text)
    assert (parsed, type(parsed)) == (value, type(value))


def test_nan() -> None:
    """``.nan`` is not a number, in each of its three spellings."""
    assert all(math.isnan(parse_scalar(text)) for text in (".nan", ".NaN", ".NAN"))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "Off",
        "y",
        "12:30",
        "2001-01-01",
        "<<",
        "=",
        "1_000",
        "0b1",
        "0o8",
        "e3",
        ".",
        "1e",
        "٣",
    ],
)
def test_text_of_1_2(text: str) -> None:
    """What YAML 1.1 took for booleans, times, dates, merges and odd numbers is text."""
    assert parse_scalar(text) == text


@pytest.mark.parametrize("text", ["9" * (MAX_DIGITS + 1), "0x" + "f" * MAX_DIGITS, "-" + "9" * 5000])
def test_too_many_digits(text: str) -> None:
    """An integer of enormous length is rejected and not converted."""
    with pytest.raises(ValueError, match="more than 100 digits"):
        parse_scalar(text)


@settings(max_examples=60)
@given(
    st.recursive(values | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
)
def test_written_values_are_read_back(value: object) -> None:
    """Whatever is written in flow style means the same when it is read again."""
    problems = Collector()
    node = read(flow(value), lambda *_: Place.default(), problems)
    problems.raise_if_any()
    assert node is not None
    assert to_plain(node) == value


@pytest.mark.parametrize(
    "text", ["no", "Yes", "1e-3", "0o7", "12:30", "2001-01-01", "a b", "", "null", "...", "-x"]
)
def test_doubtful_text_is_quoted(text: str) -> None:
    """Text that some reader might take for something else stands in quotes."""
    assert flow(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("no", "'no'"),
        (3.0, "3.0"),
        (None, "null"),
        ([1, "a b"], '[1, "a b"]'),
        ("a\nb", "'a\\nb'"),
        ("x" * 99, f"'{'x' * 59}…'"),
    ],
)
def test_shown_in_messages(value: object, shown: str) -> None:
    """A message quotes text, writes other values as YAML, and keeps both short and on one line."""
    assert show(value) == shown


@pytest.mark.parametrize("text", ["digits", "/data/my-iris.csv.gz", "a/b.npz", "日本.csv", "label_1"])
def test_plain_text_is_plain(text: str) -> None:
    """Ordinary words and paths need no quotes."""
    assert flow(text) == text
