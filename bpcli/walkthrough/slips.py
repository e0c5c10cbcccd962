"""The slips that can be made in one blank of a worksheet: each a wrong formula in the student's own earlier numbers.

Those that ``bpcli gradcheck`` has a name for carry the id of its catalogue, and what follows from them are the
catalogue's gradients. The others (in the forward pass, the loss and the update) are told in words alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bpcli.network import Architecture, Array
from bpcli.network.activations import ACTIVATIONS, OUTPUTS
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
    """

    id: str | None
    words: str
    wrong: Formula

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

    @property
    def own(self) -> LayerNames:
        """The names of this layer."""
        return self.architecture.names()[self.index]

    @property
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
    out, slope = np.empty_like(pre), np.empty_like(pre)
    (ACTIVATIONS | OUTPUTS)[name](pre, out, slope)
    return out


def loss_of(architecture: Architecture, z: Array, y: Array) -> Array:
    """ℓ from the outputs as somebody wrote them down; not finite where no logarithm is."""
    if architecture.loss == "squared_error":
        return np.asarray(0.5 * ((y - z) ** 2).sum())
    terms = np.where(y == 0, 0, y * np.log(z))
    if architecture.output == "sigmoid":
        terms = terms + np.where(y == 1, 0, (1 - y) * np.log(1 - z))
    return np.asarray(-terms.sum())


def _negative(formula: Formula) -> Slip:
    return Slip("sign", "every sign is turned round", lambda v: -formula(v))


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


def grad_z_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇z."""
    found = [_negative(right)]
    if site.squared:
        found += [
            Slip("half", "twice z - y", lambda v: 2 * right(v)),
            Slip("half", "half of z - y", lambda v: right(v) / 2),
        ]
    if site.squared_sigmoid:
        found.append(Slip("numeric-of-output", "ones for z - y", lambda v: np.ones_like(v["z"])))
    if not site.squared:
        # Multiplied by Ω, as δ = Ω ∇z says, that is the catalogue's wrong δ; under softmax it is not.
        known = "extra-omega" if site.activation == "sigmoid" else None
        found.append(Slip(known, "z - y, which is δ here and not ∇z", lambda v: v["z"] - v["y"]))
    return found


def slope_slips(site: Site) -> list[Slip]:
    """In Λ and Ω, each a vector: the diagonal."""
    n = site.own
    a, h = n.pre, n.out

    def twice(v: Values) -> Array:
        s = activated("sigmoid", v[h])
        slope: Array = s * (1 - s)
        return slope

    if site.activation == "sigmoid":
        return [
            Slip("preactivation", f"{a}(1-{a})", lambda v: v[a] * (1 - v[a])),
            Slip("sigmoid-twice", f"s({h})(1-s({h}))", twice),
            Slip("tanh-derivative", f"1-{h}²", lambda v: 1 - v[h] ** 2),
            Slip("matmul-for-elementwise", f"{h}ᵀ(1-{h}), one number for all", lambda v: _dot(v[h])),
        ]
    if site.activation == "tanh":
        return [
            Slip(None, f"{h}(1-{h}), the derivative of the sigmoid", lambda v: v[h] * (1 - v[h])),
            Slip(None, f"1-{a}²: the pre-activation for the activation", lambda v: 1 - v[a] ** 2),
        ]
    if site.activation == "relu":
        return [Slip(None, f"{h} itself for its slope", lambda v: v[h])]
    return []


def _dot(h: Array) -> Array:
    """(hᵀ(1-h)) times the vector of ones."""
    column: Array = np.full_like(h, h @ (1 - h))
    return column


def delta_slips(site: Site, right: Formula) -> list[Slip]:
    """In δ of this layer."""
    n = site.own
    found = [_negative(right)]
    if site.last and not site.squared:
        found.append(Slip("extra-omega", "z(1-z) (z - y)", _extra_omega))
    elif site.activation != "identity":
        known = "no-omega" if site.last else "no-lambda"
        found.append(Slip(known, f"{n.grad_out} without {n.slope}", lambda v: v[n.grad_out]))
    if site.activation == "sigmoid" and (not site.last or site.squared):
        words = f"({n.out}ᵀ(1-{n.out})) {n.grad_out}"
        found.append(Slip("matmul-for-elementwise", words, lambda v: _dot(v[n.out]) * v[n.grad_out]))
    if site.last and site.squared_sigmoid:
        found.append(Slip("numeric-of-output", f"{n.slope} without {n.grad_out}", lambda v: v[n.slope]))
    return found


def _extra_omega(v: Values) -> Array:
    z = v["z"]
    delta: Array = z * (1 - z) * (z - v["y"])
    return delta


def grad_out_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇h = Wᵀ δ, what the layer above passes back."""
    up, rate = site.above, site.learning_rate
    upper = Site(site.architecture, site.index + 1, rate)

    def moved(v: Values) -> Array:
        matrix: Array = v[up.matrix] - rate * v[up.grad_matrix]
        return matrix

    found = [
        _negative(right),
        Slip(
            "updated-first",
            f"through {up.matrix} - α ∇{up.matrix}",
            lambda v: moved(v).T @ v[up.delta],
        ),
        Slip(
            "gradient-for-weight",
            f"through {up.grad_matrix}",
            lambda v: v[up.grad_matrix].T @ v[up.delta],
        ),
    ]
    if upper.square:
        words = f"{up.matrix} for {up.matrix}ᵀ"
        found.append(Slip("w-not-transposed", words, lambda v: v[up.matrix] @ v[up.delta]))
    if not upper.last and upper.activation != "identity":
        words = f"{up.grad_out} is passed back where {up.delta} belongs"
        found.append(Slip(None, words, lambda v: v[up.matrix].T @ v[up.grad_out]))
    if upper.last and site.squared_sigmoid:
        raw, both = f"{up.matrix}ᵀ {up.grad_out}", f"({up.matrix} - α ∇{up.matrix})ᵀ {up.grad_out}"
        found += [
            Slip("raw-error-back", raw, lambda v: v[up.matrix].T @ v[up.grad_out]),
            Slip("raw-and-updated", both, lambda v: moved(v).T @ v[up.grad_out]),
        ]
    if upper.last and not site.squared:
        words = f"{up.matrix}ᵀ z(1-z) (z - y)"
        found.append(Slip("extra-omega", words, lambda v: v[up.matrix].T @ _extra_omega(v)))
    return found


def grad_matrix_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇W = δ hᵀ."""
    n, sizes = site.own, site.architecture.sizes
    found = [_negative(right)]
    for known, words, delta in _wrong_deltas(site):
        found.append(
            Slip(known, f"{words} times {n.input}ᵀ", lambda v, d=delta: np.outer(d(v), v[n.input]))  # type: ignore[misc]
        )
    if site.square:
        words = f"{n.input} {n.delta}ᵀ"
        found.append(Slip("outer-transposed", words, lambda v: np.outer(v[n.input], v[n.delta])))
    if site.index and sizes[site.index - 1] == sizes[site.index]:
        below = site.architecture.names()[site.index - 1].input
        found.append(Slip("wrong-input", f"{n.delta} {below}ᵀ", lambda v: np.outer(v[n.delta], v[below])))
    if not site.last and site.square:
        found.append(Slip("wrong-input", f"{n.delta} {n.out}ᵀ", lambda v: np.outer(v[n.delta], v[n.out])))
    return found


def grad_bias_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇bias = δ."""
    n = site.own
    found = [
        _negative(right),
        Slip("bias-frozen", "zero", lambda v: np.zeros_like(v[n.delta])),
        *(Slip(known, words, delta) for known, words, delta in _wrong_deltas(site)),
    ]
    if site.architecture.sizes[site.index] == 1:
        words = f"{n.delta} times {n.input}"
        found.append(Slip("bias-times-input", words, lambda v: v[n.delta] * v[n.input]))
    return found


def _wrong_deltas(site: Site) -> list[tuple[str, str, Formula]]:
    """What is multiplied by the input in place of δ, where δ itself was right."""
    n = site.own
    if site.last and not site.squared:
        return [("extra-omega", "z(1-z) (z - y)", _extra_omega)]
    if site.activation == "identity":
        return []
    return [("no-omega" if site.last else "no-lambda", n.grad_out, lambda v: v[n.grad_out])]


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
        delta: Array = v[n.slope] * (v[f"new_{up.matrix}"].T @ v[up.delta])
        return delta if parameter == n.bias else np.outer(delta, v[n.input])

    words = f"its gradient was passed back through new_{up.matrix}"
    found.append(Slip("updated-first", words, lambda v: v[parameter] - rate * passed(v)))
    return found
