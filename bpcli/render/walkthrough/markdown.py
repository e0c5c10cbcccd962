"""A walkthrough as Markdown: formulas between $$ for whoever renders mathematics, graphs as drawings in characters."""

import re

from bpcli.common.markup import mixed
from bpcli.common.text import printable
from bpcli.render.walkthrough.latex import equation_lines
from bpcli.render.walkthrough.tex import inline
from bpcli.render.walkthrough.text import drawing
from bpcli.walkthrough.blocks import (
    Block,
    Givens,
    Graph,
    Mode,
    Part,
    Prose,
    Question,
    Room,
    Sheet,
    Table,
    visible,
)

WIDTH = 100
LINE = 60 * "\\_"  # to write on


def markdown(sheet: Sheet) -> str:
    """The whole document."""
    parts = "\n".join(_part(sheet, part) for part in sheet.parts)
    name = (
        f"Name: {_outside(sheet.name) or '______________________'}\n\n" if sheet.mode == "worksheet" else ""
    )
    below = "\n\n".join(_inline(line) for line in sheet.subtitle)
    return f"# {sheet.title}\n\n{below}\n\n{name}{parts}"


def _part(sheet: Sheet, part: Part) -> str:
    letter = f"({part.letter}) " if part.letter else ""
    blocks = [_block(block, sheet) for block in part.blocks if visible(block, sheet.mode)]
    return "\n\n".join([f"## {letter}{_inline(part.title)}", *blocks]) + "\n"


def _outside(text: str) -> str:
    """Text from elsewhere, such as a name: nothing in it is markup, HTML or a formula."""
    return re.sub(r"([\\`*_{}\[\]<>#|$!&~])", r"\\\1", printable(text))


def _inline(markup: str) -> str:
    """Text as it is, formulas in LaTeX between dollar signs."""
    return mixed(markup, str, inline)


def _block(block: Block, sheet: Sheet) -> str:
    match block:
        case Prose(markup):
            return _inline(markup)
        case Question(markup):
            return f"*{_inline(markup)}*"
        case Room(prompt, answer, lines):
            written = f" {_inline(answer)}" if sheet.mode == "key" else "\n\n" + "\n\n".join([LINE] * lines)
            return f"{_inline(prompt)}{written}"
        case Table():
            return _table(block, sheet.mode)
        case Graph():
            return "\n".join(["```text", *drawing(block, sheet, WIDTH), "```"])
        case Givens():
            remarks = ", ".join(_inline(remark) for remark in block.remarks)
            return f"{_displayed(block, sheet)}\n\nwith {remarks}"
        case _:
            return _displayed(block, sheet)


def _displayed(block: Block, sheet: Sheet) -> str:
    lines = equation_lines(block, sheet, WIDTH)
    if len(lines) == 1:
        return f"$$\n{lines[0]}\n$$"
    body = " \\\\\n".join(("&" if number == 0 else "&\\quad ") + line for number, line in enumerate(lines))
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def _table(block: Table, mode: Mode) -> str:
    filled = block.filled(mode)
    rows = [
        [_inline(cell) if i < filled else "" for i, cell in enumerate(row)]
        for row in (block.header, *block.rows)
    ]
    rows[0] = [_inline(cell) for cell in block.header]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(block.header), *lines[1:]])
