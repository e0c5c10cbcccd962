"""Over random networks of all kinds no wrong gradient passes, no right one fails, and no mistake is misnamed."""

from collections import Counter

import pytest

from tests.mistakes.survey import survey


@pytest.mark.parametrize(("networks", "pairs"), [(4, 3), pytest.param(48, 12, marks=pytest.mark.slow)])
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
