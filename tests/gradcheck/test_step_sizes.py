"""The sweep shows what theory says of both methods: a trade-off for central differences, none for the complex step."""

import json

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.gradcheck.step_sizes import step_sweep
from bpcli.network import Architecture
from bpcli.network.example import Example


def point(activation="sigmoid", weight_decay=0.0):
    """The 3-4-2 network of the sheet at five random points."""
    rng = np.random.default_rng(1)
    parameters = {"V": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 4))}
    architecture = Architecture((3, 4, 2), activation, bias=False)
    X, Y = rng.normal(size=(5, 3)), rng.uniform(size=(5, 2))
    return Example(architecture, X, Y, parameters, weight_decay=weight_decay)


def at(curve, step):
    """The residual at one step."""
    return dict(zip(curve.steps, curve.residuals, strict=True))[step]


def test_central_differences_have_a_best_step_near_the_cube_root_of_rounding():
    """The residual falls a hundredfold with each tenth of h, then rises tenfold: in between lies the best step."""
    central, _ = step_sweep(point()).curves
    assert at(central, 1e-2) / at(central, 1e-3) == pytest.approx(100, rel=0.05)
    assert 1e-6 <= central.best[0] <= 1e-4
    assert central.best[1] < 1e-8
    assert at(central, 1e-12) > 1e-6


def test_the_complex_step_has_no_best_step():
    """It truncates as central differences do, but below 1e-8 only the rounding of one evaluation is left."""
    _, complex_step = step_sweep(point()).curves
    assert at(complex_step, 1e-2) / at(complex_step, 1e-3) == pytest.approx(100, rel=0.05)
    assert complex_step.steps[-1] == 1e-50
    residuals = [r for h, r in zip(complex_step.steps, complex_step.residuals, strict=True) if h <= 1e-8]
    assert max(residuals) < 1e-14


def test_relu_leaves_central_differences_only_against_the_analytic_gradient():
    """There the reference is bpcli's own gradient, with the penalty of weight decay where the objective has it."""
    for weight_decay in (0.0, 0.1):
        sweep = step_sweep(point("relu", weight_decay))
        assert [curve.method for curve in sweep.curves] == ["central"]
        assert "analytic" in sweep.reference
        assert sweep.curves[0].best[1] < 1e-8


def test_entries_at_a_kink_are_left_out():
    """They have no derivative, so no step has a residual there."""
    at_kink = point("relu")
    at_kink.parameters["V"][1] = 0
    sweep = step_sweep(at_kink)
    assert sweep.left_out == 3


def test_the_document_holds_every_number_and_no_nan():
    """Any JSON reader takes it."""
    document = step_sweep(point()).document()
    json.dumps(document, allow_nan=False)
    assert document["schema"] == "bpcli.gradcheck.sweep/1"
    assert [curve["method"] for curve in document["curves"]] == ["central", "complex"]
    assert all(len(curve["steps"]) == len(curve["residuals"]) for curve in document["curves"])


def test_a_gradient_that_vanishes_is_refused():
    """It leaves nothing that a residual could be relative to."""
    flat = point()
    flat.parameters["W"][...] = 0
    flat.Y[...] = 0.5
    with pytest.raises(UsageError, match="every gradient is exactly 0"):
        step_sweep(flat)
