"""Writes a configuration as YAML: for a run folder, with its origins, or as a commented starter file."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bpcli.config.models import Config
from bpcli.config.resolution import Resolved
from bpcli.config.schema import SECTIONS, VARIANTS
from bpcli.config.variants import EarlyStopping
from bpcli.yamltext.problems import dotted
from bpcli.yamltext.scalars import flow

_COMMENT_WIDTH = 100


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of YAML, its dotted key, and the origin of its value (empty for a mapping)."""

    text: str
    key: str
    origin: str


def to_yaml(config: Config) -> str:
    """Return the configuration as YAML, from which ``read`` returns an equal one; each variant is on one line."""
    return "".join(f"{text}\n" for text, _ in _lines(config.model_dump(), depth=1))


def show_lines(resolved: Resolved) -> list[ShownLine]:
    """Return the configuration with every value on its own line, so that each line has one origin."""
    lines = _lines(resolved.config.model_dump(), depth=2)
    return [ShownLine(text, dotted(path), resolved.origins.get(dotted(path), "")) for text, path in lines]


def starter() -> str:
    """Return a starter file: every key with its default, its meaning and its other values."""
    text = [
        "# bpcli configuration. Every key is optional; the values in this file are the defaults.",
        "# `bpcli config check FILE` reports every mistake; `bpcli train FILE` trains the network.",
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
    """Yield each line with the path of its key; mappings deeper than ``depth`` stay on one line."""
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
    models: list[type[BaseModel]] = list(VARIANTS[path].models.values()) if path in VARIANTS else []
    if path == ("training", "early_stopping"):
        models = [EarlyStopping]
    for model in models:
        yield f"  {flow(model().model_dump())}"
