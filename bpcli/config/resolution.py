"""Resolves a configuration from its layers: defaults, file, environment, ``--set`` and options, in this order."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType

from bpcli.config.fields import STDIN, SUFFIXES, ZIP, is_own_table
from bpcli.config.layers import from_environment, from_options, from_set, overlay
from bpcli.config.library import find_config
from bpcli.config.models import TABLE_DEFAULTS, Config
from bpcli.config.validation import validate
from bpcli.yamltext.problems import Collector, ConfigProblems, Place, Problem, dotted
from bpcli.yamltext.reader import read as read_yaml
from bpcli.yamltext.scalars import flow, show
from bpcli.yamltext.syntax_errors import YamlSyntaxError
from bpcli.yamltext.text_file import read_text
from bpcli.yamltext.tree import Node, find, from_plain, leaves, remove_in, to_plain

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Resolved:
    """A configuration, its file, and the origin of each value.

    Attributes:
        config: The configuration.
        name: The name of the shipped configuration, or that of the file without its suffix.
        path: The file.
        origins: For every dotted key that holds a value: "default", "xor.yaml:12", "--set",
            "BPCLI_TRAINING__EPOCHS", or the option, such as "--epochs".
    """

    config: Config
    name: str
    path: Path
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layers:
    """What a configuration is merged from, read once, so that a sweep can try many values over it.

    Attributes:
        name, path: As those of ``Resolved``.
        layers: The file, the environment, ``--set`` and options, from the lowest precedence to the highest.
        problems: What is wrong with them so far.
        sweep: The values of the file's section ``sweep``, by dotted key, as ``--over`` takes them.
    """

    name: str
    path: Path
    layers: tuple[Node, ...]
    problems: Collector
    sweep: Mapping[str, str]

    def resolved(self) -> Resolved:
        """Return the configuration, and where each value comes from.

        Raises:
            ConfigProblems: Every problem of the layers.
        """
        config, tree = _combined(self.layers, self.path, self.problems.copy())
        return Resolved(config, self.name, self.path, MappingProxyType(_origins(config, tree)))

    def config(self, over: Sequence[str]) -> Config:
        """Return the configuration with ``KEY=VALUE`` of every ``--over`` above all other layers.

        Raises:
            ConfigProblems: Every problem of the layers, and of these values.
        """
        problems = self.problems.copy()
        return _combined((*self.layers, from_set(over, problems, option="--over")), self.path, problems)[0]


def resolve(
    config: str,
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] = _NOTHING,
    options: Mapping[str, object] = _NOTHING,
) -> Resolved:
    """Return the configuration after all layers are merged.

    Args:
        config: The name of a shipped configuration, the path of one, or a table: the path of its file, or -.
        overrides: ``KEY=VALUE`` of every ``--set``: a dotted key and a YAML value.
        environment: Environment variables; those that start with ``BPCLI_`` are used.
        options: Values of a command's own options, by dotted key; None for an option that is not given.

    Raises:
        UsageError: There is no such configuration.
        MachineError: The file cannot be read.
        ConfigProblems: Every problem of the file and the layers above it.
    """
    return read_layers(config, overrides=overrides, environment=environment, options=options).resolved()


def read_layers(
    config: str,
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] = _NOTHING,
    options: Mapping[str, object] = _NOTHING,
) -> Layers:
    """Return the layers of a configuration before they are merged; arguments and errors are those of ``resolve``."""
    problems = Collector()
    swept: Mapping[str, str] = _NOTHING
    if is_table(config):
        name = "stdin" if config == STDIN else PurePath(config.removesuffix(".gz")).stem
        path, lowest = Path(), from_plain({"data": {"source": config}}, Place.default())
    else:
        name, path = find_config(config)
        lowest, swept = _from_file(path, problems)
    layers = (
        lowest,
        from_environment(environment, problems),
        from_set(overrides, problems),
        from_options(options, problems),
    )
    return Layers(name, path, layers, problems, swept)


def is_table(config: str) -> bool:
    """Whether what stands for a configuration is a table itself: - or the name of a file of data."""
    return config == STDIN or config.lower().removesuffix(".gz").endswith((*SUFFIXES, ZIP))


def read(path: Path | str) -> Config:
    """Return the configuration in one file, such as that of a run folder, without any other layer.

    Raises:
        UsageError: There is no such file.
        MachineError: The file cannot be read.
        ConfigProblems: Every problem of the file.
    """
    path = Path(path)
    problems = Collector()
    config, _ = _combined([_from_file(path, problems)[0]], path, problems)
    return config


def _combined(layers: Iterable[Node], path: Path, problems: Collector) -> tuple[Config, Node]:
    # The tree is returned too because it has the place of each value.
    layers = list(layers)
    tree = from_plain(Config().model_dump(), Place.default())
    source = next(
        (node.value for layer in reversed(layers) if (node := find(layer, ("data", "source")))), None
    )
    if isinstance(source, str) and is_own_table(source):
        tree = overlay(tree, from_plain(TABLE_DEFAULTS, Place.default()), problems)
    for layer in layers:
        tree = overlay(tree, layer, problems)
    return _with_absolute_source(validate(tree, problems), tree, path), tree


def _from_file(path: Path, problems: Collector) -> tuple[Node, Mapping[str, str]]:
    """Return the tree of a file, and apart from it what its section ``sweep`` says."""
    file, nothing = str(path), Node({}, Place.default())
    try:
        node = read_yaml(read_text(path), lambda line, column: Place.in_file(file, line, column), problems)
    except YamlSyntaxError as error:
        place = error.place
        raise ConfigProblems([Problem(file, place.line, place.column, "", error.message)]) from None
    if node is None or node.value is None:
        return nothing, _NOTHING
    if not isinstance(node.value, dict):
        what = "a list" if isinstance(node.value, list) else show(node.value)
        message = f"the file contains {what}; write keys and values, for example seed: 0"
        problems.add(node.place, (), message, invalidates=False)
        return nothing, _NOTHING
    swept = _sweep_section(node.value.get("sweep"), problems)
    return remove_in(node, ("sweep",)) if "sweep" in node.value else node, swept


def _sweep_section(node: Node | None, problems: Collector) -> Mapping[str, str]:
    """Return the section as ``--over`` would have it: a list of alternatives is written with commas."""
    if node is None or node.value is None:
        return _NOTHING
    if not isinstance(node.value, dict):
        example = "seed: 0:99"
        problems.add(node.place, ("sweep",), f"write dotted keys and their values, for example {example}")
        return _NOTHING
    swept = {}
    for key, value in node.value.items():
        plain = to_plain(value)
        if isinstance(plain, dict) or plain is None:
            problems.add(
                value.place, ("sweep", key), "write a dotted key with its values, as --over takes them"
            )
        elif isinstance(plain, list):
            swept[key] = ",".join(
                e if isinstance(e, str) and re.fullmatch(r"[\w.:]+", e) else flow(e) for e in plain
            )
        else:
            swept[key] = plain if isinstance(plain, str) else flow(plain)
    return MappingProxyType(swept)


def _with_absolute_source(config: Config, tree: Node, path: Path) -> Config:
    source = config.data.source
    if not is_own_table(source) or source == STDIN:
        return config
    node = find(tree, ("data", "source"))
    in_file = node is not None and node.place.line is not None
    written = (path.parent if in_file else Path()) / source
    # Links in the folder are followed, so that '..' means the same as to the system; the file itself keeps
    # its name, because a link may point to a file without a suffix.
    absolute = os.path.join(os.path.realpath(written.parent), written.name)  # noqa: PTH118
    data = config.data.model_copy(update={"source": absolute})
    return config.model_copy(update={"data": data})


def _origins(config: Config, tree: Node) -> dict[str, str]:
    origins = {}
    for path in leaves(config.model_dump()):
        node = find(tree, path)
        origins[dotted(path)] = node.place.origin if node else "default"
    return origins
