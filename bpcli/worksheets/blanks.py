"""The blanks of a worksheet: whole quantities by name, in the order in which they are worked out, part by part."""

from collections.abc import Collection
from dataclasses import dataclass

from bpcli.common.errors import UsageError
from bpcli.network import Architecture, Array
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.chain import steps

LETTERS = "abcdefgh"  # of the parts of a walk; b and g ask for no numbers of their own
# What the sheet on equal weights asks for, and in which part; c and f ask for reasons.
SYMMETRY = {
    "a": "a",
    "h": "a",
    "b": "b",
    "z": "b",
    "delta_2": "b",
    "delta_1": "b",
    "new_W": "d",
    "new_V": "d",
} | {
    "h_after": "e",
    "delta_1_after": "e",
}


@dataclass(frozen=True, eq=False)
class Blank:
    """A quantity to be worked out.

    Attributes:
        name: as everywhere: a, grad_W, new_V …
        shape: () for the losses, (d,) for a vector, (rows, columns) for a matrix.
        value: the core's number, in float64.
        letter: of the part that asks for it.
    """

    name: str
    shape: tuple[int, ...]
    value: Array
    letter: str = ""


def blanks(
    example: Example, letters: Collection[str] = LETTERS, topic: Topic = "backprop"
) -> tuple[Blank, ...]:
    """Return the blanks of these parts of a sheet in order of computation, every value from the core.

    a, h, b, z, loss; grad_z, Omega, delta_2, grad_W; grad_h, Lambda, delta_1, grad_V; new_W, new_V; loss_after.
    With biases grad_bias_W and new_bias_W follow their matrix; other depths go the same way, layer by layer. Under
    softmax there is no Omega, which would be a matrix there.

    Raises:
        UsageError: if there is more than one sample.
    """
    if example.samples != 1:
        raise UsageError(f"a worksheet needs exactly one sample; there are {example.samples} samples")
    values = core_values(example)
    named = [
        (step.name, part_of(example.architecture, step.name, topic)) for step in steps(example, topic=topic)
    ]
    return tuple(
        Blank(name, values[name].shape, values[name], letter)
        for name, letter in named
        if letter and letter in letters
    )


def part_of(architecture: Architecture, name: str, topic: Topic = "backprop") -> str:
    """Return the letter of the part that asks for a blank; empty where none does."""
    if topic == "symmetry":
        return SYMMETRY.get(name, "")
    *hidden, last = architecture.names()
    if name == last.grad_out:
        return "c"
    if name in (last.derivative, last.delta, last.grad_matrix, last.grad_bias):
        return "d"
    if name in {names.grad_out for names in hidden}:
        return "e"
    if name.startswith(("new_", "loss_after")):
        return "h"
    later = {each for n in hidden for each in (n.derivative, n.delta, n.grad_matrix, n.grad_bias)}
    return "f" if name in later else "a"
