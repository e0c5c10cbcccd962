"""Problems are reported in the order of their places, and remember which values are invalid."""

import pytest

from bpcli.yamltext.problems import Collector, ConfigProblems, KeyPath, Place, dotted


def test_order() -> None:
    """The file from top to bottom comes first, then the layers of higher precedence."""
    problems = Collector()
    problems.add(Place.in_override("--set b=1", "--set", 3, 0), ("b",), "last")
    problems.add(Place.in_file("a/my.yaml", 12, 1), ("c", 0), "second")
    problems.add(Place.in_file("a/my.yaml", 2, 5), (), "first")
    with pytest.raises(ConfigProblems) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == [
        "a/my.yaml:2:5: first",
        "a/my.yaml:12:1: c[0]: second",
        "--set b=1: b: last",
    ]


def test_no_problems() -> None:
    """Nothing is raised where nothing was found."""
    Collector().raise_if_any()


@pytest.mark.parametrize(
    ("path", "invalid"),
    [(("a", "b"), True), (("a", "b", "c"), True), (("a",), True), (("a", "c"), False), (("b",), False)],
)
def test_invalid_values(path: KeyPath, invalid: bool) -> None:
    """A value is invalid with every key below it and every mapping around it."""
    problems = Collector()
    problems.add(Place.default(), ("a", "b"), "wrong")
    problems.add(Place.default(), ("b",), "harmless", invalidates=False)
    assert problems.is_invalid(path) is invalid


def test_dotted() -> None:
    """Keys are joined by dots, positions stand in brackets, and control characters are escaped."""
    assert dotted(("model", "hidden", 1)) == "model.hidden[1]"
    assert dotted(("a\nb",)) == "a\\nb"
    assert dotted(()) == ""
