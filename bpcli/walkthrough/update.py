"""Part h: the parameters after one step, the forward pass with them, and whether the loss fell as the gradient said."""

from collections.abc import Iterator

import numpy as np

from bpcli.walkthrough.blocks import Block, Equation, Numbers, Part, Prose, Question, Term
from bpcli.walkthrough.forward import loss_equation
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.terms import number, quantity, rate
from bpcli.walkthrough.walk import Walk


def update(walk: Walk, notation: Notation) -> Part:
    """(h) New parameters, the loss with them, and the decrease predicted and real."""
    blocks: list[Block] = [
        Question("Take one step of gradient descent, and work out the forward pass and the loss after it."),
        Prose("All gradients were taken before any weight moved."),
    ]
    blocks += [_moved(walk, notation, name) for name in walk.example.parameters]
    blocks += [
        Prose("The forward pass with the new weights:"),
        *_forward_again(walk, notation),
        loss_equation(walk, notation, walk.after["z"], "loss_after"),
        Prose("The gradient predicts a fall of $α ‖∇ℓ‖^{2}$, the sum over all entries of all gradients:"),
        _fall(walk, notation),
        _predicted(walk, notation),
        Prose(_verdict(walk)),
    ]
    return Part("h", "The update", tuple(blocks))


def _moved(walk: Walk, notation: Notation, name: str) -> Equation:
    symbol, gradient, new = (notation.symbol(each) for each in (name, f"grad_{name}", f"new_{name}"))
    working = (
        quantity(walk, name, symbol),
        "-",
        rate(walk),
        "·",
        quantity(walk, f"grad_{name}", gradient),
    )
    answer = quantity(walk, f"new_{name}", new)
    return Equation(f"new_{name}", new, notation.update_formula(name), working, answer, given=True)


def _forward_again(walk: Walk, notation: Notation) -> Iterator[Equation]:
    """a, h, b and z with the new weights, a line each."""
    for index, names in enumerate(notation.layers):
        for name, formula in (
            (names.pre, notation.pre_formula(index, "new")),
            (names.out, notation.out_formula(index, "new")),
        ):
            symbol = notation.symbol(name, "new")
            yield Equation("", symbol, formula, (), Numbers(walk.after[name]), given=True)


def _fall(walk: Walk, notation: Notation) -> Equation:
    """ℓ - ℓ_new."""
    before, after = notation.symbol("loss"), notation.symbol("loss_after")
    working = (quantity(walk, "loss"), "-", quantity(walk, "loss_after"))
    answer = number(walk.decrease, form="significant")
    return Equation("", f"{before} - {after}", "", working, answer)


def _predicted(walk: Walk, notation: Notation) -> Equation:
    """α ‖∇ℓ‖², the sum of the squares of one gradient after the other."""
    gradients = [f"grad_{name}" for name in walk.example.parameters]
    squares = " + ".join(f"‖{notation.symbol(name)}‖^{{2}}" for name in gradients)
    working: list[Term] = [rate(walk), "·", "("]
    for place, name in enumerate(gradients):
        working += ["+"] if place else []
        working.append(number(np.sum(walk[name] ** 2), form="significant"))
    return Equation(
        "",
        "α ‖∇ℓ‖^{2}",
        f"α ({squares})",
        (*working, ")"),
        number(walk.predicted, form="significant"),
    )


def _verdict(walk: Walk) -> str:
    """What the two numbers say."""
    if walk.predicted == 0:
        return "The gradient vanishes here: nothing moves."
    if walk.decrease <= 0:
        return "The loss did not fall: the step is too long for the gradient's plane to hold."
    times = walk.decrease / walk.predicted
    return f"The fall is {times:.4g} times the predicted one; they agree ever better as α shrinks."
