"""The derivation of each part in symbols, by the chain rule, with the shapes of its factors.

A derivative ∂ℓ/∂u with respect to a vector u is a row, the gradient a column. In the second notation, which has no ∇,
∂ℓ/∂x^(l) is the column, and the row is its transpose.
"""

from collections.abc import Callable

from bpcli.common.text import listed
from bpcli.network import Architecture
from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Block, Derivation, Factor, Prose

FEW_ROWS = 3  # of a stack that is written out in full


def derivation(letter: str, notation: Notation) -> tuple[Block, ...]:
    """Return the derivation of a part in symbols; of several hidden layers, that of the last."""
    last = len(notation.layers) - 1
    makers: dict[str, Callable[[], tuple[Block, ...]]] = {
        "a": lambda: _forward(notation),
        "c": lambda: _output_gradient(notation),
        "d": lambda: _matrix_gradient(notation, last),
        "e": lambda: _passed_back(notation, last) if last else (),
        "f": lambda: _matrix_gradient(notation, last - 1) if last else (),
        "g": lambda: _modules(notation),
        "h": lambda: _descent(notation),
    }
    blocks = makers[letter]() if letter in makers else ()
    if letter in "ef" and last > 1:
        blocks += (
            Prose("The other hidden layers follow in the same way, with their own inputs and activations."),
        )
    return (*blocks, Prose("With numbers:")) if blocks and letter != "g" else blocks


def _forward(notation: Notation) -> tuple[Block, ...]:
    """(a) Each layer with its shapes, and all of them composed."""
    blocks: list[Block] = []
    for index, names in enumerate(notation.layers):
        fan_in, fan_out = notation.size(index), notation.size(index + 1)
        product: list[str | Factor] = [
            Factor(notation.symbol(names.matrix), f"{fan_out}×{fan_in}"),
            Factor(notation.symbol(names.input), f"{fan_in}×1"),
        ]
        if notation.architecture.bias:
            product += ["+", Factor(notation.symbol(names.bias), f"{fan_out}×1")]
        blocks += [
            Derivation(((Factor(notation.symbol(names.pre), f"{fan_out}×1"),), tuple(product))),
            _plain(notation.symbol(names.out), notation.out_formula(index)),
        ]
    return (*blocks, Prose("Composed:"), _plain(notation.symbol("z"), notation.composed()))


def _output_gradient(notation: Notation) -> tuple[Block, ...]:
    """(c) One component, then all of them."""
    z, y, net = notation.symbol("z", "j"), "y_{j}", notation.architecture
    if net.loss == "squared_error":
        term, steps = f"½ ({y} - {z})^{{2}}", [f"-({y} - {z})"]
    elif net.output == "softmax":
        term, steps = f"-{y} log {z}", []
    else:
        term, steps = f"-({y} log {z} + (1-{y}) log(1-{z}))", [f"-{y} / {z} + (1-{y}) / (1-{z})"]
    size = notation.size(len(notation.layers))
    gradient = Factor(notation.symbol("grad_z"), f"{size}×1")
    return (
        Prose(f"One term of the loss contains ${z}$: ${term}$. Its derivative is"),
        _plain(f"∂ℓ/∂{z}", *steps, notation.output_gradient("j")),
        Prose("All components in one column:"),
        Derivation(((gradient,), (notation.output_gradient(),))),
    )


def _matrix_gradient(notation: Notation, index: int) -> tuple[Block, ...]:
    """(d), (f) A row by the chain rule, its factors one by one, then the rows stacked."""
    names, softmax = notation.layers[index], notation.softmax(index)
    fan_in, fan_out = notation.size(index), notation.size(index + 1)
    row, row_t = notation.row(index, "j"), notation.row(index, "j", transposed=True)
    pre, out = notation.symbol(names.pre, "j"), notation.symbol(names.out, "j")
    inputs = notation.symbol(names.input, transposed=True)
    own = Factor(f"∂{pre}/∂{row}", f"1×{fan_in}")
    derivative, reasons = _unit_derivative(notation, index)
    known = f"The first factor is an entry of ${notation.symbol(names.grad_out)}$."
    if softmax:
        first: tuple[str | Factor, ...] = (Factor(f"∂ℓ/∂{pre}", "1×1"),)
        found = notation.symbol(names.delta, "j")
    else:
        first = (Factor(f"∂ℓ/∂{out}", "1×1"), "·", Factor(f"∂{out}/∂{pre}", "1×1"))
        found = f"∂ℓ/∂{out} · {derivative}"
    bias = f" + {notation.symbol(names.bias, 'j')}" if notation.architecture.bias else ""
    one = f"{notation.entry(index, 'j', 'i')} {notation.symbol(names.input, 'i')}"
    entry = f"∂{pre}/∂{notation.entry(index, 'j', 'i')}"
    matrix, delta = notation.symbol(names.matrix), notation.symbol(names.delta)
    local = Factor(notation.symbol(names.derivative), f"{fan_out}×{fan_out}")
    arriving = Factor(notation.symbol(names.grad_out), f"{fan_out}×1")
    across = Factor(inputs, f"1×{fan_in}")
    through = f"${pre}$" if softmax else f"${pre}$ and ${out}$"
    return (
        Prose(
            f"Row j of ${matrix}$ contributes to ${pre}$ and to no other entry, so it affects the loss through "
            f"{through} only. By the chain rule"
        ),
        Derivation(((Factor(f"∂ℓ/∂{row}", f"1×{fan_in}"),), (*first, "·", own))),
        *(() if softmax else (Prose(known),)),
        *reasons,
        Prose(
            f"The last factor is the derivative of the dot product ${pre} = {row_t} "
            f"{notation.symbol(names.input)}{bias} = Σ_{{i}} {one}{bias}$. Its entries are "
            f"${entry} = {notation.symbol(names.input, 'i')}$, and together"
        ),
        Derivation(((own,), (across,))),
        Prose("With these factors the row is"),
        Derivation(((Factor(f"∂ℓ/∂{row}", f"1×{fan_in}"),), (found, "·", across))),
        *_cancelled(notation, index, derivative),
        Prose(f"Stacked, the rows are the column ${delta}$ times the row ${inputs}$:"),
        Derivation(
            (
                (Factor(notation.symbol(names.grad_matrix), f"{fan_out}×{fan_in}"),),
                (Factor(stack=_rows(notation, index)),),
                (local, "·", arriving, "·", across),
                (Factor(delta, f"{fan_out}×1"), "·", across),
            )
        ),
    )


def _cancelled(notation: Notation, index: int, derivative: str) -> tuple[Block, ...]:
    """What is left of the derivatives of cross-entropy and of the sigmoid: z_j - y_j."""
    net, names = notation.architecture, notation.layers[index]
    if (net.output, net.loss, index) != ("sigmoid", "cross_entropy", len(notation.layers) - 1):
        return ()
    left, out = f"∂ℓ/∂{notation.symbol(names.pre, 'j')}", notation.symbol(names.out, "j")
    return (
        Prose("Under cross-entropy the denominator and the middle factor cancel:"),
        _plain(left, f"{notation.output_gradient('j')} · {derivative}", f"{out} - y_{{j}}"),
    )


def _rows(notation: Notation, index: int) -> tuple[str, ...]:
    """∂ℓ/∂w₁, ⋮, ∂ℓ/∂w₅."""
    count = notation.architecture.sizes[index + 1]
    rows = [f"∂ℓ/∂{notation.row(index, str(unit + 1))}" for unit in range(count)]
    return tuple(rows if count <= FEW_ROWS else [rows[0], "⋮", rows[-1]])


def _unit_derivative(notation: Notation, index: int) -> tuple[str, tuple[Block, ...]]:
    """The derivative of one unit in terms of its output, and the lines that lead there."""
    names, activation = notation.layers[index], notation.activation(index)
    pre, out = notation.symbol(names.pre, "j"), notation.symbol(names.out, "j")
    prime = "s′" if notation.style == "vw" and activation == "sigmoid" else "g′"
    middle = Prose(f"The middle factor is the derivative of the activation, ${prime}({pre})$.")
    left = f"∂{out}/∂{pre}"
    if (
        activation == "sigmoid"
        and index < len(notation.layers) - 1
        and notation.architecture.output == "sigmoid"
    ):
        return f"{out}(1-{out})", (
            Prose("The middle factor is the derivative of the sigmoid, as in part (d):"),
            _plain(left, f"s({pre})(1-s({pre}))", f"{out}(1-{out})"),
        )
    if activation == "sigmoid":
        return f"{out}(1-{out})", (
            Prose(
                f"The middle factor is the derivative of the sigmoid, ${prime}({pre})$. From "
                "$s(u) = 1 / (1 + e^{-u})$ and $1 - s(u) = e^{-u} / (1 + e^{-u})$"
            ),
            _plain("s′(u)", "e^{-u} / (1 + e^{-u})^{2}", "s(u)(1-s(u))"),
            _plain(left, f"s({pre})(1-s({pre}))", f"{out}(1-{out})"),
        )
    if activation == "tanh":
        return f"(1-{out}^{{2}})" if notation.style == "vw" else f"(1-({out})^{{2}})", (
            middle,
            _plain(
                left,
                f"1 - tanh({pre})^{{2}}",
                f"1 - ({out})^{{2}}" if notation.style == "delta" else f"1 - {out}^{{2}}",
            ),
        )
    if activation == "relu":
        return f"[{pre}>0]", (
            middle,
            Prose(
                f"It is 1 where ${pre} > 0$ and 0 where ${pre} < 0$; where ${pre} = 0$, relu has no derivative, and 0 "
                f"is taken. Together this is written $[{pre}>0]$."
            ),
        )
    if activation == "identity":
        return "1", (middle, _plain(left, "1"))
    other = notation.symbol(names.out, "k")
    return "", (
        Prose(
            f"Every output depends on ${pre}$: $∂{other}/∂{pre} = {other} ([j=k] - {out})$. The sum over all "
            f"outputs is $∂ℓ/∂{pre} = Σ_{{k}} ∂ℓ/∂{other} · ∂{other}/∂{pre} = {out} - y_{{j}}$, as the targets "
            "sum to 1."
        ),
    )


def _passed_back(notation: Notation, index: int) -> tuple[Block, ...]:
    """(e) The three factors with their shapes, what they are, and the transpose."""
    names, below = notation.layers[index], notation.layers[index - 1]
    fan_in, fan_out = notation.size(index), notation.size(index + 1)
    pre, out, source = (notation.symbol(name) for name in (names.pre, names.out, names.input))
    local, matrix = notation.symbol(names.derivative), notation.symbol(names.matrix)
    pre_j, out_j = notation.symbol(names.pre, "j"), notation.symbol(names.out, "j")
    outer = (
        Factor(_row_of(notation, names.out), f"1×{fan_out}"),
        "·",
        Factor(f"∂{out}/∂{pre}", f"{fan_out}×{fan_out}"),
        "·",
        Factor(f"∂{pre}/∂{source}", f"{fan_out}×{fan_in}"),
    )
    diagonal = (
        f"$∂{out}/∂{pre} = {local} = {notation.jacobian_formula()}$"
        if notation.softmax(index)
        else f"${out_j}$ depends on ${pre_j}$ alone, so $∂{out}/∂{pre}$ is the diagonal matrix ${local}$"
    )
    return (
        Prose("By the chain rule"),
        Derivation(((Factor(_row_of(notation, below.out), f"1×{fan_in}"),), outer)),
        Prose(
            f"The first factor is that of part (c). {diagonal[0].upper() + diagonal[1:]}. And "
            f"$∂{pre_j}/∂{notation.symbol(names.input, 'i')} = {notation.entry(index, 'j', 'i')}$, so "
            f"$∂{pre}/∂{source} = {matrix}$. The gradient is the transpose of the row:"
        ),
        Derivation(
            (
                (Factor(notation.symbol(below.grad_out), f"{fan_in}×1"),),
                (
                    Factor(notation.symbol(names.matrix, transposed=True), f"{fan_in}×{fan_out}"),
                    "·",
                    Factor(local, f"{fan_out}×{fan_out}"),
                    "·",
                    Factor(notation.symbol(names.grad_out), f"{fan_out}×1"),
                ),
            )
        ),
    )


def _row_of(notation: Notation, name: str) -> str:
    """The derivative of the loss with respect to a vector, as a row."""
    derivative = f"∂ℓ/∂{notation.symbol(name)}"
    return derivative if notation.style == "vw" else f"({derivative})^{{T}}"


def _modules(notation: Notation) -> tuple[Block, ...]:
    """(g) What every layer keeps, receives and passes back; and the same words for one more hidden layer."""
    net = notation.architecture
    blocks: list[Block] = [Prose("Layer by layer, from the output down:"), *_layers_in_words(notation)]
    if net.depth == 2:
        sizes = (*net.sizes[:2], *net.sizes[1:])
        deeper = Architecture(sizes, net.activation, net.output, net.loss, bias=net.bias)
        blocks += [
            Prose("With a second hidden layer, in the same words:"),
            *_layers_in_words(Notation(deeper, notation.style)),
        ]
    return tuple(blocks)


def _layers_in_words(notation: Notation) -> list[Prose]:
    """A sentence for each layer, the output layer first."""
    sentences = []
    for index in reversed(range(len(notation.layers))):
        names = notation.layers[index]
        delta, inputs = notation.symbol(names.delta), notation.symbol(names.input, transposed=True)
        arriving = notation.symbol(names.grad_out)
        kept = listed(f"${notation.symbol(name)}$" for name in (names.derivative, names.matrix, names.input))
        computed = [
            f"${delta} = {notation.delta_formula(index)}$",
            f"${notation.symbol(names.grad_matrix)} = {delta} {inputs}$",
            *([f"${notation.symbol(names.grad_bias)} = {delta}$"] if notation.architecture.bias else []),
        ]
        end = "."
        if index:
            below = notation.layers[index - 1].grad_out
            passed = f"{notation.symbol(names.matrix, transposed=True)} {delta}"
            computed.append(f"${notation.symbol(below)} = {passed}$")
            end = ", and passes the last of them back."
        name = "The output layer" if index == len(notation.layers) - 1 else f"Hidden layer {index + 1}"
        sentences.append(
            Prose(f"{name} keeps {kept}, receives ${arriving}$, computes {listed(computed)}{end}")
        )
    return sentences


def _descent(notation: Notation) -> tuple[Block, ...]:
    """(h) By how much the loss changes to first order."""
    gradients = [notation.symbol(f"grad_{name}") for name in _parameters(notation)]
    squares = " + ".join(f"‖{gradient}‖^{{2}}" for gradient in gradients)
    net = notation.architecture
    kinks = net.activation == "relu" and net.depth > 1
    smooth = " (if no pre-activation of a relu is 0)" if kinks else ""
    return (
        Prose(
            f"Along the step the loss is a function of α. By the chain rule{smooth}, its derivative at $α = 0$ is"
        ),
        _plain("dℓ_{new}/dα", f"-({squares})" if len(gradients) > 1 else f"-{squares}", "-‖∇ℓ‖^{2}"),
        Prose("so the loss decreases for every small enough α, unless the gradient is zero."),
    )


def _parameters(notation: Notation) -> list[str]:
    bias = notation.architecture.bias
    return [
        name
        for layer in notation.layers
        for name in ((layer.matrix, layer.bias) if bias else (layer.matrix,))
    ]


def _plain(*sides: str) -> Derivation:
    """A line without braces."""
    return Derivation(tuple((side,) for side in sides))
