"""The catalogue is one: its rows, its edits, its page, and what --inject makes of each."""

from functools import cache

import numpy as np
import pytest

from bpcli.gradcheck.degenerate import random_example
from bpcli.mistakes.catalogue import BY_ID, CATALOGUE, fitted
from bpcli.mistakes.edits import ALL, edits_at
from bpcli.mistakes.factors import Factor
from bpcli.mistakes.making import made, suited
from bpcli.mistakes.passes import gradients
from bpcli.network import Architecture
from bpcli.network.example import Example
from tests.mistakes.byhand import HIDDEN, OUTPUT, answer
from tests.mistakes.documentation import rows, written
from tests.mistakes.survey import judged, networks


def blank(architecture, decay=0.0):
    """An example without numbers."""
    X, Y = np.zeros((7, architecture.sizes[0])), np.zeros((7, architecture.sizes[-1]))
    return Example(architecture, X, Y, {}, 0.3, decay)


@cache  # what is worked out for one mistake serves the next
def drawn(architecture, decay):
    """The same with random numbers, which nobody can write into."""
    example = random_example(blank(architecture, decay), np.random.default_rng(1))
    for tensor in (example.X, example.Y, *example.parameters.values()):
        tensor.flags.writeable = False
    return example


def test_every_edit_has_a_row_and_every_id_is_there_once():
    """What is searched for can be explained."""
    assert {edit.mistake for edit in ALL} <= set(BY_ID)
    assert len(BY_ID) == len(CATALOGUE) == 48


@pytest.mark.parametrize("bias", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", list(BY_ID))
def test_every_row_is_made_and_named_alone(name, bias):
    """At a random example of the configured sizes, or of others where the mistake needs them."""
    wanted = suited(blank(Architecture((3, 4, 5), bias=bias)), name)  # of sizes that are all different
    example = drawn(wanted.architecture, wanted.weight_decay)
    assert judged(example, made(example, name)) == ("named", [frozenset({name})])


def test_the_page_has_the_rows_of_the_catalogue():
    """docs/mistakes.md is made from the rows: python -m tests.mistakes.documentation."""
    assert written() == rows()


def test_without_edits_the_pass_is_the_network_s_own():
    """In every architecture, to rounding."""
    for example in networks(24, seed=5):
        right = dict(example.stepped().gradients.named())
        for name, tensor in gradients(example).items():
            true = right[name] + (
                example.weight_decay * example.parameters[name] if "bias" not in name else 0
            )
            np.testing.assert_allclose(tensor, true, rtol=1e-12, atol=1e-14)


def test_an_edited_pass_is_the_gradient_that_people_write():
    """Each edit of a factor against the oracle: somewhere among the forms of a mistake is the one written by hand."""
    checked = set()
    for example in networks(12, seed=6):
        for layer, names in ((1, OUTPUT), (0, HIDDEN)):
            for name in names:
                given = answer(example, **{("hidden", "output")[layer]: name})
                forms = [
                    (edit, place)
                    for place in (0, 1)
                    for edit in edits_at(example.architecture, place, *Factor)
                    if edit.mistake == name
                    # PASSED and WEIGHT stand at the layer above the one that they spoil
                    and place == (1 if layer or edit.factor in (Factor.PASSED, Factor.WEIGHT) else 0)
                ]
                if given is None or not forms:
                    continue
                gaps = [_distance(gradients(example, [form]), given) for form in forms]
                assert min(gaps) < 1e-9, (name, example.architecture)
                checked.add(name)
    assert len(checked) >= 25


def _distance(left, right):
    scale = max(np.abs(tensor).max() for tensor in right.values())
    return max(np.abs(left[name] - right[name]).max() for name in right) / scale


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_text_fits_the_network(activation):
    """No sigmoid's derivative for tanh or relu, no half of a square under cross-entropy."""
    architecture = Architecture((3, 4, 2), activation, "sigmoid", "cross_entropy")
    text = fitted(BY_ID["no-lambda"], architecture).fix
    assert ("h * (1 - h)" in text) == (activation == "sigmoid")
    assert "½‖" not in fitted(BY_ID["half"], architecture).explanation
