"""A worksheet prints nothing that it asks for: no answer, no formula, no factor; with hints the formulas, no answer."""

import re
from dataclasses import replace

import pytest

from bpcli.network import Architecture
from bpcli.walkthrough import sheet
from bpcli.walkthrough.blocks import Equation, Prose
from tests.worksheets.survey import NUMBER, architectures, drawn_point, leaks, printed, survey_equal

OTHERS = (
    Architecture((3, 2), bias=True),
    Architecture((2, 3, 2, 2), bias=True),
    Architecture((3, 3, 3), "identity", "softmax", "cross_entropy", bias=True),
)
POINT = drawn_point(architectures()[0], 3)


@pytest.mark.parametrize("architecture", (*architectures(), *OTHERS), ids=str)
def test_nothing_that_is_asked_for_is_printed(architecture):
    """In either notation."""
    assert list(leaks(drawn_point(architecture, 3))) == []


def test_the_sheet_on_equal_weights_prints_neither_formulas_nor_reasons():
    """In either notation; and its keys are right."""
    assert survey_equal(range(2)) == {("printed", "nothing asked for"): 2, ("key", "entirely right"): 2}


def with_hints(block, **_):
    """Formulas on a sheet that should have none."""
    return replace(block, given=True) if isinstance(block, Equation) else block


def with_answers(block, **_):
    """The answer below its question."""
    if isinstance(block, Equation) and block.name == "grad_z":
        return Prose(f"{block.answer.values[0]:.4f}", ("worksheet",))
    return block


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        (
            with_hints,
            {"V - α ∇V in (h) of vw", "Ω ∇z hᵀ in (d) of vw", "z₁(1-z₁) in (d) of vw", "Λ ─ in (g) of vw"},
        ),
        (with_answers, {f"{abs(POINT.network().forward(POINT.X)[0, 0] - POINT.Y[0, 0]):.4f} in vw"}),
    ],
)
def test_what_is_printed_is_seen(monkeypatch, planted, seen):
    """Formulas, factors, the labels of arrows, and a number."""
    monkeypatch.setattr(sheet, "on_paper", planted)
    assert seen <= set(leaks(POINT))


def test_hints_are_formulas_and_no_numbers():
    """Those that the survey looks for; and still no answer."""
    given, said = printed(POINT, hints=True)
    for formula in ("∇z = z - y", "∇W = Ω ∇z hᵀ", "∇h = Wᵀ Ω ∇z", "V_new = V - α ∇V", "◀ Wᵀ ─", "z₁(1-z₁)"):
        assert formula in said
    assert set(re.findall(NUMBER, said)) <= set(re.findall(NUMBER, given)) | {"0", "1", "2"}
