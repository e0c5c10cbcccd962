"""The numbers of a worksheet: small, well posed, and different for every seed of a class."""

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.network import Architecture
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.acceptance_rules import faults
from bpcli.worksheets.generate import drawn_equal, drawn_point
from tests.worksheets.survey import architectures, ill_posed


def numbers(example):
    """Everything that is printed on the sheet."""
    return b"".join(t.tobytes() for t in (example.X, example.Y, *example.parameters.values()))


@pytest.mark.parametrize("seeds", [6, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("architecture", architectures(), ids=str)
def test_every_seed_gives_another_well_posed_sheet(architecture, seeds):
    """No two alike, and each by the rules, checked in plain Python."""
    points = [drawn_point(architecture, seed) for seed in range(1, seeds + 1)]
    assert [list(ill_posed(example)) for example in points] == [[]] * seeds
    assert len({numbers(example) for example in points}) == seeds


@pytest.mark.parametrize("seeds", [12, pytest.param(30, marks=pytest.mark.slow)])
def test_every_seed_gives_another_sheet_even_where_there_are_few(seeds):
    """One input, one hidden unit, one output: four numbers in all."""
    architecture = Architecture((1, 1, 1), bias=False)
    assert len({numbers(drawn_point(architecture, seed)) for seed in range(1, seeds + 1)}) == seeds


def test_the_same_seed_gives_the_same_sheet_and_another_architecture_another():
    """The drawing depends on nothing else."""
    first = drawn_point(Architecture((3, 4, 2), bias=False), 7)
    assert numbers(first) == numbers(drawn_point(Architecture((3, 4, 2), bias=False), 7))
    assert numbers(first) != numbers(drawn_point(Architecture((3, 4, 2), "tanh", bias=False), 7))


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture((3, 2), bias=True),
        Architecture((2, 3, 2), "tanh", bias=True),
        Architecture((3, 3, 2), "relu", "identity", bias=False),
        Architecture((3, 4, 2), "identity", "sigmoid", "cross_entropy", bias=True),
        Architecture((3, 4, 3), "sigmoid", "softmax", "cross_entropy", bias=False),
        Architecture((2, 3, 2, 2), "sigmoid", bias=True),
    ],
    ids=str,
)
def test_other_networks_have_sheets_too(architecture):
    """Biases, activations, losses and depths: halves that are not zero, targets that suit the output."""
    example = drawn_point(architecture, 3)
    for tensor in (example.X, *example.parameters.values()):
        assert tensor.all()
        assert np.array_equal(2 * tensor, np.round(2 * tensor))
        assert np.abs(tensor).max() <= 2
    if architecture.output == "softmax":
        assert sorted(example.Y[0]) == [0.0] * (architecture.sizes[-1] - 1) + [1.0]
    gradients = dict(example.stepped().gradients.named())
    assert all(np.abs(g).max() >= 0.001 for g in gradients.values())


def test_small_and_large_steps_have_sheets_too():
    """The learning rate is the lecturer's; what goes through a small step cannot show more than the step does."""
    for rate in (0.01, 0.1, 1.0, 10.0):
        assert not list(ill_posed(drawn_point(Architecture((3, 4, 2), bias=False), 1, learning_rate=rate)))


def test_deeper_networks_have_sheets_at_few_digits_too():
    """Where mistakes need not show."""
    deep = Architecture((3, 2, 2, 2), bias=False)
    points = [drawn_point(deep, seed, digits=2) for seed in (1,)]
    assert not any(list(faults(example, 2)) for example in points)


def test_the_survey_sees_inputs_that_are_alike_and_mistakes_that_do_not_show():
    """The rules in plain Python catch what is planted."""
    example = drawn_point(Architecture((3, 3, 3), bias=True), 1)
    example.X[0, 1] = example.X[0, 0]
    assert "two inputs alike" in list(ill_posed(example))
    example.parameters["W"][...] = example.parameters["W"] + example.parameters["W"].T + 1e-6 * np.eye(3, k=1)
    assert "w-not-transposed in grad_h looks like what is right" in list(ill_posed(example))


def test_a_relu_is_clearly_on_or_off():
    """Half a unit from its kink, at most one off, at least one on."""
    for seed in range(10):
        a = drawn_point(Architecture((3, 4, 2), "relu", bias=False), seed).stepped().layers[0].pre[0]
        assert np.abs(a).min() >= 0.5
        assert (a < 0).sum() <= 1


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda p: p.X.__setitem__((0, 0), 0.0), "an input is zero"),
        (lambda p: p.parameters["V"].__setitem__(0, 8 * np.sign(p.X[0])), "h has a unit"),
        (lambda p: p.parameters["V"].__setitem__(1, p.parameters["V"][0]), "a has two entries of one size"),
        (lambda p: p.parameters["W"].__imul__(1e-3), "too small to show"),
        (lambda p: p.Y.__setitem__((0, 0), p.stepped().layers[-1].out[0, 0]), "too small to show"),
    ],
)
def test_a_spoilt_point_is_seen(spoil, complaint):
    """A zero, a saturated unit, two units alike, a gradient that vanishes."""
    example = drawn_point(Architecture((3, 4, 2), bias=False), 1)
    assert not list(faults(example, 4))
    spoil(example)
    assert any(complaint in fault for fault in faults(example, 4))


def test_a_symmetric_matrix_hides_its_transposition():
    """W = Wᵀ: nobody could see W for Wᵀ."""
    example = drawn_point(Architecture((3, 3, 3), bias=False), 1)
    example.parameters["W"][...] = example.parameters["W"] + example.parameters["W"].T
    assert any("w-not-transposed cannot be told" in fault for fault in faults(example, 4))


@pytest.mark.parametrize(
    ("architecture", "seed", "digits", "complaint"),
    [
        (Architecture((64, 64, 10)), 1, 4, "at most 8 units per layer and 3 hidden layers"),
        (Architecture((2, 2, 2, 2, 2, 2)), 1, 4, "3 hidden layers"),
        (Architecture((2, 1), "sigmoid", "softmax", "cross_entropy"), 1, 4, "take two outputs"),
        (Architecture((3, 4, 2)), -1, 4, "0 or more, not -1"),
        (Architecture((3, 4, 2)), 1, 1, "2 to 12 digits, not 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(architecture, seed, digits, complaint):
    """Sizes beyond paper, a softmax of one, a negative seed, one digit."""
    with pytest.raises(UsageError, match=complaint):
        drawn_point(architecture, seed, digits=digits)


def test_where_no_point_is_found_the_message_says_what_would_do(monkeypatch):
    """After a stated number of tries."""
    monkeypatch.setattr("bpcli.worksheets.generate.MOST_TRIES", 3)
    with pytest.raises(
        UsageError, match=r"no valid worksheet was found for sizes 3-4-2 at 2 digits.*such as 3-4-2"
    ):
        drawn_point(Architecture((3, 4, 2), bias=False), 1, digits=2)


def test_sheets_on_equal_weights_are_all_different_and_show_their_numbers():
    """One weight, inputs and targets all different, nothing saturated, no δ too small for its digits."""
    architecture = Architecture((3, 2, 2), bias=False)
    points = [drawn_equal(architecture, seed) for seed in range(32)]
    assert len({numbers(example) for example in points}) == 32
    for example in points:
        values = core_values(example)
        (weight,) = {float(each) for tensor in example.parameters.values() for each in tensor.flat}
        assert weight in (-1, -0.5, -0.25, 0.25, 0.5, 1)
        assert len(set(example.X[0])) == 3
        assert len(set(example.Y[0])) == 2
        assert all(0.05 <= each <= 0.95 for name in "hz" for each in values[name])
        assert all(np.abs(values[name]).min() >= 0.001 for name in ("delta_1", "delta_2", "grad_V", "grad_W"))


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture((3, 2)),
        Architecture((3, 1, 2), bias=False),
        Architecture((3, 2, 1), bias=False),
        Architecture((3, 2, 2), bias=True),
        Architecture((3, 2, 2), "sigmoid", "softmax", "cross_entropy", bias=False),
    ],
    ids=str,
)
def test_sheets_on_equal_weights_need_units_to_be_equal(architecture):
    """What to take is said."""
    with pytest.raises(UsageError, match="no biases and no softmax"):
        drawn_equal(architecture, 1)
