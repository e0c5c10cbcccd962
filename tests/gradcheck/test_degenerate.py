"""At the examples that bpcli draws no two mistakes look alike; where a person chose one, it says what that hides."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.gradcheck.degenerate import degeneracies, random_example, spread_out, unseen
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.points import points_for
from bpcli.mistakes.catalogue import CATALOGUE
from bpcli.mistakes.making import injected
from bpcli.network import Architecture
from bpcli.network.example import Example

DECAY = 0.07
NETWORKS = [
    Architecture((3, 4, 5)),
    Architecture((3, 4, 5), bias=False),
    Architecture((4, 4, 4)),
    Architecture((3, 4, 2), "tanh"),
    Architecture((3, 5, 2), "relu", "identity"),
    Architecture((2, 3, 1), "sigmoid", "sigmoid", "cross_entropy"),
    Architecture((5, 4, 3), "tanh", "softmax", "cross_entropy", bias=False),
    Architecture((2, 2, 2), "sigmoid", "identity"),
    Architecture((1, 2, 1)),
]


def plain_example(architecture, seed, samples=11, rate=0.291):
    """Random numbers that owe nothing to bpcli's own choice."""
    rng = np.random.default_rng(seed)
    parameters = {}
    for names, (fan_in, fan_out) in zip(architecture.names(), architecture.shapes(), strict=True):
        parameters[names.matrix] = rng.normal(size=(fan_out, fan_in))
        if architecture.bias:
            parameters[names.bias] = rng.normal(size=fan_out)
    d0, *_, outputs = architecture.sizes
    Y = rng.uniform(size=(samples, outputs))
    if architecture.output == "softmax":
        Y = np.eye(outputs)[rng.integers(0, outputs, samples)]
    return Example(architecture, rng.normal(size=(samples, d0)), Y, parameters, rate, DECAY)


def answers(example):
    """The whole gradient under each mistake that can be made here, and the true one, as one vector each."""
    network = example.stepped()
    true = {name: tensor.copy() for name, tensor in network.gradients.named()}
    for names in example.architecture.names():
        true[names.matrix] += example.weight_decay * example.parameters[names.matrix]
    found = {"truth": np.concatenate([tensor.ravel() for tensor in true.values()])}
    for mistake in CATALOGUE:
        try:
            made = injected(example, mistake.id)
        except UsageError:
            continue
        found[mistake.id] = np.concatenate([tensor.ravel() for tensor in made.values()])
    return found


def alike(example):
    """The pairs of answers that agree to a millionth."""
    found = answers(example)
    lengths = {name: np.linalg.norm(vector) for name, vector in found.items()}
    return {
        (one, other)
        for one, other in combinations(found, 2)
        if found[one].shape == found[other].shape
        # Which most are not; the rest costs more.
        and abs(lengths[one] - lengths[other]) <= 2e-6 * lengths[one]
        and np.linalg.norm(found[one] - found[other]) <= 1e-6 * lengths[one]
    }


@cache
def the_same(architecture):
    """The pairs that are the same formula: they agree at two plain examples with other N and α."""
    return set.intersection(*(alike(plain_example(architecture, seed)) for seed in range(2)))


@pytest.mark.parametrize("architecture", NETWORKS, ids=str)
def test_two_mistakes_agree_at_a_drawn_example_only_where_they_are_the_same_formula(architecture):
    """Whatever N and α were configured."""
    for seed in (0, 3):
        start = plain_example(
            architecture, seed, samples=(1, 2, 4, 32)[seed], rate=(0.5, 1.0, 2.0, 1e-6)[seed]
        )
        drawn = random_example(start, np.random.default_rng(seed))
        assert alike(drawn) <= the_same(architecture)
        assert not degeneracies(drawn)


@pytest.mark.parametrize(
    ("model", "training"),
    [
        ({"bias": True}, {}),
        ({"bias": False}, {"optimizer": {"name": "sgd", "learning_rate": 0.5}}),
        ({"activation": "tanh", "bias": True}, {"optimizer": {"name": "adam", "learning_rate": 1e-6}}),
        ({"hidden": [2], "bias": True}, {}),
    ],
)
@pytest.mark.parametrize("source", ["iris", "xor", pytest.param("digits", marks=pytest.mark.slow)])
def test_exported_examples_tell_every_pair_of_mistakes_apart(source, model, training):
    """The configured example and the second one: random biases, an N and an α that are no other factor."""
    classes = {"data": {"source": source}, "model": {"hidden": [6], **model}, "training": training}
    for drawn in points_for(Config.model_validate(classes)).examples:
        example = replace(drawn, weight_decay=DECAY)
        assert alike(example) <= the_same(example.architecture)
        assert example.samples not in {*example.architecture.sizes, 1, 2, 4}
        assert 0.01 < example.learning_rate != 0.5
        for name, tensor in example.parameters.items():
            assert tensor.all() or not name.startswith("bias")


def test_the_configured_example_is_kept_but_for_what_is_free():
    """Inputs, targets and weights are those of the configuration; 4 rows of XOR are too few to leave any out."""
    example = plain_example(Architecture((3, 4, 5)), 0, samples=10, rate=0.5)
    found = spread_out(example, np.random.default_rng(0))
    assert found.samples == 9  # 10 is twice the number of outputs
    assert found.learning_rate == 0.3
    assert np.array_equal(found.X, example.X[:9])
    assert found.parameters["V"] is example.parameters["V"]
    assert found.parameters["bias_V"] is example.parameters["bias_V"]
    zero = replace(example, parameters=example.parameters | {"bias_V": np.zeros(4), "bias_W": np.ones(5)})
    drawn = spread_out(zero, np.random.default_rng(0)).parameters
    assert np.ptp(drawn["bias_V"]) > 0
    assert np.ptp(drawn["bias_W"]) > 0


def without_biases(example):
    """The gradients of a program that leaves the biases out of its forward pass."""
    zero = {name: 0 * t if name.startswith("bias") else t for name, t in example.parameters.items()}
    return dict(replace(example, parameters=zero).stepped().gradients.named())


def test_biases_left_out_of_the_forward_pass_are_wrong_or_said_to_be_invisible():
    """At random biases the answer is wrong; at zero biases it is right, and the verdict names what that hides."""
    example = plain_example(Architecture((3, 4, 5)), 0)
    example = replace(example, weight_decay=0.0)
    assert grade("no biases", [example], [without_biases(example)]).verdict == "wrong"
    zero = {name: 0 * t if name.startswith("bias") else t for name, t in example.parameters.items()}
    fixed = replace(example, parameters=zero)
    check = grade("no biases", [fixed], [without_biases(fixed)])
    assert check.verdict == "uninformative"
    assert check.reasons == (
        "bias_V and bias_W are zero: biases left out of the forward pass, or decayed, cannot be seen",
    )


def test_what_no_example_of_these_sizes_can_show_is_a_note():
    """With two outputs the mean over the outputs, with the 2 of the square, is the truth."""
    assert unseen(plain_example(Architecture((3, 4, 5)), 0)) == []
    two = replace(plain_example(Architecture((3, 4, 2)), 0), weight_decay=0.0)
    (note,) = unseen(two)
    check = grade("right", [two], [dict(two.stepped().gradients.named())])
    assert (check.verdict, check.notes) == ("correct", (note,))


def test_a_moved_w_is_not_called_correct_where_it_cannot_be_seen():
    """α = 1e-6, and targets so near to the outputs that no step moves W by a millionth."""
    example = replace(plain_example(Architecture((3, 4, 5)), 0), weight_decay=0.0)
    near = example.network().forward(example.X) + 1e-7 * example.Y
    for hidden in (replace(example, learning_rate=1e-6), replace(example, Y=near)):
        moved = injected(hidden, "updated-first")
        check = grade("moved", [hidden], [moved])
        assert check.verdict == "uninformative"
        assert "updated-first" in "; ".join(check.reasons)


@pytest.mark.parametrize("sizes", [(3, 100, 100, 5), (4, 8, 8, 8, 8, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_wide_and_deep_relu_networks_have_examples_with_every_unit_awake(sizes, bias):
    """At random hardly any draw is so: 1 in 100,000 of those of 100 and 100 units."""
    architecture = Architecture(sizes, "relu", bias=bias)
    blank = Example(architecture, np.zeros((7, sizes[0])), np.zeros((7, sizes[-1])), {})
    assert degeneracies(random_example(blank, np.random.default_rng(0))) == ()
