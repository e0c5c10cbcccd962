"""Which sheet an answers file is for: the seed (or the given numbers), the digits and the network, and whose it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, get_args

import numpy as np

from bpcli.common.text import listed
from bpcli.network import Architecture, Array
from bpcli.network.architecture import Activation, LossName, Output
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import TOPIC_LETTERS, Topic
from bpcli.worksheets.answer_file import shown, tensor_of
from bpcli.worksheets.blanks import LETTERS, Blank
from bpcli.yamltext.problems import Collector
from bpcli.yamltext.scalars import quoted
from bpcli.yamltext.tree import Node, to_plain

HEADING = (
    "name",
    "seed",
    "digits",
    "network",
    "given",
    "parts",
    "topic",
)  # everything else in the file is a blank
NETWORK = ("sizes", "activation", "output", "loss", "bias", "rate")
MOST_DIGITS = 12
MOST_UNITS = 1000


@dataclass(frozen=True)
class Heading:
    """What a file says of its sheet; None where it does not.

    Attributes:
        seed: that the point is drawn from.
        digits: after the decimal point.
        network: sizes, functions, loss and biases.
        rate: α.
        parts: the letters of the parts that it asks for.
        name: of the student.
        given: the numbers of a sheet that was not drawn from a seed, by name: x, y and the parameters.
        topic: of the sheet.
    """

    seed: int | None = None
    digits: int | None = None
    network: Architecture | None = None
    rate: float | None = None
    parts: tuple[str, ...] = tuple(LETTERS)
    name: str | None = None
    given: Mapping[str, Array] | None = None
    topic: Topic = "backprop"

    def facts(self) -> dict[str, Any]:
        """Return what it says by name, the sizes of the hidden layers by themselves too."""
        known: dict[str, Any] = {"seed": self.seed, "digits": self.digits, "rate": self.rate}
        if self.network:
            a = self.network
            known |= {"sizes": list(a.sizes), "hidden": list(a.sizes[1:-1]), "bias": a.bias}
            known |= {"activation": a.activation, "output": a.output, "loss": a.loss}
        return {name: value for name, value in known.items() if value is not None}


def heading_lines(
    example: Example,
    seed: int | None,
    digits: int,
    letters: tuple[str, ...],
    name: str | None = None,
    topic: Topic = "backprop",
) -> list[str]:
    """Return the heading of a file: the lines that say which sheet it is, and whose."""
    a = example.architecture
    sizes = ", ".join(map(str, a.sizes))
    lines = [] if name is None else [f"name: {quoted(name)}"]
    lines += [] if topic == "backprop" else [f"topic: {topic}"]
    lines += [] if seed is None else [f"seed: {seed}"]
    lines += [
        f"digits: {digits}",
        f"network: {{sizes: [{sizes}], activation: {a.activation}, output: {a.output}, loss: {a.loss}, "
        f"bias: {str(a.bias).lower()}, rate: {example.learning_rate!r}}}",
    ]
    if seed is None:
        tensors = {"x": example.X[0], "y": example.Y[0], **example.parameters}
        lines.append("given:")
        lines += [f"  {each}: {json.dumps(tensor.tolist())}" for each, tensor in tensors.items()]
    return lines + ([] if "".join(letters) == TOPIC_LETTERS[topic] else [f"parts: [{', '.join(letters)}]"])


def heading_of(entries: Mapping[str, Node], problems: Collector) -> Heading:
    """Read the heading among the entries of a file; what is wrong with it is noted."""
    network, rate = _network(entries.get("network"), problems)
    return Heading(
        _whole("seed", None, entries, problems),
        _whole("digits", MOST_DIGITS, entries, problems),
        network,
        rate,
        _parts(entries.get("parts"), problems),
        _name(entries.get("name"), problems),
        _given(entries.get("given"), network, problems),
        _topic(entries.get("topic"), problems),
    )


def _name(node: Node | None, problems: Collector) -> str | None:
    if node is None or node.value is None:
        return None
    if isinstance(node.value, str):
        return node.value.strip() or None
    problems.add(node.place, ("name",), f"{shown(node.value)} is not a name; write it in quotes")
    return None


def _topic(node: Node | None, problems: Collector) -> Topic:
    if node is None or node.value is None:
        return "backprop"
    for topic in TOPIC_LETTERS:
        if node.value == topic:
            return topic
    problems.add(node.place, ("topic",), f"{shown(node.value)} is not {listed(TOPIC_LETTERS, 'or')}")
    return "backprop"


def _given(
    node: Node | None, network: Architecture | None, problems: Collector
) -> Mapping[str, Array] | None:
    """The given numbers, all of them and of the right shapes; what is wrong with them is noted."""
    if node is None or node.value is None or network is None:
        return None
    shapes = {"x": (network.sizes[0],), "y": (network.sizes[-1],), **network.parameter_shapes()}
    entries = node.value if isinstance(node.value, dict) else {}
    if set(entries) != set(shapes):
        problems.add(node.place, ("given",), f"it must hold {listed(shapes)}, as bpcli wrote it")
        return None
    found = {
        name: tensor_of(Blank(name, shape, np.empty(shape)), entries[name], problems)
        for name, shape in shapes.items()
    }
    for name, tensor in found.items():
        if not np.isfinite(tensor).all():
            problems.add(
                entries[name].place, ("given", name), "a number is missing; keep it as bpcli wrote it"
            )
    return found


def _whole(name: str, most: int | None, entries: Mapping[str, Node], problems: Collector) -> int | None:
    """A whole number; None where there is none, or none that fits."""
    node = entries.get(name)
    if node is None or node.value is None:
        return None
    value = node.value
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= (value if most is None else most)
    ):
        return value
    limit = "" if most is None else f" up to {most}"
    problems.add(node.place, (name,), f"{shown(value)} is not a whole number{limit}")
    return None


def _network(node: Node | None, problems: Collector) -> tuple[Architecture | None, float | None]:
    if node is None or node.value is None:
        return None, None
    said = to_plain(node)
    if not isinstance(said, dict) or set(said) != set(NETWORK):
        problems.add(node.place, ("network",), f"it must hold {listed(NETWORK)}, as bpcli wrote it")
        return None, None
    sizes, rate = said["sizes"], said["rate"]
    fits = {
        "sizes": isinstance(sizes, list) and all(type(size) is int and size <= MOST_UNITS for size in sizes),
        "activation": said["activation"] in get_args(Activation),
        "output": said["output"] in get_args(Output),
        "loss": said["loss"] in get_args(LossName),
        "bias": isinstance(said["bias"], bool),
        "rate": type(rate) in (int, float) and isfinite(rate) and rate > 0,
    }
    for name, fine in fits.items():
        if not fine:
            problems.add(node.place, ("network", name), f"{shown(said[name])} is not what bpcli wrote there")
    if not all(fits.values()):
        return None, None
    try:
        network = Architecture(
            tuple(sizes), said["activation"], said["output"], said["loss"], bias=said["bias"]
        )
    except ValueError as error:
        problems.add(node.place, ("network",), str(error))
        return None, None
    return network, float(rate)


def _parts(node: Node | None, problems: Collector) -> tuple[str, ...]:
    if node is None or node.value is None:
        return tuple(LETTERS)
    said = to_plain(node)
    if isinstance(said, list) and said and all(letter in tuple(LETTERS) for letter in said):
        return tuple(letter for letter in LETTERS if letter in said)
    problems.add(
        node.place, ("parts",), f"{shown(node.value)} are not letters from a to h, such as [a, b, c]"
    )
    return tuple(LETTERS)
