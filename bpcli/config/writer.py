"""A configuration as YAML again: to be kept, to be shown with its origins, and to be started from."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bpcli.config.alternatives import EarlyStopping
from bpcli.config.models import Config
from bpcli.config.resolving import Resolved
from bpcli.config.schema import ALTERNATIVES, SECTIONS
from bpcli.yamltext.quoting import dotted
from bpcli.yamltext.scalars import flow

_COMMENT_WIDTH = 100


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of YAML, the dotted key it holds, and the origin of its value: empty for a mapping."""

    text: str
    key: str
    origin: str


def to_yaml(config: Config) -> str:
    """The configuration as YAML that ``read`` turns into an equal one; alternatives stand on one line."""
    return "".join(f"{text}\n" for text, _ in _lines(config.model_dump(), depth=1))


def show_lines(resolved: Resolved) -> list[ShownLine]:
    """The configuration line by line, every value on a line of its own, so that each has one origin."""
    lines = _lines(resolved.config.model_dump(), depth=2)
    return [ShownLine(text, dotted(path), resolved.origins.get(dotted(path), "")) for text, path in lines]


def starter() -> str:
    """A configuration to begin with: every key with its default, what it does, and what else it can be."""
    text = [
        "# A configuration of bpcli. Every key may be left out and then has the value written here.",
        "# `bpcli config check FILE` finds every mistake; `bpcli train FILE` trains.",
    ]
    for line, path in _lines(Config().model_dump(), depth=1):
        indent = "  " * (len(path) - 1)
        if len(path) == 1:
            text.append("")
        text += [f"{indent}# {comment}" for comment in _comments(path)]
        text.append(line)
    return "\n".join(text) + "\n"


def _lines(
    values: Mapping[str, Any], depth: int, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each line with the path of its key; mappings deeper than ``depth`` stay on one line."""
    for key, value in values.items():
        indent, below = "  " * len(path), (*path, key)
        if isinstance(value, Mapping) and len(path) < depth:
            yield f"{indent}{key}:", below
            yield from _lines(value, depth, below)
        else:
            yield f"{indent}{key}: {flow(value)}", below


def _comments(path: tuple[str, ...]) -> Iterator[str]:
    section = SECTIONS.get(path[:-1], Config)
    yield from textwrap.wrap(section.model_fields[path[-1]].description or "", _COMMENT_WIDTH)
    if path in ALTERNATIVES:
        for model in ALTERNATIVES[path].models.values():
            yield from _alternative(model)
    elif path == ("training", "early_stopping"):
        yield from _alternative(EarlyStopping)


def _alternative(model: type[BaseModel]) -> Iterator[str]:
    yield f"  {flow(model().model_dump())}"
