"""What is given, part a (the forward pass, drawn and computed) and part b (the parameters and their gradients)."""

import numpy as np

from bpcli.common.text import listed
from bpcli.network import Array
from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import (
    Block,
    Box,
    Equation,
    Givens,
    Graph,
    Part,
    Prose,
    Question,
    Room,
    Stage,
    Table,
    Term,
)
from bpcli.walkthrough.terms import number, quantity, rate
from bpcli.walkthrough.walk import Walk


def givens(walk: Walk, notation: Notation, *, asked: bool = False) -> Givens:
    """The input, the target, the parameters and the learning rate; where questions are ``asked``, the network too."""
    names = ["x", "y", *walk.example.parameters]
    items = [(notation.symbol(name), quantity(walk, name)) for name in names]
    items.append(("α", rate(walk)))
    return Givens(
        tuple(items), (*(network_definition(notation) if asked else ()), *_functions(walk, notation))
    )


def network_definition(notation: Notation) -> tuple[str, ...]:
    """Every layer: a = V x, h = s(a), b = W h, z = s(b)."""
    return tuple(
        f"${notation.symbol(name)} = {formula}$"
        for index, names in enumerate(notation.layers)
        for name, formula in (
            (names.pre, notation.pre_formula(index)),
            (names.out, notation.out_formula(index)),
        )
    )


def _functions(walk: Walk, notation: Notation) -> tuple[str, ...]:
    """The functions in use, defined where their names do not define them."""
    net = walk.example.architecture
    used = {net.output} | ({net.activation} if net.depth > 1 else set())
    known = []
    if "sigmoid" in used:
        known.append("$s(u) = 1 / (1 + e^{-u})$")
    if "softmax" in used:
        known.append("$softmax(u)_{j} = exp(u_{j}) / Σ_{k} exp(u_{k})$")
    return (*known, f"$ℓ = {notation.loss_formula()}$")


def forward(walk: Walk, notation: Notation) -> Part:
    """(a) The graph with every value, and the layers one after the other, up to the loss."""
    blocks: list[Block] = [
        Question(
            "Fill in the graph of the forward pass. Write the output as one formula of the input and the parameters, "
            "then compute every quantity up to the loss."
        ),
        forward_graph(walk, notation),
        Room(f"${notation.symbol('z')} =$", f"${notation.composed()}$"),
    ]
    for index in range(len(notation.layers)):
        blocks += [pre_equation(walk, notation, index), out_equation(walk, notation, index)]
    blocks.append(loss_equation(walk, notation, walk["z"], "loss"))
    return Part("a", "The forward pass", tuple(blocks))


def parameters(walk: Walk, notation: Notation) -> Part:
    """(b) The parameters, and the gradients that a step needs, with their shapes."""
    net = walk.example.architecture
    rows = []
    for name in walk.example.parameters:
        shape = _shape(walk, notation, name)
        gradient = f"${notation.symbol(f'grad_{name}')}$"
        rows.append((f"${notation.symbol(name)}$", shape, str(walk[name].size), gradient, shape))
    on_the_way = listed(f"${notation.symbol(layer.grad_out)}$" for layer in reversed(notation.layers))
    return Part(
        "b",
        "The parameters, and the gradients that a step needs",
        (
            Question(
                "Which parameters are learned? Which gradients does a step of gradient descent need? Give the shapes."
            ),
            Table(("parameter", "shape", "entries", "gradient", "its shape"), tuple(rows)),
            Prose(
                f"{net.parameter_count} trainable parameters; each gradient has the shape of its parameter. On the way "
                f"the backward pass computes {on_the_way}. $x$ and $y$ stay fixed."
            ),
        ),
    )


def _shape(walk: Walk, notation: Notation, name: str) -> str:
    """The shape of a parameter in symbols and in numbers: d^(1)×d^(0) = 2×3."""
    for index, layer in enumerate(notation.layers):
        sizes = [notation.size(index + 1), notation.size(index)]
        if name in (layer.matrix, layer.bias):
            symbols = "×".join(sizes if name == layer.matrix else sizes[:1])
            return f"${symbols}$ = {'×'.join(map(str, walk[name].shape))}"
    raise KeyError(name)


def forward_graph(walk: Walk, notation: Notation) -> Graph:
    """Boxes from x to ℓ; weights and target enter from above."""

    def box(name: str, given: bool = False) -> Box:
        return Box(notation.symbol(name), walk[name], given, known=given)

    stages = [Stage(box("x", True))]
    for index, layer in enumerate(notation.layers):
        entering = [box(layer.matrix, True)]
        if walk.example.architecture.bias:
            entering.append(box(layer.bias, True))
        stages += [
            Stage(box(layer.pre), tuple(entering)),
            Stage(box(layer.out), arrow=notation.activated(index).partition("(")[0].strip("{}")),
        ]
    stages.append(Stage(box("loss"), (box("y", True),)))
    return Graph(tuple(stages))


def pre_equation(walk: Walk, notation: Notation, index: int) -> Equation:
    """a = V x, with its bias where there is one."""
    names = notation.layers[index]
    working: list[Term] = [
        quantity(walk, name, notation.symbol(name)) for name in (names.matrix, names.input)
    ]
    if walk.example.architecture.bias:
        working += ["+", quantity(walk, names.bias, notation.symbol(names.bias))]
    symbol = notation.symbol(names.pre)
    return Equation(
        names.pre,
        symbol,
        notation.pre_formula(index),
        tuple(working),
        quantity(walk, names.pre, symbol),
    )


def out_equation(walk: Walk, notation: Notation, index: int) -> Equation:
    """h = s(a)."""
    names = notation.layers[index]
    symbol = notation.symbol(names.out)
    opening, _, closing = notation.activated(index).partition("{}")
    working: tuple[Term, ...] = (opening, quantity(walk, names.pre), closing)
    return Equation(
        names.out,
        symbol,
        notation.out_formula(index),
        tuple(term for term in working if term != ""),
        quantity(walk, names.out, symbol),
    )


def loss_equation(walk: Walk, notation: Notation, outputs: Array, name: str) -> Equation:
    """The loss at some outputs, output by output."""
    pairs = list(zip(walk["y"], outputs, strict=True))
    return Equation(
        name,
        notation.symbol(name),
        notation.loss_formula("new" if name == "loss_after" else ""),
        _loss_terms(walk.example.architecture.loss, walk.example.architecture.output, pairs),
        quantity(walk, name),
    )


def _loss_terms(loss: str, output: str, pairs: list[tuple[np.float64, np.float64]]) -> tuple[Term, ...]:
    terms: list[Term] = []
    for y, z in pairs:
        target, out = number(y, form="exact"), number(z)
        if loss == "squared_error":
            terms += ["+" if terms else "½ [", "(", target, "-", out, ")^{2}"]
        elif output == "softmax":
            if y:
                terms += [*(["+"] if terms else ["-", "("]), target, "log", out]
        else:
            terms += [*(["+"] if terms else ["-", "["])]
            terms += [target, "log", out, "+ ( 1 -", target, ") log ( 1 -", out, ")"]
    return (*terms, ")" if output == "softmax" else "]")
