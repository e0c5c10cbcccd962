"""The slips that can be made in one blank of a worksheet: each a wrong formula in the student's own earlier numbers.

Those that ``bpcli gradcheck`` has a name for carry the id of its catalogue; the others are told in words alone. Here
are those of the forward pass, the loss and the update; those of the backward pass stand in ``backward_slips``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bpcli.network import Architecture, Array
from bpcli.network.activations import activate
from bpcli.network.architecture import LayerNames

Values = Mapping[str, Array]
Formula = Callable[[Values], Array]


@dataclass(frozen=True)
class Slip:
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
        """The id, or the words where there is none: two slips of one kind are two forms of the same."""
        return self.id or self.words


@dataclass(frozen=True)
class Site:
    """A layer of a network, as the slips in its quantities see it."""

    architecture: Architecture
    index: int
    learning_rate: float

    @cached_property
    def own(self) -> LayerNames:
        """The names of this layer."""
        return self.architecture.names()[self.index]

    @cached_property
    def above(self) -> LayerNames:
        """The names of the layer above; there is one unless this is the last."""
        return self.architecture.names()[self.index + 1]

    @property
    def last(self) -> bool:
        """Whether this is the output layer."""
        return self.index == self.architecture.depth - 1

    @property
    def activation(self) -> str:
        """The function of this layer."""
        return self.architecture.output if self.last else self.architecture.activation

    @property
    def squared(self) -> bool:
        """Whether the loss is ½‖y-z‖²."""
        return self.architecture.loss == "squared_error"

    @property
    def squared_sigmoid(self) -> bool:
        """Whether Ω is z(1-z) and belongs into δ."""
        return self.squared and self.architecture.output == "sigmoid"

    @property
    def square(self) -> bool:
        """Whether the matrix of this layer is square."""
        return self.architecture.sizes[self.index] == self.architecture.sizes[self.index + 1]


def activated(name: str, pre: Array) -> Array:
    """Return g(pre) by the network's own activation."""
    return activate(name, pre)[0]


def loss_of(architecture: Architecture, z: Array, y: Array) -> Array:
    """ℓ from the outputs as somebody wrote them down; not finite where no logarithm is."""
    if architecture.loss == "squared_error":
        return np.asarray(0.5 * ((y - z) ** 2).sum())
    terms = np.where(y == 0, 0, y * np.log(z))
    if architecture.output == "sigmoid":
        terms = terms + np.where(y == 1, 0, (1 - y) * np.log(1 - z))
    return np.asarray(-terms.sum())


def pre_slips(site: Site) -> list[Slip]:
    """In a = V x (+ bias)."""
    n, first = site.own, "x"
    found = []
    if site.square:
        words = f"{n.matrix}ᵀ {n.input} for {n.matrix} {n.input}"
        found.append(Slip(None, words, lambda v: v[n.matrix].T @ v[n.input] + v.get(n.bias, 0.0)))
    if site.architecture.bias:
        found.append(Slip(None, f"{n.bias} is left out", lambda v: v[n.matrix] @ v[n.input]))
    if site.index and site.architecture.sizes[0] == site.architecture.sizes[site.index]:
        words = f"x where {n.input} belongs"
        found.append(Slip(None, words, lambda v: v[n.matrix] @ v[first] + v.get(n.bias, 0.0)))
    return found


def out_slips(site: Site) -> list[Slip]:
    """In h = g(a)."""
    n, g = site.own, site.activation
    found = []
    if g != "identity":
        found.append(Slip(None, f"the {g} is left out: {n.out} = {n.pre}", lambda v: v[n.pre]))
    if g == "sigmoid":
        words = "e^a for e^-a: 1/(1 + e^a)".replace("^a", f"^{n.pre}").replace("-a", f"-{n.pre}")
        found += [
            Slip(None, words, lambda v: activated("sigmoid", -v[n.pre])),
            Slip(None, "tanh for the sigmoid", lambda v: np.tanh(v[n.pre])),
        ]
    if g == "tanh":
        found.append(Slip(None, "the sigmoid for tanh", lambda v: activated("sigmoid", v[n.pre])))
    if g == "softmax":
        found += [
            Slip(None, "a sigmoid of each for the softmax", lambda v: activated("sigmoid", v[n.pre])),
            Slip(None, "e^b is not divided by the sum", lambda v: np.exp(v[n.pre])),
        ]
    return found


def loss_slips(architecture: Architecture, loss: Formula) -> list[Slip]:
    """In ℓ, of before or after the update; ``loss`` is the right formula."""
    outputs = architecture.sizes[-1]
    found = []
    if architecture.loss == "squared_error":
        found += [
            Slip("half", "the loss without its ½", lambda v: 2 * loss(v)),
            Slip("half", "the ½ of the loss twice", lambda v: loss(v) / 2),
        ]
    else:
        found += [
            Slip(None, "log₁₀ for the natural logarithm", lambda v: loss(v) / np.log(10)),
            Slip(None, "the minus before the logarithm is left out", lambda v: -loss(v)),
        ]
    if outputs > 1:
        found.append(Slip(None, "averaged over the outputs, not summed", lambda v: loss(v) / outputs))
    return found


def new_slips(site: Site, parameter: str) -> list[Slip]:
    """In W - α ∇W, of a matrix or a bias."""
    n, rate, gradient = site.own, site.learning_rate, f"grad_{parameter}"
    found = [
        Slip("sign", f"α ∇{parameter} is added", lambda v: v[parameter] + rate * v[gradient]),
    ]
    if rate != 1:
        found.append(Slip(None, "the learning rate is left out", lambda v: v[parameter] - v[gradient]))
    if parameter == n.bias:
        found.append(Slip("bias-frozen", "it has not moved", lambda v: v[parameter]))
    if site.last:
        return found
    up = site.above

    def passed(v: Values) -> Array:
        delta: Array = v[n.derivative] * (v[f"new_{up.matrix}"].T @ v[up.delta])
        return delta if parameter == n.bias else np.outer(delta, v[n.input])

    words = f"its gradient was passed back through new_{up.matrix}"
    found.append(Slip("updated-first", words, lambda v: v[parameter] - rate * passed(v)))
    return found
