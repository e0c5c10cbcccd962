"""Marks: what is right, what follows, what is wrong, and the name of the slip."""

import json

import numpy as np
import pytest

from bpcli.gradcheck.catalogue import BY_ID
from bpcli.gradcheck.injecting import injected
from bpcli.gradcheck.problem import Problem
from bpcli.network import Architecture
from bpcli.walkthrough.answers import Answers, answers_of
from bpcli.walkthrough.chain import given, steps
from bpcli.walkthrough.core import core_values
from bpcli.walkthrough.grading import grade
from bpcli.walkthrough.numbers import drawn_point
from tests.walkthrough.byhand import MISTAKES, each, outer, sheet
from tests.walkthrough.survey import architectures, verdict_on

DEFAULT, SQUARE = architectures()
POINT = drawn_point(DEFAULT, 7)


def judged(values, problem=POINT, digits=4):
    """Grade numbers as they are, unrounded."""
    arrays = {name: np.asarray(value, np.float64) for name, value in values.items()}
    return {blank.name: blank for blank in grade(problem, Answers("anna.yaml", arrays), digits).blanks}


def verdicts(blank):
    """The verdicts of a blank, number by number."""
    return [entry.verdict for entry in blank.entries]


@pytest.mark.parametrize("rounding", [False, True])
@pytest.mark.parametrize(
    ("id_", "at", "formula"), MISTAKES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_mistake_carried_through_the_sheet_is_marked_where_it_was_made_and_named(
    id_, at, formula, rounding
):
    """Every later number follows and keeps its mark, whether one calculates on with rounded numbers or not."""
    for seed in (1, 2, 3):
        problem = drawn_point(SQUARE, seed)
        assert verdict_on(problem, id_, at, formula, rounding=rounding) == "marked and named"


@pytest.mark.parametrize(
    ("architecture", "id_", "at", "formula"),
    [
        (
            Architecture((3, 4, 2), loss="cross_entropy", bias=False),
            "extra-omega",
            "delta_2",
            lambda q: each(lambda z, y: z * (1 - z) * (z - y), q["z"], q["y"]),
        ),
        (
            Architecture((1, 3, 2), bias=True),
            "bias-times-input",
            "grad_bias_V",
            lambda q: [d * q["x"][0] for d in q["delta_1"]],
        ),
    ],
    ids=["extra-omega", "bias-times-input"],
)
def test_so_are_those_that_need_another_network(architecture, id_, at, formula):
    """Cross-entropy; a single input, without which the shape gives it away."""
    problem = drawn_point(architecture, 1)
    assert verdict_on(problem, id_, at, formula, rounding=True) == "marked and named"


@pytest.mark.parametrize(
    ("architecture", "seed"),
    [
        (Architecture((3, 2), bias=False), 1),
        (Architecture((2, 3, 2, 2), bias=True), 2),
        (Architecture((3, 3, 2), "tanh", "softmax", "cross_entropy", bias=False), 3),
        (Architecture((3, 3, 3), "relu", "sigmoid", "cross_entropy", bias=False), 4),
        (Architecture((2, 3, 2), "identity", "identity", bias=True), 5),
    ],
    ids=str,
)
def test_every_slip_of_any_network_is_marked_in_its_blank_and_is_among_those_named(architecture, seed):
    """Those with words only, too; but for what is no slip at this point, and an update that changes next to nothing."""
    problem = drawn_point(architecture, seed)
    true = core_values(problem)
    for step in steps(problem):
        for slip in step.slips:
            values = given(problem)
            with np.errstate(all="ignore"):
                for other in steps(problem):
                    formula = slip.wrong if other.name == step.name else other.ways[0].formula
                    values[other.name] = np.round(formula(values), 4) if seed % 2 else formula(values)
            if np.abs(values[step.name] - true[step.name]).max() < 0.0003:
                continue
            answered = {
                name: values[name] for name in true if name in values and np.isfinite(values[name]).all()
            }
            blanks = grade(problem, answers_of(answered, 4), 4).blanks
            wrong = {
                blank.name: [named.kind for named in blank.mistakes]
                for blank in blanks
                if blank.verdict == "wrong"
            }
            assert list(wrong) == [step.name], slip
            assert slip.kind in wrong[step.name]


@pytest.mark.parametrize("id_", [name for name in BY_ID if "decay" not in name and "mean" not in name])
def test_gradients_alone_are_enough_to_name_a_mistake(id_):
    """Gradcheck makes the mistake; only ∇W and ∇V are written down, and every other blank is left out."""
    if id_ in {"last-sample", "bias-times-input", "extra-omega"}:
        return  # no mistake at one point; a matter of shape; another loss
    problem = drawn_point(SQUARE, 3)
    found = injected(problem, id_)
    blanks = judged({f"grad_{name}": np.round(tensor, 4) for name, tensor in found.items()}, problem)
    wrong = [blank for blank in blanks.values() if blank.verdict == "wrong"]
    assert wrong
    assert any(id_ in {named.id for named in blank.mistakes} for blank in wrong), wrong
    assert not any(blank.mistakes == () for blank in wrong)


def test_a_slip_in_a_blank_that_was_left_out_costs_only_what_it_first_shows_in():
    """δ² = e is nowhere written; ∇W shows it, and ∇V, which passes through it too, follows."""
    whole = sheet(POINT, "delta_2", lambda q: q["grad_z"], 4)
    blanks = judged({name: whole[name] for name in ("grad_W", "grad_h", "grad_V")})
    (named,) = blanks["grad_W"].mistakes
    assert (named.id, named.made_in) == ("no-omega", "delta_2")
    assert blanks["grad_h"].verdict == blanks["grad_V"].verdict == "follows"


def test_a_right_gradient_clears_what_was_left_out_before_it():
    """δ² is not written, but ∇W is right: so ∇h = Wᵀ e is the raw error passed back, and nothing else."""
    whole = sheet(POINT, "grad_h", sheet_raw, 4)
    blanks = judged({name: whole[name] for name in ("grad_W", "grad_V")})
    assert [named.id for named in blanks["grad_V"].mistakes] == ["raw-error-back"]


def sheet_raw(q):
    """Wᵀ e."""
    return [sum(row[i] * e for row, e in zip(q["W"], q["grad_z"], strict=True)) for i in range(len(q["h"]))]


def test_two_slips_are_marked_each_where_it_was_made():
    """tanh-derivative in Λ and then the wrong input in ∇V."""
    problem = drawn_point(SQUARE, 2)
    q = sheet(problem, "Lambda", lambda q: each(lambda h: 1 - h * h, q["h"]), 4)
    q["grad_V"] = each(lambda v: round(v, 4), outer(q["delta_1"], q["h"]))
    q["new_V"] = np.round(problem.parameters["V"] - 0.5 * np.array(q["grad_V"]), 4)
    q.pop("loss_after")
    blanks = judged(q, problem)
    wrong = {
        name: [n.id for n in blank.mistakes] for name, blank in blanks.items() if blank.verdict == "wrong"
    }
    assert wrong == {"Lambda": ["tanh-derivative"], "grad_V": ["wrong-input"]}
    assert blanks["new_V"].verdict == "follows"


def test_one_wrong_row_is_named_by_that_row():
    """The sign of one unit alone."""
    values = {name: np.round(value, 4) for name, value in sheet(POINT).items()}
    values["delta_1"][2] *= -1
    blanks = judged(values)
    assert verdicts(blanks["delta_1"]) == ["right", "right", "wrong", "right"]
    assert [named.id for named in blanks["delta_1"].mistakes] == ["sign"]


def simple():
    """a = 0.125 exactly: a tie at two digits."""
    return Problem(
        Architecture((1, 1), bias=False), np.array([[0.5]]), np.array([[1.0]]), {"W": np.array([[0.25]])}
    )


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (0.12, "right"),
        (0.13, "right"),
        (0.125, "right"),
        (0.1199, "wrong"),
        (0.1301, "wrong"),
        (0.14, "wrong"),
    ],
)
def test_half_a_unit_of_the_last_digit_is_right_and_no_more(answer, verdict):
    """At the edge either way of rounding is right, whatever binary fractions make of it."""
    assert judged({"b": [answer]}, simple(), digits=2)["b"].verdict == verdict


def test_calculating_on_with_rounded_numbers_is_right():
    """z = 0.53 from b = 0.13 and z = 0.53 from b = 0.125; ∇z = -0.47 from either, -0.46 from neither."""
    for b in (0.12, 0.13):
        blanks = judged({"b": [b], "z": [0.53], "grad_z": [-0.47]}, simple(), digits=2)
        assert {blanks[name].verdict for name in ("b", "z", "grad_z")} == {"right"}
    assert judged({"b": [0.13], "grad_z": [-0.46]}, simple(), digits=2)["grad_z"].verdict == "wrong"


def test_rounding_that_adds_up_is_still_right():
    """b = W h with each h rounded to two digits: off by a whole unit, and right all the same."""
    problem = drawn_point(DEFAULT, 5)
    rounded = sheet(problem, digits=2)
    exact = core_values(problem)["b"]
    assert np.abs(np.array(rounded["b"]) - exact).max() > 0.01  # more than a whole unit
    assert judged(rounded, problem, digits=2)["b"].verdict == "right"


def test_an_unexplained_number_is_plainly_wrong_and_what_follows_follows():
    """A typing error in h, carried on."""
    values = sheet(POINT, "h", lambda q: [0.99, *each(lambda v: round(v, 4), sheet(POINT)["h"])[1:]], 4)
    blanks = judged(values)
    assert verdicts(blanks["h"]) == ["wrong", "right", "right", "right"]
    assert blanks["h"].mistakes == ()
    assert [name for name, blank in blanks.items() if blank.verdict == "wrong"] == ["h"]
    entry = blanks["b"].entries[0]
    assert entry.verdict == "follows"
    assert abs(entry.follows_from - entry.answer) <= 0.00005 + 1e-9
    assert abs(entry.expected - entry.answer) > 0.01


@pytest.mark.parametrize(
    ("digits", "words"),
    [(2, "rounded to 2 digits, where 4 are asked for"), (1, "rounded to 1 digit, where 4 are asked for")],
)
def test_fewer_digits_than_asked_for_are_told_as_such(digits, words):
    """Wrong, but no mistake of the catalogue."""
    blanks = judged({"h": np.round(core_values(POINT)["h"], digits)})
    assert [named.words for named in blanks["h"].mistakes] == [words]


def test_a_last_digit_that_was_cut_off_is_told_as_such():
    """0.3208 for 0.32082 is right; cut instead of rounded it is a unit short."""
    values = core_values(POINT)["h"]
    cut = np.floor(values * 1e4) / 1e4
    blanks = judged({"h": cut})
    assert "wrong" in verdicts(blanks["h"])
    assert [named.words for named in blanks["h"].mistakes] == [
        "only the last digit is off: rounded too early, or cut off"
    ]


def test_a_slip_without_a_name_in_the_catalogue_is_told_in_words():
    """W h with Wᵀ, and a forgotten sigmoid."""
    problem = drawn_point(SQUARE, 1)
    values = {name: np.round(value, 4) for name, value in sheet(problem, "h", lambda q: q["a"], 4).items()}
    (named,) = judged(values, problem)["h"].mistakes
    assert (named.id, named.words) == (None, "the sigmoid is left out: h = a")


def test_two_slips_that_fit_alike_are_both_told():
    """With two outputs, half the loss is also its mean over them."""
    values = {"loss": float(core_values(POINT)["loss"]) / 2}
    first, second = judged(values)["loss"].mistakes
    assert (first.id, first.alternatives) == ("half", ("averaged over the outputs, not summed",))
    assert (second.id, second.alternatives) == (None, ("half",))


def test_wild_numbers_are_judged_without_a_warning():
    """Logarithms of negative numbers, overflow: wrong, and nothing else."""
    problem = drawn_point(Architecture((3, 4, 2), loss="cross_entropy", bias=False), 1)
    values = {name: np.full(np.shape(value), 1e200) for name, value in core_values(problem).items()}
    blanks = {name: blank for name, blank in judged(values, problem).items() if blank.verdict != "follows"}
    assert blanks["a"].verdict == "wrong"
    json.dumps(grade(problem, answers_of(values, 4), 4).document(), allow_nan=False)


def test_the_document_holds_what_the_table_shows():
    """Schema, marks, and for each number what was written, what is right and what follows."""
    whole = sheet(POINT, "delta_1", lambda q: q["grad_h"], 4)
    whole["z"][1] = float("nan")
    document = grade(POINT, answers_of(whole, 4, "anna.yaml"), 4).document()
    assert document["schema"] == "bpcli.walkthrough.grade/1"
    assert (document["source"], document["digits"]) == ("anna.yaml", 4)
    assert document["marks"] == document["right"] + document["follows"] == document["total"] - 5
    assert (document["wrong"], document["blank"]) == (4, 1)
    assert document["blanks"]["z"]["entries"][1]["answer"] is None
    delta = document["blanks"]["delta_1"]
    assert (delta["shape"], delta["verdict"]) == ([4], "wrong")
    assert set(delta["entries"][0]) == {"index", "answer", "expected", "follows_from", "verdict"}
    (mistake,) = delta["mistakes"]
    assert mistake["id"] == "no-lambda"
    assert mistake["explanation"] == BY_ID["no-lambda"].explanation
    assert mistake["fix"] == BY_ID["no-lambda"].fix
    assert mistake["alternatives"] == []
    json.dumps(document, allow_nan=False)
