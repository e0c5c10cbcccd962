"""Reads YAML text into a tree of values and places; no input can make it run code, guess types or hang.

PyYAML's pure Python parser supplies events with their marks; none of its constructors is used. Harmful
constructs are rejected: aliases (exponential growth), tags (arbitrary types), and nesting or length beyond
any reasonable file. The parser advances only when the next event is requested, so the limits also bound its
work.
"""

from collections.abc import Callable

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from bpcli.yamltext.problems import Collector, KeyPath, Place
from bpcli.yamltext.scalars import parse_scalar, show
from bpcli.yamltext.syntax_errors import (
    Mark,
    YamlSyntaxError,
    forbidden_character,
    mark_of,
    message_for,
)
from bpcli.yamltext.tree import Node, merge

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_VALUES = 2000

Locate = Callable[[int, int], Place]


def read(text: str, locate: Locate, problems: Collector, path: KeyPath = ()) -> Node | None:
    """Return the tree of a text, or None if its value as a whole was rejected (and the problem recorded).

    Args:
        text: One YAML document; empty text is null.
        locate: Returns the place of a line and a column, both counted from 1.
        problems: Collects what is rejected while reading continues.
        path: The key whose value the text is.

    Raises:
        YamlSyntaxError: The rest of the text cannot be read.
    """
    return _Reading(text, locate, problems).document(path)


class _Reading:
    def __init__(self, text: str, locate: Locate, problems: Collector) -> None:
        self._locate = locate
        self._problems = problems
        self._values = 0
        try:
            self._parser = yaml.SafeLoader(text)
        except ReaderError as error:
            line, column, message = forbidden_character(error, text)
            raise YamlSyntaxError(locate(line + 1, column + 1), message) from None

    def document(self, path: KeyPath) -> Node | None:
        self._next()
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return Node(None, self._place(start.start_mark))
        node = self._node(self._next(), path, 0)
        self._next()
        after = self._next()
        if isinstance(after, DocumentStartEvent):
            place = self._place(after.start_mark)
            raise YamlSyntaxError(place, "a second document starts here; keep one and delete the '---'")
        return node

    def _next(self) -> Event:
        try:
            event: Event = self._parser.get_event()  # type: ignore[no-untyped-call]
        except MarkedYAMLError as error:
            raise YamlSyntaxError(self._place(mark_of(error)), message_for(error)) from None
        except (ValueError, OverflowError):
            # PyYAML does not check the range of numbers in escapes and directives.
            message = "a number here is out of range for YAML"
            raise YamlSyntaxError(self._place(self._parser.get_mark()), message) from None
        return event

    def _place(self, mark: Mark | None) -> Place:
        return self._locate(mark.line + 1, mark.column + 1) if mark else self._locate(1, 1)

    def _node(self, event: Event, path: KeyPath, depth: int) -> Node | None:
        place = self._place(event.start_mark)
        self._values += 1
        if depth > MAX_DEPTH:
            raise YamlSyntaxError(place, f"too deeply nested; at most {MAX_DEPTH} levels are allowed")
        if self._values > MAX_VALUES:
            raise YamlSyntaxError(place, f"too many values; at most {MAX_VALUES} are allowed")
        if isinstance(event, NodeEvent):
            self._reject_references(event, place, path)
        match event:
            case ScalarEvent():
                return self._scalar(event, place, path)
            case SequenceStartEvent():
                return self._list(place, path, depth)
            case MappingStartEvent():
                return self._mapping(place, path, depth)
        return None  # an alias, whose value is unknown

    def _reject_references(self, event: NodeEvent, place: Place, path: KeyPath) -> None:
        if isinstance(event, AliasEvent):
            message = f"the alias {show(f'*{event.anchor}')} is not allowed; write the value"
            self._problems.add(place, path, message)
        elif event.anchor is not None:
            message = f"the anchor {show(f'&{event.anchor}')} is not allowed; remove it"
            self._problems.add(place, path, message, invalidates=False)
        tag = getattr(event, "tag", None)
        if tag is not None:
            short = tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {show(short)} is not allowed; write the value without it"
            self._problems.add(place, path, message, invalidates=False)

    def _scalar(self, event: ScalarEvent, place: Place, path: KeyPath) -> Node | None:
        text: str = event.value
        try:
            text.encode()  # an escape can be half of a surrogate pair, which cannot be printed or stored
            return Node(parse_scalar(text) if event.style is None else text, place)
        except UnicodeEncodeError:
            self._problems.add(
                place, path, f"{show(text)} contains an unpaired surrogate; write the character itself"
            )
        except ValueError as error:
            self._problems.add(place, path, f"{error} is not allowed; write a smaller one")
        return None

    def _list(self, place: Place, path: KeyPath, depth: int) -> Node | None:
        items: list[Node | None] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), depth + 1))
        kept = [item for item in items if item is not None]
        return Node(list(kept), place) if len(kept) == len(items) else None

    def _mapping(self, place: Place, path: KeyPath, depth: int) -> Node:
        entries: dict[str, Node] = {}
        seen: dict[str, Place] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            key_place = self._place(event.start_mark)
            key = self._key(event, path, depth)
            below = path if key is None else (*path, key)
            value = self._node(self._next(), below, depth + 1)
            if key is None:
                continue
            if key in seen:
                self._reject_duplicate(key_place, seen[key], below, value)
            seen.setdefault(key, key_place)
            if value is not None:
                value = Node(value.value, value.place, key_place)
                # Two sections with the same key are merged, so that mistakes in both are found.
                if key not in entries:
                    entries[key] = value
                elif value.value is not None:
                    entries[key] = merge(entries[key], value, self._problems, below)
        return Node(entries, place)

    def _reject_duplicate(self, second: Place, first: Place, path: KeyPath, value: Node | None) -> None:
        where = f", first at {first.line}:{first.column}" if first.line else ""
        known = value is not None and isinstance(value.value, dict)
        message = f"written twice{where}; keep one of the two"
        self._problems.add(second, path, message, invalidates=not known)

    def _key(self, event: Event, path: KeyPath, depth: int) -> str | None:
        node = self._node(event, path, depth + 1)
        if node is None or isinstance(node.value, str):
            return None if node is None else str(node.value)
        what = "a list or a mapping" if isinstance(node.value, dict | list) else show(node.value)
        message = f"a key must be text, not {what}; put it in quotes"
        self._problems.add(node.place, path, message, invalidates=False)
        return None
