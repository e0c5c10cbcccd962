"""The gradients of a network as formulas: which factors each has, and when each factor is known.

Under softmax the Jacobian of the output is not diagonal; it is called J = diag(z) - z zᵀ and stands in Ω's place.

A factor is either local, and known as soon as the forward pass is over (Ω, Λ, W, h, x), or it arrives by
backpropagation (∇z at the top, ∇h from the layer above). The formulas are those of one point, as in the sheet.
"""

from dataclasses import dataclass

from bpcli.network.architecture import Architecture, LayerNames

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class GradientFormula:
    """One gradient: its name in the code, its symbol on the screen, and where its factors come from.

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
    layers = architecture.names()
    found = [
        GradientFormula("grad_z", "∇z", _output_gradient(architecture), ("z", "y"), ()),
    ]
    for index in reversed(range(len(layers))):
        names = layers[index]
        derivative, passed = _symbol(names.derivative), f"∇{_symbol(names.out)}"
        if names.out == "z" and architecture.output == "softmax":
            derivative = "J"
        symbols = {"matrix": _symbol(names.matrix), "input": _symbol(names.input)}
        found.append(_weights(names, derivative, passed, symbols))
        if index > 0:
            found.append(
                GradientFormula(
                    layers[index - 1].grad_out,
                    f"∇{symbols['input']}",
                    f"{symbols['matrix']}ᵀ {derivative} {passed}",
                    (symbols["matrix"], derivative),
                    (passed,),
                )
            )
    return tuple(found)


def _weights(names: LayerNames, derivative: str, passed: str, symbols: dict[str, str]) -> GradientFormula:
    return GradientFormula(
        names.grad_matrix,
        f"∇{symbols['matrix']}",
        f"{derivative} {passed} {symbols['input']}ᵀ",
        (derivative, symbols["input"]),
        (passed,),
    )


def _output_gradient(architecture: Architecture) -> str:
    return {
        "squared_error": "z - y",
        "cross_entropy": "-y / z" if architecture.output == "softmax" else "(z - y) / (z(1-z))",
    }[architecture.loss]


def _symbol(name: str) -> str:
    """The name as the sheet writes it: Lambda_2 is Λ₂, W10 is W₁₀."""
    return name.replace("Lambda", "Λ").replace("Omega", "Ω").replace("_", "").translate(_SUBSCRIPTS)
