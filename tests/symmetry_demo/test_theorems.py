"""No claim is called false where the algebra does not promise it, and none is left open without a reason."""

from contextlib import nullcontext

import numpy as np
import pytest

from bpcli.config import resolve
from bpcli.symmetry_demo.demo import Demo
from tests.symmetry_demo.surveys import PLANTS, demonstrations


@pytest.mark.parametrize(
    ("count", "seed"), [(8, 0), pytest.param(300, 1, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_no_random_setting_refutes_a_claim(tmp_path, count, seed):
    """Any activation, output, loss, rule, decay, precision, width, weight and data: true, or open with a reason."""
    for setting, found in demonstrations(count, tmp_path, seed):
        assert found.failed == (), setting
        for claim in found.claims:
            assert claim.holds or claim.remark, (claim, setting)
            assert claim.because or not claim.holds, (claim, setting)


@pytest.mark.parametrize("letter", list(PLANTS))
def test_a_fault_planted_in_the_algebra_is_seen(tmp_path, letter):
    """Each claim is false where what it says is not so: on the default data, at the default weight."""
    config = resolve("symmetry-demo", options={"training.epochs": 5}).config
    with PLANTS[letter]():
        demo = Demo("symmetry-demo", config)
        assert letter in demo.run().failed


def encoder(tmp_path, size=8, hidden=3, **options):
    """The demo on X = Y = identity."""
    np.savez(tmp_path / "encoder.npz", X=np.eye(size), y=np.eye(size))
    base = tmp_path / "encoder.yaml"
    base.write_text(
        "data: {source: encoder.npz, task: regression, validation: 0, scale: none}\ntraining: {epochs: 5}\n"
    )
    config = resolve(
        str(base), options={"model.hidden": [hidden], "model.output": "sigmoid", **options}
    ).config
    demo = Demo("encoder", config)
    return {claim.id: claim for claim in demo.run().claims}


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("optimizer", [{"name": "sgd"}, {"name": "adam"}, {"name": "sgd", "momentum": 0.9}])
def test_the_encoder_treats_inputs_and_outputs_alike_together(tmp_path, optimizer, decay):
    """8-3-8: every input and every output takes the same step, so nothing differs between them, and (d) says so."""
    found = encoder(tmp_path, **{"training.optimizer": optimizer, "training.weight_decay": decay})
    assert found["d"].holds is True
    assert found["d"].remark == "the step is the same for every input; the step is the same for every output"
    assert found["e"].holds is True
    assert found["e"].measured["largest spread"] == 0


def test_a_reason_has_the_numbers_of_the_network(tmp_path):
    """x^(1) = g(½ · 1) = 0.6225 by hand for every unit, as each sample of the encoder has a single 1."""
    found = encoder(tmp_path)
    assert "S_j^(1) = 0.5 and x_j^(1) = g(0.5) = 0.6225 for every j" in found["a"].because


def test_units_that_split_before_the_network_diverges_refute_the_claim():
    """Weights of 40 under identity and squared error overflow within a few steps; the split is seen at step 1."""
    options = {
        "training.epochs": 200,
        "training.optimizer": {"name": "sgd", "learning_rate": 5.0},
        "model.activation": "identity",
        "model.output": "identity",
    }
    config = resolve("symmetry-demo", options=options).config
    for plant, verdict in ((nullcontext, None), (PLANTS["e"], False)):
        with plant():
            demo = Demo("symmetry-demo", config, weight=40.0)
            claim = next(claim for claim in demo.run().claims if claim.id == "e")
        assert claim.holds is verdict
        assert claim.measured["first split"] == (None if verdict is None else 1)


def test_equal_deltas_for_different_targets_are_false_even_where_one_loss_cannot_tell():
    """At w = 40 every sigmoid is saturated and decides nothing; under cross-entropy δ^(2) still has its target."""
    config = resolve("symmetry-demo", options={"training.epochs": 1}).config
    with PLANTS["c"]():
        demo = Demo("symmetry-demo", config, weight=40.0)
        assert "c" in demo.run().failed
