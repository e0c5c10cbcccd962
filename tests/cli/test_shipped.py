"""What the shipped configurations are promised to reach, seed by seed."""

import json

import pytest


def results(bpcli, config, seeds):
    """Train a shipped configuration once for each seed and return the documents."""
    return [json.loads(bpcli("train", config, "--seed", seed, "--json").out) for seed in seeds]


def mean_validation_accuracy(documents):
    """Average over the runs, each with a split and weights of its own."""
    return sum(document["validation"]["accuracy"] for document in documents) / len(documents)


@pytest.mark.slow
def test_handwritten_digits_are_recognised(bpcli):
    """At least 97 % of held-out digits, averaged over ten splits and initial weights."""
    assert mean_validation_accuracy(results(bpcli, "digits", range(10))) >= 0.97


def test_handwritten_digits_are_recognised_early(bpcli):
    """At least 93 % of held-out digits after 8 of the 40 epochs, from one seed."""
    document = json.loads(bpcli("train", "digits", "--epochs", 8, "--json").out)
    assert document["validation"]["accuracy"] >= 0.93


@pytest.mark.parametrize("seeds", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_iris_is_recognised(bpcli, seeds):
    """At least 93 % of held-out flowers, averaged over splits and initial weights."""
    assert mean_validation_accuracy(results(bpcli, "iris", range(seeds))) >= 0.93


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))])
def test_xor_is_learnt_from_every_seed(bpcli, seed):
    """Loss below 0.01 and all four points right."""
    (document,) = results(bpcli, "xor", [seed])
    assert document["train"]["loss"] < 0.01
    assert document["train"]["accuracy"] == 1.0


def test_logistic_regression_learns_from_zero_weights(bpcli, tmp_path):
    """It starts at exactly zero, where no sigmoid unit could, and its loss falls to a fraction."""
    import numpy as np

    (document,) = results(bpcli, "logistic", [0])
    run = tmp_path / document["run"]
    with np.load(run / "initial.npz") as initial:
        assert not initial["W"].any()
        assert not initial["bias_W"].any()
    first = float((run / "metrics.csv").read_text().splitlines()[1].split(",")[2])
    assert document["train"]["loss"] < first / 2
    assert document["validation"]["accuracy"] > 0.9
    assert document["neurons"] == document["symmetry"] == []


def test_the_symmetry_configuration_keeps_its_units_tied(bpcli):
    """Eight units from constant weights act as one, at the start and at the end."""
    (document,) = results(bpcli, "symmetry", [0])
    (layer,) = document["symmetry"]
    assert layer["initial_effective_units"] == layer["effective_units"] == 1
