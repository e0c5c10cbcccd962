"""Which point is walked through: that of a configuration, one with numbers typed by hand, or one drawn from a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from bpcli.config import Config
from bpcli.errors import UsageError
from bpcli.gradcheck.exchange import shapes_of
from bpcli.gradcheck.points import configured_point
from bpcli.gradcheck.problem import Problem
from bpcli.network import Architecture, Array
from bpcli.walkthrough.typed import read_hidden, read_sizes, read_tensor

Draw = Callable[..., Problem]  # numbers.drawn_point
SIGNIFICANT = 2  # digits of the numbers of a configuration: what is printed is what is calculated with


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

    @property
    def numbers(self) -> bool:
        """Whether any numbers of the point were typed."""
        return bool(self.tensors)


def chosen_point(config: Config, typed: Typed, seed: int | None, draw: Draw, digits: int = 4) -> Problem:
    """Return the point: as typed, else drawn from ``seed``, else the first training row of the configuration.

    What is missing beside typed numbers is drawn from the seed, or from that of the configuration; other sizes
    than the configuration's are drawn too, as it has no numbers for them.

    Raises:
        UsageError: numbers that cannot be read, or shapes that do not fit one another.
        DataError: the data of the configuration cannot be used.
    """
    given = {name: read_tensor(f"--{name.replace('_', '-')}", text) for name, text in typed.tensors.items()}
    architecture = chosen_architecture(config, typed, given)
    rate = typed.rate if typed.rate is not None else config.training.optimizer.learning_rate
    if not (np.isfinite(rate) and rate > 0):
        raise UsageError(f"--rate: {rate} is no learning rate; write a number above 0")
    own_sizes = not (typed.sizes or typed.hidden)
    if not given and seed is None and own_sizes:
        return _rounded(configured_point(config), rate)
    shapes = {"x": (architecture.sizes[0],), "y": (architecture.sizes[-1],), **shapes_of(architecture)}
    for name, tensor in given.items():
        _require(name, tensor, shapes)
    if "y" in given:
        _require_target(architecture, given["y"])
    tensors = dict(given)
    if set(shapes) - set(given):
        start = config.seed if seed is None else seed
        drawn = draw(architecture, start, learning_rate=rate, digits=digits)
        tensors = {"x": drawn.X[0], "y": drawn.Y[0], **drawn.parameters} | given
    return Problem(
        architecture,
        tensors["x"][None],
        tensors["y"][None],
        {name: tensors[name] for name in _in_order(architecture)},
        learning_rate=rate,
    )


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
            raise UsageError("--sizes says the hidden layers too: leave --hidden out")
        if given:
            raise UsageError("--sizes is for points that are drawn: typed numbers have sizes of their own")
        sizes = read_sizes("--sizes", typed.sizes)
        if len(sizes) < 2:
            raise UsageError(f"--sizes: {typed.sizes} is one size; write for example 3,2,2, from x to z")
    else:
        sizes = _implied(config, hidden, given)
    try:
        return Architecture(
            sizes,
            model.activation,
            model.output,
            config.training.loss,
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
                f"{given['V'].shape[0]}; matrices of other networks cannot be typed, but are drawn from --seed"
            )
        middle = [given["V"].shape[0]]
    if len(middle) > 1 and {"W", "bias_W"} & set(given):
        raise UsageError(
            f"a network with {len(middle)} hidden layers has the matrices W1 to W{len(middle) + 1}, which cannot be "
            "typed: leave --W out and have them drawn from --seed"
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
        sizes = configured_point(config).architecture.sizes
        first, last = first or sizes[0], last or sizes[-1]
    return first, last


def _side(given: Mapping[str, Array], name: str, axis: int) -> int | None:
    if name not in given or given[name].ndim != 2:
        return None
    return int(given[name].shape[axis])


def _in_order(architecture: Architecture) -> list[str]:
    """The parameters, layer by layer."""
    return [
        name
        for layer in architecture.names()
        for name in ((layer.matrix, layer.bias) if architecture.bias else (layer.matrix,))
    ]


def _require(name: str, tensor: Array, shapes: Mapping[str, tuple[int, ...]]) -> None:
    option, shape = f"--{name.replace('_', '-')}", shapes.get(name)
    if shape is None:
        raise UsageError(f"{option}: this network has no {name}; it has {', '.join(shapes)}: leave it out")
    if tensor.shape != shape:
        raise UsageError(
            f"{option}: the shape given is {_by(tensor.shape)}; it must be {_by(shape)}, as the other numbers "
            f"and the sizes of the network ask for"
        )


def _require_target(architecture: Architecture, y: Array) -> None:
    if architecture.loss == "cross_entropy" and not ((y >= 0) & (y <= 1)).all():
        raise UsageError("--y: cross-entropy wants targets between 0 and 1")
    if architecture.output == "softmax" and abs(y.sum() - 1) > 1e-9:
        raise UsageError(
            f"--y: under softmax the targets sum to 1, and these to {y.sum():g}; write for example 1,0"
        )


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} number{'s' if shape[0] > 1 else ''}"


def _rounded(problem: Problem, rate: float) -> Problem:
    """The first sample of a problem, its numbers rounded as one writes them on a board."""

    def rounded(tensor: Array) -> Array:
        return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in tensor.flat]).reshape(tensor.shape)

    Y = problem.Y[:1]
    if problem.architecture.output != "softmax":
        Y = rounded(Y)
    return Problem(
        problem.architecture,
        rounded(problem.X[:1]),
        Y,
        {name: rounded(tensor) for name, tensor in problem.parameters.items()},
        learning_rate=rate,
    )
