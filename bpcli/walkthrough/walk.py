"""One step at one point as the training core takes it: every quantity by name, and the row forms beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

import numpy as np

from bpcli.common.display import Displayed
from bpcli.common.errors import DataError
from bpcli.common.markup import plain
from bpcli.network import Architecture, Array
from bpcli.network.example import Example
from bpcli.network.formulas import Notation
from bpcli.training.descent import descend
from bpcli.training.optimisers import Sgd
from bpcli.walkthrough.rows import LayerRows, differences, layer_rows

Phase = Literal["given", "forward", "backward", "update"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """One quantity of one point: a number, a vector or a matrix, without the batch axis."""

    name: str
    value: Array
    formula: str
    phase: Phase

    def document(self) -> dict[str, Any]:
        """Return its part of the JSON document."""
        return {
            "shape": list(self.value.shape),
            "value": self.value.tolist(),
            "formula": self.formula,
            "pass": self.phase,
        }


@dataclass(frozen=True)
class Multiplications:
    """The products of one backward pass: each δ and ∇h computed once, or each gradient entry from scratch."""

    with_reuse: int
    without_reuse: int


@dataclass(frozen=True, eq=False, repr=False)
class Walk(Displayed):
    """One step at one point.

    Attributes:
        example: the point; one sample.
        quantities: by name, in order of computation.
        layers: the gradients row by row, the first layer first.
        largest_difference: between any number of the row forms and the same number of the core, relative to the
            largest of its quantity where that is above 1.
        predicted: α ‖∇ℓ‖², the decrease of the loss to first order in α.
        after: a, h, b, z and the δ with the new weights, by name.
        multiplications: of the backward pass, with reuse and without.
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
        """By how much the loss decreased."""
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
            raise DataError(f"{name} overflows at this point: use smaller numbers")
    quantities = {
        name: Quantity(name, found[name], plain(formula), phase) for name, formula, phase in _order(example)
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
        largest_difference=max(differences(example.architecture, found, layers)),
        predicted=example.learning_rate * steepness,
        after={
            name: found[f"{name}_after"]
            for layer in example.architecture.names()
            for name in (layer.pre, layer.out, layer.delta)
        },
        multiplications=multiplications(example.architecture),
    )


def core_values(example: Example) -> dict[str, Array]:
    """Return every quantity of a point of one sample, and those of a step of plain gradient descent.

    The names are those of ``Network.quantities``, and beside them loss, new_V, new_W (and new_bias_V …); a_after,
    h_after, b_after, z_after and delta_1_after, delta_2_after, which are those of the pass with the new weights; and
    loss_after.
    """
    over_samples = {"x", "y"}
    for names in example.architecture.names():
        over_samples |= {names.pre, names.out, names.derivative, names.grad_out, names.delta}
    network = example.network()
    update = Sgd(network.parameters, network.gradients)
    steps = descend(network, repeat((example.X, example.Y)), update, repeat(example.learning_rate))
    next(steps)
    values = {
        name: np.array(value[0] if name in over_samples else value)
        for name, value in network.quantities().items()
    }
    values["loss"] = np.array(network.loss(example.Y))
    next(steps)  # the update is taken, and the next passes are those with the new weights
    after = network.quantities()
    values |= {f"new_{name}": tensor.copy() for name, tensor in network.parameters.named()}
    for names in example.architecture.names():
        of_layer = (names.pre, names.out, names.delta)
        values |= {f"{name}_after": np.array(after[name][0]) for name in of_layer}
    values["loss_after"] = np.array(network.loss(example.Y))
    return values


def _order(example: Example) -> Iterator[tuple[str, str, Phase]]:
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
        yield layer.derivative, notation.derivative_formula(index), "forward"
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


def multiplications(architecture: Architecture) -> Multiplications:
    """Count both, from the output layer down.

    With reuse a layer of d units on c inputs costs d products for δ = Λ ∇h (d² under softmax, whose Jacobian is
    full), d·c for ∇W = δ hᵀ and, unless it is the first, d·c for ∇h = Wᵀ δ.

    Without reuse an entry of ∇W costs one product more than its δ_j; a δ_j costs one more than its ∂ℓ/∂h_j, and that
    is Σ_k w_kj δ_k, with every δ_k computed again. A bias gradient costs what its δ_j costs.
    """
    output = architecture.sizes[-1]
    one_delta = output if architecture.output == "softmax" else 1  # from scratch
    reused = scratch = 0
    for layer in reversed(range(1, architecture.depth + 1)):
        fan_in, fan_out = architecture.sizes[layer - 1], architecture.sizes[layer]
        softmax = layer == architecture.depth and architecture.output == "softmax"
        reused += fan_out * (fan_out if softmax else 1) + fan_out * fan_in * (2 if layer > 1 else 1)
        scratch += fan_out * fan_in * (one_delta + 1) + fan_out * one_delta * architecture.bias
        one_delta = fan_out * (one_delta + 1) + 1
    return Multiplications(reused, scratch)
