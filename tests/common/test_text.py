"""Text in messages is printable, short, and suggests what was probably meant."""

import pytest

from bpcli.common.text import cell, did_you_mean, listed, printable, verbatim_cell


@pytest.mark.parametrize(
    ("word", "choices", "question"),
    [
        ("digts", ["digits", "iris"], "did you mean digits?"),
        ("RELU", ["sigmoid", "relu"], "did you mean relu?"),
        ("labl", ["Label", "x"], "did you mean Label?"),
        ("sepal lenght", ["sepal length", "x"], "did you mean 'sepal length'?"),
        ("qqq", ["digits"], None),
        (3, ["3"], None),
        ("x" * 1_000, ["x" * 999], None),
        ("a", [], None),
    ],
)
def test_did_you_mean(word: object, choices: list[str], question: str | None) -> None:
    """The nearest choice is suggested as it is spelled, whatever the case; more than one word is quoted."""
    assert did_you_mean(word, choices) == question


def test_printable() -> None:
    """Control characters are escaped and long text is cut."""
    assert printable("a\n\x1b[2Jé") == "a\\n\\x1b[2Jé"
    assert printable("abcdef", 4) == "abc…"


def test_listed() -> None:
    """Words are joined as in a sentence."""
    assert [listed("a"), listed("ab"), listed("abc", "or")] == ["a", "a and b", "a, b or c"]


@pytest.mark.parametrize(
    "text", ["=x", "@x", "-1+cmd|x", "+A1", "-A1", "\t=x", "\r=x", "--1+2", "-1e5+1", "-5%+A1", "=\x1b[2J"]
)
def test_a_cell_begins_no_formula(text):
    """An apostrophe keeps a spreadsheet from computing it; control characters are kept only where programs read too."""
    assert cell(text) == "'" + text.encode("unicode_escape").decode()
    assert verbatim_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    ["+", "-", "--", "-1", "+1.5e-3", "-1,000.5", "-.5", "-12 %", "setosa", "a=b", "", "\N{MINUS SIGN}3"],
)
def test_signs_and_numbers_are_no_formulas(text):
    """Classes + and -, and numbers in cells, are what they look like."""
    assert cell(text) == verbatim_cell(text) == text
