"""Parts c to f: the gradients, row by row and stacked, each factor with its shape."""

import numpy as np

from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Block, Equation, Numbers, Part, Prose, Question, Term
from bpcli.walkthrough.rows import Contribution
from bpcli.walkthrough.terms import (
    jacobian,
    jacobian_or_diagonal,
    joined,
    number,
    quantity,
    shown,
    transposed,
    with_gap,
)
from bpcli.walkthrough.walk import Walk


def output_gradient(walk: Walk, notation: Notation) -> Part:
    """(c) Where the backward pass starts."""
    symbol = notation.symbol("grad_z")
    y, z = walk["y"], walk["z"]
    net = walk.example.architecture
    working: tuple[Term, ...] = ()
    component = f"$∂ℓ/∂{notation.symbol('z', 'j')} = {notation.output_gradient('j')}$"
    blocks: list[Block] = [
        Question(
            f"Compute ${symbol}$, the gradient of the loss with respect to the outputs: its formula, then its value."
        ),
        Prose(
            f"The loss is a sum with one term per output, so each output has its own derivative: {component}."
        ),
    ]
    if net.loss == "squared_error":
        working = (quantity(walk, "z", notation.symbol("z")), "-", quantity(walk, "y", "y"))
    else:
        blocks += [
            Equation(
                "",
                f"∂ℓ/∂{notation.symbol('z', str(j + 1))}",
                notation.output_gradient(str(j + 1)),
                _fraction(net.output, z[j], y[j]),
                number(walk["grad_z"][j]),
            )
            for j in shown(len(z))
        ]
    blocks.append(
        Equation(
            "grad_z",
            symbol,
            notation.output_gradient(),
            working,
            quantity(walk, "grad_z", symbol),
            asks_formula=True,
        )
    )
    return Part("c", f"${symbol}$, where the backward pass starts", tuple(blocks))


def _fraction(output: str, z: float, y: float) -> tuple[Term, ...]:
    target, out = number(y, form="exact"), number(z)
    if output == "softmax":
        return ("-", target, "/", out)
    return ("(", out, "-", target, ") / (", out, "( 1 -", out, ") )")


def matrix_gradient(walk: Walk, notation: Notation, index: int) -> tuple[Block, ...]:
    """∇W of one layer: the derivative of its units, row by row, δ, and stacked."""
    names, softmax = notation.layers[index], notation.softmax(index)
    gradient, delta = notation.symbol(names.grad_matrix), notation.symbol(names.delta)
    inputs = notation.symbol(names.input, transposed=True)
    first = notation.symbol(names.delta, "j") if softmax else f"∂ℓ/∂{notation.symbol(names.out, 'j')}"
    local = "" if softmax else f" · {notation.derivative_entry(index, 'j')}"
    matrix, pre = notation.symbol(names.matrix), notation.symbol(names.pre, "j")
    explained = (
        f"Row j of ${matrix}$ affects the loss only through ${pre}$, so its derivative is "
        f"$∂ℓ/∂{notation.row(index, 'j')} = {first}{local} · {inputs}$."
    )
    if notation.style == "delta":
        explained += f" Entry by entry, ${notation.entry_gradient(index)}$."
    by_row, its_delta = _rows(walk, notation, index), delta_equation(walk, notation, index)
    blocks: list[Block] = [
        Question(
            f"Compute ${gradient}$ row by row by the chain rule, with the factors of each row; then stack the rows and "
            f"give the formula. On the way: {_meanings(notation, index)}."
        ),
        _derivative(walk, notation, index),
        Prose(explained),
        *([its_delta, *by_row] if softmax else [*by_row, its_delta]),
        Prose(f"Row j is ${notation.symbol(names.delta, 'j')}$ times ${inputs}$; stacked:"),
        Equation(
            names.grad_matrix,
            gradient,
            f"{notation.matrix_gradient(index)} = {delta} {inputs}",
            (
                jacobian_or_diagonal(walk, notation, index),
                quantity(walk, names.grad_out, notation.symbol(names.grad_out)),
                quantity(walk, names.input, inputs, row=True),
            ),
            quantity(walk, names.grad_matrix, gradient),
            asks_formula=True,
        ),
    ]
    if walk.example.architecture.bias:
        bias = notation.symbol(names.grad_bias)
        blocks += [
            Prose(f"A bias is the weight of a constant input 1, so ${bias}$ equals ${delta}$."),
            Equation(names.grad_bias, bias, delta, (), quantity(walk, names.grad_bias, bias)),
        ]
    return tuple(blocks)


def _meanings(notation: Notation, index: int) -> str:
    """What the derivative of a layer and its δ are, without their formulas."""
    names = notation.layers[index]
    what = "the Jacobian of softmax" if notation.softmax(index) else "the derivatives of the activation"
    return (
        f"${notation.symbol(names.derivative)}$, {what}, and ${notation.symbol(names.delta)}$, the derivative of the "
        f"loss with respect to ${notation.symbol(names.pre)}$"
    )


def _rows(walk: Walk, notation: Notation, index: int) -> list[Block]:
    names, rows = notation.layers[index], walk.layers[index].rows
    inputs = notation.symbol(names.input, transposed=True)
    blocks: list[Block] = []
    for j in shown(len(rows)):
        row, unit = rows[j], str(j + 1)
        passed = number(row.passed, f"∂ℓ/∂{notation.symbol(names.out, unit)}")
        if row.derivative is None:
            factors: tuple[Term, ...] = (number(row.delta, notation.symbol(names.delta, unit)),)
        else:
            factors = (passed, "·", number(row.derivative, notation.derivative_entry(index, unit)))
        symbol = f"∂ℓ/∂{notation.row(index, unit)}"
        working = (*factors, "·", quantity(walk, names.input, inputs, row=True))
        answer = Numbers(np.array(row.product), symbol, row=True)
        blocks.append(Equation("", symbol, "", working, answer, slots=True))
    return with_gap(blocks, len(rows), "rows")


def hidden_gradient(walk: Walk, notation: Notation, index: int) -> tuple[Block, ...]:
    """∇h of the layer below ``index``: the product with its shapes, and once more as sums over outputs."""
    names, below = notation.layers[index], notation.layers[index - 1]
    gradient, unit = notation.symbol(below.grad_out), notation.symbol(below.out, "i")
    last = index + 1 == len(notation.layers)
    above, many = (
        ("output", "the outputs") if last else ("unit of the layer above", "the units of the layer above")
    )
    explained = (
        f"${unit}$ affects every {above}, and its contributions add up: "
        f"$∂ℓ/∂{unit} = Σ_{{j}} {notation.sum_term(index)}$."
    )
    if notation.style == "delta":
        explained += f" Multiplied by the derivative of the unit itself, ${notation.delta_recursion(index)}$."
    sums = walk.layers[index].sums
    with_delta = notation.style == "delta" or notation.softmax(index)
    lines = [
        Equation(
            "",
            f"∂ℓ/∂{notation.symbol(below.out, str(i + 1))}",
            "",
            tuple(joined([_product(term, with_delta=with_delta) for term in sums[i]], "+")),
            number(sum(term.value for term in sums[i])),
            slots=True,
        )
        for i in shown(len(sums))
    ]
    return (
        Question(
            f"Compute ${gradient}$: its formula, its value, and each of its entries as a sum over {many}."
        ),
        Equation(
            below.grad_out,
            gradient,
            notation.passed_formula(index),
            (
                transposed(walk, names.matrix, notation.symbol(names.matrix, transposed=True)),
                jacobian_or_diagonal(walk, notation, index),
                quantity(walk, names.grad_out, notation.symbol(names.grad_out)),
            ),
            quantity(walk, below.grad_out, gradient),
            asks_formula=True,
        ),
        Prose(explained),
        *with_gap(lines, len(sums), "entries"),
    )


def _product(term: Contribution, *, with_delta: bool) -> list[Term]:
    """w_ji · z_j(1-z_j) · ∂ℓ/∂z_j with numbers, or w_ji · δ_j."""
    weight = number(term.weight, form="exact")
    if with_delta or term.derivative is None:
        return [weight, "·", number(term.delta)]
    return [weight, "·", number(term.derivative), "·", number(term.passed)]


def delta_equation(walk: Walk, notation: Notation, index: int) -> Equation:
    """δ = Ω ∇z."""
    names = notation.layers[index]
    delta = notation.symbol(names.delta)
    return Equation(
        names.delta,
        delta,
        notation.delta_formula(index),
        (
            jacobian_or_diagonal(walk, notation, index),
            quantity(walk, names.grad_out, notation.symbol(names.grad_out)),
        ),
        quantity(walk, names.delta, delta),
    )


def _derivative(walk: Walk, notation: Notation, index: int) -> Equation:
    """Ω = diag(z(1-z)), or the Jacobian of softmax."""
    names = notation.layers[index]
    symbol = notation.symbol(names.derivative)
    if notation.softmax(index):
        z, turned = notation.symbol("z"), notation.symbol("z", transposed=True)
        working: tuple[Term, ...] = (
            "diag(",
            quantity(walk, "z"),
            ")",
            "-",
            quantity(walk, "z", z),
            quantity(walk, "z", turned, row=True),
        )
        return Equation("", symbol, notation.jacobian_formula(), working, Numbers(jacobian(walk), symbol))
    return Equation(
        names.derivative,
        symbol,
        notation.derivative_formula(index),
        _diagonal(walk, notation, index),
        Numbers(walk[names.derivative], symbol, diagonal=True),
    )


def _diagonal(walk: Walk, notation: Notation, index: int) -> tuple[Term, ...]:
    """The diagonal with its numbers: 0.1113 · 0.8887, 0.8679 · 0.1321."""
    names, activation = notation.layers[index], notation.activation(index)
    if activation == "identity":
        return ()
    if activation == "relu":
        return ("diag(1 where", quantity(walk, names.pre), "> 0, else 0)")
    entries: list[list[Term]] = [
        ["1 - (", number(h), ")^{2}"] if activation == "tanh" else [number(h), "·", number(1 - h)]
        for h in walk[names.out]
    ]
    return ("diag [", *joined(entries, ","), "]")
