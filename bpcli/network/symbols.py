"""How each quantity is written: as x, a, h, b, z, V, W, ∇ (vw), or as x^(l), S^(l), δ^(l), w_ij^(l) (delta).

Symbols are in the markup of ``bpcli.common.markup``; ``docs/glossary.md`` lists them with what they mean. In the second
notation w_ij^(l) is the weight from unit i to unit j, so that our matrix, whose rows are neurons, is w^(l) transposed.
"""

import re
from typing import Literal

from bpcli.common.markup import indexed
from bpcli.network.architecture import Architecture, LayerNames

Style = Literal["vw", "delta"]


class Symbols:
    """The symbols of one network in one of the two notations; layers count from 0 here."""

    def __init__(self, architecture: Architecture, style: Style = "vw") -> None:
        self.architecture = architecture
        self.style = style
        self.layers = architecture.names()
        self._number = {
            name: index + 1
            for index, layer in enumerate(self.layers)
            for name in (layer.matrix, layer.bias, layer.pre, layer.out, layer.derivative, layer.delta)
        } | {"x": 0}

    def activation(self, layer: int) -> str:
        """The activation of one layer."""
        last = layer == len(self.layers) - 1
        return self.architecture.output if last else self.architecture.activation

    def softmax(self, layer: int) -> bool:
        """Whether this is a softmax layer, whose Jacobian J is not diagonal."""
        return self.activation(layer) == "softmax"

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
            return self._derivative(layer, low)
        if self.style == "delta":
            return self._delta(name, low, transposed)
        return self._vw(name, low, transposed)

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

    def row(self, layer: int, unit: str, *, transposed: bool = False) -> str:
        """The weights of one unit, a row of our matrix, as a column vector."""
        name, high = self.layers[layer].matrix, "T" if transposed else ""
        if self.style == "delta":
            return indexed("w", f"·{unit}", f"({layer + 1})" + high)
        return indexed(name[0].lower(), (f"{name[1:]}," if name[1:] else "") + unit, high)

    def derivative_entry(self, layer: int, unit: str) -> str:
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

    def size(self, layer: int) -> str:
        """The number of units of a layer as a symbol: d^(0) is that of the inputs, d^(1) that of the first layer."""
        return f"d^{{({layer})}}"

    def _layer(self, name: str) -> LayerNames | None:
        return self.layers[self._number[name] - 1] if self._number[name] else None

    def _derivative(self, layer: LayerNames, low: str) -> str:
        index = self.layers.index(layer)
        if self.softmax(index):
            return "J"
        if self.style == "vw":
            letter = "Ω" if layer.derivative == "Omega" else "Λ"
            return indexed(letter, layer.derivative.partition("_")[2] or low)
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
