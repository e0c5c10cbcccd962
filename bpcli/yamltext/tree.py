"""Values together with the places where they were written, so that an error or an origin can point to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bpcli.yamltext.problems import Collector, KeyPath, Place, dotted
from bpcli.yamltext.scalars import Scalar, show


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list or a mapping; ``place`` is where the value is written, ``key_place`` where its key is."""

    value: Scalar | list["Node"] | dict[str, "Node"]
    place: Place
    key_place: Place | None = None


def from_plain(value: object, place: Place) -> Node:
    """Return plain values as a tree in which all of them have the same place."""
    if isinstance(value, Mapping):
        return Node({key: from_plain(item, place) for key, item in value.items()}, place, place)
    if isinstance(value, list | tuple):
        return Node([from_plain(item, place) for item in value], place, place)
    return Node(value, place, place)  # type: ignore[arg-type]


def to_plain(node: Node) -> Any:
    """Return the values of a tree without their places."""
    if isinstance(node.value, dict):
        return {key: to_plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [to_plain(item) for item in node.value]
    return node.value


def nested(path: Sequence[str], node: Node) -> Node:
    """Return ``node`` inside the mappings that lead to it."""
    for key in reversed(path):
        node = Node({key: node}, node.place, node.place)
    return node


def find(node: Node, path: KeyPath) -> Node | None:
    """Return the node at ``path``, or None if there is none."""
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


def set_in(node: Node, path: KeyPath, new: Node) -> Node:
    """Return the tree with the node at ``path`` replaced by ``new``."""
    return _edited(node, path, new)


def remove_in(node: Node, path: KeyPath) -> Node:
    """Return the tree without the node at ``path``; an item of a list takes the whole list with it."""
    return _edited(node, path, None)


def _edited(node: Node, path: KeyPath, new: Node | None) -> Node:
    if not path or not isinstance(node.value, dict) or path[0] not in node.value:
        return node
    head, *rest = path
    entries = dict(node.value)
    below = entries[str(head)]
    if rest and isinstance(below.value, dict):
        entries[str(head)] = _edited(below, tuple(rest), new)
    elif new is None:
        del entries[str(head)]
    else:
        entries[str(head)] = new
    return replace(node, value=entries)


def merge(
    lower: Node, higher: Node, problems: Collector, path: KeyPath = (), *, sections: Collection[KeyPath] = ()
) -> Node:
    """Return ``higher`` merged over ``lower``: mappings are merged key by key, other values are replaced.

    Null for one of ``sections`` changes nothing, like an empty file. A mapping replaces null; a mapping over
    a scalar or a list is recorded as a problem, because these have no keys.
    """
    if not isinstance(higher.value, dict):
        return lower if higher.value is None and path in sections else higher
    if lower.value is None:
        return higher
    if not isinstance(lower.value, dict):
        what = "a list" if isinstance(lower.value, list) else show(lower.value)
        message = f"{dotted(path)} is {what} and has no keys; set {dotted(path)} itself"
        problems.add(higher.place, (*path, *list(higher.value)[:1]), message)
        return lower
    entries = dict(lower.value)
    for key, node in higher.value.items():
        if key in entries:
            entries[key] = merge(entries[key], node, problems, (*path, key), sections=sections)
        else:
            entries[key] = node
    return replace(higher, value=entries)


def leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that is not a mapping."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)
