"""The classic mistakes in hand-written backpropagation: what each is, its wrong line beside the right one, the fix.

Notation of the sheet, for one point: e = z - y; δ² = ∂ℓ/∂b, which is Ω e under squared error and e under cross-entropy;
δ¹ = Λ Wᵀ δ². What each mistake makes of the numbers stands in ``edits.py``.
"""

from dataclasses import replace

from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean
from bpcli.mistakes import rows_classic, rows_more
from bpcli.mistakes.row import Mistake
from bpcli.network import Architecture

__all__ = ["BY_ID", "CATALOGUE", "Mistake", "fitted", "mistake"]

CATALOGUE = (*rows_classic.ROWS, *rows_more.ROWS)
BY_ID = {row.id: row for row in CATALOGUE}

_DERIVATIVES = {
    "tanh": ("Λ = diag(1-h²)", "delta_1 = grad_h * (1 - h**2)"),
    "relu": ("Λ = diag(a > 0)", "delta_1 = grad_h * (a > 0)"),
    "sigmoid": ("Λ = diag(h(1-h))", "delta_1 = grad_h * h * (1 - h)"),
}


def mistake(name: str) -> Mistake:
    """Return the row of the catalogue with this id.

    Raises:
        UsageError: if there is none.
    """
    if name not in BY_ID:
        hint = f"{meant} " if (meant := did_you_mean(name, BY_ID)) else ""
        raise UsageError(
            f"there is no mistake {name!r}; {hint}bpcli gradcheck --list-mistakes names them all"
        )
    return BY_ID[name]


def fitted(row: Mistake, architecture: Architecture) -> Mistake:
    """Return the row in the words of one network: its activation function, its loss."""
    if row.id == "half" and architecture.loss != "squared_error":
        return replace(
            row,
            explanation="There is a factor 2 or ½ in the gradient that does not belong there.",
            wrong="∇ = 2∇ℓ  or  ½∇ℓ",
            right="∇ = ∇ℓ",
            fix="Remove the factor: the derivative of the cross-entropy has none.",
        )
    if architecture.activation not in _DERIVATIVES:
        return row
    right, line = _DERIVATIVES[architecture.activation]
    if row.id == "no-lambda":
        fix = f"Multiply what arrives at the hidden layer by the derivative of its activation: {line}."
        return replace(row, fix=fix)
    if architecture.activation == "tanh" and row.id == "preactivation":
        return replace(
            row,
            explanation="The derivative is written with the pre-activation: 1 - a² for 1 - h².",
            wrong="Λ = diag(1-a²)",
            right=right,
            fix="Put the output of tanh, h, into 1 - h**2, not its input a.",
        )
    if architecture.activation == "tanh" and row.id == "matmul-for-elementwise":
        return replace(
            row,
            explanation="A matrix product stands where the entry-by-entry product ⊙ with 1 - h² belongs.",
            wrong="δ¹ = (Wᵀ δ²)(11ᵀ - hᵀh)",
            right="δ¹ = (Wᵀ δ²) ⊙ (1-h²)",
            fix=f"Use * for entries and @ for matrices: {line}.",
        )
    return row
