"""Over random networks of all kinds no wrong gradient passes, no right one fails, and no mistake is misnamed."""

from collections import Counter

import pytest

from tests.mistakes.byhand import answer
from tests.mistakes.survey import faded, networks, outcome, survey, survey_deep, survey_outside


@pytest.mark.parametrize(("networks", "pairs"), [(3, 3), pytest.param(48, 12, marks=pytest.mark.slow)])
def test_singles_pairs_and_noise_over_random_networks(networks, pairs):
    """The survey of benchmarks/gradcheck_quality.py in short: every single mistake, some of the pairs."""
    totals = Counter()
    for (kind, what, said), number in survey(networks, seed=2, pairs=pairs).items():
        assert not said.startswith(("passed", "misnamed")), (kind, what, said)
        assert kind != "right" or said == "correct"
        assert kind != "noise" or not said.startswith("named"), (what, said)
        totals[kind, said] += number
    for kind, share in (("single", 0.99), ("pair", 0.9)):
        told = sum(number for (k, said), number in totals.items() if k == kind and said != "same")
        assert totals[kind, "named"] >= share * told


def test_an_error_that_fades_to_rounding_has_no_name_there():
    """Gradients passed back in place of weights, layer after layer: the first ∇W is 1e-15, as any mistake over N is."""
    (example,) = networks(1, 0, 4)
    given = answer(example, None, "gradient-for-weight", None)
    assert faded(given)
    assert outcome(example, given, answer(example), {"gradient-for-weight"}) == "unknown"


@pytest.mark.parametrize(("networks", "depth"), [(1, 3), pytest.param(12, 4, marks=pytest.mark.slow)])
def test_single_mistakes_in_deeper_networks_are_named(networks, depth):
    """In all hidden layers, and in one of them."""
    for (kind, what, said), number in survey_deep(networks, depth, seed=3).items():
        fine = {"correct"} if kind == "right" else {"named", "same", "faded"}
        assert said in fine, (what, said, number)


@pytest.mark.parametrize("networks", [1, pytest.param(40, marks=pytest.mark.slow)])
def test_what_is_in_no_catalogue_is_wrong_and_has_no_name(networks):
    """Noise, a single entry, rows exchanged, samples left out, other weights: eleven kinds of them."""
    assert {said for _, said in survey_outside(networks)} == {"unknown"}
