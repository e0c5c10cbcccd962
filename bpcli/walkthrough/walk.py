"""The walk itself: every quantity of one step at one point, from the training core; the row forms beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bpcli.common.display import Displayed
from bpcli.common.errors import DataError
from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.core import core_values
from bpcli.walkthrough.counting import Multiplications, multiplications
from bpcli.walkthrough.markup import plain
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.rows import LayerRows, layer_rows

Pass = Literal["given", "forward", "backward", "update"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """One quantity of one point: a number, a vector or a matrix, without the batch axis."""

    name: str
    value: Array
    formula: str
    when: Pass

    def document(self) -> dict[str, Any]:
        """Return its part of the JSON document."""
        return {
            "shape": list(self.value.shape),
            "value": self.value.tolist(),
            "formula": self.formula,
            "pass": self.when,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Walk(Displayed):
    """One step at one point.

    Attributes:
        example: the point; one sample.
        quantities: by name, in order of computation.
        layers: the gradients row by row, the first layer first.
        largest_difference: between any number of the row forms and the same number of the core, relative to the
            largest of its quantity where that is above 1.
        predicted: α ‖∇ℓ‖², by how much the loss falls as long as it is a plane.
        after: a, h, b and z with the new weights, by name.
        multiplications: what the backward pass cost, and what it would have cost.
    """

    example: Example
    quantities: dict[str, Quantity]
    layers: tuple[LayerRows, ...]
    largest_difference: float
    predicted: float
    after: dict[str, Array]
    multiplications: Multiplications

    def summary(self) -> str:
        """Return the network, the loss before and after the update, and the shape of every quantity."""
        found = {name: quantity.value for name, quantity in self.quantities.items()}
        sizes = "-".join(map(str, self.example.architecture.sizes))
        loss, after = float(found["loss"]), float(found["loss_after"])
        shapes = (f"{name} {'×'.join(map(str, value.shape))}".rstrip() for name, value in found.items())
        return f"Walk: {sizes}, loss {loss:.4g}, after one step {after:.4g}\n  {', '.join(shapes)}"

    def __getitem__(self, name: str) -> Array:
        """The value of a quantity."""
        return self.quantities[name].value

    @property
    def decrease(self) -> float:
        """By how much the loss fell in fact."""
        return float(self["loss"] - self["loss_after"])

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.walkthrough/1``."""
        architecture = self.example.architecture
        return {
            "schema": "bpcli.walkthrough/1",
            "network": {
                "sizes": list(architecture.sizes),
                "activation": architecture.activation,
                "output": architecture.output,
                "loss": architecture.loss,
                "bias": architecture.bias,
            },
            "learning_rate": self.example.learning_rate,
            "quantities": {name: quantity.document() for name, quantity in self.quantities.items()},
            "decrease": {"predicted": self.predicted, "real": self.decrease},
            "multiplications": vars(self.multiplications),
            "rows": {"largest_difference": self.largest_difference},
        }


def walk(example: Example) -> Walk:
    """Take one step of plain gradient descent at a point of one sample, and keep every quantity.

    Raises:
        DataError: a quantity leaves the range of floating point.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = core_values(example)
    for name, value in found.items():
        if not np.isfinite(value).all():
            raise DataError(f"{name} leaves the range of floating point here: take smaller numbers")
    quantities = {
        name: Quantity(name, found[name], plain(formula), when) for name, formula, when in _order(example)
    }
    layers = layer_rows(
        example.architecture,
        {name: value.tolist() for name, value in found.items() if value.ndim == 1},
        {name: value.tolist() for name, value in found.items() if value.ndim == 2},
    )
    steepness = sum(float((found[f"grad_{name}"] ** 2).sum()) for name in example.parameters)
    return Walk(
        example=example,
        quantities=quantities,
        layers=layers,
        largest_difference=max(_differences(example, found, layers)),
        predicted=example.learning_rate * steepness,
        after={
            name: found[f"{name}_after"]
            for layer in example.architecture.names()
            for name in (layer.pre, layer.out)
        },
        multiplications=multiplications(example.architecture),
    )


def _order(example: Example) -> Iterator[tuple[str, str, Pass]]:
    """Every quantity with its formula, in order of computation."""
    architecture = example.architecture
    layers, notation = architecture.names(), Notation(architecture)
    bias = architecture.bias
    yield "x", "x", "given"
    yield "y", "y", "given"
    for layer in layers:
        yield layer.matrix, notation.symbol(layer.matrix), "given"
        if bias:
            yield layer.bias, notation.symbol(layer.bias), "given"
    for index, layer in enumerate(layers):
        yield layer.pre, notation.pre_formula(index), "forward"
        yield layer.out, notation.out_formula(index), "forward"
        yield layer.derivative, notation.slope_formula(index), "forward"
    yield "loss", notation.loss_formula(), "forward"
    for index in reversed(range(len(layers))):
        layer = layers[index]
        yield layer.grad_out, notation.gradient_formula(layer.grad_out), "backward"
        yield layer.delta, notation.delta_formula(index), "backward"
        yield layer.grad_matrix, notation.gradient_formula(layer.grad_matrix), "backward"
        if bias:
            yield layer.grad_bias, notation.symbol(layer.delta), "backward"
    for layer in layers:
        for name in (layer.matrix, layer.bias) if bias else (layer.matrix,):
            yield f"new_{name}", notation.update_formula(name), "update"
    yield "loss_after", notation.loss_formula(), "update"


def _differences(example: Example, found: dict[str, Array], layers: tuple[LayerRows, ...]) -> Iterator[float]:
    """How far the row forms are from the core, relative to a largest entry above 1."""
    for names, layer in zip(example.architecture.names(), layers, strict=True):
        rows = layer.rows
        deltas = [row.delta for row in rows]
        compared = [
            (names.derivative, layer.slopes),
            (names.grad_out, [row.passed for row in rows]),
            (names.delta, deltas),
            (names.grad_matrix, [row.product for row in rows]),
        ]
        if example.architecture.bias:
            compared.append((names.grad_bias, deltas))
        for name, numbers in compared:
            largest = max(1.0, float(np.abs(found[name]).max()))
            yield float(np.abs(found[name] - np.array(numbers)).max()) / largest
