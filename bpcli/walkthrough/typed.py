"""What was typed on the command line: vectors, matrices and sizes as text, and the network that they mean.

What is not typed comes from the configuration.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.common.text import printable
from bpcli.config import Config
from bpcli.network import Architecture, Array
from bpcli.training.configured import configured_example
from bpcli.yamltext.scalars import show

LARGEST = 1000  # units of a layer
LONGEST = 60  # characters that a message quotes


@dataclass(frozen=True)
class Typed:
    """What was typed on the command line; None and nothing where it was not.

    Attributes:
        tensors: x, y, V, W, bias_V, bias_W as text.
        hidden: "3", "4,3" or "none".
        sizes: "3,2,2".
        rate: α.
    """

    tensors: Mapping[str, str] = field(default_factory=dict)
    hidden: str | None = None
    sizes: str | None = None
    rate: float | None = None


def chosen_architecture(
    config: Config, typed: Typed, given: Mapping[str, Array] | None = None
) -> Architecture:
    """Return the network: sizes from what is typed, the rest and the functions from the configuration.

    Raises:
        UsageError: sizes that cannot be read, or that contradict one another.
        DataError: the data of the configuration, which say the sizes that are not typed, cannot be used.
    """
    given = given or {}
    model = config.model
    hidden = read_hidden(typed.hidden) if typed.hidden is not None else None
    if typed.sizes is not None:
        if hidden is not None:
            raise UsageError("--sizes sets the hidden layers too: leave --hidden out")
        if given:
            raise UsageError(
                "--sizes is for points drawn at random: leave it out, as the typed numbers set the sizes"
            )
        sizes = read_sizes("--sizes", typed.sizes)
        if len(sizes) < 2:
            raise UsageError(f"--sizes: {typed.sizes} is one size; write for example 3,2,2, from x to z")
    else:
        sizes = _implied(config, hidden, given)
    try:
        return Architecture(
            sizes,
            model.activation,
            "sigmoid" if model.output == "auto" else model.output,
            "squared_error" if config.training.loss == "auto" else config.training.loss,
            bias=model.bias or any(name.startswith("bias_") for name in given),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None


def _implied(config: Config, hidden: tuple[int, ...] | None, given: Mapping[str, Array]) -> tuple[int, ...]:
    """The sizes that the typed numbers have; what they leave open is as configured."""
    middle = list(config.model.hidden if hidden is None else hidden)
    if "V" in given and len(middle) != 1:
        if hidden is not None:
            raise UsageError(
                "--V is the first matrix of a network with one hidden layer: leave --V out, or write --hidden "
                f"{given['V'].shape[0]}; for other networks the matrices cannot be typed: draw them with --seed"
            )
        middle = [given["V"].shape[0]]
    if len(middle) > 1 and {"W", "bias_W"} & set(given):
        raise UsageError(
            f"a network with {len(middle)} hidden layers has the matrices W1 to W{len(middle) + 1}, which cannot be "
            "typed: leave --W out, and draw them with --seed"
        )
    first, last = _ends(config, given, hidden=bool(middle))
    if len(middle) == 1:
        rows = given["V"].shape[0] if "V" in given else None
        columns = given["W"].shape[1] if "W" in given and given["W"].ndim == 2 else None
        if hidden is None:
            middle = [rows or columns or middle[0]]
    return (first, *middle, last)


def _ends(config: Config, given: Mapping[str, Array], *, hidden: bool) -> tuple[int, int]:
    """The number of inputs and of outputs."""
    entrance = "V" if hidden else "W"
    first = given["x"].size if "x" in given else _side(given, entrance, 1)
    last = given["y"].size if "y" in given else _side(given, "W", 0)
    if first is None or last is None:
        sizes = configured_example(config).architecture.sizes
        first, last = first or sizes[0], last or sizes[-1]
    return first, last


def _side(given: Mapping[str, Array], name: str, axis: int) -> int | None:
    if name not in given or given[name].ndim != 2:
        return None
    return int(given[name].shape[axis])


def read_tensor(option: str, text: str) -> Array:
    """Read "1,0,1" as a vector and "1,0,1; 0,1,1" as a matrix; JSON lists mean the same.

    Raises:
        UsageError: it holds something else than finite numbers, or rows of different lengths.
    """
    value = _listed(option, text)
    if not isinstance(value, list):
        value = [value]
    rows = value if any(isinstance(row, list) for row in value) else [value]
    lengths = [len(row) if isinstance(row, list) else 1 for row in rows]
    if len(set(lengths)) > 1:
        raise UsageError(
            f"{option}: its rows have {', '.join(map(str, lengths))} entries; all rows must have the same length"
        )
    numbers = [
        _finite(option, number) for row in rows for number in (row if isinstance(row, list) else [row])
    ]
    if not numbers:
        raise UsageError(f"{option}: there is no number in {show(text)}; write for example 1,0,1")
    matrix = option in ("--V", "--W")
    tensor = np.array(numbers, np.float64).reshape(len(rows), -1)
    if matrix:
        return tensor
    if 1 not in tensor.shape:
        shape = "×".join(map(str, tensor.shape))
        raise UsageError(f"{option}: the shape given is {shape}; it must be a vector, such as 1,0,1")
    return tensor.reshape(-1)


def _listed(option: str, text: str) -> Any:
    """The text as lists of scalars."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise UsageError(
                f"{option}: {show(text)} is not a list; write for example [[1,0],[0,1]], or 1,0; 0,1"
            ) from None
    rows = [row.replace(",", " ").split() for row in text.strip().strip(";").split(";")]
    return rows if len(rows) > 1 else rows[0]


def _finite(option: str, value: Any) -> float:
    if isinstance(value, list | dict):
        raise UsageError(
            f"{option}: expected a number, or a list of rows of numbers; write for example [[1,0],[0,1]]"
        )
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UsageError(f"{option}: {show(value)} is not a number; write for example 0.5") from None
    except OverflowError:
        number = np.inf
    if isinstance(value, bool) or not np.isfinite(number):
        raise UsageError(
            f"{option}: {printable(str(value), LONGEST)} is not a finite number; write for example 0.5"
        )
    return number


def read_hidden(text: str) -> tuple[int, ...]:
    """Read "none", "3" or "4,3".

    Raises:
        UsageError: it is something else.
    """
    return () if text.strip().lower() in ("none", "") else read_sizes("--hidden", text)


def read_sizes(option: str, text: str) -> tuple[int, ...]:
    """Read "3,2,2" or "3-2-2".

    Raises:
        UsageError: it is something else, or a size is 0 or too large.
    """
    words = re.split(r"[\s,]+|(?<=\d)-(?=\d)", text.strip())
    if not all(word.isdecimal() and 0 < int(word[:9]) <= LARGEST for word in words):
        example = "none, 3, or 4,3" if option == "--hidden" else "3,2,2"
        raise UsageError(
            f"{option}: {show(text)} is not a list of sizes from 1 to {LARGEST}; write for example {example}"
        )
    return tuple(map(int, words))
