"""Part g: which factors the forward pass left behind, which arrived by backpropagation, and what reuse saved."""

from bpcli.walkthrough.blocks import Box, Graph, Part, Prose, Question, Stage, Table
from bpcli.walkthrough.notation import Notation
from bpcli.walkthrough.walk import Walk

ROUNDING = 1e-9
SATURATED = "as an output is so saturated that its derivative rounds to zero"
BEFORE, AFTER, ARRIVES = "before the forward pass", "after the forward pass", "arrives by backpropagation"


def reuse(walk: Walk, notation: Notation) -> Part:
    """(g) The graph with the gradients passed back, the factors by when they are known, the multiplications."""
    count = walk.multiplications
    learnt = "weights and biases" if walk.example.architecture.bias else "weights"
    return Part(
        "g",
        "What was known, what arrived, and what was reused",
        (
            Question("Write the gradients into the graph, and say when each factor becomes known."),
            backward_graph(walk, notation),
            Prose(
                "Dashed boxes were known before: $x$ and $y$ were given, and $ℓ$ came out of the forward pass. The "
                "others arrived by backpropagation: in each is the loss differentiated by what stood there, and above "
                f"are the gradients of the {learnt}. On each arrow is the factor that is multiplied on the way; all of "
                "them were known after the forward pass."
            ),
            factor_table(notation),
            Prose(
                f"Multiplications in the backward pass: {count.with_reuse:,} with reuse, "
                f"{count.without_reuse:,} without. With reuse every δ and every gradient by a hidden layer is worked "
                "out once; without, the chain-rule product of each entry of each gradient is worked out from "
                f"scratch. Row by row and stacked, the gradients {_agreement(walk)}."
            ),
        ),
    )


def _agreement(walk: Walk) -> str:
    """How far the two forms are from one another."""
    if walk.largest_difference == 0:
        return "agree to the last digit"
    what = "which is rounding" if walk.largest_difference < ROUNDING else SATURATED
    return f"differ by {walk.largest_difference:.1e} at most, {what}"


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
        inputs, matrix = notation.symbol(names.input), notation.symbol(names.matrix)
        arriving, gradient = names.grad_out, names.grad_matrix
        rows += [
            (
                f"${notation.symbol(arriving)}$",
                f"${_said_otherwise(notation, arriving, f'∂ℓ/∂{out}')}$",
                ARRIVES if index + 1 < len(notation.layers) else "starts the backward pass",
            ),
            (f"${notation.symbol(names.derivative)}$", f"$∂{out}/∂{pre}$", AFTER),
            (f"${inputs}$", f"$∂{pre}/∂{matrix}$", AFTER if index else BEFORE),
        ]
        if index:
            rows.append((f"${matrix}$", f"$∂{pre}/∂{inputs}$", BEFORE))
        product = _said_otherwise(notation, gradient, f"∂ℓ/∂{matrix}")
        rows.append((f"${notation.symbol(gradient)}$", f"${product}$", "product of these"))
    return Table(("factor", "what it is", "known"), tuple(rows))


def _said_otherwise(notation: Notation, name: str, derivative: str) -> str:
    """What a gradient is: ∂ℓ/∂z for ∇z; its formula where ∂ℓ/∂z is its symbol already."""
    if notation.style == "vw":
        return derivative
    for index, layer in enumerate(notation.layers):
        if name == layer.grad_matrix:
            return f"{notation.symbol(layer.delta)} {notation.symbol(layer.input, transposed=True)}"
        if name == layer.grad_out and index + 1 < len(notation.layers):
            above = notation.layers[index + 1]
            return f"{notation.symbol(above.matrix, transposed=True)} {notation.symbol(above.delta)}"
    return notation.gradient_formula(name)
