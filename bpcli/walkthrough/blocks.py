"""What a walkthrough consists of, independent of the format: text, equations, derivations, tables and graphs.

Text between dollar signs, and every formula, is the markup of ``markup``. Numbers stay numbers: a
renderer rounds them.
"""

from dataclasses import dataclass, replace
from typing import Literal

from bpcli.network import Array

Mode = Literal["walk", "worksheet", "key"]
Topic = Literal["backprop", "symmetry"]  # the two sheets: a pass and its gradients; equal initial weights
Form = Literal["rounded", "exact", "significant"]
TOPIC_LETTERS: dict[Topic, str] = {"backprop": "abcdefgh", "symmetry": "abcdef"}  # of their parts
TO_LABEL = "___"  # in place of the label of an arrow: room to write it


@dataclass(frozen=True)
class Prose:
    """A paragraph, shown in these modes; by default it explains, and is not on worksheets or keys."""

    text: str
    modes: tuple[Mode, ...] = ("walk",)


@dataclass(frozen=True)
class Question:
    """What a worksheet asks, and its key repeats."""

    text: str


@dataclass(frozen=True)
class Room:
    """A question to be answered in words or symbols: ``lines`` to write on a worksheet, the ``answer`` on its key."""

    prompt: str
    answer: str
    lines: int = 1


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number, a vector (a column, unless ``row``) or a matrix inside an equation, with what it is under its brace.

    Attributes:
        form: rounded to the decimals of the sheet; exact, as given numbers are, with all the digits they have; or with
            a number of significant digits, for small differences.
        diagonal: whether it is a square matrix of which only the diagonal is written, after diag.
    """

    values: Array
    label: str = ""
    row: bool = False
    form: Form = "rounded"
    diagonal: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns; a number is 1×1."""
        if self.values.ndim == 2:
            return (self.values.shape[0], self.values.shape[1])
        size = self.values.size
        return (1, size) if self.row or self.diagonal else (size, 1)

    @property
    def size(self) -> str:
        """The shape as it is printed below the label."""
        rows, columns = self.shape
        return f"{columns if self.diagonal else rows}×{columns}"


Term = str | Numbers


@dataclass(frozen=True, eq=False)
class Equation:
    """``symbol = formula = working = answer``; on a worksheet ``symbol =`` and room for what is asked.

    Attributes:
        name: of the quantity in the code, empty where the equation is only on the way to one.
        symbol: its left side.
        formula: and its right one, in symbols; stands on worksheets where ``given``.
        working: the formula with numbers for symbols.
        answer: what comes out.
        given: whether a worksheet prints the formula, as one with hints does.
        slots: whether a worksheet leaves room for each number of the working too.
        asks_formula: whether it leaves room for the formula.
        modes: in which it is shown.
    """

    name: str
    symbol: str
    formula: str
    working: tuple[Term, ...]
    answer: Numbers
    given: bool = False
    slots: bool = False
    asks_formula: bool = False
    modes: tuple[Mode, ...] = ("walk", "worksheet", "key")

    def shown_formula(self, mode: Mode) -> str:
        """The formula, or nothing where a worksheet keeps it."""
        return self.formula if self.given or mode != "worksheet" else ""

    def shown_working(self, mode: Mode) -> tuple[Term, ...]:
        """The working, which stands on a worksheet only to be filled in."""
        return self.working if self.slots or mode != "worksheet" else ()

    def room_for_formula(self, mode: Mode) -> bool:
        """Whether a line to write the formula on stands in its place."""
        return self.asks_formula and mode == "worksheet"


@dataclass(frozen=True)
class Factor:
    """A symbol of a derivation, or a ``stack`` of rows, with its ``shape`` under a brace."""

    symbol: str = ""
    shape: str = ""
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """One line of a derivation: ``sides`` that are equal, each of factors and of the words between them."""

    sides: tuple[tuple[str | Factor, ...], ...]


@dataclass(frozen=True, eq=False)
class Givens:
    """The numbers that everything starts from, side by side; they stand on worksheets too."""

    items: tuple[tuple[str, Numbers], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of markup; on a worksheet only the first ``open_columns`` columns are filled.

    ``explains`` says that the last column holds sentences, which may be folded.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    open_columns: int = 1
    explains: bool = False

    def filled(self, mode: Mode) -> int:
        """How many columns are filled."""
        return self.open_columns if mode == "worksheet" else len(self.header)


@dataclass(frozen=True, eq=False)
class Box:
    """A quantity in a graph; ``given`` ones are exact, and stand on worksheets; ``known`` ones have a dashed border."""

    symbol: str
    values: Array
    given: bool = False
    known: bool = False

    @property
    def numbers(self) -> Numbers:
        """Its numbers as they are printed."""
        return Numbers(self.values, form="exact" if self.given else "rounded")


@dataclass(frozen=True, eq=False)
class Stage:
    """One box on the line of the graph, what enters it from above, and the labels of the arrows.

    ``arrow`` is that of the arrow that leads to it, ``upward`` that of the first one between it and what enters it.
    """

    box: Box
    entering: tuple[Box, ...] = ()
    arrow: str = ""
    joined: bool = True
    upward: str = ""


@dataclass(frozen=True, eq=False)
class Graph:
    """The line of boxes from x to ℓ; ``backward`` turns its arrows round."""

    stages: tuple[Stage, ...]
    backward: bool = False


Block = Prose | Question | Room | Equation | Derivation | Givens | Table | Graph


@dataclass(frozen=True, eq=False)
class Part:
    """One of the parts a to h; the numbers that are given stand before them, without a letter."""

    letter: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Everything that is rendered: its title with the lines below it, its parts, whether answers show; whose it is."""

    title: str
    subtitle: tuple[str, ...]
    parts: tuple[Part, ...]
    mode: Mode = "walk"
    digits: int = 4
    name: str = ""


def visible(block: Block, mode: Mode) -> bool:
    """Explanations and derivations are left out of a worksheet and its key, questions out of a walk."""
    if isinstance(block, Prose | Equation):
        return mode in block.modes
    if isinstance(block, Derivation):
        return mode == "walk"
    if isinstance(block, Question | Room):
        return mode != "walk"
    return True


def on_paper(block: Block, *, hints: bool) -> Block:
    """A block of a worksheet, on which nothing stands that it asks for; ``hints`` are the formulas and the factors."""
    if isinstance(block, Equation):
        if hints:
            return replace(block, given=True)
        unlabelled = [
            replace(each, label="") if isinstance(each, Numbers) else each for each in block.working
        ]
        return replace(block, working=tuple(unlabelled))
    if hints:
        return block
    if isinstance(block, Table):
        return replace(block, open_columns=0)
    if isinstance(block, Graph):
        return replace(block, stages=tuple(map(_unlabelled, block.stages)))
    return block


def _unlabelled(stage: Stage) -> Stage:
    """A stage with room in place of the labels of its arrows."""
    return replace(stage, arrow=stage.arrow and TO_LABEL, upward=stage.upward and TO_LABEL)
