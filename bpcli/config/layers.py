"""The layers above the file and how they merge; apart from ``resolution`` because precedence has its own rules.

The layers are the environment, ``--set`` and a command's own options, each as one tree.
"""

from collections.abc import Iterable, Mapping

from bpcli.config.schema import SECTIONS, VARIANTS, takes_list
from bpcli.yamltext.problems import Collector, Place
from bpcli.yamltext.reader import MAX_BYTES, MAX_DEPTH, read
from bpcli.yamltext.scalars import flow
from bpcli.yamltext.syntax_errors import YamlSyntaxError
from bpcli.yamltext.tree import Node, find, from_plain, merge, nested, remove_in

_PREFIX = "BPCLI_"
_MAY_BE_NULL = frozenset([*SECTIONS, *VARIANTS])

# The order of their errors; which one counts says ``resolution``.
_ENVIRONMENT, _SET, _OPTIONS, _OVER = 2, 3, 4, 5
_EXAMPLES = {
    "__": "for example BPCLI_TRAINING__EPOCHS=20",
    ".": "write KEY=VALUE, for example --set training.epochs=20",
}

_OPTION_NAMES = {"learning_rate": "rate", "batch_size": "batch"}

Keys = tuple[str, ...]


def overlay(lower: Node, higher: Node, problems: Collector) -> Node:
    """Return a layer merged over one of lower precedence.

    Where it changes a ``scheme`` or ``name``, the keys of the former variant are removed first: the learning
    rate of one optimiser has no meaning for another. Keys that ``higher`` itself sets are kept.
    """
    for path, variants in VARIANTS.items():
        old, new = (find(layer, (*path, variants.tag)) for layer in (lower, higher))
        if old and new and old.value != new.value:
            for key in variants.keys(old.value):
                lower = remove_in(lower, (*path, key))
    return merge(lower, higher, problems, sections=_MAY_BE_NULL)


def from_environment(environment: Mapping[str, str], problems: Collector) -> Node:
    """Return the layer of every ``BPCLI_`` variable: ``BPCLI_TRAINING__EPOCHS=20`` sets ``training.epochs``."""
    written: dict[Keys, Node] = {}
    variables = sorted((name, value) for name, value in environment.items() if name.startswith(_PREFIX))
    for position, (name, value) in enumerate(variables):
        place = Place.in_override(f"{name}={value}", name, _ENVIRONMENT, position)
        keys = _keys(name.removeprefix(_PREFIX).lower(), "__", place, problems)
        _write(written, keys, value, place, problems)
    return _layer(written, problems)


def from_set(overrides: Iterable[str], problems: Collector, option: str = "--set") -> Node:
    """Return the layer of every ``--set KEY=VALUE``; the last one with the same key counts. Or of ``--over``."""
    written: dict[Keys, Node] = {}
    layer = _SET if option == "--set" else _OVER
    for position, override in enumerate(overrides):
        place = Place.in_override(f"{option} {override}", option, layer, position)
        key, equals, value = override.partition("=")
        if not equals:
            problems.add(place, (), f"missing '='; {_EXAMPLES['.']}", invalidates=False)
            continue
        _write(written, _keys(key.strip(), ".", place, problems), value, place, problems)
    return _layer(written, problems)


def from_options(options: Mapping[str, object], problems: Collector) -> Node:
    """Return the layer of named options: ``{"training.epochs": 20}`` is ``--epochs 20``; None is not given."""
    written: dict[Keys, Node] = {}
    given = ((key, value) for key, value in options.items() if value is not None)
    for position, (key, value) in enumerate(given):
        last = key.rpartition(".")[2]
        name = "--" + _OPTION_NAMES.get(last, last.replace("_", "-"))
        place = Place.in_override(f"{name} {flow(value)}", name, _OPTIONS, position)
        written[tuple(key.split("."))] = from_plain(value, place)
    return _layer(written, problems)


def _keys(dotted: str, separator: str, place: Place, problems: Collector) -> Keys | None:
    keys = tuple(dotted.split(separator))
    if all(keys) and len(keys) <= MAX_DEPTH:
        return keys
    fault = "a part of the key is empty" if not all(keys) else "the key has too many parts"
    problems.add(place, (), f"{fault}; {_EXAMPLES[separator]}", invalidates=False)
    return None


def _write(
    written: dict[Keys, Node], keys: Keys | None, text: str, place: Place, problems: Collector
) -> None:
    if keys is None:
        return
    if len(text) > MAX_BYTES:
        problems.add(place, keys, f"longer than {MAX_BYTES} characters, the limit for a value")
        return
    try:
        node = _value(keys, text, place, problems)
    except YamlSyntaxError as error:
        problems.add(place, keys, error.message)
        return
    # Removed first, so that a repeated override takes its new position.
    written.pop(keys, None)
    if node is not None:
        written[keys] = Node(node.value, place, place)


def _value(keys: Keys, text: str, place: Place, problems: Collector) -> Node | None:
    """Return a value; where the key takes a list, ``16,8`` is ``[16, 8]``, since some shells expand brackets."""
    if text == ",":  # as in data.decimal=, where YAML wants quotes that a shell takes away
        return Node(text, place)
    node = read(text, lambda *_: place, problems, keys)
    unquoted = not text.lstrip().startswith(('"', "'"))
    if node is None or node.value is None or isinstance(node.value, dict | list):
        return node
    if not (takes_list(keys) and unquoted):
        return node
    parts = text.removesuffix(",").split(",")
    items = [read(part, lambda *_: place, problems, (*keys, i)) for i, part in enumerate(parts)]
    known = [item for item in items if item is not None]
    return Node(list(known), place) if len(known) == len(items) else None


def _layer(written: Mapping[Keys, Node], problems: Collector) -> Node:
    # Short keys first, so that a key and one below it give the same result in either order.
    layer = Node({}, Place.default())
    for keys in sorted(written, key=len):
        layer = merge(layer, nested(keys, written[keys]), problems, sections=_MAY_BE_NULL)
    return layer
