"""The sheet on equal initial weights, parts a to f: for pen and paper what bpcli symmetry-demo shows by training.

Every entry of both matrices is w. Rooms hold the algebra: what the key says of the questions that ask for symbols and
reasons.
"""

from collections.abc import Sequence

from bpcli.network.formulas import Notation
from bpcli.network.symbols import Style
from bpcli.walkthrough.backward import delta_equation
from bpcli.walkthrough.blocks import (
    TOPIC_LETTERS,
    Block,
    Equation,
    Mode,
    Numbers,
    Part,
    Question,
    Room,
    Sheet,
    on_paper,
)
from bpcli.walkthrough.forward import out_equation, pre_equation
from bpcli.walkthrough.sheet import given_parts, network_line
from bpcli.walkthrough.update import new_parameter
from bpcli.walkthrough.walk import Walk

TITLES = {
    "a": "The hidden units after the forward pass",
    "b": "The hidden units after the backward pass",
    "c": "The outputs after the backward pass",
    "d": "The weights after one step",
    "e": "Any number of steps",
    "f": "Breaking the symmetry",
}


def symmetry_sheet(
    walk: Walk,
    *,
    style: Style = "vw",
    letters: Sequence[str] = TOPIC_LETTERS["symmetry"],
    mode: Mode = "worksheet",
    digits: int = 4,
    title: str = "Worksheet",
    hints: bool = False,
    name: str = "",
) -> Sheet:
    """Return the parts that are wanted, the given numbers before them; all weights of the walk are equal."""
    notation = Notation(walk.example.architecture, style)
    algebra = _Algebra(notation)
    blocks: dict[str, tuple[Block, ...]] = {
        "a": (
            Question(
                f"All initial weights are the same number w. Write ${algebra.h('j')}$ in terms of w and the inputs, "
                "and compute the hidden layer."
            ),
            Room(f"${algebra.h('j')} =$", f"${algebra.hidden}$"),
            pre_equation(walk, notation, 0),
            out_equation(walk, notation, 0),
            Room(
                f"What is the relation between the ${algebra.h('j')}$? Why?",
                f"They are all equal, because ${algebra.argument}$ does not depend on j.",
                lines=2,
            ),
        ),
        "b": (
            Question(
                f"Compute the outputs and ${algebra.delta(2)}$, the derivative of the loss with respect to "
                f"${notation.symbol('b')}$. Write ${algebra.delta(1, 'i')}$ in terms of w and the "
                f"${algebra.delta(2, 'j')}$, and compute ${algebra.delta(1)}$."
            ),
            pre_equation(walk, notation, 1),
            out_equation(walk, notation, 1),
            delta_equation(walk, notation, 1),
            Room(f"${algebra.delta(1, 'i')} =$", f"${algebra.hidden_delta}$"),
            delta_equation(walk, notation, 0),
            Room(
                f"What is the relation between the ${algebra.delta(1, 'i')}$? Why?",
                f"They are all equal: the sum over the outputs is the same for every i, and so is "
                f"${algebra.derivative('i')}$.",
                lines=2,
            ),
        ),
        "c": (
            Room(
                f"For a reasonable loss, can the same be said of the ${algebra.delta(2, 'j')}$? Why?",
                f"No. The outputs are equal, but ${algebra.delta(2, 'j')}$ depends on ${'y_{j}'}$, the target of its "
                f"own output, and the targets differ; a loss without that would not lead to a particular target.",
                lines=2,
            ),
        ),
        "d": (
            Question(
                "Take one step of gradient descent with the learning rate α, and compute the new weights."
            ),
            Room(f"${algebra.entry(0)}$ and ${algebra.entry(1)}$ become", algebra.step),
            *(new_parameter(walk, notation, matrix) for matrix in ("W", "V")),
            Room(
                "Which weights of each matrix are equal now? Why?",
                f"For a given i all ${algebra.entry(0)}$ are equal, because ${algebra.delta(1, 'j')}$ is the same for "
                f"all j. For a given j all ${algebra.entry(1)}$ are equal, because ${algebra.h('i')}$ is the same for "
                "all i.",
                lines=3,
            ),
        ),
        "e": (
            Question(
                f"Compute ${notation.symbol('h')}$ and ${algebra.delta(1)}$ once more, with the new weights."
            ),
            *_after(walk, notation),
            Room(
                "This goes on for any number of steps, although the weights into different outputs now differ. Why?",
                algebra.induction,
                lines=4,
            ),
        ),
        "f": (
            Room(
                "Random initial weights break the symmetry. Why may all weights of logistic regression start at 0?",
                "Logistic regression has no hidden units that could be equal, and the derivatives at its outputs "
                "differ with their targets. With cross-entropy its loss is convex, so gradient descent with a small "
                "enough learning rate brings it towards its lowest value from any start.",
                lines=3,
            ),
        ),
    }
    parts = given_parts(walk, notation, mode, digits)
    for letter in letters:
        shown = blocks[letter]
        if mode == "worksheet":
            shown = tuple(on_paper(block, hints=hints) for block in shown)
        parts.append(Part(letter, TITLES[letter], shown))
    below = (network_line(walk), "all initial weights are equal")
    return Sheet(title, below, tuple(parts), mode, digits, name)


def _after(walk: Walk, notation: Notation) -> tuple[Equation, Equation]:
    """h and δ of the hidden layer with the new weights."""
    h, delta = notation.symbol("h", "new"), notation.symbol("delta_1", "new")
    second, weight = notation.symbol("delta_2", "new"), notation.symbol("new_W")
    turned = f"{weight}^{{T}}" if notation.style == "vw" else weight.removesuffix("T}") + "}"
    derivative = (
        notation.symbol("Lambda") if notation.style == "vw" else f"diag g′({notation.symbol('a', 'new')})"
    )
    formula = f"{derivative if notation.style == 'delta' else 'Λ_{new}'} {turned} {second}"
    return (
        Equation("h_after", h, notation.out_formula(0, "new"), (), Numbers(walk.after["h"])),
        Equation("delta_1_after", delta, formula, (), Numbers(walk.after["delta_1"])),
    )


class _Algebra:
    """The lines of the argument in one notation, with w for every weight."""

    def __init__(self, notation: Notation) -> None:
        self._notation = notation
        inner = f"w Σ_{{i}} {notation.symbol('x', 'i')}"
        self.argument = inner
        self.hidden = notation.activated(0).format(inner)
        self.hidden_delta = f"{self.derivative('i')} w Σ_{{j}} {self.delta(2, 'j')}"
        first, second = (
            f"w - α {self.delta(layer, 'j')} {notation.symbol(source, 'i')}"
            for layer, source in ((1, "x"), (2, "h"))
        )
        self.step = f"${first}$ and ${second}$."
        common = (notation.entry(0, "", "i"), notation.entry(1, "j", ""))
        tied = notation.activated(0).format(f"Σ_{{i}} {common[0]} {notation.symbol('x', 'i')}")
        self.induction = (
            f"By induction. Let ${self.entry(0)} = {common[0]}$ for all j, and ${self.entry(1)} = {common[1]}$ for all "
            f"i. Then ${self.h('j')} = {tied}$ "
            f"does not depend on j, and ${self.delta(1, 'i')} = {self.derivative('i')} Σ_{{j}} "
            f"{self.delta(2, 'j')} {common[1]}$ does not depend on i. So the next step changes the weights of all "
            "hidden units alike: the weights into them stay equal, and so do the weights out of them."
        )

    def h(self, unit: str) -> str:
        """The output of a hidden unit."""
        return self._notation.symbol("h", unit)

    def delta(self, layer: int, unit: str = "") -> str:
        """δ of a layer, or one entry of it."""
        return self._notation.symbol(f"delta_{layer}", unit)

    def entry(self, layer: int) -> str:
        """The weight from unit i to unit j."""
        return self._notation.entry(layer, "j", "i")

    def derivative(self, unit: str) -> str:
        """The derivative of a hidden unit."""
        return self._notation.derivative_entry(0, unit)
