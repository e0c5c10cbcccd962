"""Why the result of each part holds, in one sentence that ends the part."""

from bpcli.common.text import listed
from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Prose
from bpcli.walkthrough.reuse import BENEFIT


def why(letter: str, notation: Notation) -> Prose | None:
    """Return the one sentence that says why the result of a part holds; None where there is nothing to say."""
    last = len(notation.layers) - 1
    if letter in "ef" and not last:
        return None
    sentence = {
        "a": _why_composed,
        "b": _why_shapes,
        "c": _why_own_term,
        "d": lambda notation: _why_row(notation, last),
        "e": lambda notation: _why_sum(notation, last),
        "f": lambda notation: _why_same(notation, last - 1),
        "g": _why_modules,
        "h": _why_descent,
    }[letter](notation)
    return Prose(f"Why: {sentence}")


def _why_composed(notation: Notation) -> str:
    z, composed = notation.symbol("z"), notation.composed()
    bias = ", adds its bias" if notation.architecture.bias else ""
    loss = ""
    if notation.architecture.loss == "squared_error":
        loss = f", and the loss is $ℓ = ½ ‖y - {composed}‖^{{2}}$"
    return (
        f"each layer multiplies by its matrix{bias} and applies its activation, and the network is the composition of "
        "its layers: "
        f"${z} = {composed}${loss}."
    )


def _why_shapes(notation: Notation) -> str:
    name = notation.layers[0].matrix
    return (
        f"a step subtracts α times the gradient from each parameter, such as ${notation.update_formula(name)}$, so a "
        "gradient has one entry for every entry of its parameter."
    )


def _why_own_term(notation: Notation) -> str:
    return f"${notation.symbol('z', 'j')}$ occurs in one term of the loss only, so the other terms have derivative 0."


def _why_row(notation: Notation, index: int) -> str:
    names = notation.layers[index]
    inputs = notation.symbol(names.input, transposed=True)
    cancelled = ""
    if notation.architecture.loss == "cross_entropy":
        delta, local, arriving = (
            notation.symbol(each) for each in (names.delta, names.derivative, names.grad_out)
        )
        cancelled = f"; under cross-entropy ${delta} = {local} {arriving} = {notation.symbol('z')} - y$"
    return (
        f"row j of ${notation.symbol(names.matrix)}$ enters ${notation.symbol(names.pre, 'j')}$ alone, where it is "
        f"multiplied by ${notation.symbol(names.input)}$; so each row of the gradient is one number, "
        f"${notation.symbol(names.delta, 'j')}$, times ${inputs}${cancelled}."
    )


def _why_sum(notation: Notation, index: int) -> str:
    names, unit = notation.layers[index], notation.symbol(notation.layers[index - 1].out, "i")
    return (
        f"${unit}$ reaches the loss along one path through each ${notation.symbol(names.pre, 'j')}$, with weight "
        f"${notation.entry(index, 'j', 'i')}$, and the derivative is the sum over these paths."
    )


def _why_same(notation: Notation, index: int) -> str:
    names, above = notation.layers[index], notation.layers[index + 1]
    pairs = [
        (above.grad_out, names.grad_out),
        (above.derivative, names.derivative),
        (above.input, names.input),
    ]
    swapped = listed(f"${notation.symbol(new)}$ for ${notation.symbol(old)}$" for old, new in pairs)
    layer = (
        "the hidden layer"
        if index == 0
        else f"the layer of ${notation.symbol(names.matrix)}$, like the others,"
    )
    return f"{layer} computes what the layer above did, with {swapped}."


def _why_modules(_notation: Notation) -> str:
    return BENEFIT


def _why_descent(_notation: Notation) -> str:
    return (
        "of all steps of the same length, the one along $-∇ℓ$ decreases the loss most, to first order in α."
    )
