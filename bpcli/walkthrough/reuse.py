"""Part g: which factors the forward pass provides, which arrive by backpropagation, and what reuse saves."""

from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Box, Graph, Part, Prose, Question, Room, Stage, Table
from bpcli.walkthrough.walk import Walk

ROUNDING = 1e-9
SATURATED = "because an output is so saturated that its derivative rounds to zero"
BENEFIT = (
    "each layer keeps its own derivative and needs from the layer above only the gradient with respect to its "
    "outputs, so the same three products serve any number of layers, and what a later layer has computed is reused."
)
BEFORE, AFTER, ARRIVES = "before the forward pass", "after the forward pass", "arrives by backpropagation"


def reuse(walk: Walk, notation: Notation) -> Part:
    """(g) The graph with the gradients passed back, the factors by when they are known, the multiplications."""
    count = walk.multiplications
    trained = "weights and biases" if walk.example.architecture.bias else "weights"
    return Part(
        "g",
        "What is known after the forward pass, what is backpropagated, and what is reused",
        (
            Question(
                "Fill in the gradients, and beside each arrow the factor that is multiplied on the way. Then list the "
                "factors of all your gradients: what each is, and whether it is known before the forward pass, after "
                "it, or only by backpropagation."
            ),
            backward_graph(walk, notation),
            Prose(
                "Dashed boxes are known before the backward pass: $x$ and $y$ are given, and $ℓ$ is the result of the "
                "forward pass. Every other box holds the derivative of the loss with respect to the quantity at its "
                f"place in the forward graph; the boxes above hold the gradients of the {trained}. The label of an "
                "arrow is the factor multiplied on the way, and all these factors are known after the forward pass."
            ),
            factor_table(notation),
            Room("What is the main benefit of backpropagation?", BENEFIT[0].upper() + BENEFIT[1:], lines=2),
            Prose(
                f"Multiplications in the backward pass: {count.with_reuse:,} with reuse, "
                f"{count.without_reuse:,} without. With reuse, every δ and every gradient with respect to a hidden "
                "layer is computed once; without it, every entry of every gradient is computed by the chain rule "
                f"from scratch. Row by row and stacked, the gradients {_agreement(walk)}."
            ),
        ),
    )


def _agreement(walk: Walk) -> str:
    """How far the two forms are from one another."""
    if walk.largest_difference == 0:
        return "agree to the last digit"
    what = "which is rounding" if walk.largest_difference < ROUNDING else SATURATED
    return f"differ by at most {walk.largest_difference:.1e}, {what}"


def backward_graph(walk: Walk, notation: Notation) -> Graph:
    """The graph of the forward pass with gradients for values, and its arrows turned round."""

    def box(name: str, *, given: bool = False, known: bool = False) -> Box:
        return Box(notation.symbol(name), walk[name], given, given or known)

    stages = [Stage(box("x", given=True), joined=False)]
    for index, layer in enumerate(notation.layers):
        gradients = [layer.grad_matrix] + ([layer.grad_bias] if walk.example.architecture.bias else [])
        passed = notation.symbol(layer.matrix, transposed=True) if index else ""
        stages += [
            Stage(
                box(layer.delta),
                tuple(box(name) for name in gradients),
                arrow=passed,
                joined=index > 0,
                upward=notation.symbol(layer.input, transposed=True),
            ),
            Stage(box(layer.grad_out), arrow=notation.symbol(layer.derivative)),
        ]
    stages.append(Stage(box("loss", known=True), (box("y", given=True),)))
    return Graph(tuple(stages), backward=True)


def factor_table(notation: Notation) -> Table:
    """Each factor of each gradient, from the output down, with when it is known."""
    rows: list[tuple[str, str, str]] = []
    for index in reversed(range(len(notation.layers))):
        names = notation.layers[index]
        pre, out = notation.symbol(names.pre), notation.symbol(names.out)
        source, matrix = notation.symbol(names.input), notation.symbol(names.matrix)
        inputs, unit = notation.symbol(names.input, transposed=True), notation.symbol(names.pre, "j")
        arriving, gradient = names.grad_out, names.grad_matrix
        rows += [
            (
                f"${notation.symbol(arriving)}$",
                f"${_said_otherwise(notation, arriving, f'(∂ℓ/∂{out})^{{T}}')}$",
                ARRIVES if index + 1 < len(notation.layers) else "starts the backward pass",
            ),
            (f"${notation.symbol(names.derivative)}$", f"$∂{out}/∂{pre}$", AFTER),
            (f"${inputs}$", f"$∂{unit}/∂{notation.row(index, 'j')}$", AFTER if index else BEFORE),
        ]
        if index:
            rows.append((f"${matrix}$", f"$∂{pre}/∂{source}$", BEFORE))
        row = f"∂ℓ/∂{notation.row(index, 'j')}"
        product = f"rows ${row}$" if notation.style == "vw" else f"${notation.symbol(names.delta)} {inputs}$"
        rows.append((f"${notation.symbol(gradient)}$", product, "product of these"))
    return Table(("factor", "what it is", "known"), tuple(rows))


def _said_otherwise(notation: Notation, name: str, derivative: str) -> str:
    """What a gradient is: the transpose of the row ∂ℓ/∂z for ∇z; its formula where ∂ℓ/∂z is its symbol already."""
    if notation.style == "vw":
        return derivative
    for index, layer in enumerate(notation.layers):
        if name == layer.grad_out and index + 1 < len(notation.layers):
            above = notation.layers[index + 1]
            return f"{notation.symbol(above.matrix, transposed=True)} {notation.symbol(above.delta)}"
    return notation.gradient_formula(name)
