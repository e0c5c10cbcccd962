"""The point to walk through: from a configuration, typed on the command line, or drawn from a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config, TrainingConfig
from bpcli.network import Architecture, Array
from bpcli.network.example import Example
from bpcli.training.configured import configured_example
from bpcli.walkthrough.typed import Typed, chosen_architecture, read_tensor

Draw = Callable[..., Example]  # draws a point for an architecture and a seed
SIGNIFICANT = 2  # digits of numbers from a configuration, so that what is printed is what is calculated with


@dataclass(frozen=True)
class Drawn:
    """What of a point was drawn, by name, and from which seed."""

    names: tuple[str, ...]
    seed: int

    def document(self) -> dict[str, Any]:
        """Return its part of the JSON document."""
        return {"names": list(self.names), "seed": self.seed}


@dataclass(frozen=True, eq=False)
class Chosen:
    """The point, what of it was drawn, if anything was, and which settings of its training the one step leaves out."""

    example: Example
    drawn: Drawn | None = None
    left_out: tuple[str, ...] = ()


def chosen_point(config: Config, typed: Typed, seed: int | None, draw: Draw, digits: int = 4) -> Chosen:
    """Return the point: as typed, else drawn from ``seed``, else the first training row of the configuration.

    What is missing beside typed numbers is drawn from the seed. Without one it comes from the configuration, if that
    has a network of these sizes; other sizes are drawn from the seed of the configuration.

    Raises:
        UsageError: numbers that cannot be read, or shapes that do not fit one another.
        DataError: the data of the configuration cannot be used.
    """
    example, drawn, decay = _point(config, typed, seed, draw, digits)
    return Chosen(example, drawn, left_out(config.training, decay))


def left_out(training: TrainingConfig, auto_decay: float) -> tuple[str, ...]:
    """Name what of an update plain gradient descent does not have; ``auto_decay`` is what "auto" has come to."""
    rule = training.optimizer
    decay = auto_decay if training.weight_decay == "auto" else training.weight_decay
    momentum = getattr(rule, "momentum", 0.0)
    found = ("Adam" if rule.name == "adam" else "", f"momentum {momentum:g}" if momentum else "")
    return tuple(filter(None, (*found, f"weight decay {decay:g}" if decay else "")))


def _point(
    config: Config, typed: Typed, seed: int | None, draw: Draw, digits: int
) -> tuple[Example, Drawn | None, float]:
    """The point, what of it was drawn, and the weight decay that its rows decide: 0 where it is no row of a table."""
    given = {name: read_tensor(f"--{name.replace('_', '-')}", text) for name, text in typed.tensors.items()}
    architecture = chosen_architecture(config, typed, given)
    rate = typed.rate if typed.rate is not None else config.training.optimizer.learning_rate
    if not (np.isfinite(rate) and rate > 0):
        raise UsageError(f"--rate: the learning rate must be a number above 0, not {rate}")
    shapes = {
        "x": (architecture.sizes[0],),
        "y": (architecture.sizes[-1],),
        **architecture.parameter_shapes(),
    }
    for name, tensor in given.items():
        _require(name, tensor, shapes)
    if "y" in given:
        _require_target(architecture, given["y"])
    missing = tuple(name for name in shapes if name not in given)
    if not missing:
        return _with(given, architecture, rate), None, 0.0
    if seed is None and not (typed.sizes or typed.hidden):
        configured = configured_example(config)
        if configured.architecture == architecture:
            point = _with(_tensors(_rounded(configured)) | given, architecture, rate)
            return point, None, configured.weight_decay
    start = config.seed if seed is None else seed
    point = draw(architecture, start, learning_rate=rate, digits=digits)
    return _with(_tensors(point) | given, architecture, rate), Drawn(missing, start), 0.0


def _tensors(example: Example) -> dict[str, Array]:
    """x, y and the parameters of a point."""
    return {"x": example.X[0], "y": example.Y[0], **example.parameters}


def _with(tensors: Mapping[str, Array], architecture: Architecture, rate: float) -> Example:
    """The point that these numbers make."""
    parameters = {name: tensors[name] for name in _in_order(architecture)}
    return Example(architecture, tensors["x"][None], tensors["y"][None], parameters, learning_rate=rate)


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
            f"{option}: the shape given is {_by(tensor.shape)}; it must be {_by(shape)} to fit the other "
            f"numbers and the sizes of the network"
        )


def _require_target(architecture: Architecture, y: Array) -> None:
    if architecture.loss == "cross_entropy" and not ((y >= 0) & (y <= 1)).all():
        raise UsageError("--y: cross-entropy needs targets between 0 and 1")
    if architecture.output == "softmax" and abs(y.sum() - 1) > 1e-9:
        raise UsageError(
            f"--y: under softmax the targets must sum to 1, and these sum to {y.sum():g}; write for example 1,0"
        )


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} number{'s' if shape[0] > 1 else ''}"


def _rounded(example: Example) -> Example:
    """The first sample of an example, its numbers rounded to two significant digits."""

    def rounded(tensor: Array) -> Array:
        return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in tensor.flat]).reshape(tensor.shape)

    Y = example.Y[:1]
    if example.architecture.output != "softmax":
        Y = rounded(Y)
    return Example(
        example.architecture,
        rounded(example.X[:1]),
        Y,
        {name: rounded(tensor) for name, tensor in example.parameters.items()},
    )
