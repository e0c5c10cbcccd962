"""The parts a to h of a walkthrough, as blocks: forward (a, b), backward (c to f), reuse (g), the update (h)."""

from collections.abc import Callable, Sequence

from bpcli.common.errors import UsageError
from bpcli.common.text import listed
from bpcli.walkthrough.backward import hidden_gradient, matrix_gradient, output_gradient
from bpcli.walkthrough.blocks import (
    Block,
    Mode,
    Part,
    Prose,
    Question,
    Sheet,
    Table,
)
from bpcli.walkthrough.factors import reuse
from bpcli.walkthrough.forward import forward, givens
from bpcli.walkthrough.inputs import Drawn
from bpcli.walkthrough.notation import Notation, Style
from bpcli.walkthrough.update import update
from bpcli.walkthrough.walk import Walk
from bpcli.yamltext.scalars import show

LETTERS = "abcdefgh"
HOW_TO_WRITE = (
    "Round each number to {digits} decimals as you write it down, and calculate on with what you wrote. Beside each "
    "answer is its name in the answers file."
)
ROUNDED = (
    "Calculated with all digits and printed rounded to {digits} decimals: worked out from what is printed, a last "
    "digit may differ."
)
LOSSES = {"squared_error": "squared error", "cross_entropy": "cross-entropy"}


def chosen_letters(wanted: Sequence[str]) -> list[str]:
    """Return the parts that "a", "c-e" or "a,c" name, in order; all of them where nothing is wanted.

    Raises:
        UsageError: one of them is no part.
    """
    chosen: set[str] = set()
    for word in (word.strip().lower() for text in wanted for word in text.split(",")):
        first, dash, last = word.partition("-")
        ends = [first, last if dash else first]
        if not all(end in LETTERS and len(end) == 1 for end in ends) or ends[0] > ends[1]:
            raise UsageError(
                f"--part: there is no part {show(word)}; they are a to h, or a range such as a-c"
            )
        chosen |= set(LETTERS[LETTERS.index(ends[0]) : LETTERS.index(ends[1]) + 1])
    return [letter for letter in LETTERS if letter in chosen or not chosen]


def sheet(
    walk: Walk,
    *,
    style: Style = "vw",
    letters: Sequence[str] = LETTERS,
    mode: Mode = "walk",
    digits: int = 4,
    title: str = "Walkthrough",
    drawn: Drawn | None = None,
) -> Sheet:
    """Return the parts that are wanted, the given numbers before them; delta notation comes with its table."""
    notation = Notation(walk.example.architecture, style)
    remarks = (
        Prose(ROUNDED.format(digits=digits), ("walk", "key")),
        Prose(HOW_TO_WRITE.format(digits=digits), ("worksheet",)),
    )
    parts = [Part("", "Given", (givens(walk, notation), *remarks))]
    if style == "delta":
        parts.append(Part("", "Notation", (notation_table(walk, mode),)))
    makers: dict[str, Callable[[Walk, Notation], Part]] = {
        "a": forward,
        "b": parameters,
        "c": output_gradient,
        "d": last_matrix,
        "e": passed_back,
        "f": hidden_matrices,
        "g": reuse,
        "h": update,
    }
    parts += [makers[letter](walk, notation) for letter in letters]
    below = [network_line(walk)] + ([drawn_line(drawn, notation)] if drawn else [])
    return Sheet(title, tuple(below), tuple(parts), mode, digits)


def drawn_line(drawn: Drawn, notation: Notation) -> str:
    """Which numbers were drawn, and from which seed."""
    names = listed(f"${notation.symbol(name)}$" for name in drawn.names)
    return f"drawn from seed {drawn.seed}: {names}"


def network_line(walk: Walk) -> str:
    """The network in one line: 3 → 2 → 2; sigmoid hidden, sigmoid output, no biases; squared error."""
    net = walk.example.architecture
    hidden = f"{net.activation} hidden, " if net.depth > 1 else ""
    biases = "with biases" if net.bias else "no biases"
    sizes = " → ".join(map(str, net.sizes))
    return f"{sizes}; {hidden}{net.output} output, {biases}; {LOSSES[net.loss]}"


def notation_table(walk: Walk, mode: Mode) -> Table:
    """Both notations side by side; on a worksheet the names alone, as shapes and meanings are asked for there."""
    net = walk.example.architecture
    ours, theirs = Notation(net), Notation(net, "delta")
    rows = [("x", ours.symbol("x"), theirs.symbol("x"), str(net.sizes[0]), "the input")]
    for index, names in enumerate(ours.layers):
        fan_in, fan_out = net.sizes[index : index + 2]
        matrix = f"{fan_out}×{fan_in}"
        described = [
            (names.matrix, matrix, "weights; a row of ours is a neuron, a column of theirs"),
            (names.bias, str(fan_out), "bias, the weights of an input 1") if net.bias else None,
            (names.pre, str(fan_out), "before the activation"),
            (names.out, str(fan_out), "after it"),
            (names.derivative, f"{fan_out}×{fan_out}", "its derivative; --json has the diagonal"),
            (
                names.grad_out,
                str(fan_out),
                "arrives by backpropagation" if index + 1 < net.depth else "starts it",
            ),
            (names.delta, str(fan_out), f"the loss differentiated by {'$' + theirs.symbol(names.pre) + '$'}"),
            (names.grad_matrix, matrix, "the gradient that the step needs"),
        ]
        rows += [
            (name, ours.symbol(name), theirs.symbol(name), size, what)
            for name, size, what in filter(None, described)
        ]
        rows.append(
            (
                "",
                f"{ours.entry(index, 'j', 'i')}",
                theirs.entry(index, "j", "i"),
                "1",
                f"from unit i to unit j, entry (j, i) of ${ours.symbol(names.matrix)}$",
            )
        )
    lines = tuple((name, f"${a}$", f"${b}$", size, what) for name, a, b, size, what in rows)
    if mode == "worksheet":
        return Table(("in the answers", "vw", "delta"), tuple(line[:3] for line in lines), open_columns=3)
    return Table(("in --json", "vw", "delta", "shape", "what it is"), lines, open_columns=5, explains=True)


def parameters(walk: Walk, notation: Notation) -> Part:
    """(b) The parameters, and the gradients that a step needs, with their shapes."""
    net = walk.example.architecture
    rows = []
    for name in walk.example.parameters:
        shape = "×".join(map(str, walk[name].shape))
        gradient = f"${notation.symbol(f'grad_{name}')}$"
        rows.append((f"${notation.symbol(name)}$", shape, str(walk[name].size), gradient, shape))
    on_the_way = ", ".join(f"${notation.symbol(layer.grad_out)}$" for layer in reversed(notation.layers))
    return Part(
        "b",
        "The parameters, and which gradients a step needs",
        (
            Question("Which gradients does a step of gradient descent need? Give the shape of each."),
            Table(("parameter", "shape", "numbers", "needed", "shape of it"), tuple(rows)),
            Prose(
                f"{net.parameter_count} numbers are learnt, and each gradient has the shape of its parameter. "
                f"The backward pass needs {on_the_way} on the way; $x$ and $y$ are given and never move."
            ),
        ),
    )


def last_matrix(walk: Walk, notation: Notation) -> Part:
    """(d) The gradient of the output layer's weights."""
    index = len(notation.layers) - 1
    return Part(
        "d",
        f"${notation.symbol(notation.layers[index].grad_matrix)}$, row by row and stacked",
        matrix_gradient(walk, notation, index),
    )


def passed_back(walk: Walk, notation: Notation) -> Part:
    """(e) What each layer passes back to the hidden layer below it."""
    hidden = list(reversed(range(1, len(notation.layers))))
    blocks: tuple[Block, ...] = tuple(
        block for index in hidden for block in hidden_gradient(walk, notation, index)
    )
    symbols = _symbols(notation, [notation.layers[index - 1].grad_out for index in hidden])
    if not hidden:
        return Part("e", "What is passed back", (_nothing_hidden(),))
    return Part("e", f"{symbols}: the errors of the hidden units", blocks)


def hidden_matrices(walk: Walk, notation: Notation) -> Part:
    """(f) The gradients of the hidden layers' weights."""
    hidden = list(reversed(range(len(notation.layers) - 1)))
    if not hidden:
        return Part("f", "Hidden layers", (_nothing_hidden(),))
    blocks = tuple(block for index in hidden for block in matrix_gradient(walk, notation, index))
    symbols = _symbols(notation, [notation.layers[index].grad_matrix for index in hidden])
    return Part("f", f"{symbols}, row by row and stacked", blocks)


def _nothing_hidden() -> Block:
    return Prose("This network has no hidden layer: nothing is passed back any further.")


def _symbols(notation: Notation, names: Sequence[str]) -> str:
    return ", ".join(f"${notation.symbol(name)}$" for name in names)
