"""The layers above the file: the environment, ``--set`` and a command's own options, each as one tree."""

from collections.abc import Iterable, Mapping

from bpcli.config.layering import MAY_BE_EMPTY
from bpcli.yamltext.merging import merge
from bpcli.yamltext.problems import Collector, Place
from bpcli.yamltext.reader import MAX_BYTES, MAX_DEPTH, Unreadable, read
from bpcli.yamltext.scalars import flow
from bpcli.yamltext.tree import Node, grow, nested

_PREFIX = "BPCLI_"

_ENVIRONMENT, _SET, _OPTIONS = 2, 3, 4
_EXAMPLES = {
    "__": "write for example BPCLI_TRAINING__EPOCHS=20",
    ".": "write KEY=VALUE, for example --set training.epochs=20",
}

Keys = tuple[str, ...]


def from_environment(environment: Mapping[str, str], problems: Collector) -> Node:
    """Every variable that starts with ``BPCLI_``: ``BPCLI_TRAINING__EPOCHS=20`` sets ``training.epochs``."""
    written: dict[Keys, Node] = {}
    variables = sorted((name, value) for name, value in environment.items() if name.startswith(_PREFIX))
    for position, (name, value) in enumerate(variables):
        place = Place.in_override(f"{name}={value}", name, _ENVIRONMENT, position)
        keys = _keys(name.removeprefix(_PREFIX).lower(), "__", place, problems)
        _write(written, keys, value, place, problems)
    return _layer(written, problems)


def from_set(overrides: Iterable[str], problems: Collector) -> Node:
    """The ``KEY=VALUE`` of every ``--set``; of two with the same key the last counts."""
    written: dict[Keys, Node] = {}
    for position, override in enumerate(overrides):
        place = Place.in_override(f"--set {override}", "--set", _SET, position)
        key, equals, value = override.partition("=")
        if not equals:
            problems.add(place, (), f"there is no '='; {_EXAMPLES['.']}", spoils=False)
            continue
        _write(written, _keys(key.strip(), ".", place, problems), value, place, problems)
    return _layer(written, problems)


def from_options(options: Mapping[str, object], problems: Collector) -> Node:
    """Options with names of their own: ``{"training.epochs": 20}`` is ``--epochs 20``; None is not given."""
    written: dict[Keys, Node] = {}
    given = ((key, value) for key, value in options.items() if value is not None)
    for position, (key, value) in enumerate(given):
        name = "--" + key.rpartition(".")[2].replace("_", "-")
        place = Place.in_override(f"{name} {flow(value)}", name, _OPTIONS, position)
        written[tuple(key.split("."))] = grow(value, place)
    return _layer(written, problems)


def _keys(dotted: str, separator: str, place: Place, problems: Collector) -> Keys | None:
    keys = tuple(dotted.split(separator))
    if all(keys) and len(keys) <= MAX_DEPTH:
        return keys
    fault = "a part of the key is empty" if not all(keys) else "the key has too many parts"
    problems.add(place, (), f"{fault}; {_EXAMPLES[separator]}", spoils=False)
    return None


def _write(
    written: dict[Keys, Node], keys: Keys | None, text: str, place: Place, problems: Collector
) -> None:
    if keys is None:
        return
    if len(text) > MAX_BYTES:
        problems.add(place, keys, f"longer than {MAX_BYTES} characters; no value needs that many")
        return
    try:
        node = read(text, lambda *_: place, problems, keys)
    except Unreadable as error:
        problems.add(place, keys, error.message)
        return
    # Taken out first, so that an override that is repeated counts where it is repeated.
    written.pop(keys, None)
    if node is not None:
        written[keys] = Node(node.value, place, place)


def _layer(written: Mapping[Keys, Node], problems: Collector) -> Node:
    # Shallow keys go first: then a key and one below it mean the same in either order.
    layer = Node({}, Place.default())
    for keys in sorted(written, key=len):
        layer = merge(layer, nested(keys, written[keys]), problems, sections=MAY_BE_EMPTY)
    return layer
