"""Part h: the parameters after one step, the loss with them, and the decrease that the gradient predicted."""

from collections.abc import Iterator

import numpy as np

from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Block, Equation, Numbers, Part, Prose, Question, Term
from bpcli.walkthrough.forward import loss_equation
from bpcli.walkthrough.terms import number, quantity, rate
from bpcli.walkthrough.walk import Walk

COMPARABLE = 1e4  # times its rounding: then the first digits of a difference of losses are right


def update(walk: Walk, notation: Notation) -> Part:
    """(h) New parameters, the loss with them, and the decrease predicted and real."""
    blocks: list[Block] = [
        Question(
            "Write down the update of each parameter in terms of its gradient and the learning rate α, and compute it. "
            "Then compute the forward pass and the loss with the new parameters."
        ),
        Prose("All gradients are computed before any weight changes."),
    ]
    blocks += [new_parameter(walk, notation, name) for name in walk.example.parameters]
    blocks += [
        Prose("The forward pass with the new weights:"),
        *_forward_again(walk, notation),
        loss_equation(walk, notation, walk.after["z"], "loss_after"),
        Prose(
            "The gradient predicts that the loss decreases by $α ‖∇ℓ‖^{2}$, where $‖∇ℓ‖^{2}$ is the sum of the "
            "squares of all entries of all gradients:"
        ),
        _decrease(walk, notation),
        _predicted(walk, notation),
        Prose(_verdict(walk)),
    ]
    return Part("h", "The update", tuple(blocks))


def new_parameter(walk: Walk, notation: Notation, name: str) -> Equation:
    """V_new = V - α ∇V."""
    symbol, gradient, new = (notation.symbol(each) for each in (name, f"grad_{name}", f"new_{name}"))
    working = (
        quantity(walk, name, symbol),
        "-",
        rate(walk),
        "·",
        quantity(walk, f"grad_{name}", gradient),
    )
    answer = quantity(walk, f"new_{name}", new)
    return Equation(f"new_{name}", new, notation.update_formula(name), working, answer, asks_formula=True)


def _forward_again(walk: Walk, notation: Notation) -> Iterator[Equation]:
    """a, h, b and z with the new weights, a line each."""
    for index, names in enumerate(notation.layers):
        for name, formula in (
            (names.pre, notation.pre_formula(index, "new")),
            (names.out, notation.out_formula(index, "new")),
        ):
            symbol = notation.symbol(name, "new")
            yield Equation("", symbol, formula, (), Numbers(walk.after[name]))


def _decrease(walk: Walk, notation: Notation) -> Equation:
    """ℓ - ℓ_new."""
    before, after = notation.symbol("loss"), notation.symbol("loss_after")
    working = (quantity(walk, "loss"), "-", quantity(walk, "loss_after"))
    answer = number(walk.decrease, form="significant")
    return Equation("", f"{before} - {after}", "", working, answer, modes=("walk",))


def _predicted(walk: Walk, notation: Notation) -> Equation:
    """α ‖∇ℓ‖², the sum of the squares of one gradient after the other."""
    gradients = [f"grad_{name}" for name in walk.example.parameters]
    squares = " + ".join(f"‖{notation.symbol(name)}‖^{{2}}" for name in gradients)
    several = len(gradients) > 1
    working: list[Term] = [rate(walk), "·", *(["("] if several else [])]
    for place, name in enumerate(gradients):
        working += ["+"] if place else []
        working.append(number(np.sum(walk[name] ** 2), form="significant"))
    return Equation(
        "",
        "α ‖∇ℓ‖^{2}",
        f"α ({squares})" if several else f"α {squares}",
        (*working, *([")"] if several else [])),
        number(walk.predicted, form="significant"),
        modes=("walk",),
    )


def _verdict(walk: Walk) -> str:
    """How the decrease compares with the predicted one."""
    if walk.predicted == 0:
        return "The gradient is zero here, so no weight changes."
    if max(walk.predicted, abs(walk.decrease)) < COMPARABLE * _loss_rounding(walk):
        return "Both are so small that rounding of the loss hides how they compare."
    if walk.decrease <= 0:
        return "The loss did not decrease: the step is too long for the linear approximation of the loss to hold."
    times = walk.decrease / walk.predicted
    return f"The decrease is {times:.4g} times the predicted one; they agree better for smaller α."


def _loss_rounding(walk: Walk) -> float:
    """About how much of the loss is rounding: what one of z, or of b under cross-entropy, makes of it, and its own."""
    if walk.example.architecture.loss == "squared_error":
        slope, at = walk["grad_z"], walk["z"]
    else:
        slope, at = walk[walk.example.architecture.names()[-1].delta], walk["b"]
    return float(np.finfo(np.float64).eps * (walk["loss"] + np.abs(slope * at).sum()))
