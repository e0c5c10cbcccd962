"""Turns a tree into a configuration; apart from ``resolution`` because it words every error of pydantic anew.

An invalid value is removed, so that its default takes its place and the rest can be validated; combinations
are checked last, except those that involve an invalid value.
"""

import re
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType, NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bpcli.common.text import LONGEST, did_you_mean, listed, nearest, printable
from bpcli.config.models import Config, Conflict, conflicts
from bpcli.config.schema import VARIANTS, Key, Variants, keys_called, known_keys, locate
from bpcli.yamltext.problems import Collector, KeyPath, dotted
from bpcli.yamltext.scalars import flow, show
from bpcli.yamltext.tree import Node, find, remove_in, set_in, to_plain

# The types of pydantic's errors, and what a value should have been.
_EXPECTED = MappingProxyType(
    {
        "int_type": "an integer",
        "float_type": "a number",
        "bool_type": "true or false",
        "string_type": "text",
        "string_unicode": "valid Unicode text",
        "tuple_type": "a list",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "finite_number": "a finite number",
    }
)
_BOUNDS = MappingProxyType(
    {
        "greater_than": ("small", "gt", "more than {}"),
        "greater_than_equal": ("small", "ge", "{} or more"),
        "less_than": ("large", "lt", "less than {}"),
        "less_than_equal": ("large", "le", "{} or less"),
    }
)
# Booleans in YAML 1.1, and still often written.
_YES_AND_NO = MappingProxyType({"yes": "true", "on": "true", "no": "false", "off": "false"})


def validate(tree: Node, problems: Collector) -> Config:
    """Return the configuration that a tree describes.

    Raises:
        ConfigProblems: Every problem, including those in ``problems`` before.
    """
    config = None
    while config is None:
        try:
            config = Config.model_validate(to_plain(tree))
        except ValidationError as error:
            # All are recorded before any value is removed: two may concern items of the same list.
            repairs = [_record(detail, tree, problems) for detail in error.errors(include_url=False)]
            for path, replacement in repairs:
                tree = set_in(tree, path, replacement) if replacement else remove_in(tree, path)
    valid = [each for each in conflicts(config) if not any(map(problems.is_invalid, _paths(each)))]
    for conflict in valid:
        _record_conflict(conflict, tree, problems)
    problems.raise_if_any()
    return config


def _record(detail: Mapping[str, Any], tree: Node, problems: Collector) -> tuple[KeyPath, Node | None]:
    """Record one of pydantic's errors; return the path to repair and its new value, None for the default."""
    location = tuple(detail["loc"])
    if detail["type"] == "union_tag_invalid":
        return _record_variant(location, tree, problems)
    key = locate(location)
    node = find(tree, key.path)
    assert node is not None, "pydantic has seen it"
    unknown = detail["type"] == "extra_forbidden"
    place = node.key_place if unknown and node.key_place else node.place
    problems.add(place, key.path, _message(detail, key, in_file=node.place.line is not None))
    return key.path, None


def _record_variant(path: KeyPath, tree: Node, problems: Collector) -> tuple[KeyPath, Node | None]:
    variants = VARIANTS[path]
    tag_path = (*path, variants.tag)
    tag = find(tree, tag_path)
    assert tag is not None, "pydantic has seen it"
    problems.add(tag.place, tag_path, _not_one_of(to_plain(tag), tuple(variants.models)))
    # The name that was probably meant takes its place, so that mistakes in the keys beside it are found too.
    meant = nearest(tag.value, variants.models)
    return (tag_path, Node(meant, tag.place)) if meant else (path, None)


def _paths(conflict: Conflict) -> list[KeyPath]:
    return [tuple(key.split(".")) for key in conflict.keys]


def _record_conflict(conflict: Conflict, tree: Node, problems: Collector) -> None:
    # The layer of highest precedence, or the last line, made the combination invalid.
    written = [(node.place, path) for path in _paths(conflict) if (node := find(tree, path))]
    place, path = max(written, key=lambda each: each[0].order)
    # The message names all keys, and the problem names one of them already.
    problems.add(place, path, conflict.message.removeprefix(f"{dotted(path)}: "))


def _message(error: Mapping[str, Any], key: Key, *, in_file: bool) -> str:
    """Return what is wrong with the value of ``key``, and what to write; ``error`` is pydantic's."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(key, value)
    if kind in _EXPECTED:
        return f"{show(value)} is not {_EXPECTED[kind]}; {_correction(kind, value, key, in_file=in_file)}"
    if kind in _BOUNDS:
        size, name, bound = _BOUNDS[kind]
        return f"{show(value)} is too {size}; write {bound.format(flow(context[name]).removesuffix('.0'))}"
    if kind == "literal_error" and key.field:
        return _not_one_of(value, _choices(key.field.annotation))
    if kind == "too_long":
        return f"{context['actual_length']} items are too many; write at most {context['max_length']}"
    if kind == "too_short":
        return f"the list is empty; use a value such as {flow(key.example)}, or null"
    return str(error["msg"])


def _choices(annotation: object) -> tuple[str, ...]:
    """Return the words that a Literal allows, or one that may be null."""
    parts = [("null",) if part is NoneType else get_args(part) or (part,) for part in get_args(annotation)]
    return tuple(chain.from_iterable(parts))


def _not_one_of(value: object, choices: tuple[str, ...]) -> str:
    hint = did_you_mean(value, choices) or "write one of these"
    return f"{show(value)} is not one of {', '.join(choices)}; {hint}"


def _correction(kind: str, value: object, key: Key, *, in_file: bool) -> str:
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YES_AND_NO:
        return f"write {_YES_AND_NO[value.lower()]}"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}" if abs(value) < 1e15 else "write it with digits only"
    if (
        isinstance(key.path[-1], int)
        and isinstance(value, str)
        and len(sizes := re.findall(r"\d+", value)) > 1
    ):
        return f"write [{', '.join(sizes)}]" if in_file else f"write {','.join(sizes)}"
    if kind == "tuple_type" and not isinstance(value, dict):
        return f"write [{printable(value, LONGEST) if isinstance(value, str) else show(value)}]"
    if key.path in VARIANTS and isinstance(value, str):
        variants = VARIANTS[key.path]
        if (meant := nearest(value, variants.models)) and not in_file:
            return f"write {dotted(key.path)}.{variants.tag}={meant}"  # braces and blanks mean something to a shell
        if meant:
            return f"write {{{variants.tag}: {meant}}}"
        return f"write {{{variants.tag}: NAME}} with one of {', '.join(variants.models)}"
    return f"use a value such as {flow(key.example)}"


def _unknown_key(key: Key, value: object) -> str:
    word, holder, here = str(key.path[-1]), key.path[:-1], tuple(key.parent.model_fields)
    if holder in VARIANTS:
        return _unknown_in_variant(word, VARIANTS[holder], key.parent)
    for path in known_keys():
        if dotted(path) == word and not holder:
            return f"unknown key; dotted keys work with --set only, so write {path[0]}: {_below(path[1:], value)}"
    if hint := did_you_mean(word, here):
        return f"unknown key; {hint}"
    if elsewhere := [dotted(path) for path in keys_called(word)]:
        return f"unknown key; did you mean {listed(elsewhere, 'or')}?"
    return (
        f"unknown key; the keys {f'of {dotted(holder)}' if holder else 'at the top level'} are {listed(here)}"
    )


def _unknown_in_variant(word: str, variants: Variants, model: type[BaseModel]) -> str:
    name = model.model_fields[variants.tag].default
    if hint := did_you_mean(word, model.model_fields):
        return f"unknown key for {name}; {hint}"
    if owners := [name for name in variants.models if word in variants.keys(name)]:
        return f"unknown key for {name}; remove it, or write {variants.tag}: {listed(owners, 'or')}"
    return f"unknown key for {name}; its keys are {listed(model.model_fields)}"


def _below(path: KeyPath, value: object) -> str:
    for part in reversed(path):
        value = {part: value}
    return show(value)
