"""What pydantic finds, in the words of somebody who trains networks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from bpcli.common.text import did_you_mean, listed
from bpcli.config.schema import ALTERNATIVES, Alternatives, Key, known_keys
from bpcli.yamltext.problems import KeyPath
from bpcli.yamltext.quoting import dotted, show
from bpcli.yamltext.scalars import flow

# The types of pydantic's errors, and what a value should have been.
_KINDS = MappingProxyType(
    {
        "int_type": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "string_type": "text",
        "string_unicode": "text that UTF-8 can hold",
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
# YAML 1.1 took these words for booleans, and fingers remember.
_YES_AND_NO = MappingProxyType({"yes": "true", "on": "true", "no": "false", "off": "false"})


def in_words(error: Mapping[str, Any], key: Key) -> str:
    """What is wrong with the value of ``key``, and what to write.

    Args:
        error: One of pydantic's error details.
        key: What the models know about the key that it is about.
    """
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(key, value)
    if kind in _KINDS:
        return f"{show(value)} is not {_KINDS[kind]}; {_instead(kind, value, key)}"
    if kind in _BOUNDS:
        size, name, bound = _BOUNDS[kind]
        return f"{show(value)} is too {size}; write {bound.format(flow(context[name]).removesuffix('.0'))}"
    if kind == "literal_error" and key.field:
        return not_one_of(value, get_args(key.field.annotation))
    if kind == "too_long":
        return f"{context['actual_length']} items are too many; write at most {context['max_length']}"
    if kind == "too_short":
        return f"an empty list says nothing; write for example {flow(key.example)}, or null"
    return str(error["msg"])


def not_one_of(value: object, choices: tuple[str, ...]) -> str:
    """That a value is none of the words that may stand there, and which was probably meant."""
    hint = did_you_mean(value, choices) or f"write {listed(choices, 'or')}"
    return f"{show(value)} is not one of {', '.join(choices)}; {hint}"


def _instead(kind: str, value: object, key: Key) -> str:
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YES_AND_NO:
        return f"write {_YES_AND_NO[value.lower()]}"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}" if abs(value) < 1e15 else "write it with digits only"
    if kind == "tuple_type" and not isinstance(value, dict):
        return f"write [{show(value)}]"
    return f"write for example {flow(key.example)}"


def _unknown(key: Key, value: object) -> str:
    word, holder, here = str(key.path[-1]), key.path[:-1], tuple(key.parent.model_fields)
    if holder in ALTERNATIVES:
        return _unknown_to_alternative(word, ALTERNATIVES[holder], key.parent)
    for path in known_keys():
        if dotted(path) == word and not holder:
            return f"there is no such key; dots are for --set, so write {path[0]}: {_below(path[1:], value)}"
    if hint := did_you_mean(word, here):
        return f"there is no such key; {hint}"
    if elsewhere := [dotted(path) for path in known_keys() if path[-1] == word]:
        return f"there is no such key here; did you mean {listed(elsewhere, 'or')}?"
    return f"there is no such key; the keys of {dotted(holder) or 'the top level'} are {listed(here)}"


def _unknown_to_alternative(word: str, alternatives: Alternatives, model: type[BaseModel]) -> str:
    name = model.model_fields[alternatives.tag].default
    if hint := did_you_mean(word, model.model_fields):
        return f"{name} has no such key; {hint}"
    if owners := [name for name in alternatives.models if word in alternatives.keys(name)]:
        return f"{name} has no such key; leave it out, or write {alternatives.tag}: {listed(owners, 'or')}"
    return f"{name} has no such key; its keys are {listed(model.model_fields)}"


def _below(path: KeyPath, value: object) -> str:
    for part in reversed(path):
        value = {part: value}
    return show(value)
