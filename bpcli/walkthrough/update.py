"""Part h: the parameters after one step, and whether the loss fell as the gradient said."""

import numpy as np

from bpcli.network import Array
from bpcli.walkthrough.blocks import Block, Equation, Measured, Numbers, Part, Prose, Question
from bpcli.walkthrough.forward import loss_equation
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.walk import Walk


def update(walk: Walk, notation: Notation) -> Part:
    """(h) New parameters, the loss with them, and the decrease predicted and real."""
    blocks: list[Block] = [
        Question("Take one step of gradient descent, and work out the loss after it."),
        Prose("Both gradients were taken before any weight moved."),
    ]
    blocks += [_moved(walk, notation, name) for name in walk.problem.parameters]
    new, old = notation.symbol("loss_after"), notation.symbol("loss")
    blocks += [
        Prose("The forward pass with the new weights:"),
        loss_equation(walk, notation, walk.outputs_after, "loss_after"),
        Prose("The gradient predicts a fall of $α ‖∇ℓ‖^{2}$, the sum over all entries of all gradients:"),
        Measured("", f"{old} - {new}", walk.decrease),
        Measured("", "α ‖∇ℓ‖^{2}", walk.predicted),
        Prose(_verdict(walk)),
    ]
    return Part("h", f"The update, with α = {walk.problem.learning_rate:g}", tuple(blocks))


def _moved(walk: Walk, notation: Notation, name: str) -> Equation:
    symbol, gradient = notation.symbol(name), notation.symbol(f"grad_{name}")
    rate: Array = np.asarray(walk.problem.learning_rate)
    return Equation(
        f"new_{name}",
        notation.symbol(f"new_{name}"),
        notation.update_formula(name),
        (Numbers(walk[name], symbol), "-", Numbers(rate), "·", Numbers(walk[f"grad_{name}"], gradient)),
        Numbers(walk[f"new_{name}"]),
        given=True,
    )


def _verdict(walk: Walk) -> str:
    """What the two numbers say."""
    if walk.predicted == 0:
        return "The gradient vanishes here: nothing moves."
    if walk.decrease <= 0:
        return "The loss did not fall: the step is too long for the gradient's plane to hold."
    times = walk.decrease / walk.predicted
    return f"The fall is {times:.4g} times the predicted one; they agree ever better as α shrinks."
