"""Values together with where they were written, so that an error or a curious reader can be shown where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bpcli.yamltext.problems import KeyPath, Place
from bpcli.yamltext.scalars import Scalar


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list or a mapping; ``place`` is where the value stands, ``key_place`` where its key."""

    value: Scalar | list["Node"] | dict[str, "Node"]
    place: Place
    key_place: Place | None = None


def grow(value: object, place: Place) -> Node:
    """The tree of plain values that were all written at one place."""
    if isinstance(value, Mapping):
        return Node({key: grow(item, place) for key, item in value.items()}, place, place)
    if isinstance(value, list | tuple):
        return Node([grow(item, place) for item in value], place, place)
    return Node(value, place, place)  # type: ignore[arg-type]


def nested(path: Sequence[str], node: Node) -> Node:
    """``node`` inside the mappings that lead to it."""
    for key in reversed(path):
        node = Node({key: node}, node.place, node.place)
    return node


def bare(node: Node) -> Any:
    """The values without their places."""
    if isinstance(node.value, dict):
        return {key: bare(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [bare(item) for item in node.value]
    return node.value


def find(node: Node, path: KeyPath) -> Node | None:
    """What stands at ``path``, if anything does."""
    found: Node | None = node
    for part in path:
        match found, part:
            case Node(value=dict() as entries), str():
                found = entries.get(part)
            case Node(value=list() as items), int() if part < len(items):
                found = items[part]
            case _:
                return None
    return found


def put(node: Node, path: KeyPath, new: Node | None) -> Node:
    """The tree with ``new`` at ``path``, or with nothing there; a list is taken out as a whole."""
    if not path or not isinstance(node.value, dict) or path[0] not in node.value:
        return node
    head, *rest = path
    entries = dict(node.value)
    below = entries[str(head)]
    if rest and isinstance(below.value, dict):
        entries[str(head)] = put(below, tuple(rest), new)
    elif new is None:
        del entries[str(head)]
    else:
        entries[str(head)] = new
    return replace(node, value=entries)


def leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value that is not a mapping."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)
