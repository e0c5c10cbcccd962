"""The whole sheet: what is given, both notations side by side, and the parts a to h that are wanted."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from bpcli.common.text import listed
from bpcli.network.formulas import Notation
from bpcli.network.symbols import Style
from bpcli.walkthrough.backward import hidden_gradient, matrix_gradient, output_gradient
from bpcli.walkthrough.blocks import (
    TOPIC_LETTERS,
    Block,
    Mode,
    Part,
    Prose,
    Sheet,
    Table,
    on_paper,
)
from bpcli.walkthrough.derivations import derivation
from bpcli.walkthrough.example import Drawn
from bpcli.walkthrough.forward import forward, givens, parameters
from bpcli.walkthrough.reasons import why
from bpcli.walkthrough.reuse import reuse
from bpcli.walkthrough.update import update
from bpcli.walkthrough.walk import Walk

Explain = Literal["short", "full"]

LETTERS = TOPIC_LETTERS["backprop"]
HOW_TO_WRITE = (
    "Round each value to {digits} decimals when you write it down, and continue with the rounded value. Each blank "
    "has its name in the answers file."
)
ROUNDED = (
    "Computed at full precision and printed rounded to {digits} decimals; recomputing from rounded numbers may change "
    "the last digit."
)
LEFT_OUT = (
    "This is a step of plain gradient descent, without the settings of the configuration that would change it: "
    "{settings}."
)
LOSSES = {"squared_error": "squared error", "cross_entropy": "cross-entropy"}


def sheet(
    walk: Walk,
    *,
    style: Style = "vw",
    letters: Sequence[str] = LETTERS,
    mode: Mode = "walk",
    digits: int = 4,
    title: str = "Walkthrough",
    drawn: Drawn | None = None,
    left_out: Sequence[str] = (),
    explain: Explain = "short",
    hints: bool = False,
    name: str = "",
) -> Sheet:
    """Return the parts that are wanted, the given numbers before them; delta notation comes with its table.

    With ``explain`` "full" each part of a walk begins with its derivation in symbols; either way it ends with one
    sentence that says why, and part h names the settings that its step has ``left_out``. A worksheet has ``hints`` on
    request: the formulas, the names of factors and the labels of arrows.
    """
    notation = Notation(walk.example.architecture, style)
    parts = given_parts(walk, notation, mode, digits)
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
    for letter in letters:
        part = makers[letter](walk, notation)
        if mode == "walk":
            part = _explained(part, notation, explain, left_out)
        elif mode == "worksheet":
            part = replace(part, blocks=tuple(on_paper(block, hints=hints) for block in part.blocks))
        parts.append(part)
    below = [network_line(walk)] + ([drawn_line(drawn, notation)] if drawn else [])
    return Sheet(title, tuple(below), tuple(parts), mode, digits, name)


def given_parts(walk: Walk, notation: Notation, mode: Mode, digits: int) -> list[Part]:
    """The given numbers with what is to be known of their digits; in delta notation the table of both, too."""
    remarks = (
        Prose(ROUNDED.format(digits=digits), ("walk", "key")),
        Prose(HOW_TO_WRITE.format(digits=digits), ("worksheet",)),
    )
    parts = [Part("", "Given", (givens(walk, notation, asked=mode != "walk"), *remarks))]
    if notation.style == "delta":
        parts.append(Part("", "Notation", (notation_table(walk, mode),)))
    return parts


def _explained(part: Part, notation: Notation, explain: Explain, left_out: Sequence[str]) -> Part:
    """The derivation before the numbers, and why after them."""
    before = derivation(part.letter, notation) if explain == "full" else ()
    reason = why(part.letter, notation)
    if part.letter == "h" and left_out:
        before = (Prose(LEFT_OUT.format(settings=listed(left_out))), *before)
    return replace(part, blocks=(*before, *part.blocks, *([reason] if reason else [])))


def drawn_line(drawn: Drawn, notation: Notation) -> str:
    """Which quantities were drawn at random, and from which seed."""
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
    """Both notations side by side; on a worksheet only the symbols, as shapes and meanings are asked for there."""
    net = walk.example.architecture
    ours, theirs = Notation(net), Notation(net, "delta")
    rows = [("x", ours.symbol("x"), theirs.symbol("x"), str(net.sizes[0]), "the input")]
    for index, names in enumerate(ours.layers):
        fan_in, fan_out = net.sizes[index : index + 2]
        matrix = f"{fan_out}×{fan_in}"
        their_matrix = theirs.symbol(names.matrix, transposed=True)
        weights = f"weights; neurons are rows of ${ours.symbol(names.matrix)}$, columns of ${their_matrix}$"
        described = [
            (
                names.matrix,
                matrix,
                weights,
            ),
            (names.bias, str(fan_out), "bias: the weights of a constant input 1") if net.bias else None,
            (names.pre, str(fan_out), "pre-activations"),
            (names.out, str(fan_out), "outputs of the layer"),
            (
                names.derivative,
                f"{fan_out}×{fan_out}",
                "derivative of the activation; --json holds its diagonal",
            ),
            (
                names.grad_out,
                str(fan_out),
                "arrives by backpropagation" if index + 1 < net.depth else "starts the backward pass",
            ),
            (
                names.delta,
                str(fan_out),
                f"derivative of the loss with respect to ${theirs.symbol(names.pre)}$",
            ),
            (names.grad_matrix, matrix, "gradient that the update uses"),
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
                f"weight from unit i to unit j: entry (j, i) of ${ours.symbol(names.matrix)}$",
            )
        )
    lines = tuple((name, f"${a}$", f"${b}$", size, what) for name, a, b, size, what in rows)
    if mode == "worksheet":
        return Table(("in the answers", "vw", "delta"), tuple(line[:3] for line in lines), open_columns=3)
    return Table(("in --json", "vw", "delta", "shape", "what it is"), lines, open_columns=5, explains=True)


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
    return Part("e", f"{symbols}, passed back to the hidden layer{'s' if len(hidden) > 1 else ''}", blocks)


def hidden_matrices(walk: Walk, notation: Notation) -> Part:
    """(f) The gradients of the hidden layers' weights."""
    hidden = list(reversed(range(len(notation.layers) - 1)))
    if not hidden:
        return Part("f", "Hidden layers", (_nothing_hidden(),))
    blocks = tuple(block for index in hidden for block in matrix_gradient(walk, notation, index))
    symbols = _symbols(notation, [notation.layers[index].grad_matrix for index in hidden])
    return Part("f", f"{symbols}, row by row and stacked", blocks)


def _nothing_hidden() -> Block:
    return Prose("This network has no hidden layer, so nothing is passed back.")


def _symbols(notation: Notation, names: Sequence[str]) -> str:
    return ", ".join(f"${notation.symbol(name)}$" for name in names)
