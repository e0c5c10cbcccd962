"""Parts c to f: the gradients, each row by row and stacked, each factor with its shape."""

import numpy as np

from bpcli.network import Array
from bpcli.walkthrough.blocks import Block, Equation, Numbers, Part, Prose, Question, Term
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.rows import Term as SumTerm
from bpcli.walkthrough.walk import Walk

ROWS_SHOWN = 6  # of a gradient written row by row; a wide layer shows its first and its last


def output_gradient(walk: Walk, notation: Notation) -> Part:
    """(c) Where the backward pass starts."""
    symbol = notation.symbol("grad_z")
    y, z = walk["y"], walk["z"]
    net = walk.problem.architecture
    working: tuple[Term, ...] = ()
    blocks: list[Block] = [
        Question(f"The gradient of the loss by the outputs, ${symbol}$: formula, numbers, shape.")
    ]
    component = f"$∂ℓ/∂{notation.symbol('z', 'j')} = {notation.output_gradient('j')}$"
    if net.loss == "squared_error":
        working = (Numbers(z, notation.symbol("z")), "-", Numbers(y, "y"))
        blocks.append(
            Prose(f"The loss is a sum of squares, so each output has a term of its own: {component}.")
        )
    else:
        blocks.append(Prose(f"Each output has a term of its own in the loss: {component}."))
        blocks += [
            _scalar(
                f"∂ℓ/∂{notation.symbol('z', str(j + 1))}",
                notation.output_gradient(str(j + 1)),
                _fraction(net.output, z[j], y[j]),
                walk["grad_z"][j],
            )
            for j in _shown(len(z))
        ]
    blocks.append(
        Equation("grad_z", symbol, notation.output_gradient(), working, Numbers(walk["grad_z"], symbol))
    )
    return Part("c", f"${symbol}$, where the backward pass starts", tuple(blocks))


def _fraction(output: str, z: float, y: float) -> tuple[Term, ...]:
    target, out = _number(y), _number(z)
    if output == "softmax":
        return ("-", target, "/", out)
    return ("(", out, "-", target, ") / (", out, "(1 -", out, "))")


def matrix_gradient(walk: Walk, notation: Notation, index: int) -> tuple[Block, ...]:
    """∇W of one layer: the derivative of its units, row by row, δ, and stacked."""
    names = notation.layers[index]
    gradient, delta = notation.symbol(names.grad_matrix), notation.symbol(names.delta)
    row_gradient = notation.row(index, "j")
    inputs = notation.symbol(names.input, transposed=True)
    passed = f"∂ℓ/∂{notation.symbol(names.out, 'j')}"
    softmax = notation.softmax(index)
    blocks: list[Block] = [
        Question(f"The gradient ${gradient}$ row by row, with the factors of each row, then stacked.")
    ]
    blocks.append(_derivative(walk, notation, index))
    slope = "" if softmax else f" · {notation.slope_entry(index, 'j')}"
    first = notation.symbol(names.delta, "j") if softmax else passed
    blocks.append(
        Prose(
            f"Row j of ${notation.symbol(names.matrix)}$ acts through one unit only, so its gradient is "
            f"$∂ℓ/∂{row_gradient} = {first}{slope} · {inputs}$."
        )
    )
    if softmax:
        blocks.append(delta_equation(walk, notation, index))
    blocks += _rows(walk, notation, index)
    if not softmax:
        blocks.append(delta_equation(walk, notation, index))
    blocks.append(Prose(f"Stacked, every row is a number of ${delta}$ times the same ${inputs}$:"))
    blocks.append(
        Equation(
            names.grad_matrix,
            gradient,
            f"{notation.matrix_gradient(index)} = {delta} {inputs}",
            (
                _diagonal(walk, notation, index),
                Numbers(walk[names.grad_out], notation.symbol(names.grad_out)),
                Numbers(walk[names.input], inputs, row=True),
            ),
            Numbers(walk[names.grad_matrix], gradient),
        )
    )
    if walk.problem.architecture.bias:
        bias = notation.symbol(names.grad_bias)
        blocks += [
            Prose(f"A bias is the weight of an input 1, so ${bias}$ is ${delta}$ itself."),
            Equation(names.grad_bias, bias, delta, (), Numbers(walk[names.grad_bias], bias)),
        ]
    return tuple(blocks)


def _rows(walk: Walk, notation: Notation, index: int) -> list[Block]:
    names, rows = notation.layers[index], walk.layers[index].rows
    inputs = notation.symbol(names.input, transposed=True)
    blocks: list[Block] = []
    for j in _shown(len(rows)):
        row, unit = rows[j], str(j + 1)
        passed = _number(row.passed, f"∂ℓ/∂{notation.symbol(names.out, unit)}")
        if row.slope is None:
            factors: tuple[Term, ...] = (_number(row.delta, notation.symbol(names.delta, unit)),)
        else:
            factors = (passed, "·", _number(row.slope, notation.slope_entry(index, unit)))
        symbol = f"∂ℓ/∂{notation.row(index, unit)}"
        working = (*factors, "·", Numbers(np.array(row.inputs), inputs, row=True))
        blocks.append(Equation("", symbol, "", working, Numbers(np.array(row.product), row=True)))
    return _with_gap(blocks, len(rows), "rows")


def hidden_gradient(walk: Walk, notation: Notation, index: int) -> tuple[Block, ...]:
    """∇h of the layer below ``index``: the product with its shapes, and once more as sums over outputs."""
    names, below = notation.layers[index], notation.layers[index - 1]
    gradient = notation.symbol(below.grad_out)
    blocks: list[Block] = [
        Question(
            f"The gradient ${gradient}$ with the shape of each factor, and each of its entries as a sum over outputs."
        ),
        Equation(
            below.grad_out,
            gradient,
            notation.passed_formula(index),
            (
                Numbers(walk[names.matrix].T, notation.symbol(names.matrix, transposed=True)),
                _diagonal(walk, notation, index),
                Numbers(walk[names.grad_out], notation.symbol(names.grad_out)),
            ),
            Numbers(walk[below.grad_out], gradient),
        ),
    ]
    softmax = notation.softmax(index)
    entry = f"∂ℓ/∂{notation.symbol(below.out, 'i')}"
    term = notation.entry(index, "j", "i")
    if softmax:
        term += f" · {notation.symbol(names.delta, 'j')}"
    else:
        term += f" · {notation.slope_entry(index, 'j')} · ∂ℓ/∂{notation.symbol(names.out, 'j')}"
    unit = notation.symbol(below.out, "i")
    above = "output" if index + 1 == len(notation.layers) else "unit above"
    blocks.append(
        Prose(
            f"${unit}$ acts on every {above}, and what it does to each adds up: ${entry} = Σ_{{j}} {term}$."
        )
    )
    sums = walk.layers[index].sums
    lines: list[Block] = [
        Equation(
            "",
            f"∂ℓ/∂{notation.symbol(below.out, str(i + 1))}",
            "",
            _sum(sums[i]),
            _number(sum(each.value for each in sums[i])),
        )
        for i in _shown(len(sums))
    ]
    return (*blocks, *_with_gap(lines, len(sums), "entries"))


def _sum(terms: tuple[SumTerm, ...]) -> tuple[Term, ...]:
    """Σ_j w_ji · z_j(1-z_j) · ∂ℓ/∂z_j with numbers; of many terms the first ones and the last."""
    shown = _shown(len(terms))
    working: list[Term] = []
    for j in shown:
        if working:
            working += ["+"] if j - 1 in shown else ["+ …", "+"]
        each = terms[j]
        slope = [] if each.slope is None else [each.slope]
        factors = [each.weight, *slope, each.delta if each.slope is None else each.passed]
        working.append(_number(factors[0]))
        for factor in factors[1:]:
            working += ["·", _number(factor)]
    return tuple(working)


def delta_equation(walk: Walk, notation: Notation, index: int) -> Equation:
    """δ = Ω ∇z."""
    names = notation.layers[index]
    delta = notation.symbol(names.delta)
    return Equation(
        names.delta,
        delta,
        notation.delta_formula(index),
        (
            _diagonal(walk, notation, index),
            Numbers(walk[names.grad_out], notation.symbol(names.grad_out)),
        ),
        Numbers(walk[names.delta], delta),
    )


def _derivative(walk: Walk, notation: Notation, index: int) -> Equation:
    """Ω = diag(z(1-z)), or the Jacobian of softmax."""
    names = notation.layers[index]
    symbol = notation.symbol(names.slope)
    if notation.softmax(index):
        return Equation("", symbol, notation.jacobian_formula(), (), Numbers(jacobian(walk), symbol))
    return Equation(
        names.slope,
        symbol,
        notation.slope_formula(index),
        (),
        Numbers(walk[names.slope], row=True),
        prefix="diag",
    )


def _diagonal(walk: Walk, notation: Notation, index: int) -> Numbers:
    names = notation.layers[index]
    matrix = jacobian(walk) if notation.softmax(index) else np.diag(walk[names.slope])
    return Numbers(matrix, notation.symbol(names.slope))


def jacobian(walk: Walk) -> Array:
    """J = diag(z) - z zᵀ."""
    z = walk["z"]
    matrix: Array = np.diag(z) - np.outer(z, z)
    return matrix


def _number(value: float, label: str = "") -> Numbers:
    return Numbers(np.asarray(value), label)


def _scalar(symbol: str, formula: str, working: tuple[Term, ...], value: float) -> Equation:
    return Equation("", symbol, formula, working, _number(value))


def _shown(count: int) -> list[int]:
    """Which of so many rows are written out: all of few, the first ones and the last of many."""
    return list(range(count)) if count <= ROWS_SHOWN else [*range(ROWS_SHOWN - 2), count - 1]


def _with_gap(blocks: list[Block], count: int, noun: str) -> list[Block]:
    """The blocks with a remark before the last where some were left out."""
    if count > len(blocks):
        blocks.insert(-1, Prose(f"… and {count - len(blocks)} more {noun} of the same kind …"))
    return blocks
