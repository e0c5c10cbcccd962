"""Each part answers its question in full: the symbols, the numbers, and the reason, in both notations."""

import numpy as np
import pytest
from rich.console import Console

from bpcli.network import Architecture
from bpcli.network.example import Example
from bpcli.render.walkthrough.text import text_part
from bpcli.walkthrough.sheet import sheet
from bpcli.walkthrough.walk import walk
from tests.walkthrough.test_sheet import BOARD

# What stands on the page for each part: first in one notation, then in the other, then in both.
ANSWERS = {
    "a": (
        ["z = s(W s(V x))", "ℓ = ½ ‖y - s(W s(V x))‖²", "d⁽¹⁾×d⁽⁰⁾", "b = W h"],
        ["x⁽²⁾ = s(w⁽²⁾ᵀ s(w⁽¹⁾ᵀ x⁽⁰⁾))", "ℓ = ½ ‖y - s(w⁽²⁾ᵀ s(w⁽¹⁾ᵀ x⁽⁰⁾))‖²", "S⁽²⁾ = w⁽²⁾ᵀ x⁽¹⁾"],
        ["0.35", "0.5866", "-2.0775", "0.1113", "0.8679", "0.7715", "the composition of its layers"],
    ),
    "b": (
        ["V d⁽¹⁾×d⁽⁰⁾ = 2×3 6 ∇V d⁽¹⁾×d⁽⁰⁾ = 2×3", "W d⁽²⁾×d⁽¹⁾ = 2×2 4 ∇W d⁽²⁾×d⁽¹⁾ = 2×2", "computes ∇z and ∇h"],
        ["w⁽¹⁾ᵀ d⁽¹⁾×d⁽⁰⁾ = 2×3 6 ∂ℓ/∂w⁽¹⁾ᵀ d⁽¹⁾×d⁽⁰⁾ = 2×3", "w⁽²⁾ᵀ d⁽²⁾×d⁽¹⁾ = 2×2 4 ∂ℓ/∂w⁽²⁾ᵀ"],
        ["10 trainable parameters", "one entry for every entry of its parameter"],
    ),
    "c": (
        ["∂ℓ/∂z_j = -(y_j - z_j) = z_j - y_j", "∇z = z - y"],
        ["∂ℓ/∂x_j⁽²⁾ = -(y_j - x_j⁽²⁾) = x_j⁽²⁾ - y_j", "∂ℓ/∂x⁽²⁾ = x⁽²⁾ - y"],
        ["d⁽²⁾×1", "-0.8887", "0.8679", "2×1", "occurs in one term of the loss only"],
    ),
    "d": (
        [
            *("∂ℓ/∂w_j = ∂ℓ/∂z_j · ∂z_j/∂b_j · ∂b_j/∂w_j", "∂z_j/∂b_j = s(b_j)(1-s(b_j)) = z_j(1-z_j)"),
            *("Row j of W contributes to b_j and to no other entry", "dot product b_j = w_jᵀ h", "∂b_j/∂w_ji = h_i"),
            *("∂ℓ/∂w_j = ∂ℓ/∂z_j · z_j(1-z_j) · hᵀ", "Ω · ∇z · hᵀ", "∇W = Ω ∇z hᵀ", "row j of W enters b_j alone"),
        ],
        [
            "∂ℓ/∂w_·j⁽²⁾ = ∂ℓ/∂x_j⁽²⁾ · ∂x_j⁽²⁾/∂S_j⁽²⁾ · ∂S_j⁽²⁾/∂w_·j⁽²⁾",
            *("∂ℓ/∂w_ij⁽²⁾ = x_i⁽¹⁾ δ_j⁽²⁾", "dot product S_j⁽²⁾ = w_·j⁽²⁾ᵀ x⁽¹⁾", "∂S_j⁽²⁾/∂w_ij⁽²⁾ = x_i⁽¹⁾"),
        ],
        ["s′(u) = e⁻ᵘ / (1 + e⁻ᵘ)² = s(u)(1-s(u))", "1×d⁽¹⁾", "d⁽²⁾×d⁽²⁾", "-0.0516 -0.0691", "0.0584 0.0782"],
    ),
    "e": (
        ["∂ℓ/∂h = ∂ℓ/∂z · ∂z/∂b · ∂b/∂h", "so ∂b/∂h = W", "∇h = Wᵀ · Ω · ∇z", "the diagonal matrix Ω"],
        ["(∂ℓ/∂x⁽¹⁾)ᵀ = (∂ℓ/∂x⁽²⁾)ᵀ · ∂x⁽²⁾/∂S⁽²⁾ · ∂S⁽²⁾/∂x⁽¹⁾", "∂ℓ/∂x⁽¹⁾ = w⁽²⁾ · diag g′(S⁽²⁾) · ∂ℓ/∂x⁽²⁾"],
        ["1×d⁽²⁾ d⁽²⁾×d⁽²⁾ d⁽²⁾×d⁽¹⁾", "0.2776", "0.2635", "the sum over these paths"],
    ),
    "f": (
        ["∂ℓ/∂v_j = ∂ℓ/∂h_j · ∂h_j/∂a_j · ∂a_j/∂v_j", "∇V = Λ ∇h xᵀ", "with ∇h for ∇z, Λ for Ω and x for h"],
        ["∂ℓ/∂w_ij⁽¹⁾ = x_i⁽⁰⁾ δ_j⁽¹⁾", "∂ℓ/∂w_·j⁽¹⁾ = ∂ℓ/∂x_j⁽¹⁾ · ∂x_j⁽¹⁾/∂S_j⁽¹⁾ · ∂S_j⁽¹⁾/∂w_·j⁽¹⁾"],
        ["1×d⁽⁰⁾", "0.0673 0.0337 -0.0673", "0.0443 0.0222 -0.0443"],
    ),
    "g": (
        ["Ω ∂z/∂b after the forward pass", "∇h (∂ℓ/∂h)ᵀ arrives by backpropagation", "hᵀ ∂b_j/∂w_j after"],
        ["∂ℓ/∂x⁽¹⁾ w⁽²⁾ δ⁽²⁾ arrives by backpropagation", "x⁽¹⁾ᵀ ∂S_j⁽²⁾/∂w_·j⁽²⁾ after the forward pass"],
        [
            *("With a second hidden layer, in the same words:", "Hidden layer 2 keeps", "18 with reuse, 44 without"),
            *("each layer keeps its own derivative", "serve any number of layers"),
        ],
    ),
    "h": (
        ["V_new = V - α ∇V", "W_new = W - α ∇W", "dℓ_new/dα = -(‖∇V‖² + ‖∇W‖²)"],
        ["w_new⁽¹⁾ᵀ = w⁽¹⁾ᵀ - α ∂ℓ/∂w⁽¹⁾ᵀ", "w_new⁽²⁾ᵀ = w⁽²⁾ᵀ - α ∂ℓ/∂w⁽²⁾ᵀ"],
        ["-1.7337 1.2832 -1.3663", "1.1708 1.4609", "0.7554", "0.01611", "decreases the loss most"],
    ),
}  # fmt: skip


def part_text(letter, style, explain):
    """One part of the walk at the board's point, 200 columns wide, with one space between words."""
    (part,) = (
        part for part in sheet(walk(BOARD), style=style, letters=letter, explain=explain).parts if part.letter
    )
    console = Console(width=200, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(text_part(sheet(walk(BOARD), explain=explain), part))
    return " ".join(captured.get().split())


@pytest.mark.parametrize("letter", ANSWERS)
@pytest.mark.parametrize("style", ["vw", "delta"])
def test_a_part_answers_its_question(letter, style):
    """With its derivation, its numbers and its reason."""
    ours, theirs, both = ANSWERS[letter]
    said = part_text(letter, style, "full")
    for answer in (ours if style == "vw" else theirs) + both:
        assert answer in said, answer
    assert " Why: " in said


@pytest.mark.parametrize("letter", ANSWERS)
def test_the_short_form_has_the_numbers_and_the_reason_without_the_derivation(letter):
    """It ends as the full form does."""
    full, short = (part_text(letter, "vw", explain) for explain in ("full", "short"))
    assert " Why: " in short
    assert "With numbers:" not in short
    assert "in the same words" not in short
    assert short[-200:] == full[-200:]


# A worked example that is often printed: 2-2-2 with biases, which it does not move; its numbers, with all its digits.
PUBLISHED = Example(
    Architecture((2, 2, 2), bias=True),
    np.array([[0.05, 0.10]]),
    np.array([[0.01, 0.99]]),
    {
        "V": np.array([[0.15, 0.20], [0.25, 0.30]]),
        "bias_V": np.array([0.35, 0.35]),
        "W": np.array([[0.40, 0.45], [0.50, 0.55]]),
        "bias_W": np.array([0.60, 0.60]),
    },
    learning_rate=0.5,
)


def test_a_published_example_is_reproduced_to_its_printed_digits():
    """Its loss and its new weights."""
    walked = walk(PUBLISHED)
    printed = {
        "new_W": ["0.35891648", "0.408666186", "0.511301270", "0.561370121"],
        "new_V": ["0.149780716", "0.19956143", "0.24975114", "0.29950229"],
    }
    assert f"{walked['loss']:.9f}" == "0.298371109"
    for name, entries in printed.items():
        assert [
            f"{at:.{len(entry) - 2}f}" for at, entry in zip(walked[name].flat, entries, strict=True)
        ] == entries
