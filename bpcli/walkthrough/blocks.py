"""What a walkthrough consists of, in a form that knows no page: paragraphs, equations, tables and graphs.

Text between dollar signs, and every formula, is the markup of ``notation``. Numbers stay numbers: a
renderer rounds them.
"""

from dataclasses import dataclass
from typing import Literal

from bpcli.network import Array

Mode = Literal["walk", "worksheet", "key"]


@dataclass(frozen=True)
class Prose:
    """A paragraph that explains, and so stands on no worksheet."""

    text: str


@dataclass(frozen=True)
class Question:
    """What a worksheet asks, and its key repeats."""

    text: str


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number, a vector (a column, unless ``row``) or a matrix inside an equation, with what it is under its brace."""

    values: Array
    label: str = ""
    row: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns; a number is 1×1."""
        if self.values.ndim == 2:
            return (self.values.shape[0], self.values.shape[1])
        size = self.values.size
        return (1, size) if self.row else (size, 1)


Term = str | Numbers


@dataclass(frozen=True, eq=False)
class Equation:
    """``symbol = formula = working = answer``; on a worksheet ``symbol =`` and room for the answer.

    Attributes:
        name: of the quantity in the code, empty where the equation is only on the way to one.
        symbol: its left side.
        formula: and its right one, in symbols; stands on worksheets where ``given``.
        working: the formula with numbers for symbols.
        answer: what comes out.
        given: whether the formula defines the network, and so is no secret.
        prefix: what stands before the answer, such as diag.
    """

    name: str
    symbol: str
    formula: str
    working: tuple[Term, ...]
    answer: Numbers
    given: bool = False
    prefix: str = ""


@dataclass(frozen=True, eq=False)
class Givens:
    """The numbers that everything starts from, side by side; they stand on worksheets too."""

    items: tuple[tuple[str, Numbers], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of markup; on a worksheet only the first ``open_columns`` columns are filled."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    open_columns: int = 1


@dataclass(frozen=True, eq=False)
class Box:
    """A quantity in a graph; ``given`` ones are filled on a worksheet."""

    symbol: str
    values: Array
    given: bool = False


@dataclass(frozen=True, eq=False)
class Stage:
    """One box on the line of the graph, what enters it from above, and the label of the arrow that leads to it."""

    box: Box
    entering: tuple[Box, ...] = ()
    arrow: str = ""
    joined: bool = True


@dataclass(frozen=True, eq=False)
class Graph:
    """The line of boxes from x to ℓ; ``backward`` turns its arrows round."""

    stages: tuple[Stage, ...]
    backward: bool = False


@dataclass(frozen=True, eq=False)
class Measured:
    """A line of the last part: a symbol, what it is, and its number, which a worksheet leaves out."""

    symbol: str
    formula: str
    value: float


Block = Prose | Question | Equation | Givens | Table | Graph | Measured


@dataclass(frozen=True, eq=False)
class Part:
    """One of the parts a to h; the numbers that are given stand before them, without a letter."""

    letter: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Everything that is rendered: its title, its parts, and whether answers are shown."""

    title: str
    subtitle: str
    parts: tuple[Part, ...]
    mode: Mode = "walk"
    digits: int = 4


def visible(block: Block, mode: Mode) -> bool:
    """Explanations are left out of a worksheet and of its key, questions out of a walk."""
    if isinstance(block, Prose):
        return mode == "walk"
    if isinstance(block, Question):
        return mode != "walk"
    return True
