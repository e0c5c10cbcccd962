"""The markup of formulas: ``_{…}`` and ``^{…}`` around what stands low or high; a formula within text stands in $…$.

Renderers turn it into their own form, and ``plain`` into Unicode.
"""

import re
from collections.abc import Callable

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789()T-u", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾ᵀ⁻ᵘ")


def plain(markup: str) -> str:
    """The markup as Unicode: z_{j} is z_j, W_{1} is W₁, h^{T} is hᵀ, δ^{(2)} is δ⁽²⁾."""
    low = re.sub(r"_\{([^}]*)\}", lambda found: _lowered(found[1]), markup)
    return re.sub(r"\^\{([^}]*)\}", lambda found: found[1].translate(_HIGH), low)


def _lowered(text: str) -> str:
    return text.translate(_LOW) if text.isdigit() else f"_{text}"


def indexed(base: str, low: str = "", high: str = "") -> str:
    """A symbol with what stands low and high beside it."""
    return base + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")


def mixed(markup: str, words: Callable[[str], str], formula: Callable[[str], str]) -> str:
    """Text with formulas between dollar signs, the words of it in one form and the formulas in another."""
    return "".join(
        formula(piece) if number % 2 else words(piece) for number, piece in enumerate(markup.split("$"))
    )
