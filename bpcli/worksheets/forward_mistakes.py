"""The mistakes that can be made in one blank of a worksheet, each a wrong formula in the student's own earlier numbers.

Those of the catalogue come from ``bpcli.mistakes``; the others are told in words alone. Here are those of the forward
pass, the loss and the update; those of the backward pass stand in ``backward_mistakes``.
"""

from dataclasses import dataclass

import numpy as np

from bpcli.mistakes.quantities import WrongQuantity, wrong_quantities
from bpcli.network import Architecture, Array
from bpcli.network.activations import activate
from bpcli.worksheets.layer_steps import Formula, LayerSteps, Values


@dataclass(frozen=True)
class BlankMistake:
    """One way to get a blank wrong.

    Attributes:
        id: of the catalogue of mistakes, or None where it has no row for this.
        words: what was done, for this very blank.
        wrong: what the blank comes out as, from the given numbers and the earlier blanks by name.
        leads_to: of the catalogue, the mistake that this is once the next blank is worked out from it.
    """

    id: str | None
    words: str
    wrong: Formula
    leads_to: str | None = None

    @property
    def kind(self) -> str:
        """The id, or the words where there is none: two mistakes of one kind are two forms of the same."""
        return self.id or self.words


def catalogued(layer: LayerSteps, quantity: str, mistake: str, words: str | None = None) -> WrongQuantity:
    """Return the first form of a mistake in a quantity; with ``words`` the one that puts this in place of a factor.

    Raises:
        LookupError: it cannot be made there.
    """
    for found in wrong_quantities(layer.architecture, quantity, layer.learning_rate):
        if found.mistake == mistake and words in (None, found.words):
            return found
    raise LookupError(f"{mistake} cannot be made in {quantity}")


def pre_mistakes(layer: LayerSteps) -> list[BlankMistake]:
    """In a = V x (+ bias)."""
    n = layer.names
    known = ["forward-untransposed"] * layer.square + ["forward-no-bias"] * layer.architecture.bias
    found = [
        BlankMistake(None, each.words, each.value)
        for each in (catalogued(layer, n.pre, id_) for id_ in known)
    ]
    if layer.index and layer.architecture.sizes[0] == layer.architecture.sizes[layer.index]:
        found.append(BlankMistake(None, f"x where {n.input} belongs", lambda v: layer.pre(v, "x")))
    return found


def out_mistakes(layer: LayerSteps) -> list[BlankMistake]:
    """In h = g(a)."""
    n, g = layer.names, layer.activation
    found = []
    if g != "identity":
        found.append(BlankMistake(None, f"the {g} is left out: {n.out} = {n.pre}", lambda v: v[n.pre]))
    if g == "sigmoid":
        found += [
            BlankMistake(
                None,
                f"e^{n.pre} for e^-{n.pre}: 1/(1 + e^{n.pre})",
                lambda v: activate("sigmoid", -v[n.pre])[0],
            ),
            BlankMistake(None, "tanh for the sigmoid", lambda v: np.tanh(v[n.pre])),
        ]
    if g == "tanh":
        found.append(BlankMistake(None, "the sigmoid for tanh", lambda v: activate("sigmoid", v[n.pre])[0]))
    if g == "softmax":
        found += [
            BlankMistake(
                None, "a sigmoid of each for the softmax", lambda v: activate("sigmoid", v[n.pre])[0]
            ),
            BlankMistake(None, "e^b is not divided by the sum", lambda v: np.exp(v[n.pre])),
        ]
    return found


def loss_mistakes(architecture: Architecture, loss: Formula) -> list[BlankMistake]:
    """In ℓ, of before or after the update; ``loss`` is the right formula."""
    outputs = architecture.sizes[-1]
    found = []
    if architecture.loss == "squared_error":
        found += [
            BlankMistake("half", "the loss without its ½", lambda v: 2 * loss(v)),
            BlankMistake("half", "the ½ of the loss twice", lambda v: loss(v) / 2),
        ]
    else:
        found += [
            BlankMistake(None, "log₁₀ for the natural logarithm", lambda v: loss(v) / np.log(10)),
            BlankMistake(None, "the minus before the logarithm is left out", lambda v: -loss(v)),
        ]
    if outputs > 1:
        found.append(BlankMistake(None, "averaged over the outputs, not summed", lambda v: loss(v) / outputs))
    return found


def update_mistakes(layer: LayerSteps, parameter: str) -> list[BlankMistake]:
    """In W - α ∇W, of a matrix or a bias."""
    n, rate, gradient = layer.names, layer.learning_rate, f"grad_{parameter}"
    found = [
        BlankMistake("sign", f"α ∇{parameter} is added", lambda v: v[parameter] + rate * v[gradient]),
    ]
    if rate != 1:
        found.append(
            BlankMistake(None, "the learning rate is left out", lambda v: v[parameter] - v[gradient])
        )
    if parameter == n.bias:
        found.append(BlankMistake("bias-frozen", "it has not moved", lambda v: v[parameter]))
    if layer.last:
        return found
    above = layer.above
    moved, of_parameter = (
        f"new_{above.names.matrix}",
        layer.grad_bias if parameter == n.bias else layer.grad_matrix,
    )

    def through_moved(v: Values) -> Array:
        return of_parameter(v, layer.delta(v, above.passed_back(v, weight=v[moved])))

    words = f"its gradient was passed back through {moved}"
    found.append(BlankMistake("updated-first", words, lambda v: v[parameter] - rate * through_moved(v)))
    return found
