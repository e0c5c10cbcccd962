"""YAML text to a tree of places and values, by a reader that nothing can make run code, guess types, or hang.

PyYAML's pure Python parser supplies events with their marks; nothing of its constructors is used. What a
file could do harm with is refused: aliases (exponential growth), tags (types of somebody's choice), and
nesting or length beyond what any configuration needs. Because the parser reads on only when asked for the
next event, the limits also bound its work.
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

from bpcli.yamltext.merging import merge
from bpcli.yamltext.messages import Mark, mark_of, plain_words, unreadable_character
from bpcli.yamltext.problems import Collector, KeyPath, Place
from bpcli.yamltext.quoting import show
from bpcli.yamltext.scalars import parse_scalar
from bpcli.yamltext.tree import Node

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_VALUES = 2000

Locate = Callable[[int, int], Place]


class Unreadable(Exception):
    """The text is not YAML that can be read any further."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


def read(text: str, locate: Locate, problems: Collector, path: KeyPath = ()) -> Node | None:
    """The tree of a text, or None where its value was refused as a whole (and the problem noted).

    Args:
        text: One YAML document; nothing at all is null.
        locate: The place of a line and a column, both counted from 1.
        problems: Takes what is refused while reading goes on.
        path: The key that the text is the value of.

    Raises:
        Unreadable: The rest of the text cannot be read.
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
            line, column, message = unreadable_character(error, text)
            raise Unreadable(locate(line + 1, column + 1), message) from None

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
            raise Unreadable(place, "a second document begins here; keep one and delete the '---'")
        return node

    def _next(self) -> Event:
        try:
            event: Event = self._parser.get_event()  # type: ignore[no-untyped-call]
        except MarkedYAMLError as error:
            raise Unreadable(self._place(mark_of(error)), plain_words(error)) from None
        except (ValueError, OverflowError):
            # PyYAML converts numbers in escapes and directives unchecked.
            message = "a number here is beyond what YAML allows"
            raise Unreadable(self._place(self._parser.get_mark()), message) from None
        return event

    def _place(self, mark: Mark | None) -> Place:
        return self._locate(mark.line + 1, mark.column + 1) if mark else self._locate(1, 1)

    def _node(self, event: Event, path: KeyPath, depth: int) -> Node | None:
        place = self._place(event.start_mark)
        self._values += 1
        if depth > MAX_DEPTH:
            raise Unreadable(
                place, f"nested more than {MAX_DEPTH} deep; a configuration needs no more than four"
            )
        if self._values > MAX_VALUES:
            raise Unreadable(
                place, f"more than {MAX_VALUES} values; a configuration needs fewer than a hundred"
            )
        if isinstance(event, NodeEvent):
            self._refuse_references(event, place, path)
        match event:
            case ScalarEvent():
                return self._scalar(event, place, path)
            case SequenceStartEvent():
                return self._list(place, path, depth)
            case MappingStartEvent():
                return self._mapping(place, path, depth)
        return None  # an alias: what it stands for is unknown

    def _refuse_references(self, event: NodeEvent, place: Place, path: KeyPath) -> None:
        if isinstance(event, AliasEvent):
            message = f"the alias {show(f'*{event.anchor}')} is refused; write the value"
            self._problems.add(place, path, message)
        elif event.anchor is not None:
            message = f"the anchor {show(f'&{event.anchor}')} is refused; leave it out"
            self._problems.add(place, path, message, spoils=False)
        tag = getattr(event, "tag", None)
        if tag is not None:
            short = tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {show(short)} is refused; write the value without it"
            self._problems.add(place, path, message, spoils=False)

    def _scalar(self, event: ScalarEvent, place: Place, path: KeyPath) -> Node | None:
        text: str = event.value
        try:
            text.encode()  # an escape can spell half a character, which nothing could print or store
            return Node(parse_scalar(text) if event.style is None else text, place)
        except UnicodeEncodeError:
            self._problems.add(place, path, f"{show(text)} holds half a character; write the whole one")
        except ValueError as error:
            self._problems.add(place, path, f"{error} is refused; write a smaller one")
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
                self._refuse_second(key_place, seen[key], below, value)
            seen.setdefault(key, key_place)
            if value is not None:
                value = Node(value.value, value.place, key_place)
                # Two sections of one name are read as one, so that mistakes in either are found.
                if key not in entries:
                    entries[key] = value
                elif value.value is not None:
                    entries[key] = merge(entries[key], value, self._problems, below)
        return Node(entries, place)

    def _refuse_second(self, second: Place, first: Place, path: KeyPath, value: Node | None) -> None:
        where = f", first at {first.line}:{first.column}" if first.line else ""
        known = value is not None and isinstance(value.value, dict)
        message = f"written twice{where}; keep one of the two"
        self._problems.add(second, path, message, spoils=not known)

    def _key(self, event: Event, path: KeyPath, depth: int) -> str | None:
        node = self._node(event, path, depth + 1)
        if node is None or isinstance(node.value, str):
            return None if node is None else str(node.value)
        what = "a list or a mapping" if isinstance(node.value, dict | list) else show(node.value)
        message = f"a key must be a word, and {what} is none; put it in quotes"
        self._problems.add(node.place, path, message, spoils=False)
        return None
