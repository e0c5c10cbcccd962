"""Which point is walked through, and what is said where the numbers do not fit."""

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.config import resolve
from bpcli.walkthrough.example import chosen_point
from bpcli.walkthrough.typed import Typed, read_tensor
from tests.walkthrough.points import point


def config(*overrides):
    """The shipped configuration."""
    return resolve("walkthrough", overrides=list(overrides), environment={}, options={}).config


def drawn(architecture, seed, *, learning_rate, digits):
    """A stand-in for the draw: halves, well posed or not."""
    settings = {name: getattr(architecture, name) for name in ("activation", "output", "loss", "bias")}
    return point(architecture.sizes, seed, rate=learning_rate, **settings)


def chosen(*overrides, hidden=None, sizes=None, rate=None, seed=None, **tensors):
    """The point for typed numbers."""
    return chosen_point(config(*overrides), Typed(tensors, hidden, sizes, rate), seed, drawn).example


@pytest.mark.parametrize(
    "text", ["1,0,1; 0,1,1", "1 0 1;0 1 1", "[[1,0,1],[0,1,1]]", "1, 0, 1; 0, 1.0, 1e0;"]
)
def test_a_matrix_is_read_from_rows_or_lists(text):
    """All of these are one matrix."""
    assert read_tensor("--V", text).tolist() == [[1, 0, 1], [0, 1, 1]]


@pytest.mark.parametrize("text", ["1,0,1", "1 0 1", "[1, 0, 1]", "1;0;1", "[[1],[0],[1]]"])
def test_a_vector_is_read_from_numbers_in_a_row_or_in_a_column(text):
    """All of these are one vector."""
    assert read_tensor("--x", text).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--x", "1,two,3", "'two' is not a number"),
        ("--x", "1,nan", "nan is not a finite number"),
        ("--x", "inf", "inf is not a finite number"),
        ("--x", "[1, [2], NaN]", "nan is not a finite number"),
        ("--x", "[true, 1]", "is not a finite number"),
        ("--x", "[010, 1, 1]", "'[010, 1, 1]' is not a list"),
        ("--x", "[1:30, 1]", "'[1:30, 1]' is not a list"),
        ("--x", "[" * 500 + "]" * 500, "expected a number"),
        ("--x", "[" * 100_000, "is not a list"),
        ("--x", f"[1{'0' * 400}]", "is not a finite number"),
        ("--x", f"[1{'0' * 5000}]", "is not a list"),
        ("--x", "1," + "y" * 10_000, "is not a number"),
        ("--V", "1,0;1", "its rows have 2, 1 entries"),
        ("--V", "[[1,0", "is not a list"),
        ("--x", "1,0;0,1", "the shape given is 2×2; it must be a vector"),
        ("--x", "", "there is no number"),
        ("--x", '[{"a": 1}]', "expected a number"),
    ],
)
def test_what_is_no_tensor_is_refused_in_one_sentence(option, text, said):
    """With the option, what is wrong and an example."""
    with pytest.raises(UsageError) as refused:
        read_tensor(option, text)
    assert str(refused.value).startswith(f"{option}: ")
    assert len(str(refused.value)) < 200
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"x": "1,0", "V": "1,0,1; 0,1,1"}, "--V: the shape given is 2×3; it must be 2×2"),
        ({"x": "1,0,1", "y": "1,0", "W": "1,0,1"}, "--W: the shape given is 1×3; it must be 2×3"),
        ({"V": "1,0,1; 0,1,1", "W": "1,2,3"}, "--W: the shape given is 1×3; it must be 1×2"),
        ({"bias_V": "1,2,3"}, "--bias-V: the shape given is 3 numbers; it must be 2 numbers"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_what_was_expected(tensors, said):
    """Expected and given, in one message."""
    with pytest.raises(UsageError, match="the other numbers") as refused:
        chosen(**tensors)
    assert said in str(refused.value)


def test_sizes_follow_from_what_is_typed():
    """4 inputs from V, 3 hidden units from its rows, 1 output from y; the rest is drawn."""
    found = chosen(V="1,0,1,2; 0,1,1,2; 1,1,1,1", y="1")
    assert found.architecture.sizes == (4, 3, 1)
    assert found.parameters["V"].tolist()[0] == [1, 0, 1, 2]
    assert found.parameters["W"].shape == (1, 3)


def test_hidden_layers_are_typed_deeper_or_none():
    """4,3 is two layers, none is logistic regression."""
    assert chosen(hidden="4,3").architecture.sizes == (3, 4, 3, 2)
    assert chosen(hidden="none").architecture.sizes == (3, 2)
    assert chosen(sizes="2-2-1").architecture.sizes == (2, 2, 1)
    assert chosen(hidden="none", W="1,0,1;0,1,1", x="1,1,1", y="0,1").architecture.sizes == (3, 2)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hidden": "4,3", "W": "1,0;0,1"}, "cannot be typed"),
        ({"hidden": "none", "V": "1,0;0,1"}, "--V is the first matrix"),
        ({"hidden": "0"}, "is not a list of sizes"),
        ({"hidden": "-3"}, "is not a list of sizes"),
        ({"hidden": "none", "bias_V": "1,2"}, "this network has no bias_V; it has x, y, W, bias_W"),
        ({"sizes": "3"}, "is one size"),
        ({"sizes": "3,2", "hidden": "2"}, "sets the hidden layers too: leave --hidden out"),
        ({"sizes": "3,2", "x": "1,2,3"}, "--sizes is for points drawn at random"),
        ({"rate": 0.0}, "--rate: the learning rate must be a number above 0, not 0.0"),
        ({"rate": float("nan")}, "--rate: the learning rate must be a number above 0, not nan"),
    ],
)
def test_what_cannot_be_together_is_refused(typed, said):
    """One message each."""
    with pytest.raises(UsageError) as refused:
        chosen(**typed)
    assert said in str(refused.value)


def test_targets_that_the_loss_cannot_have_are_refused():
    """Cross-entropy wants 0 to 1, softmax a sum of 1."""
    with pytest.raises(UsageError, match="between 0 and 1"):
        chosen("training.loss=cross_entropy", y="2,0")
    softmax = ("training.loss=cross_entropy", "model.output=softmax", "data.task=classification")
    with pytest.raises(UsageError, match="sum to 1"):
        chosen(*softmax, x="1,1,1", y="1,1", V="1,0,1;0,1,1", W="1,0;0,1")


def test_what_is_not_typed_is_that_of_the_configuration_where_the_sizes_fit():
    """Its weights and its target, rounded as they are; nothing is drawn."""
    shipped = chosen()
    found = chosen_point(config(), Typed({"x": "1,0,2"}, None, None, None), None, drawn)
    assert found.drawn is None
    assert found.example.X.tolist() == [[1, 0, 2]]
    np.testing.assert_array_equal(found.example.Y, shipped.Y)
    for name, tensor in shipped.parameters.items():
        np.testing.assert_array_equal(found.example.parameters[name], tensor)


def test_what_is_drawn_is_told_with_its_seed():
    """Other sizes from the seed of the configuration, and everything missing from a seed that is given."""
    other = chosen_point(config("seed=5"), Typed({"x": "1,2"}, None, None, None), None, drawn).drawn
    assert other.document() == {"names": ["y", "V", "W"], "seed": 5}
    seeded = chosen_point(config(), Typed({"x": "1,0,2"}, None, None, None), 3, drawn).drawn
    assert seeded.document() == {"names": ["y", "V", "W"], "seed": 3}


def test_the_shipped_point_has_two_digits_at_most():
    """What is printed is what is calculated with."""
    found = chosen()
    assert found.X.tolist() == [[1.0, 0.5, -1.0]]
    for tensor in found.parameters.values():
        np.testing.assert_array_equal(tensor, np.round(tensor, 1))


def test_a_seed_draws_another_point():
    """The same seed the same one."""
    first, again, other = (chosen(seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.parameters["V"], again.parameters["V"])
    assert (first.parameters["V"] != other.parameters["V"]).any()
