"""The sheet on equal initial weights: each part answered by symbols, numbers and the reason, in both notations."""

from math import exp

import pytest

from bpcli.network import Architecture
from bpcli.render.walkthrough.pages import page
from bpcli.walkthrough.symmetry_sheet import symmetry_sheet
from bpcli.walkthrough.walk import walk
from bpcli.worksheets.blanks import SYMMETRY, blanks
from bpcli.worksheets.generate import drawn_equal

POINT = drawn_equal(Architecture((3, 2, 2), bias=False), 3)
WALK = walk(POINT)

# What the key says in each part: in one notation, in the other, and in both.
ANSWERS = {
    "a": (
        ["h_j = s(w Σ_i x_i)", "the h_j? Why? They are all equal, because w Σ_i x_i does not depend on j"],
        ["x_j⁽¹⁾ = s(w Σ_i x_i⁽⁰⁾)", "because w Σ_i x_i⁽⁰⁾ does not depend on j"],
        ["⎡ 0.5 ⎤", "0.6225"],
    ),
    "b": (
        ["δ_i⁽¹⁾ = h_i(1-h_i) w Σ_j δ_j⁽²⁾", "the same for every i, and so is h_i(1-h_i)"],
        ["δ_i⁽¹⁾ = g′(S_i⁽¹⁾) w Σ_j δ_j⁽²⁾", "the same for every i, and so is g′(S_i⁽¹⁾)"],
        ["0.2236", "-0.0653", "0.0215", "0.0103", "They are all equal"],
    ),
    "c": ([], [], ["No. The outputs are equal, but δ_j⁽²⁾ depends on y_j", "the targets differ"]),
    "d": (
        ["w - α δ_j⁽¹⁾ x_i and w - α δ_j⁽²⁾ h_i", "For a given i all v_ji are equal, because δ_j⁽¹⁾ is the same for"],
        ["w - α δ_j⁽¹⁾ x_i⁽⁰⁾ and w - α δ_j⁽²⁾ x_i⁽¹⁾", "For a given j all w_ij⁽²⁾ are equal, because x_i⁽¹⁾ is"],
        ["-1.0103 -0.9923 -0.9948", "-0.9797 -0.9797", "-1.0067 -1.0067"],
    ),
    "e": (
        ["Let v_ji = v_i for all j, and w_ji = w_j for all i", "h_j = s(Σ_i v_i x_i) does not depend on j"],
        ["δ_i⁽¹⁾ = g′(S_i⁽¹⁾) Σ_j δ_j⁽²⁾ w_j⁽²⁾ does not depend on i", "x_j⁽¹⁾ = s(Σ_i w_i⁽¹⁾ x_i⁽⁰⁾)"],
        ["0.6136", "0.0100", "By induction", "the weights into them stay equal, and so do the weights out of them"],
    ),
    "f": ([], [], ["has no hidden units that could be equal", "its loss is convex"]),
}  # fmt: skip


def said(letter, style, mode="key", **options):
    """One part as text, with one space between words."""
    sheet = symmetry_sheet(WALK, style=style, letters=[letter], mode=mode, **options)
    return " ".join(page(sheet, "text").partition(f"\n({letter}) ")[2].split())


@pytest.mark.parametrize("letter", ANSWERS)
@pytest.mark.parametrize("style", ["vw", "delta"])
def test_the_key_answers_each_part(letter, style):
    """The formula, the numbers, and why; none of which the worksheet prints."""
    ours, theirs, both = ANSWERS[letter]
    key, worksheet = said(letter, style), said(letter, style, "worksheet")
    for answer in (ours if style == "vw" else theirs) + both:
        assert answer in key, answer
        assert answer not in worksheet, answer


def test_the_numbers_are_those_of_the_closed_forms():
    """By hand, in plain Python: h, δ of both layers, the weights after the step, and the hidden layer after it."""
    x, y, w, rate = (
        POINT.X[0].tolist(),
        POINT.Y[0].tolist(),
        float(POINT.parameters["V"][0, 0]),
        POINT.learning_rate,
    )

    def hidden(weights, outgoing):
        h = 1 / (1 + exp(-sum(v * each for v, each in zip(weights, x, strict=True))))
        z = [1 / (1 + exp(-2 * each * h)) for each in outgoing]
        last = [(out - target) * out * (1 - out) for out, target in zip(z, y, strict=True)]
        return h, last, h * (1 - h) * sum(each * delta for each, delta in zip(outgoing, last, strict=True))

    h, last, first = hidden([w] * 3, [w] * 2)
    new_v = [w - rate * first * each for each in x]
    new_w = [w - rate * delta * h for delta in last]
    after, _, first_after = hidden(new_v, new_w)
    right = {blank.name: blank.value for blank in blanks(POINT, topic="symmetry")}
    assert list(right) == list(SYMMETRY)
    assert right["h"].tolist() == pytest.approx([h, h])
    assert right["delta_2"].tolist() == pytest.approx(last)
    assert right["delta_1"].tolist() == pytest.approx([first, first])
    assert right["new_V"].ravel().tolist() == pytest.approx(new_v * 2)
    assert right["new_W"].T.ravel().tolist() == pytest.approx(new_w * 2)
    assert right["h_after"].tolist() == pytest.approx([after, after])
    assert right["delta_1_after"].tolist() == pytest.approx([first_after, first_after])


def test_hints_are_the_formulas():
    """Of the numbers; the reasons stay open."""
    hinted = said("d", "vw", "worksheet", hints=True)
    assert "W_new = W - α ∇W" in hinted
    assert "are equal, because" not in hinted
