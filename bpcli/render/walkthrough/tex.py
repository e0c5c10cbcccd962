"""Markup and plain text as LaTeX."""

import re

from bpcli.walkthrough.markup import mixed

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
_WORDS = ("softmax", "tanh", "diag", "where", "else", "bias", "new", "log", "exp", "max")


def underline(millimetres: int) -> str:
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
    """Plain text: symbols in it become formulas."""
    text = text.replace("--", "-{}-")
    escaped = re.sub(r"([&%#_])", r"\\\1", text)
    return re.sub(f"[{''.join(_SYMBOLS)}]", lambda found: f"${_SYMBOLS[found[0]].strip()}$", escaped)


def math(markup: str) -> str:
    """A formula in the markup of ``markup`` as LaTeX."""
    turned = re.sub(r"\^\{([^}]*)T\}", r"^{\1\\top}", markup)
    words = re.sub(rf"\b({'|'.join(_WORDS)})(?![a-z])", _word, turned)
    return re.sub(f"[{''.join(_SYMBOLS)}]", lambda found: _SYMBOLS[found[0]], words)


def _word(found: re.Match[str]) -> str:
    word = found[1]
    if word in ("log", "exp", "tanh", "max"):
        return f"\\{word} "
    if word in ("diag", "softmax"):
        return rf"\operatorname{{{word}}}"
    return rf"\text{{ {word} }}" if word in ("where", "else") else rf"\mathrm{{{word}}}"
