"""A worksheet as a chain: each blank is a step from the numbers before it, right or wrong.

The steps are the core's own equations, run on a student's numbers by ``layer_steps``, and the loss written in z. At the
given numbers every step yields what the core does, to which the tests hold it; what is right is always taken from the
core.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Topic
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets import backward_mistakes, forward_mistakes
from bpcli.worksheets.forward_mistakes import BlankMistake
from bpcli.worksheets.layer_steps import Formula, LayerSteps, Values, loss_of
from bpcli.worksheets.rounding import half_down, half_even, half_up

Pass = Callable[[dict[str, Array], Array, Array], Array]  # from parameters, x and y to ℓ
Rounding = Callable[[Array, int], Array]


@dataclass(frozen=True)
class Method:
    """A right formula for a blank, and the earlier blanks that it takes (given numbers are not listed)."""

    needs: tuple[str, ...]
    formula: Formula


@dataclass(frozen=True)
class Step:
    """One blank: how it is worked out, and how it goes wrong.

    Attributes:
        name: of the quantity.
        methods: the right formulas, the sheet's own first; cross-entropy has two for δ, and the loss after the update
            is worked out with all digits in between, or rounded.
        mistakes: the wrong ones.
    """

    name: str
    methods: tuple[Method, ...]
    mistakes: tuple[BlankMistake, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Every earlier blank that one of the methods takes."""
        return tuple(dict.fromkeys(need for method in self.methods for need in method.needs))


def given(example: Example) -> dict[str, Array]:
    """Return the numbers that are printed on the sheet, by name: x, y and the parameters."""
    return {"x": example.X[0], "y": example.Y[0], **example.parameters}


def steps(example: Example, digits: int | None = None, topic: Topic = "backprop") -> tuple[Step, ...]:
    """Return the blanks of a point in the order of computation: forward, backward, the update, the loss after it.

    The sheet on equal weights asks for the hidden layer after the update in place of the loss.

    With ``digits`` the loss after the update has more methods: its own a, h, b and z, which are no blanks, rounded.
    """
    architecture = example.architecture
    layers = [LayerSteps(architecture, i, example.learning_rate) for i in range(architecture.depth)]
    found = [step for layer in layers for step in _forward(layer)]
    loss = Method(("z",), lambda v: loss_of(architecture, v["z"], v["y"]))
    found.append(Step("loss", (loss,), tuple(forward_mistakes.loss_mistakes(architecture, loss.formula))))
    for layer in reversed(layers):
        found += _backward(layer)
    for layer in reversed(layers):
        found += _update(layer)
    if topic == "symmetry":
        return (*found, *_hidden_after(example))
    return (*found, _loss_after(example, digits))


def _blanks_among(*names: str) -> tuple[str, ...]:
    """The names that are blanks: x is given."""
    return tuple(name for name in names if name != "x")


def _forward(layer: LayerSteps) -> Iterator[Step]:
    n = layer.names
    pre = Method(_blanks_among(n.input), layer.pre)
    yield Step(n.pre, (pre,), tuple(forward_mistakes.pre_mistakes(layer)))
    yield Step(n.out, (Method((n.pre,), layer.out),), tuple(forward_mistakes.out_mistakes(layer)))


def _backward(layer: LayerSteps) -> Iterator[Step]:
    n = layer.names
    yield _grad_out(layer)
    if layer.activation != "softmax":  # whose Jacobian is no diagonal
        derivative = Method((n.out,), layer.derivative)
        yield Step(n.derivative, (derivative,), tuple(backward_mistakes.derivative_mistakes(layer)))
    methods = _deltas(layer)
    yield Step(n.delta, methods, tuple(backward_mistakes.delta_mistakes(layer, methods[0].formula)))
    matrix = Method(_blanks_among(n.delta, n.input), layer.grad_matrix)
    yield Step(
        n.grad_matrix, (matrix,), tuple(backward_mistakes.grad_matrix_mistakes(layer, layer.grad_matrix))
    )
    if layer.architecture.bias:
        bias = Method((n.delta,), layer.grad_bias)
        yield Step(n.grad_bias, (bias,), tuple(backward_mistakes.grad_bias_mistakes(layer, layer.grad_bias)))


def _grad_out(layer: LayerSteps) -> Step:
    """∇z, written in z, or the ∇h that the layer above passes back."""
    n = layer.names
    if not layer.last:
        above = layer.above
        method = Method((above.names.delta,), above.passed_back)
        return Step(n.grad_out, (method,), tuple(backward_mistakes.grad_out_mistakes(layer, method.formula)))
    if layer.squared:
        method = Method(("z",), lambda v: v["z"] - v["y"])
    elif layer.activation == "sigmoid":
        method = Method(("z",), lambda v: (v["z"] - v["y"]) / layer.derivative(v))
    else:
        method = Method(("z",), lambda v: -v["y"] / v["z"])
    return Step(n.grad_out, (method,), tuple(backward_mistakes.grad_z_mistakes(layer, method.formula)))


def _deltas(layer: LayerSteps) -> tuple[Method, ...]:
    """Λ ∇h, or Ω ∇z; under cross-entropy z - y too, and under softmax, which has no Ω, that first."""
    n = layer.names
    product = Method((n.derivative, n.grad_out), layer.delta)
    if not layer.last or layer.squared:
        return (product,)
    direct = Method(("z",), lambda v: v["z"] - v["y"])
    if layer.activation == "sigmoid":
        return product, direct
    return direct, Method(("z", n.grad_out), lambda v: v["z"] * (v[n.grad_out] - v["z"] @ v[n.grad_out]))


def _update(layer: LayerSteps) -> Iterator[Step]:
    n = layer.names
    for parameter in (n.matrix, n.bias) if layer.architecture.bias else (n.matrix,):
        yield _moved(layer, parameter)


def _moved(layer: LayerSteps, parameter: str) -> Step:
    gradient = f"grad_{parameter}"
    method = Method((gradient,), lambda v: v[parameter] - layer.learning_rate * v[gradient])
    return Step(f"new_{parameter}", (method,), tuple(forward_mistakes.update_mistakes(layer, parameter)))


def _loss_after(example: Example, digits: int | None) -> Step:
    """A forward pass through the new parameters as they were written down: the core's, or rounded line by line."""
    architecture, names = example.architecture, tuple(example.parameters)
    passes: list[Pass] = [partial(_core_pass, example)]
    if digits is not None:
        layers = [LayerSteps(architecture, index, 0.0) for index in range(architecture.depth)]
        passes += [
            partial(_rounded_pass, layers, rounded, digits) for rounded in (half_even, half_up, half_down)
        ]

    def through(one: Pass, moved: tuple[str, ...]) -> Formula:
        return lambda v: one(
            {name: v[f"new_{name}"] if name in moved else v[name] for name in names}, v["x"], v["y"]
        )

    right = [through(one, names) for one in passes]
    wrong = [
        mistake for formula in right for mistake in forward_mistakes.loss_mistakes(architecture, formula)
    ]
    wrong.append(BlankMistake(None, "the loss before the update", lambda v: v["loss"]))
    if architecture.depth > 1:
        last = architecture.names()[-1]
        above = tuple(name for name in names if name in (last.matrix, last.bias))
        below = tuple(name for name in names if name not in above)
        wrong += [
            BlankMistake(None, f"only {' and '.join(some)} moved", through(one, some))
            for some in (above, below)
            for one in passes
        ]
    needs = tuple(f"new_{name}" for name in names)
    return Step("loss_after", tuple(Method(needs, formula) for formula in right), tuple(wrong))


def _hidden_after(example: Example) -> Iterator[Step]:
    """x^(1) and δ^(1) of the next step, by the core from the new parameters as they were written down."""
    first, names = example.architecture.names()[0], tuple(example.parameters)

    def after(quantity: str, v: Values) -> Array:
        moved = {name: v[f"new_{name}"] for name in names}
        return core_values(replace(example, parameters=moved))[quantity]

    for name, needs in (
        (first.out, (f"new_{first.matrix}",)),
        (first.delta, tuple(f"new_{each}" for each in names)),
    ):
        before = BlankMistake(None, f"{name} before the update", partial(_earlier, name))
        yield Step(f"{name}_after", (Method(needs, partial(after, name)),), (before,))


def _earlier(name: str, v: Values) -> Array:
    return v[name]


def _core_pass(example: Example, parameters: dict[str, Array], x: Array, y: Array) -> Array:
    """ℓ by the core, with all digits."""
    network = replace(example, parameters=parameters).network()
    network.forward(x[None])
    return np.asarray(network.loss(y[None]))


def _rounded_pass(
    layers: Sequence[LayerSteps], rounded: Rounding, digits: int, p: dict[str, Array], x: Array, y: Array
) -> Array:
    """ℓ by somebody who rounds a, h, b and z and calculates on."""
    values = {**p, "x": x}
    for layer in layers:
        values[layer.names.pre] = rounded(layer.pre(values), digits)
        values[layer.names.out] = rounded(layer.out(values), digits)
    return loss_of(layers[-1].architecture, values["z"], y)
