"""Every formula of a network, written once: training, the walkthrough, worksheets and JSON print these.

The formulas are those of one point, in the symbols of either notation. Under softmax the Jacobian of the output is not
diagonal; it is called J = diag(z) - z zᵀ and stands in Ω's place.
"""

from dataclasses import dataclass

from bpcli.common.markup import indexed, plain
from bpcli.network.architecture import Architecture
from bpcli.network.symbols import Symbols


class Notation(Symbols):
    """The symbols and formulas of one network in one of the two notations; layers count from 0 here."""

    def pre_formula(self, layer: int, low: str = "") -> str:
        """V x, with the bias where there is one; ``low`` is an index to all but x, as after a step."""
        names = self.layers[layer]
        bias = f" + {self.symbol(names.bias, low)}" if self.architecture.bias else ""
        return f"{self.symbol(names.matrix, low)} {self.symbol(names.input, low if layer else '')}{bias}"

    def out_formula(self, layer: int, low: str = "") -> str:
        """s(a), or what the activation makes of it."""
        return self.activated(layer).format(self.symbol(self.layers[layer].pre, low))

    def activated(self, layer: int) -> str:
        """The activation with a place for what it is applied to."""
        return {
            "sigmoid": "s({})",
            "tanh": "tanh({})",
            "relu": "max({}, 0)",
            "identity": "{}",
            "softmax": "softmax({})",
        }[self.activation(layer)]

    def composed(self) -> str:
        """The outputs in terms of x and the parameters: s(W s(V x))."""
        found = self.symbol("x")
        for index, names in enumerate(self.layers):
            bias = f" + {self.symbol(names.bias)}" if self.architecture.bias else ""
            found = self.activated(index).format(f"{self.symbol(names.matrix)} {found}{bias}")
        return found

    def derivative_formula(self, layer: int) -> str:
        """diag(h (1-h)); under softmax, of whose Jacobian the quantity is the diagonal only, z (1-z)."""
        names = self.layers[layer]
        out, pre = self.symbol(names.out), self.symbol(names.pre)
        return {
            "sigmoid": f"diag({out} (1-{out}))",
            "tanh": f"diag(1 - {out}^{{2}})",
            "relu": f"diag(1 where {pre} > 0, else 0)",
            "identity": "diag(1)",
            "softmax": f"diag({out} (1-{out}))",
        }[self.activation(layer)]

    def jacobian_formula(self) -> str:
        """The derivative of softmax outputs."""
        z = self.layers[-1].out
        return f"diag({self.symbol(z)}) - {self.symbol(z)} {self.symbol(z, transposed=True)}"

    def loss_formula(self, low: str = "") -> str:
        """The loss of one point; ``low`` is an index to its outputs, as after a step."""
        z, y = self.symbol("z", f"{low},j" if low else "j"), "y_{j}"
        if self.architecture.loss == "squared_error":
            return f"½ ‖y - {self.symbol('z', low)}‖^{{2}}"
        if self.architecture.output == "softmax":
            return f"-Σ_{{j}} {y} log {z}"
        return f"-Σ_{{j}} ({y} log {z} + (1-{y}) log(1-{z}))"

    def output_gradient(self, low: str = "") -> str:
        """∇z, or one component of it."""
        z, y = self.symbol("z", low), indexed("y", low)
        if self.architecture.loss == "squared_error":
            return f"{z} - {y}"
        if self.architecture.output == "softmax":
            return f"-{y} / {z}"
        return f"({z} - {y}) / ({z}(1-{z}))"

    def delta_formula(self, layer: int) -> str:
        """Ω ∇z."""
        names = self.layers[layer]
        return f"{self.symbol(names.derivative)} {self.symbol(names.grad_out)}"

    def matrix_gradient(self, layer: int) -> str:
        """Ω ∇z hᵀ."""
        return f"{self.delta_formula(layer)} {self.symbol(self.layers[layer].input, transposed=True)}"

    def passed_formula(self, layer: int) -> str:
        """Wᵀ Ω ∇z: what this layer passes back."""
        return f"{self.symbol(self.layers[layer].matrix, transposed=True)} {self.delta_formula(layer)}"

    def gradient_formula(self, name: str) -> str:
        """The formula of any gradient, by its name in the code."""
        for index, layer in enumerate(self.layers):
            if name == layer.grad_out:
                last = index == len(self.layers) - 1
                return self.output_gradient() if last else self.passed_formula(index + 1)
            if name == layer.grad_matrix:
                return self.matrix_gradient(index)
        raise KeyError(name)

    def sum_term(self, layer: int) -> str:
        """What unit j of a layer adds to ∂ℓ/∂h_i: w_ji · z_j(1-z_j) · ∂ℓ/∂z_j, or w_ij δ_j where δ has a name."""
        names, weight = self.layers[layer], self.entry(layer, "j", "i")
        if self.style == "delta" or self.softmax(layer):
            return f"{weight} · {self.symbol(names.delta, 'j')}"
        return f"{weight} · {self.derivative_entry(layer, 'j')} · ∂ℓ/∂{self.symbol(names.out, 'j')}"

    def delta_recursion(self, layer: int) -> str:
        """δ_i^(l-1) = g′(S_i^(l-1)) Σ_j w_ij^(l) δ_j^(l), for the layer below."""
        below = self.layers[layer - 1]
        delta = self.symbol(below.delta, "i")
        factors = f"{self.derivative_entry(layer - 1, 'i')} Σ_{{j}} {self.sum_term(layer)}"
        return f"{delta} = {factors}".replace(" · ", " ")

    def entry_gradient(self, layer: int) -> str:
        """∂ℓ/∂w_ij^(l) = x_i^(l-1) δ_j^(l)."""
        names = self.layers[layer]
        factors = f"{self.symbol(names.input, 'i')} {self.symbol(names.delta, 'j')}"
        return f"∂ℓ/∂{self.entry(layer, 'j', 'i')} = {factors}"

    def update_formula(self, parameter: str) -> str:
        """V - α ∇V."""
        return f"{self.symbol(parameter)} - α {self.symbol(f'grad_{parameter}')}"


@dataclass(frozen=True)
class GradientFormula:
    """One gradient in Unicode: its name in the code, its symbol and formula, and where its factors come from.

    Attributes:
        name: as in ``Network.quantities``, such as ``grad_V``.
        symbol: as printed, such as ∇V.
        formula: the product, such as ``Λ ∇h xᵀ``.
        known: the factors that are known after the forward pass.
        arrived: the factors that arrive by backpropagation; none for ∇z, where it starts.
    """

    name: str
    symbol: str
    formula: str
    known: tuple[str, ...]
    arrived: tuple[str, ...]


def gradient_formulas(architecture: Architecture) -> tuple[GradientFormula, ...]:
    """Return the gradients in the order in which the backward pass reaches them: ∇z, ∇W, ∇h, ∇V."""
    notation = Notation(architecture)

    def gradient(name: str, known: tuple[str, ...], arrived: tuple[str, ...]) -> GradientFormula:
        symbols = (tuple(plain(notation.symbol(each)) for each in group) for group in (known, arrived))
        formula = plain(notation.gradient_formula(name))
        return GradientFormula(name, plain(notation.symbol(name)), formula, *symbols)

    found = [gradient("grad_z", ("z", "y"), ())]
    for index in reversed(range(architecture.depth)):
        names = notation.layers[index]
        found.append(gradient(names.grad_matrix, (names.derivative, names.input), (names.grad_out,)))
        if index > 0:
            below = notation.layers[index - 1].grad_out
            found.append(gradient(below, (names.matrix, names.derivative), (names.grad_out,)))
    return tuple(found)
