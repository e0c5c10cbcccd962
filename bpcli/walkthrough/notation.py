"""How each quantity is written: as x, a, h, b, z, V, W, ∇ (vw), or as x^(l), S^(l), δ^(l), w_ij^(l) (delta).

Symbols are in the markup of ``markup``. In the second notation w_ij^(l) is the weight from unit i to unit j, so that
our matrix, whose rows are neurons, is w^(l) transposed; two slips of the sheet that uses it are put right here:
δ_i^(1) takes the weights w_ij^(2) of the layer above, and equal weights w_ij^(1) = w_i^(1) hold for all j.
"""

import re
from typing import Literal

from bpcli.network import Architecture, LayerNames
from bpcli.walkthrough.markup import indexed

Style = Literal["vw", "delta"]


class Notation:
    """The symbols and formulas of one network in one of the two notations; layers count from 0 here."""

    def __init__(self, architecture: Architecture, style: Style = "vw") -> None:
        self.architecture = architecture
        self.style = style
        self.layers = architecture.names()
        self._number = {
            name: index + 1
            for index, layer in enumerate(self.layers)
            for name in (layer.matrix, layer.bias, layer.pre, layer.out, layer.derivative, layer.delta)
        } | {"x": 0}

    def softmax(self, layer: int) -> bool:
        """Whether this is a softmax layer, whose Jacobian J is not diagonal."""
        return layer == len(self.layers) - 1 and self.architecture.output == "softmax"

    def symbol(self, name: str, low: str = "", *, transposed: bool = False) -> str:
        """A quantity by its name in the code, such as ``grad_V``; ``low`` is an index to it."""
        if name.startswith("grad_"):
            inner = self.symbol(name.removeprefix("grad_"), low)
            return f"∇{inner}" if self.style == "vw" and not low else f"∂ℓ/∂{inner}"
        if name.startswith("new_"):
            return self.symbol(name.removeprefix("new_"), "new")
        if name in ("loss", "loss_after"):
            return "ℓ" if name == "loss" else "ℓ_{new}"
        if name == "y":
            return indexed("y", low, "T" if transposed else "")
        if name.startswith("delta_"):
            return indexed("δ", low, f"({self._number[name]})")
        layer = self._layer(name)
        if layer is not None and name == layer.derivative:
            return self._slope(layer, low)
        if self.style == "delta":
            return self._delta(name, low, transposed)
        return self._vw(name, low, transposed)

    def _layer(self, name: str) -> LayerNames | None:
        return self.layers[self._number[name] - 1] if self._number[name] else None

    def _slope(self, layer: LayerNames, low: str) -> str:
        index = self.layers.index(layer)
        if self.softmax(index):
            return "J"
        if self.style == "vw":
            return indexed(
                "Ω" if layer.derivative == "Omega" else "Λ", layer.derivative.partition("_")[2] or low
            )
        inner = f"g′({self.symbol(layer.pre, low)})"
        return inner if low else f"diag {inner}"

    def _vw(self, name: str, low: str, transposed: bool) -> str:
        bias, _, matrix = name.rpartition("_")
        letters, digits = re.fullmatch(r"([A-Za-z]+)(\d*)", matrix).groups()  # type: ignore[union-attr]
        index = ",".join(part for part in (digits, low) if part)
        if bias:
            return indexed("bias", matrix + (f",{low}" if low else ""))
        return indexed(letters, index, "T" if transposed else "")

    def _delta(self, name: str, low: str, transposed: bool) -> str:
        number = self._number[name]
        layer = self._layer(name)
        if layer is None or name == layer.out:
            return indexed("x", low, f"({number})" + ("T" if transposed else ""))
        if name == layer.pre:
            return indexed("S", low, f"({number})")
        if name == layer.bias:
            return indexed("w", ",".join(part for part in ("0", low) if part), f"({number})")
        return indexed("w", low, f"({number})" + ("" if transposed else "T"))

    def entry(self, layer: int, unit: str, source: str) -> str:
        """The weight of ``unit`` from ``source``: w_ji in one notation, w_ij^(l) in the other."""
        name, comma = (
            self.layers[layer].matrix,
            "," if (unit + source).isdigit() and len(unit + source) > 2 else "",
        )
        if self.style == "delta":
            return indexed("w", source + comma + unit, f"({layer + 1})")
        letter, digits = name[0].lower(), name[1:]
        return indexed(letter, (f"{digits}," if digits else "") + unit + comma + source)

    def row(self, layer: int, unit: str) -> str:
        """The weights of one unit, a row of our matrix."""
        name = self.layers[layer].matrix
        if self.style == "delta":
            return indexed("w", f"·{unit}", f"({layer + 1})")
        return indexed(name[0].lower(), (f"{name[1:]}," if name[1:] else "") + unit)

    def slope_entry(self, layer: int, unit: str) -> str:
        """The derivative of one unit: z_j(1-z_j), or g′(S_j^(l))."""
        names = self.layers[layer]
        if self.style == "delta":
            return self.symbol(names.derivative, unit)
        out = self.symbol(names.out, unit)
        return {
            "sigmoid": f"{out}(1-{out})",
            "tanh": f"(1-{out}^{{2}})",
            "relu": f"[{self.symbol(names.pre, unit)}>0]",
            "identity": "1",
        }[self.activation(layer)]

    def activation(self, layer: int) -> str:
        """The activation of one layer."""
        last = layer == len(self.layers) - 1
        return self.architecture.output if last else self.architecture.activation

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

    def slope_formula(self, layer: int) -> str:
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

    def sum_term(self, layer: int) -> str:
        """What unit j of a layer adds to ∂ℓ/∂h_i: w_ji · z_j(1-z_j) · ∂ℓ/∂z_j, or w_ij δ_j where δ has a name."""
        names, weight = self.layers[layer], self.entry(layer, "j", "i")
        if self.style == "delta" or self.softmax(layer):
            return f"{weight} · {self.symbol(names.delta, 'j')}"
        return f"{weight} · {self.slope_entry(layer, 'j')} · ∂ℓ/∂{self.symbol(names.out, 'j')}"

    def delta_recursion(self, layer: int) -> str:
        """δ_i^(1) = g′(S_i^(1)) Σ_j w_ij^(2) δ_j^(2): δ of the layer below ``layer``, entry by entry."""
        below = self.layers[layer - 1]
        delta = self.symbol(below.delta, "i")
        return f"{delta} = {self.slope_entry(layer - 1, 'i')} Σ_{{j}} {self.sum_term(layer)}".replace(
            " · ", " "
        )

    def entry_gradient(self, layer: int) -> str:
        """∂ℓ/∂w_ij^(l) = x_i^(l-1) δ_j^(l)."""
        names = self.layers[layer]
        factors = f"{self.symbol(names.input, 'i')} {self.symbol(names.delta, 'j')}"
        return f"∂ℓ/∂{self.entry(layer, 'j', 'i')} = {factors}"

    def passed_formula(self, layer: int) -> str:
        """Wᵀ Ω ∇z: what this layer passes back."""
        return f"{self.symbol(self.layers[layer].matrix, transposed=True)} {self.delta_formula(layer)}"

    def update_formula(self, parameter: str) -> str:
        """V - α ∇V."""
        return f"{self.symbol(parameter)} - α {self.symbol(f'grad_{parameter}')}"

    def gradient_formula(self, name: str) -> str:
        """The formula of any gradient, by its name in the code."""
        for index, layer in enumerate(self.layers):
            if name == layer.grad_out:
                last = index == len(self.layers) - 1
                return self.output_gradient() if last else self.passed_formula(index + 1)
            if name == layer.grad_matrix:
                return self.matrix_gradient(index)
        raise KeyError(name)
