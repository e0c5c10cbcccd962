"""What LaTeX is made of: markup and plain text as commands, and graphs in the picture environment."""

import re

from bpcli.common.markup import mixed
from bpcli.common.text import printable
from bpcli.render.walkthrough.digits import Cell
from bpcli.render.walkthrough.layout import BLANK, PlacedArrow, PlacedBox, plan
from bpcli.walkthrough.blocks import TO_LABEL, Graph, Sheet

WIDTH = 105  # in characters
ACROSS, DOWN = 1.7, 4.2  # millimetres of a character; a line of text is 180 wide
_SYMBOLS = {
    "Λ": r"\Lambda ",
    "Ω": r"\Omega ",
    "∇": r"\nabla ",
    "δ": r"\delta ",
    "ℓ": r"\ell ",
    "α": r"\alpha ",
    "Σ": r"\sum ",
    "∂": r"\partial ",
    "·": r"\cdot ",
    "½": r"\tfrac{1}{2}",
    "‖": r"\|",
    "′": "'",
    "→": r"\to ",
    "×": r"\times ",
    "…": r"\ldots ",
    "⎵": " ",
}
_SPECIAL = {each: f"\\{each}" for each in "&%#_{}$"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_WORDS = ("softmax", "tanh", "diag", "where", "else", "bias", "new", "log", "exp", "max")


def underline(millimetres: float) -> str:
    """Room to write a number."""
    return rf"\underline{{\hspace{{{millimetres}mm}}}}"


def exponent(value: str) -> str:
    """1e-8 as a power of ten."""
    return re.sub(r"e(-?\d+)", r" \\cdot 10^{\1}", value)


def prose(markup: str) -> str:
    """Text with its formulas between dollar signs."""
    return mixed(markup, escaped, inline)


def inline(markup: str) -> str:
    """A formula within a line."""
    return f"${math(markup)}$"


def escaped(text: str) -> str:
    """Plain text, also from elsewhere: symbols in it become formulas, and nothing in it is a command."""
    escaped = "".join(_SPECIAL.get(each, each) for each in printable(text)).replace("--", "-{}-")
    return re.sub(f"[{''.join(_SYMBOLS)}]", lambda found: f"${_SYMBOLS[found[0]].strip()}$", escaped)


def math(markup: str) -> str:
    """A formula in the markup of ``markup`` as LaTeX."""
    turned = re.sub(r"\^\{([^}]*)T\}", r"^{\1\\top}", markup)
    words = re.sub(rf"\b({'|'.join(_WORDS)})(?![a-z])", _word, turned)
    return re.sub(f"[{''.join(_SYMBOLS)}]", lambda found: _SYMBOLS[found[0]], words)


def fractions(markup: str) -> str:
    """A displayed formula, with every derivative ∂u/∂v as a fraction."""
    name = r"[A-Za-zℓ]+(?:[_^]\{[^}]*\})*"
    parts = re.split(rf"(∂{name}/∂{name})", markup)
    return "".join(
        rf"\frac{{{math(part.split('/')[0])}}}{{{math(part.split('/')[1])}}}" if number % 2 else math(part)
        for number, part in enumerate(parts)
    )


def _word(found: re.Match[str]) -> str:
    word = found[1]
    if word in ("log", "exp", "tanh", "max"):
        return f"\\{word} "
    if word in ("diag", "softmax"):
        return rf"\operatorname{{{word}}}"
    return rf"\text{{ {word} }}" if word in ("where", "else") else rf"\mathrm{{{word}}}"


def picture(block: Graph, sheet: Sheet) -> str:
    """The whole drawing."""
    placed = plan(block, WIDTH, sheet.digits, sheet.mode)
    high = placed.height * DOWN
    drawn = [part for box in placed.boxes for part in _box(box, high)]
    drawn += [part for arrow in placed.arrows for part in _arrow(arrow, high)]
    size, body = f"({placed.width * ACROSS:.2f},{high:.2f})", "\n".join(drawn)
    return (
        "\\par\\medskip{\\setlength{\\unitlength}{1mm}\\noindent\n"
        f"\\begin{{picture}}{size}\n{body}\n\\end{{picture}}}}\\par"
    )


def _put(x: float, y: float, high: float, what: str) -> str:
    """Something at a column and a line, which LaTeX counts upwards."""
    return rf"\put({x * ACROSS:.2f},{high - y * DOWN:.2f}){{{what}}}"


def _box(box: PlacedBox, high: float) -> list[str]:
    size = f"({box.width * ACROSS:.2f},{(box.height - 1) * DOWN:.2f})"
    frame = rf"\dashbox{{1}}{size}{{}}" if box.kind == "known" else rf"\framebox{size}{{}}"
    drawn = [
        _put(box.x, box.y + box.height - 0.5, high, frame),
        _put(box.x + 0.5, box.y + 0.35, high, rf"\scriptsize ${math(box.symbol)}$"),
    ]
    used = len(box.rows[0]) * (box.cell_width + 1) - 1
    start = box.x + (box.width - used) / 2
    for number, row in enumerate(box.rows, start=1):
        for column, cell in enumerate(row):
            end = start + (column + 1) * (box.cell_width + 1) - 1
            shown = rf"\makebox(0,0)[r]{{\footnotesize ${_small(cell)}$}}"
            drawn.append(_put(end, box.y + number + 0.5, high, shown))
    return drawn


def _small(cell: Cell | None) -> str:
    if cell is None:
        return r"\ldots"
    if cell.text == BLANK:
        return underline(7)
    return exponent(cell.text) + (rf"\phantom{{{cell.omitted}}}" if cell.omitted else "")


def _arrow(arrow: PlacedArrow, high: float) -> list[str]:
    if arrow.x1 == arrow.x2:
        top, bottom = min(arrow.y1, arrow.y2) - 0.5, max(arrow.y1, arrow.y2) + 1.5
        downwards = arrow.y2 > arrow.y1
        start = top if downwards else bottom
        vector = rf"\vector(0,{-1 if downwards else 1}){{{(bottom - top) * DOWN:.2f}}}"
        drawn = [_put(arrow.x1 + 0.5, start, high, vector)]
        if arrow.label not in ("", TO_LABEL):
            label = rf"\makebox(0,0)[r]{{\scriptsize ${math(arrow.label)}$}}"
            drawn.append(_put(arrow.x1 - 0.2, (top + bottom) / 2, high, label))
        return drawn
    right = 1 if arrow.x2 > arrow.x1 else -1
    begin, end = arrow.x1 + (right < 0), arrow.x2 + (right > 0)
    vector = rf"\vector({right},0){{{abs(end - begin) * ACROSS:.2f}}}"
    drawn = [_put(begin, arrow.y1 + 0.4, high, vector)]
    if arrow.label not in ("", TO_LABEL):
        label = rf"\makebox(0,0)[b]{{\scriptsize ${math(arrow.label)}$}}"
        drawn.append(_put((begin + end) / 2, arrow.y1 + 0.2, high, label))
    return drawn
