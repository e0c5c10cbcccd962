"""Marks: what is right, what follows, what is wrong, and the name of the mistake."""

import json

import numpy as np
import pytest

from bpcli.mistakes.catalogue import BY_ID
from bpcli.mistakes.making import injected
from bpcli.network import Architecture
from bpcli.network.example import Example
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets import generate
from bpcli.worksheets.answers import Answers
from bpcli.worksheets.blanks import blanks
from bpcli.worksheets.chain import given, steps
from bpcli.worksheets.grading import grade
from tests.walkthrough.byhand import MISTAKES, ROUNDINGS, ROWS, UNNAMED, each, outer, product, sheet
from tests.walkthrough.points import answers_of
from tests.worksheets.survey import SHOWS, architectures, change, drawn_point, verdict_on

DEFAULT, WIDER, SQUARE, ENTROPY = architectures()
POINT = drawn_point(WIDER, 7)


def judged(values, example=POINT, digits=4):
    """Grade numbers as they are, unrounded."""
    arrays = {name: np.asarray(value, np.float64) for name, value in values.items()}
    return {blank.name: blank for blank in grade(example, Answers("anna.yaml", arrays), digits).blanks}


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
    for seed in (1,):  # benchmarks/worksheets.py takes a thousand
        example = drawn_point(SQUARE, seed)
        assert verdict_on(example, id_, at, formula, rounding=rounding) == "marked and named"


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
    example = drawn_point(architecture, 1)
    assert verdict_on(example, id_, at, formula, rounding=True) == "marked and named"


@pytest.mark.parametrize("architecture", [DEFAULT, SQUARE], ids=str)
@pytest.mark.parametrize(
    ("at", "words", "formula"), UNNAMED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_mistake_without_a_name_is_marked_where_it_was_made_and_told(architecture, at, words, formula):
    """Of the forward pass, the loss and the update, written down in plain Python; where the sizes allow it."""
    told = 0
    for seed in (1, 2):
        example = drawn_point(architecture, seed)
        right = sheet(example)
        try:
            whole = sheet(example, at, formula, 4 if seed % 2 else None)
        except ValueError:
            continue
        if not SHOWS <= change(right, whole, at) < np.inf:
            continue  # no mistake in a network without biases
        blanks = grade(example, answers_of(whole, 4), 4).blanks
        (wrong,) = (blank for blank in blanks if blank.verdict == "wrong")
        assert wrong.name == at
        assert any(words in named.words for named in wrong.mistakes)
        told += 1
    assert told in (0, 2)
    assert told or architecture == DEFAULT


@pytest.mark.parametrize(
    ("architecture", "seed"),
    [
        (Architecture((3, 2), bias=False), 1),
        pytest.param(Architecture((2, 3, 2, 2), bias=True), 2, marks=pytest.mark.slow),
        (Architecture((3, 3, 2), "tanh", "softmax", "cross_entropy", bias=False), 3),
        pytest.param(
            Architecture((3, 3, 3), "relu", "sigmoid", "cross_entropy", bias=False), 4, marks=pytest.mark.slow
        ),
        pytest.param(Architecture((2, 3, 2), "identity", "identity", bias=True), 5, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_every_mistake_of_any_network_is_marked_in_its_blank_and_is_among_those_named(architecture, seed):
    """Those with words only, too; except where it changes the numbers of this point by next to nothing."""
    example = drawn_point(architecture, seed)
    true = core_values(example)
    for step in steps(example):
        for mistake in step.mistakes:
            values = given(example)
            with np.errstate(all="ignore"):
                for other in steps(example):
                    formula = mistake.wrong if other.name == step.name else other.methods[0].formula
                    values[other.name] = np.round(formula(values), 4) if seed % 2 else formula(values)
            if np.abs(values[step.name] - true[step.name]).max() < 0.0003:
                continue
            answered = {
                name: values[name] for name in true if name in values and np.isfinite(values[name]).all()
            }
            blanks = grade(example, answers_of(answered, 4), 4).blanks
            wrong = {
                blank.name: [named.kind for named in blank.mistakes]
                for blank in blanks
                if blank.verdict == "wrong"
            }
            assert list(wrong) == [step.name], mistake
            assert {mistake.kind, mistake.leads_to} & set(wrong[step.name])


# Not those that need several samples, a decay, a single input or another loss.
ELSEWHERE = {name for name in BY_ID if "decay" in name or "mean" in name}
ELSEWHERE |= {"last-sample", "bias-times-input", "extra-omega"}


# What can be made in a blank of this sheet; the other rows of the catalogue belong to programs.
OFFERED = {mistake.id for step in steps(drawn_point(SQUARE, 3)) for mistake in step.mistakes}


@pytest.mark.parametrize("id_", [name for name in BY_ID if name in OFFERED - ELSEWHERE])
def test_gradients_alone_are_enough_to_name_a_mistake(id_):
    """Gradcheck makes the mistake; only ∇W and ∇V are written down, and every other blank is left out."""
    example = drawn_point(SQUARE, 3)
    found = injected(example, id_)
    blanks = judged({f"grad_{name}": np.round(tensor, 4) for name, tensor in found.items()}, example)
    wrong = [blank for blank in blanks.values() if blank.verdict == "wrong"]
    assert wrong
    assert any(id_ in {named.id for named in blank.mistakes} for blank in wrong), wrong
    assert not any(blank.mistakes == () for blank in wrong)


def test_a_mistake_in_a_blank_that_was_left_out_costs_only_what_it_first_shows_in():
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


def test_two_mistakes_are_marked_each_where_it_was_made():
    """tanh-derivative in Λ and then the wrong input in ∇V."""
    example = drawn_point(SQUARE, 2)
    q = sheet(example, "Lambda", lambda q: each(lambda h: 1 - h * h, q["h"]), 4)
    q["grad_V"] = each(lambda v: round(v, 4), outer(q["delta_1"], q["h"]))
    q["new_V"] = np.round(example.parameters["V"] - 0.5 * np.array(q["grad_V"]), 4)
    q.pop("loss_after")
    blanks = judged(q, example)
    wrong = {
        name: [n.id for n in blank.mistakes] for name, blank in blanks.items() if blank.verdict == "wrong"
    }
    assert wrong == {"Lambda": ["tanh-derivative"], "grad_V": ["wrong-input"]}
    assert blanks["new_V"].verdict == "follows"


def test_two_wrong_numbers_name_a_mistake_that_one_does_not():
    """The sign of two units of four; one alone may be a slip of the pen, as the mistake would show in all four."""
    values = {name: np.round(value, 4) for name, value in sheet(POINT).items()}
    values["delta_1"][2] *= -1
    blanks = judged(values)
    assert verdicts(blanks["delta_1"]) == ["right", "right", "wrong", "right"]
    assert blanks["delta_1"].mistakes == ()
    values["delta_1"][0] *= -1
    assert [named.id for named in judged(values)["delta_1"].mistakes] == ["sign"]


def test_one_wrong_number_is_enough_where_the_mistake_shows_in_no_other():
    """One unit in all: the sign of its δ."""
    example = drawn_point(Architecture((2, 1, 2), bias=False), 1)
    values = sheet(example, "delta_1", lambda q: [-d for d in product(q["Lambda"], q["grad_h"])], 4)
    assert [named.id for named in judged(values, example)["delta_1"].mistakes] == ["sign"]


@pytest.mark.parametrize("architecture", [DEFAULT, ENTROPY], ids=str)
@pytest.mark.parametrize("rounded", ROUNDINGS)
@pytest.mark.parametrize("digits", [2, 4])
def test_a_sheet_worked_out_as_it_says_is_entirely_right(architecture, rounded, digits):
    """Every number rounded and calculated on with, the forward pass after the update too, however ties are broken."""
    for seed in range(1, 4):
        example = drawn_point(architecture, seed, digits=digits)
        assert_right(
            grade(example, Answers("", arrays(sheet(example, digits=digits, rounded=rounded))), digits)
        )


@pytest.mark.parametrize("architecture", [DEFAULT, SQUARE, ENTROPY], ids=str)
def test_the_row_forms_of_the_sheet_are_right(architecture):
    """Row j of ∇W as e_j · z_j(1-z_j) · hᵀ, each factor rounded; ∇h as a sum of such products."""
    for seed in range(1, 4):
        example = drawn_point(architecture, seed)
        assert_right(grade(example, Answers("", arrays(sheet(example, digits=4, ways=ROWS))), 4))


@pytest.mark.parametrize("rounded", ROUNDINGS)
def test_what_was_left_out_costs_nothing_else(rounded):
    """Any six blanks of a right sheet are missing: every number that is there is right."""
    rng = np.random.default_rng(0)
    for seed in range(1, 4):
        example = drawn_point(SQUARE, seed)
        whole = arrays(sheet(example, digits=4, rounded=rounded))
        there = {name: whole[name] for name in sorted(set(whole) - set(rng.choice(list(whole), 6, False)))}
        assert_right(grade(example, Answers("", there), 4))


def arrays(values):
    """Numbers as the grading wants them."""
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def assert_right(judged):
    """Nothing that was written is wrong, or only follows."""
    marked = {blank.name: verdicts(blank) for blank in judged.blanks}
    assert {verdict for each in marked.values() for verdict in each} <= {"right", "blank"}, marked


def error_written_for_gradient(q):
    """∇z = z - y, under cross-entropy."""
    return each(lambda z, y: z - y, q["z"], q["y"])


def test_an_error_that_is_delta_already_is_told_in_words():
    """∇z = z - y under cross-entropy, and δ right: the derivative was multiplied in nowhere."""
    example = drawn_point(ENTROPY, 3)
    values = sheet(example, digits=4)
    values["grad_z"] = error_written_for_gradient(values | {"y": example.Y[0].tolist()})
    blanks = judged({name: np.round(value, 4) for name, value in values.items()}, example)
    assert [name for name, blank in blanks.items() if blank.verdict != "right"] == ["grad_z"]
    (named,) = blanks["grad_z"].mistakes
    assert (named.id, named.words) == (None, "z - y, which is δ here; ∇z is (z - y)/(z(1-z))")


@pytest.mark.parametrize("left_out", [(), ("delta_2",), ("grad_z", "delta_2")])
def test_multiplied_by_omega_it_is_the_mistake_of_the_catalogue(left_out):
    """δ = Ω (z - y), written or not."""
    example = drawn_point(ENTROPY, 3)
    whole = sheet(example, "grad_z", error_written_for_gradient, 4, ways=ROWS)
    blanks = judged({name: value for name, value in whole.items() if name not in left_out}, example)
    (wrong,) = (blank for blank in blanks.values() if blank.verdict == "wrong")
    assert wrong.name == ("grad_W" if "grad_z" in left_out else "grad_z")
    assert {named.id for named in wrong.mistakes} == {"extra-omega"}


def test_a_delta_that_is_written_and_not_used_is_one_mistake():
    """∇W = e hᵀ and ∇h = Wᵀ e beside a right δ²: not "∇W is right, but …"."""
    q = sheet(POINT)
    given_W = POINT.parameters["W"].tolist()
    spoilt = q | {
        "grad_W": outer(q["grad_z"], q["h"]),
        "grad_h": [
            sum(r[i] * e for r, e in zip(given_W, q["grad_z"], strict=True)) for i in range(len(q["h"]))
        ],
    }
    blanks = judged({name: np.round(value, 4) for name, value in spoilt.items()})
    assert [[named.id for named in blanks[name].mistakes] for name in ("grad_W", "grad_h")] == [
        ["no-omega"]
    ] * 2
    spoilt["grad_W"] = each(lambda v: 3 * v, q["grad_W"])
    (named,) = judged({name: np.round(value, 4) for name, value in spoilt.items()})["grad_h"].mistakes
    assert (named.id, named.applies) == ("raw-error-back", False)


def simple():
    """a = 0.125 exactly: a tie at two digits."""
    return Example(
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
    example = drawn_point(WIDER, 5)
    rounded = sheet(example, digits=2)
    exact = core_values(example)["b"]
    assert np.abs(np.array(rounded["b"]) - exact).max() > 0.01  # more than a whole unit
    assert judged(rounded, example, digits=2)["b"].verdict == "right"


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


def test_a_mistake_without_a_name_in_the_catalogue_is_told_in_words():
    """W h with Wᵀ, and a forgotten sigmoid."""
    example = drawn_point(SQUARE, 1)
    values = {name: np.round(value, 4) for name, value in sheet(example, "h", lambda q: q["a"], 4).items()}
    (named,) = judged(values, example)["h"].mistakes
    assert (named.id, named.words) == (None, "the sigmoid is left out: h = a")


def test_two_mistakes_that_fit_alike_are_both_told():
    """With two outputs, half the loss is also its mean over them."""
    values = {"loss": float(core_values(POINT)["loss"]) / 2}
    first, second = judged(values)["loss"].mistakes
    assert (first.id, first.alternatives) == ("half", ("averaged over the outputs, not summed",))
    assert (second.id, second.alternatives) == (None, ("half",))


def test_wild_numbers_are_judged_without_a_warning():
    """Logarithms of negative numbers, overflow: wrong, and nothing else."""
    example = drawn_point(Architecture((3, 4, 2), loss="cross_entropy", bias=False), 1)
    values = {name: np.full(np.shape(value), 1e200) for name, value in core_values(example).items()}
    blanks = {name: blank for name, blank in judged(values, example).items() if blank.verdict != "follows"}
    assert blanks["a"].verdict == "wrong"
    json.dumps(grade(example, answers_of(values, 4), 4).document(), allow_nan=False)


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


def test_a_sheet_on_equal_weights_is_marked_by_the_same_rules():
    """A mistake is named in its blank, the rest carried forward; the hidden layer before the step is told as that."""
    example = generate.drawn_equal(Architecture((3, 2, 2), bias=False), 3)
    right = {blank.name: np.round(blank.value, 4) for blank in blanks(example, topic="symmetry")}
    e = core_values(example)["grad_z"]
    lambda_ = right["h"] * (1 - right["h"])
    wrong = {"delta_2": e, "delta_1": lambda_ * (example.parameters["W"].T @ e)}
    wrong["new_W"] = example.parameters["W"] - 0.5 * np.outer(e, right["h"])
    wrong["new_V"] = example.parameters["V"] - 0.5 * np.outer(wrong["delta_1"], example.X[0])
    given = right | {name: np.round(value, 4) for name, value in wrong.items()} | {"h_after": right["h"]}
    judged = grade(example, Answers("anna", given, tuple("abcdef"), "symmetry"), 4)
    verdicts = {blank.name: blank.verdict for blank in judged.blanks}
    assert list(verdicts) == list(right)
    assert [verdicts[name] for name in ("a", "h", "b", "z")] == ["right"] * 4
    assert [verdicts[name] for name in ("delta_2", "delta_1", "new_W", "new_V")] == [
        "wrong",
        *["follows"] * 3,
    ]
    told = {blank.name: [named.kind for named in blank.mistakes] for blank in judged.blanks if blank.mistakes}
    assert told["delta_2"] == ["no-omega"]
    assert told["h_after"] == ["h before the update"]
