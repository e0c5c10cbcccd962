"""Reads and writes YAML 1.2 scalars, because PyYAML follows 1.1, where ``no`` is false and ``1e-3`` is text.

The rules are the core schema of the specification, https://yaml.org/spec/1.2.2/#103-core-schema.
"""

import re
from typing import TypeAlias

from bpcli.common.text import LONGEST, printable

Scalar: TypeAlias = str | int | float | bool | None

# Python does not convert strings of several thousand digits; 100 are more than any seed needs.
MAX_DIGITS = 100

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NANS = frozenset((".nan", ".NaN", ".NAN"))

# Text that needs no quotes, neither here nor in a YAML 1.1 reader, to which the words below are booleans.
_PLAIN = re.compile(r"[^\W\d]\w*([./+-]+\w+)*|/[\w./+-]*")
_BOOLS_OF_1_1 = frozenset(("y", "n", "yes", "no", "on", "off"))


def parse_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar.

    Raises:
        ValueError: It is an integer of more than ``MAX_DIGITS`` digits.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            if len(text) > MAX_DIGITS:
                raise ValueError(f"an integer of more than {MAX_DIGITS} digits")
            return int(text, base)
    if infinity := _INFINITY.fullmatch(text):
        return float(f"{infinity[1]}inf")
    if text in _NANS:
        return float("nan")
    return float(text) if _FLOAT.fullmatch(text) else text


def flow(value: object) -> str:
    """Return a value as one line of YAML; text that ``parse_scalar`` would read as another type is quoted."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case str():
            return value if _is_plain(value) else quoted(value)
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case _:
            return str(value)


def show(value: object) -> str:
    """Return a value as a message quotes it: text in quotes, everything else as YAML."""
    if isinstance(value, str):
        return f"'{printable(value, LONGEST)}'"
    return printable(flow(value), LONGEST)


def _number(value: float) -> str:
    return repr(value).replace("inf", ".inf").replace("nan", ".nan")


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and parse_scalar(text) == text and text.lower() not in _BOOLS_OF_1_1


def quoted(text: str) -> str:
    """Return text in double quotes, with everything escaped that cannot be printed."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
