"""A walkthrough as LaTeX that pdflatex compiles as it is; its equations serve Markdown too."""

from collections.abc import Iterator

from bpcli.common.markup import plain
from bpcli.render.walkthrough.digits import Cell, before, crowded, grid, operand, sets, side_by_side, unbroken
from bpcli.render.walkthrough.tex import escaped, exponent, fractions, math, picture, prose, underline
from bpcli.walkthrough.blocks import (
    Block,
    Derivation,
    Equation,
    Factor,
    Givens,
    Graph,
    Mode,
    Numbers,
    Part,
    Prose,
    Question,
    Room,
    Sheet,
    Table,
    Term,
)

PAGE = 90  # of an equation, in characters
BLANK, NARROW_BLANK = 12.5, 10.5  # millimetres to write a number
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage[a4paper,margin=15mm,footskip=8mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\raggedbottom
\allowdisplaybreaks
\begin{document}
\abovedisplayskip=3pt plus 2pt
\belowdisplayskip=3pt plus 2pt
\abovedisplayshortskip=0pt
"""


def latex(*sheets: Sheet) -> str:
    """The whole document, each sheet on pages of its own that are numbered from 1."""
    return PREAMBLE + "\\clearpage\n".join(map(_sheet, sheets)) + "\\end{document}\n"


def _sheet(sheet: Sheet) -> str:
    parts = "\n".join(_part(sheet, part) for part in sheet.parts)
    title = rf"{{\Large\bfseries {escaped(sheet.title)}}}\hfill {prose(sheet.subtitle[0])}"
    below = "".join(f"\n\n{prose(line)}" for line in sheet.subtitle[1:])
    who = rf"\textbf{{{escaped(sheet.name)}}}" if sheet.name else r"\hrulefill"
    name = f"\n\\medskip Name: {who}\n" if sheet.mode == "worksheet" else ""
    return f"{_footer(sheet)}{title}{below}\n{name}\n{parts}\n"


def _footer(sheet: Sheet) -> str:
    """What stands below each page of a worksheet or a key, so that loose sheets can be put together again."""
    if sheet.mode == "walk":
        return ""
    said = r" $\cdot$ ".join(escaped(each) for each in (sheet.title, sheet.name) if each)
    foot = rf"\hfil\small {said} $\cdot$ page \thepage\hfil"
    return f"\\setcounter{{page}}{{1}}\\makeatletter\\def\\@oddfoot{{{foot}}}\\makeatother\n"


def _part(sheet: Sheet, part: Part) -> str:
    letter = f"({part.letter})\\ " if part.letter else ""
    heading = (
        r"\pagebreak[1]\medskip\par{\interlinepenalty=10000\large\bfseries\boldmath "
        rf"{letter}{prose(part.title)}\par}}\nopagebreak"
    )
    shown = [
        _set(each, sheet) if isinstance(each, list) else _block(each, sheet)
        for each in sets(part.blocks, sheet)
    ]
    return "\n".join([heading, *shown, ""])


def _set(stacks: list[list[Equation]], sheet: Sheet) -> str:
    """Equations with blanks, side by side where the line has room for them; a stack whose rows fit stays together."""
    body = []
    for stack in stacks:
        folded = [equation_lines(block, sheet, PAGE) for block in stack]
        lines = [" ".join(lines) for lines in folded]
        if len(stack) > 1 and all(len(each) == 1 for each in folded):
            rows = r" \\[2.5mm] ".join(rf"\displaystyle {line}" for line in lines)
            lines = [rf"\begin{{array}}{{@{{}}l@{{}}}}{rows}\end{{array}}"]
        body += [rf"$\displaystyle {line}$\hspace{{6mm}}" for line in lines]
    joined = "\n".join(body)
    return f"{{\\raggedright\\lineskiplimit=1mm\\lineskip=2.5mm\n{joined}\\par}}\\smallskip"


def _block(block: Block, sheet: Sheet) -> str:
    match block:
        case Prose(markup):
            return prose(markup) + r"\par"
        case Question(markup):
            return rf"{{\interlinepenalty=10000\textit{{{prose(markup)}}}\par}}\nopagebreak"
        case Room():
            return _lines(block, sheet.mode)
        case Table():
            return _table(block, sheet.mode)
        case Graph():
            return picture(block, sheet)
        case Givens():
            remarks = ", \\quad ".join(prose(remark) for remark in block.remarks)
            return displayed(block, sheet) + "\n" + rf"{{\raggedright with {remarks}\par}}"
        case _:
            return displayed(block, sheet)


def _lines(block: Room, mode: Mode) -> str:
    """Lines to write on, or what the key has there."""
    if mode == "key":
        return rf"{prose(block.prompt)} {prose(block.answer)}\par"
    first = rf"{prose(block.prompt)} \hrulefill\mbox{{}}\par"
    return "\n".join([first, *[r"\vspace{5mm}\hrulefill\mbox{}\par"] * (block.lines - 1)])


def displayed(block: Block, sheet: Sheet) -> str:
    """An equation on as many lines as it takes, each an unbroken row of factors."""
    lines = equation_lines(block, sheet, PAGE)
    body = " \\\\\n".join(("&" if number == 0 else "&\\quad ") + line for number, line in enumerate(lines))
    return f"\\begin{{flalign*}}\n{body} &&\n\\end{{flalign*}}"


def equation_lines(block: Block, sheet: Sheet, width: int) -> list[str]:
    """The lines of an equation in LaTeX, folded between its pieces."""
    lines, at = [""], 0
    for piece, size in _pieces(block, sheet):
        if lines[-1] and at + size > width:
            lines.append("")
            at = 3
        lines[-1] += f"{piece} "
        at += size
    return [line.strip() for line in lines]


def _pieces(block: Block, sheet: Sheet) -> Iterator[tuple[str, int]]:
    """Each piece with its width in characters; an operator goes with what follows it."""
    if isinstance(block, Givens):
        for symbol, numbers in block.items:
            piece, size = _numbers(numbers, sheet)
            yield f"{math(symbol)} = {piece}\\quad", size + len(plain(symbol)) + 6
        return
    if isinstance(block, Derivation):
        yield from _derived(block)
        return
    if not isinstance(block, Equation):
        raise TypeError(block)
    blank = sheet.mode == "worksheet"
    lead = f"{math(block.symbol)} ="
    size = len(plain(block.symbol)) + 2
    if blank and block.name:
        lead = (
            rf"\underset{{\text{{\fontsize{7}{8}\ttfamily {escaped(block.name)}}}}}{{{math(block.symbol)}}} ="
        )
        size = max(size, len(block.name) * 2 // 3 + 2)
    room = (NARROW_BLANK if crowded(block) else BLANK) if blank else 0
    formula, working = block.shown_formula(sheet.mode), block.shown_working(sheet.mode)
    if formula:
        lead += f" {math(formula)} ="
        size += len(plain(formula)) + 2
    elif block.room_for_formula(sheet.mode):
        lead += f" {underline(32)} ="
        size += 18
    yield lead, size
    for group in unbroken(working):
        yield _group(group, sheet, room)
    piece, size = _numbers(block.answer, sheet, room, labelled=not blank)
    equals = "= " if working else ""
    yield f"{equals}{piece}", size + 2


def _derived(block: Derivation) -> Iterator[tuple[str, int]]:
    for number, side in enumerate(block.sides):
        for place, each in enumerate(side):
            piece, size = (_word(each)) if isinstance(each, str) else _factor(each)
            yield f"{'= ' if number and not place else ''}{piece}", size + 2


def _word(term: str) -> tuple[str, int]:
    return fractions(term), len(plain(term)) + 1


def _factor(factor: Factor) -> tuple[str, int]:
    if factor.stack:
        rows = r" \\ ".join(math(row) if row != "⋮" else r"\vdots" for row in factor.stack)
        return rf"\begin{{bmatrix}}{rows}\end{{bmatrix}}", max(len(plain(row)) for row in factor.stack) + 4
    size = max(len(plain(factor.symbol)), len(plain(factor.shape))) + 1
    body = fractions(factor.symbol)
    return (rf"\underbrace{{{body}}}_{{{math(factor.shape)}}}" if factor.shape else body), size


def _group(group: list[Term], sheet: Sheet, room: float) -> tuple[str, int]:
    """Terms that stay on one line."""
    pieces = [
        (math(term), len(plain(term)) + 1)
        if isinstance(term, str)
        else _numbers(term, sheet, room, before=before(group, place))
        for place, term in enumerate(group)
    ]
    return " ".join(piece for piece, _ in pieces), sum(size for _, size in pieces)


def _numbers(
    numbers: Numbers, sheet: Sheet, room: float = 0, *, labelled: bool = True, before: Term = ""
) -> tuple[str, int]:
    """A number or a matrix, or ``room`` to write it, in millimetres for each number."""
    if numbers.values.ndim == 0:
        shown = operand(numbers, sheet.digits, before)
        body, size = (underline(room), 7) if room else (exponent(shown), len(shown) + 1)
        caption = math(numbers.label)
    else:
        cells = grid(numbers, sheet.digits, (8, 6))
        body, size = _matrix(cells, room)
        size_of_it = numbers.size.replace("×", r" \times ")
        caption = rf"\substack{{{math(numbers.label)}\\ {size_of_it}}}"
    if numbers.label and labelled:
        body, size = rf"\underbrace{{{body}}}_{{{caption}}}", max(size, len(plain(numbers.label)))
    return (rf"{math('diag')} {body}", size + 5) if numbers.diagonal else (body, size)


def _matrix(cells: list[list[Cell | None]], room: float) -> tuple[str, int]:
    columns = len(cells[0])
    rows = r" \\ ".join(" & ".join(_cell(cell, room) for cell in row) for row in cells)
    widest = max(len(cell.text + cell.omitted) if cell else 1 for row in cells for cell in row)
    stretch = r"\renewcommand{\arraystretch}{1.4}\arraycolsep=.8mm" if room else ""
    body = rf"{{{stretch}\left[\begin{{array}}{{@{{}}*{{{columns}}}{{r}}@{{}}}}{rows}\end{{array}}\right]}}"
    return body, (7 if room else widest + 2) * columns + 2


def _cell(cell: Cell | None, room: float) -> str:
    if cell is None:
        return r"\ldots"
    if room:
        return underline(room)
    return exponent(cell.text) + (rf"\phantom{{{cell.omitted}}}" if cell.omitted else "")


def _table(block: Table, mode: Mode) -> str:
    return r"\hspace{8mm}".join(_tabular(each, mode) for each in side_by_side(block, mode)) + r"\par"


def _tabular(block: Table, mode: Mode) -> str:
    def line(row: tuple[str, ...], filled: int) -> str:
        return (
            " & ".join(prose(cell) if i < filled else r"\hspace{22mm}" for i, cell in enumerate(row)) + r" \\"
        )

    filled = block.filled(mode)
    rows = "\n".join(line(row, filled) + (r" \hline" if filled < len(row) else "") for row in block.rows)
    columns = "l" * len(block.header)
    if block.explains:
        columns = columns[1:] + "p{70mm}"
    return (
        rf"{{\small\renewcommand{{\arraystretch}}{{1.25}}\begin{{tabular}}[t]{{@{{}}{columns}@{{}}}}"
        f"\n{line(block.header, len(block.header))} \\hline\n{rows}\n\\end{{tabular}}}}"
    )
