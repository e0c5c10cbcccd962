"""Equations on the terminal: words and matrices side by side, folded between them and never through one."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from bpcli.common.markup import plain
from bpcli.render.styles import ACCENT, GOOD
from bpcli.render.walkthrough.digits import Cell, before, grid, operand, padded, unbroken
from bpcli.render.walkthrough.layout import BLANK
from bpcli.walkthrough.blocks import Block, Derivation, Equation, Factor, Givens, Numbers, Sheet, Term

FORMULA = 4 * BLANK  # room to write one
ANSWER, GIVEN, LABEL = f"bold {GOOD}", ACCENT, "dim"


@dataclass(frozen=True)
class _Piece:
    """A rectangle that is never broken: its lines, all of one width, and the one that stands on the line of text."""

    lines: list[Text]
    base: int = 0

    @property
    def width(self) -> int:
        """In characters."""
        return self.lines[0].cell_len


class Flow:
    """An equation or the given numbers as pieces, folded between them at the width there is.

    A tall one is followed by an empty line where ``apart`` says so.
    """

    def __init__(self, block: Block, sheet: Sheet, *, apart: bool) -> None:
        self._block, self._sheet, self._apart = block, sheet, apart

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        pieces = list(_pieces(self._block, self._sheet, width - 6))
        for line in _folded(pieces, width):
            yield from _laid(line)
        if self._apart and max(len(piece.lines) for piece in pieces) > 1:
            yield Text()


def _pieces(block: Block, sheet: Sheet, width: int) -> Iterator[_Piece]:
    """The pieces of an equation or of the given numbers."""
    if isinstance(block, Givens):
        for symbol, numbers in block.items:
            given = _beside(_word(f"{plain(symbol)} ="), _numbers(numbers, sheet, width, GIVEN))
            yield _beside(given, _word(" "))
        return
    if isinstance(block, Derivation):
        yield from _derived(block)
        return
    if not isinstance(block, Equation):
        raise TypeError(block)
    blank = sheet.mode == "worksheet"
    yield _word(f"{plain(block.symbol)} =")
    equals: list[_Piece] = []  # goes with what follows it
    formula, working = block.shown_formula(sheet.mode), block.shown_working(sheet.mode)
    if formula or block.room_for_formula(sheet.mode):
        yield from (_word(word) for word in _at_equals(plain(formula) if formula else FORMULA))
        equals = [_word("=")]
    if working:
        first, *others = _terms(working, sheet, width, blank=blank)
        yield _beside(*equals, first)
        yield from others
        equals = [_word("=")]
    answer = _numbers(block.answer, sheet, width, ANSWER, blank=blank, labelled=not blank)
    name = [_Piece([Text(f" {block.name}:", style=LABEL)])] if blank and block.name else []
    yield _beside(*equals, answer, *name)


def _derived(block: Derivation) -> Iterator[_Piece]:
    """The factors of a line of a derivation; an equals sign goes with what follows it."""
    for number, side in enumerate(block.sides):
        pieces = [_word(plain(each)) if isinstance(each, str) else _factor(each) for each in side]
        yield _beside(_word("="), pieces[0]) if number else pieces[0]
        yield from pieces[1:]


def _factor(factor: Factor) -> _Piece:
    """A symbol with its shape below a brace, or a stack of rows in tall brackets."""
    if factor.stack:
        rows = [plain(row) for row in factor.stack]
        wide = max(map(len, rows))
        lines = [
            Text(f"{_bracket('⎡⎢⎣[', i, len(rows))} {row.center(wide)} {_bracket('⎤⎥⎦]', i, len(rows))}")
            for i, row in enumerate(rows)
        ]
        return _Piece(lines, (len(rows) - 1) // 2)
    return _captioned([Text(plain(factor.symbol))], [plain(factor.shape)] if factor.shape else [])


def _captioned(body: list[Text], captions: list[str]) -> _Piece:
    """Lines with a brace and what stands below it."""
    base = (len(body) - 1) // 2
    if not captions:
        return _Piece(body, base)
    wide = body[0].cell_len
    brace = "╰" + "─" * (wide - 2) + "╯" if wide > 1 else "│"
    across = max(wide, *(len(caption) for caption in captions))
    below = [Text(line, style=LABEL) for line in (brace, *captions)]
    return _Piece([_centred(line, across) for line in (*body, *below)], base)


def _at_equals(formula: str) -> list[str]:
    first, *rest = formula.split(" = ")
    return [first, *(f"= {part}" for part in rest)]


def _terms(terms: tuple[Term, ...], sheet: Sheet, width: int, *, blank: bool) -> Iterator[_Piece]:
    for group in unbroken(terms):
        pieces: list[_Piece] = []
        for place, term in enumerate(group):
            if term == ",":
                pieces.append(_with_comma(pieces.pop()))
            elif isinstance(term, str):
                pieces.append(_word(plain(term)))
            else:
                pieces.append(_numbers(term, sheet, width, "", blank=blank, before=before(group, place)))
        whole = _beside(*pieces)
        if whole.width <= width:
            yield whole
        else:
            yield from pieces


def _word(word: str) -> _Piece:
    return _Piece([Text(word)])


def _with_comma(piece: _Piece) -> _Piece:
    lines = [line + Text("," if row == piece.base else " ") for row, line in enumerate(piece.lines)]
    return _Piece(lines, piece.base)


def _beside(*pieces: _Piece) -> _Piece:
    """Pieces that stay on one line."""
    return _Piece(list(_laid(list(pieces), indent="")), max(piece.base for piece in pieces))


def _numbers(
    numbers: Numbers,
    sheet: Sheet,
    width: int,
    style: str,
    *,
    blank: bool = False,
    labelled: bool = True,
    before: Term = "",
) -> _Piece:
    """A number, or a matrix in brackets, with its label and shape below."""
    single = numbers.values.ndim == 0
    if single:
        body = [Text(BLANK if blank else operand(numbers, sheet.digits, before), style=style)]
    else:
        body = _matrix(numbers, sheet, width - len("diag ") * numbers.diagonal, style, blank=blank)
    captions: list[str] = []
    if numbers.label and labelled:
        captions = [plain(numbers.label)] if single else [plain(numbers.label), numbers.size]
    piece = _captioned(body, captions)
    return _beside(_word("diag"), piece) if numbers.diagonal else piece


def _matrix(numbers: Numbers, sheet: Sheet, width: int, style: str, *, blank: bool) -> list[Text]:
    for most in range(8, 1, -1):
        cells = grid(numbers, sheet.digits, (8, most))
        lines = _filled(cells, blank=blank)
        if len(lines[0]) + 4 <= width:
            break
    tall = len(lines)
    return [
        Text.assemble(_bracket("⎡⎢⎣[", i, tall), " ", (line, style), " ", _bracket("⎤⎥⎦]", i, tall))
        for i, line in enumerate(lines)
    ]


def _filled(cells: list[list[Cell | None]], *, blank: bool) -> list[str]:
    """Each row with its numbers below one another, point below point."""
    columns = list(zip(*cells, strict=True))
    widths = [max(_width(cell, blank=blank) for cell in column) for column in columns]
    return [
        "  ".join(
            (BLANK if blank and cell else padded(cell, wide)) for cell, wide in zip(row, widths, strict=True)
        )
        for row in cells
    ]


def _width(cell: Cell | None, *, blank: bool) -> int:
    return 1 if cell is None else len(BLANK) if blank else len(cell.text + cell.omitted)


def _bracket(parts: str, line: int, tall: int) -> str:
    if tall == 1:
        return parts[3]
    return parts[0] if line == 0 else parts[2] if line == tall - 1 else parts[1]


def _centred(line: Text, width: int) -> Text:
    left = (width - line.cell_len) // 2
    return Text.assemble(" " * left, line, " " * (width - line.cell_len - left))


def _folded(pieces: list[_Piece], width: int) -> Iterator[list[_Piece]]:
    """The pieces of each line."""
    line: list[_Piece] = []
    at = 1  # behind the indent
    for piece in pieces:
        if line and at + 1 + piece.width > width:
            yield line
            line, at = [], 1
        line.append(piece)
        at += 1 + piece.width
    yield line


def _laid(line: list[_Piece], indent: str = "  ") -> Iterator[Text]:
    """The lines of text that pieces side by side make."""
    above = max(piece.base for piece in line)
    below = max(len(piece.lines) - piece.base for piece in line)
    for row in range(above + below):
        shown = Text(indent)
        for number, piece in enumerate(line):
            at = row - above + piece.base
            shown.append(" " if number else "")
            shown.append_text(piece.lines[at] if 0 <= at < len(piece.lines) else Text(" " * piece.width))
        shown.rstrip()
        if not indent:
            shown.pad_right(max(0, sum(p.width for p in line) + len(line) - 1 - shown.cell_len))
        yield shown
