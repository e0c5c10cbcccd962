"""A walkthrough as one HTML file without scripts or external resources; graphs are inline SVG, and it prints on A4."""

import re
from dataclasses import replace
from html import escape

from bpcli.common.markup import mixed
from bpcli.common.text import printable
from bpcli.render.walkthrough.digits import Cell, before, columns_to_fill, grid, operand, sets, unbroken
from bpcli.render.walkthrough.stylesheet import STYLE
from bpcli.render.walkthrough.svg import svg
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

NARROW = 8  # blanks side by side; of more, each is narrower
FOLDED = 6  # rows of a table on a worksheet; of more, its halves stand side by side


def html(*sheets: Sheet) -> str:
    """The whole document, each sheet on pages of its own."""
    first, last = sheets[0].title, sheets[-1].title
    articles = "\n".join(_article(sheet, f"sheet-{number}") for number, sheet in enumerate(sheets, start=1))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_outside(first if first == last else f'{first} to {last}')}</title>\n<style>{STYLE}"
        f"{''.join(_footer(sheet, f'sheet-{number}') for number, sheet in enumerate(sheets, start=1))}</style>\n"
        f"</head>\n<body>\n{articles}\n</body>\n</html>\n"
    )


def _footer(sheet: Sheet, name: str) -> str:
    """What stands below each printed page of a worksheet or a key, so that loose sheets can be put together again."""
    if sheet.mode == "walk":
        return ""
    said = re.sub(r'["\\\\<]', " ", printable(" · ".join(filter(None, (sheet.title, sheet.name)))))
    return f'#{name} {{ page: {name}; }}\n@page {name} {{ @bottom-center {{ content: "{said}"; font-size: 9pt; }} }}\n'


def _article(sheet: Sheet, name: str) -> str:
    """One sheet."""
    parts = "\n".join(_part(sheet, part) for part in sheet.parts)
    below = "\n".join(f'<p class="subtitle">{_prose(line)}</p>' for line in sheet.subtitle)
    who = f"Name <b>{_outside(sheet.name)}</b>" if sheet.name else "Name <span>&nbsp;</span>"
    line = f'<p class="name">{who}</p>\n' if sheet.mode == "worksheet" else ""
    heading = f"<h1>{_outside(sheet.title)}</h1>"
    return f'<article class="{sheet.mode}" id="{name}">\n{heading}\n{below}\n{line}{parts}\n</article>'


def _part(sheet: Sheet, part: Part) -> str:
    letter = f"({part.letter}) " if part.letter else ""
    blocks = [
        _set(each, sheet) if isinstance(each, list) else _block(each, sheet)
        for each in sets(part.blocks, sheet)
    ]
    return "\n".join(["<section>", f"<h2>{letter}{_prose(part.title)}</h2>", *blocks, "</section>"])


def _outside(text: str) -> str:
    """Text that may come from elsewhere, such as a name: no tags, no control characters."""
    return escape(printable(text))


def _prose(markup: str) -> str:
    return mixed(markup, escape, lambda formula: f'<span class="formula">{math(formula)}</span>')


def math(markup: str) -> str:
    """A formula: letters slanted, words and numbers upright, indices low and high."""
    text = re.sub(r"(?<![A-Za-z])([A-Za-zδℓα])(?![A-Za-z])", r"<i>\1</i>", escape(markup))
    text = re.sub(r"_\{([^}]*)\}\^\{([^}]*)\}", r"<sub>\1</sub><sup>\2</sup>", text)
    text = re.sub(r"_\{([^}]*)\}", r"<sub>\1</sub>", text)
    return (
        re.sub(r"\^\{([^}]*)\}", r"<sup>\1</sup>", text)
        .replace("<i>T</i></sup>", "⊤</sup>")
        .replace(")T</sup>", ")⊤</sup>")
        .replace("-", "−")
    )


def _block(block: Block, sheet: Sheet) -> str:
    match block:
        case Prose(markup):
            return f"<p>{_prose(markup)}</p>"
        case Question(markup):
            return f'<p class="question">{_prose(markup)}</p>'
        case Room():
            return _lines(block, sheet.mode)
        case Table():
            return _table(block, sheet.mode)
        case Graph():
            return svg(block, sheet)
        case Givens():
            return _givens(block, sheet)
        case Equation():
            return _equation(block, sheet)
        case Derivation():
            return _derivation(block)


def _set(stacks: list[list[Equation]], sheet: Sheet) -> str:
    """Equations with blanks, side by side where the line has room for them."""
    shown = "\n".join(
        f'<div class="stack">{"".join(_equation(block, sheet) for block in stack)}</div>' for stack in stacks
    )
    return f'<div class="set">{shown}</div>'


def _lines(block: Room, mode: Mode) -> str:
    """Lines to write on, or what the key has there."""
    if mode == "key":
        return f'<p>{_prose(block.prompt)} <span class="answer">{_prose(block.answer)}</span></p>'
    lines = '<span class="line"></span>' * block.lines
    return f'<p class="room"><span>{_prose(block.prompt)}</span>{lines}</p>'


def _givens(block: Givens, sheet: Sheet) -> str:
    items = "".join(
        f'<span class="piece"><span>{math(symbol)} =</span>{_numbers(numbers, sheet)}</span>'
        for symbol, numbers in block.items
    )
    remarks = ", ".join(_prose(remark) for remark in block.remarks)
    return f'<div class="equation givens">{items}</div>\n<p>with {remarks}</p>'


def _equation(block: Equation, sheet: Sheet) -> str:
    blank = sheet.mode == "worksheet"
    name = f"<code>{block.name}</code>" if blank and block.name else ""
    lead = f"<span>{math(block.symbol)} =</span>"
    pieces = [f'<span class="named">{lead}{name}</span>' if name else lead]
    formula, working = block.shown_formula(sheet.mode), block.shown_working(sheet.mode)
    if formula:
        pieces.append(f"<span>{math(formula)} =</span>")
    elif block.room_for_formula(sheet.mode):
        pieces.append('<span class="blank formula"></span><span>=</span>')
    for group in unbroken(working):
        shown = "".join(
            _word(term)
            if isinstance(term, str)
            else _numbers(term, sheet, blank=blank, before=before(group, place))
            for place, term in enumerate(group)
        )
        pieces.append(f'<span class="piece">{shown}</span>')
    equals = "<span>=</span> " if working else ""
    answer = _numbers(block.answer, sheet, style="answer", blank=blank, labelled=not blank)
    pieces.append(f'<span class="piece">{equals}{answer}</span>')
    factors = [term for term in working if isinstance(term, Numbers)]
    rooms = _room("between", factors) + _room("below", [*factors, *([] if blank else [block.answer])])
    narrow = " narrow" if blank and columns_to_fill(block) > NARROW else ""
    return f'<div class="equation{rooms}{narrow}">{"".join(pieces)}</div>'


def _derivation(block: Derivation) -> str:
    factors = [each for side in block.sides for each in side if isinstance(each, Factor) and each.shape]
    rooms = " between-labels below-labels" if factors else ""
    pieces = []
    for number, side in enumerate(block.sides):
        first, *others = (_word(each) if isinstance(each, str) else _factor(each) for each in side)
        equals = "<span>=</span>" if number else ""
        pieces += [f'<span class="piece">{equals}{first}</span>', *others]
    return f'<div class="equation derivation{rooms}">{"".join(pieces)}</div>'


def _factor(factor: Factor) -> str:
    if factor.stack:
        rows = "".join(f'<tr><td class="row">{math(row)}</td></tr>' for row in factor.stack)
        return f'<table class="matrix">{rows}</table>'
    body = f"<span>{math(factor.symbol)}</span>"
    if not factor.shape:
        return body
    return f'<span class="factor">{body}<span class="under shape">{math(factor.shape)}</span></span>'


def _room(where: str, numbers: list[Numbers]) -> str:
    """A class that leaves room for what stands below the braces: nothing, labels, or labels with shapes."""
    labelled = [each for each in numbers if each.label]
    if not labelled:
        return ""
    return f" {where}-{'shapes' if any(each.values.ndim for each in labelled) else 'labels'}"


def _word(term: str) -> str:
    return f'<span class="comma">{term}</span>' if term == "," else f"<span>{math(term)}</span>"


def _numbers(
    numbers: Numbers,
    sheet: Sheet,
    *,
    style: str = "",
    blank: bool = False,
    labelled: bool = True,
    before: Term = "",
) -> str:
    caption = math(numbers.label)
    if numbers.values.ndim == 0:
        shown = _figure(operand(numbers, sheet.digits, before))
        body = f'<span class="number {style}">{_blank() if blank else shown}</span>'
    else:
        rows = "".join(
            f"<tr>{''.join(f'<td>{_cell(cell, blank=blank)}</td>' for cell in row)}</tr>"
            for row in grid(numbers, sheet.digits)
        )
        body = f'<table class="matrix {style}">{rows}</table>'
        caption += f'<br><span class="shape">{numbers.size}</span>'
    if numbers.label and labelled:
        body = f'<span class="factor">{body}<span class="under">{caption}</span></span>'
    return f"<span>{math('diag')}</span>{body}" if numbers.diagonal else body


def _figure(text: str) -> str:
    """A number as text: a true minus, and 1e-8 as a power of ten."""
    return re.sub(r"e(-?\d+)", r" · 10<sup>\1</sup>", text).replace("-", "−")


def _cell(cell: Cell | None, *, blank: bool) -> str:
    if cell is None:
        return "…"
    if blank:
        return _blank()
    omitted = f'<span class="omitted">{cell.omitted}</span>' if cell.omitted else ""
    return _figure(cell.text) + omitted


def _blank() -> str:
    return '<span class="blank"></span>'


def _table(block: Table, mode: Mode) -> str:
    filled = block.filled(mode)
    if mode == "worksheet" and len(block.rows) > FOLDED:
        half = (len(block.rows) + 1) // 2
        halves = (block.rows[:half], block.rows[half:])
        return (
            f'<div class="set">{"".join(_rows(replace(block, rows=each), filled) for each in halves)}</div>'
        )
    return f'<div class="scroll">{_rows(block, filled)}</div>'


def _rows(block: Table, filled: int) -> str:
    head = "".join(f"<th>{_prose(cell)}</th>" for cell in block.header)
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td>{_prose(cell)}</td>" if i < filled else '<td class="empty">&nbsp;</td>'
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in block.rows
    )
    return f'<table class="table">\n<tr>{head}</tr>\n{rows}\n</table>'
