"""The architecture from options: sizes from what was typed, and what is missing from the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.network import Architecture, Array
from bpcli.training.configured import configured_example
from bpcli.walkthrough.parsing import read_hidden, read_sizes


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
