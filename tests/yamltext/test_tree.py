"""Trees are searched, edited and merged without changing the originals."""

from typing import Any

import pytest

from bpcli.yamltext.problems import Collector, ConfigProblems, KeyPath, Place
from bpcli.yamltext.tree import Node, find, from_plain, leaves, merge, nested, remove_in, set_in, to_plain

VALUES: dict[str, Any] = {"seed": 0, "model": {"hidden": [4, 2], "init": {"scheme": "he"}}, "stop": None}


@pytest.fixture
def tree() -> Node:
    """The tree of VALUES."""
    return from_plain(VALUES, Place.default())


def test_plain_values(tree: Node) -> None:
    """A tree of plain values holds these values."""
    assert to_plain(tree) == VALUES


@pytest.mark.parametrize(
    ("path", "value"),
    [((), VALUES), (("seed",), 0), (("model", "hidden", 1), 2), (("model", "init", "scheme"), "he")],
)
def test_find(tree: Node, path: KeyPath, value: object) -> None:
    """A path of keys and positions leads to a node."""
    node = find(tree, path)
    assert node is not None
    assert to_plain(node) == value


@pytest.mark.parametrize(
    "path", [("x",), ("seed", "x"), ("model", "hidden", 2), ("model", 0), ("model", "hidden", "x")]
)
def test_find_nothing(tree: Node, path: KeyPath) -> None:
    """A path that leads nowhere has no node."""
    assert find(tree, path) is None


def test_set_and_remove(tree: Node) -> None:
    """A node is replaced or removed in a copy; an item of a list takes the whole list with it."""
    new = Node(7, Place.default())
    assert to_plain(set_in(tree, ("model", "init", "scheme"), new))["model"]["init"] == {"scheme": 7}
    assert to_plain(remove_in(tree, ("model", "init", "scheme")))["model"]["init"] == {}
    assert to_plain(remove_in(tree, ("model", "hidden", 1)))["model"] == {"init": {"scheme": "he"}}
    assert to_plain(remove_in(tree, ("model", "x", "y"))) == VALUES
    assert to_plain(tree) == VALUES


def test_merge(tree: Node) -> None:
    """Mappings are merged key by key; lists and scalars are replaced; null becomes a mapping."""
    higher = from_plain({"model": {"hidden": [1]}, "stop": {"patience": 3}, "x": 1}, Place.default())
    merged = merge(tree, higher, Collector())
    assert to_plain(merged) == {
        "seed": 0,
        "model": {"hidden": [1], "init": {"scheme": "he"}},
        "stop": {"patience": 3},
        "x": 1,
    }


def test_merge_null(tree: Node) -> None:
    """Null replaces a value, but changes nothing where the key is a section."""
    higher = from_plain({"model": None}, Place.default())
    assert to_plain(merge(tree, higher, Collector()))["model"] is None
    assert to_plain(merge(tree, higher, Collector(), sections=[("model",)])) == VALUES


@pytest.mark.parametrize(
    ("path", "what"), [(("seed", "x"), "seed is 0"), (("model", "hidden", "x"), "model.hidden is a list")]
)
def test_merge_below_a_value(tree: Node, path: tuple[str, ...], what: str) -> None:
    """A key below a scalar or a list is a problem, and the value stays."""
    problems = Collector()
    merged = merge(tree, nested(path, Node(1, Place.default())), problems)
    assert to_plain(merged) == VALUES
    with pytest.raises(ConfigProblems, match=f"{what} and has no keys; set "):
        problems.raise_if_any()


def test_leaves() -> None:
    """Every value that is not a mapping has a path."""
    assert list(leaves(VALUES)) == [("seed",), ("model", "hidden"), ("model", "init", "scheme"), ("stop",)]
