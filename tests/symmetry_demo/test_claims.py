"""Every claim holds on the network it speaks of, and is seen to fail on one where it is false."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters, fixed_order_matmul
from bpcli.symmetry_demo import first_pass, logistic, steps
from bpcli.symmetry_demo.comparison import Comparison
from bpcli.symmetry_demo.first_pass import closed_forms, output_deltas_differ
from bpcli.symmetry_demo.logistic import overlapping_classes, two_starts
from bpcli.symmetry_demo.starts import constant
from bpcli.symmetry_demo.steps import interchangeable
from tests.symmetry_demo.test_comparison import XOR, data, run, training

X, Y = data(8, 3, 3, np.float64)
SIZES = (3, 6, 3)


def tied(architecture=None, weight=0.5, dtype=np.float64):
    """Return the first weights of a constant network."""
    return constant(architecture or Architecture(SIZES, bias=False), np.dtype(dtype), weight)


def random(architecture=None, seed=0):
    """Return first weights that are all different."""
    parameters = Parameters(architecture or Architecture(SIZES, bias=False))
    parameters.flat[...] = np.random.default_rng(seed).normal(size=parameters.flat.shape)
    return parameters


def stepped(parameters, X=X, Y=Y, product=fixed_order_matmul):
    """Return the network after its forward and backward pass."""
    network = Network(parameters, len(X), product)
    network.forward(X.astype(parameters.dtype))
    network.backward(Y.astype(parameters.dtype))
    return network


def one_step(parameters, X=X, Y=Y) -> tuple[Parameters, Parameters, Parameters]:
    """Return the parameters before and after one step at rate ½, and the step."""
    after, move = parameters.copy(), parameters.copy()
    move.flat[...] = -0.5 * stepped(parameters, X, Y).gradients.flat
    after.flat += move.flat
    return parameters, after, move


def random_breaks(start, end):
    """Claim (f) without weight decay."""
    return steps.random_breaks_symmetry(start, end, X)


def trained(start, steps=60, X=X, Y=Y, rate=2.0):
    """Return what claim (e) is judged by."""
    comparison = run(Comparison({"constant": start}, X, Y, training(steps, rate), fixed_order_matmul))
    return (
        comparison.snapshots["constant"],
        comparison.first_split["constant"],
        (start, comparison.ends["constant"]),
        X,
        Y,
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight", [0.5, -1.25, 0.0])
def test_a_and_b_hold_for_constant_weights(activation, dtype, weight):
    """Equal to the bit, and to the closed forms up to rounding, under every activation, either sign and at zero."""
    network = stepped(tied(Architecture(SIZES, activation=activation), weight, dtype))
    for claim in (first_pass.hidden_outputs_equal, first_pass.hidden_deltas_equal):
        found = claim(network, weight)
        assert found.holds is True
        assert found.measured["spread over units"] == 0


def test_the_closed_forms_by_hand():
    """One sample x = (1, 2), y = (1, 0), w = ½, two units: h = s(1.5), then everything by the formulas of the sheet."""
    x, y = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])
    outputs, deltas = closed_forms(stepped(tied(Architecture((2, 2, 2), bias=False)), x, y), 0.5)
    h = 1 / (1 + exp(-1.5))
    z = 1 / (1 + exp(-h))
    delta_2 = [(z - target) * z * (1 - z) for target in (1.0, 0.0)]
    assert outputs.argument == pytest.approx([1.5])
    assert outputs.predicted == pytest.approx([h])
    assert outputs.measured == pytest.approx(np.full((1, 2), h))
    assert deltas.predicted == pytest.approx([h * (1 - h) * 0.5 * sum(delta_2)])
    assert deltas.measured == pytest.approx(np.full((1, 2), h * (1 - h) * 0.5 * sum(delta_2)))


def test_a_and_b_fail_for_random_weights():
    """Units that differ are not equal, whatever the closed form says."""
    network = stepped(random())
    assert first_pass.hidden_outputs_equal(network, 0.5).holds is False
    assert first_pass.hidden_deltas_equal(network, 0.5).holds is False


def test_a_and_b_fail_off_the_closed_form():
    """Equal units of another weight than the one claimed: equal, but not to g(w Σ x)."""
    network = stepped(tied(weight=0.6))
    for claim in (first_pass.hidden_outputs_equal, first_pass.hidden_deltas_equal):
        found = claim(network, 0.5)
        assert found.measured["spread over units"] == 0
        assert found.holds is False


def test_a_sees_a_bit():
    """One unit in its last place above the others is no equality."""
    network = stepped(tied())
    network.layers[0].out[3, 2] = np.nextafter(network.layers[0].out[3, 2], 1)
    assert first_pass.hidden_outputs_equal(network, 0.5).holds is False


def test_c_holds_for_constant_weights_under_both_losses():
    """Smallest gaps by hand: |y_i - y_k| z(1-z)/N under squared error, |y_i - y_k|/N under cross-entropy."""
    found = output_deltas_differ(tied(), X, Y, fixed_order_matmul)
    assert found.holds is True
    network = stepped(tied())
    z = network.layers[-1].out[:, :1]
    gaps = abs(Y[:, :, None] - Y[:, None, :])
    scaled = gaps * (z * (1 - z))[:, :, None]
    apart = gaps > 0
    assert found.measured["smallest gap, squared error"] == pytest.approx(scaled[apart].min() / 8)
    assert found.measured["smallest gap, cross-entropy"] == pytest.approx(gaps[apart].min() / 8)
    assert found.measured["gap where targets coincide"] == 0


def test_c_cannot_be_decided_where_outputs_are_saturated():
    """At w = 1000 every z rounds to 1 and Ω to 0: the δ^(2) differ in exact arithmetic only."""
    found = output_deltas_differ(tied(weight=1000.0), abs(X), Y, fixed_order_matmul)
    assert found.measured["smallest gap, squared error"] is None
    assert found.measured["smallest gap, cross-entropy"] > 0
    assert found.holds is None
    assert "saturated" in found.remark


def test_c_cannot_be_decided_where_targets_differ_by_no_more_than_rounding():
    """Targets 1e-20 apart: z - y is the same number for both, so no δ^(2) can tell them apart."""
    targets = np.tile([[0.0, 1e-20, 2e-20]], (8, 1))
    found = first_pass.output_deltas_differ(tied(), X, targets, fixed_order_matmul)
    assert found.holds is None
    assert "by no more than rounding" in found.remark


def test_c_fails_where_every_output_meets_its_own_target():
    """Targets 1 and 2, outputs 1 and 2: the targets differ, and both δ^(2) are 0."""
    parameters = Parameters(Architecture((3, 2, 2), output="identity", bias=False))
    parameters.weights[1][...] = [[1, 1], [2, 2]]  # h = ½ where V is 0
    found = output_deltas_differ(parameters, X, np.tile([[1.0, 2.0]], (8, 1)), fixed_order_matmul)
    assert found.measured["smallest gap, squared error"] == 0
    assert found.holds is False


def test_c_fails_for_random_weights_where_targets_coincide():
    """Other weights give other outputs, and so other δ^(2), for the same target."""
    found = output_deltas_differ(random(), X, Y, fixed_order_matmul)
    assert found.measured["gap where targets coincide"] > 0
    assert found.holds is False


def test_d_holds_after_one_step():
    """All rows of V alike, all columns of W alike, though neither is constant any more."""
    found = steps.one_step_keeps(*one_step(tied()), X, Y)
    assert found.holds is True
    assert found.measured["range over inputs i"] > 0
    assert found.measured["range over outputs j"] > 0


def test_d_fails_for_random_weights():
    """Units that differ before a step differ after it."""
    assert steps.one_step_keeps(*one_step(random()), X, Y).holds is False


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_d_takes_a_rounding_error_for_no_move(dtype):
    """One input's weights an ulp up, the same in every unit: V has not moved, and that it differs proves nothing."""
    before, after, move = one_step(tied(dtype=dtype))
    after.weights[0][...] = before.weights[0]
    after.weights[0][:, 0] = np.nextafter(before.weights[0][:, 0], dtype(1))
    found = steps.one_step_keeps(before, after, move, X, Y)
    assert found.measured["range over inputs i"] > 0
    assert found.holds is True
    assert found.remark == "V has not moved by more than rounding"


@pytest.mark.parametrize("matrix", [0, 1])
def test_d_fails_where_a_matrix_moved_by_one_constant(matrix):
    """Equal units whose weights do not differ between inputs, or between outputs, though they moved."""
    before, after, move = one_step(tied())
    after.weights[matrix][...] = 0.75
    found = steps.one_step_keeps(before, after, move, X, Y)
    assert found.measured["spread over units"] == 0
    assert found.holds is False


def test_d_cannot_be_decided_where_nothing_moved():
    """Weights that are still constant show nothing."""
    found = steps.one_step_keeps(tied(), tied(), tied(weight=0.0), X, Y)
    assert found.holds is None
    assert "no weight moved" in found.remark


def test_d_asks_no_difference_of_what_the_data_make_interchangeable():
    """Xor treats its two inputs alike and has one output, so the weights may stay equal; the claim says why."""
    found = steps.one_step_keeps(*one_step(tied(Architecture((2, 5, 1), bias=False)), *XOR), *XOR)
    assert found.holds is True
    assert found.measured["range over outputs j"] == 0
    assert found.remark == "the data make all inputs interchangeable; there is one output"


def test_d_under_softmax_asks_nothing_of_v():
    """Σ_j δ_j^(2) = 0 there, so the first step leaves V where it is; a rounding error counts for nothing."""
    labels = np.eye(3)[[0, 1, 2, 0, 1, 1, 2, 0]]
    architecture = Architecture(SIZES, output="softmax", loss="cross_entropy", bias=False)
    for dtype in (np.float32, np.float64):
        found = steps.one_step_keeps(*one_step(tied(architecture, dtype=dtype), X, labels), X, labels)
        assert found.holds is True
        assert found.remark == "V has not moved by more than rounding"


def test_e_holds_for_constant_weights():
    """Sixty steps, no split, while the rows of W part from one another."""
    found = steps.units_stay_equal(*trained(tied()))
    assert found.holds is True
    assert found.measured["range over outputs j"] > 0


def test_e_says_where_the_rows_of_w_are_the_same():
    """No unit apart and no split: the claim holds, and the remark says that w_ij^(2) does not differ by j."""
    snapshots, split, (start, end), *samples = trained(tied())
    end.weights[1][...] = 0.75
    found = steps.units_stay_equal(snapshots, split, (start, end), *samples)
    assert found.measured["largest spread"] == 0
    assert found.holds is True
    assert found.remark == "w_ij^(2) does not differ by j in this run"


def test_e_fails_by_its_split_alone():
    """A split between two recorded steps that closed again is a split."""
    snapshots, _, ends, *samples = trained(tied())
    assert steps.units_stay_equal(snapshots, 3, ends, *samples).holds is False


def test_e_cannot_be_decided_where_nothing_moved_or_all_diverged():
    """Saturated units never move; identity units at a rate of 1e6 leave no number to compare."""
    saturated = steps.units_stay_equal(*trained(tied(weight=1000.0), X=abs(X)))
    diverging = tied(Architecture(SIZES, activation="identity", output="identity"))
    diverged = steps.units_stay_equal(*trained(diverging, steps=500, rate=1e6))
    assert saturated.holds is None
    assert "no weight moved" in saturated.remark
    assert diverged.holds is None
    assert "diverged" in diverged.remark


def test_e_fails_for_random_and_for_nudged_weights():
    """A spread of any size is a difference."""
    nudged = tied()
    nudged.weights[0][0, 0] = np.nextafter(0.5, 1)
    assert steps.units_stay_equal(*trained(nudged)).holds is False
    assert steps.units_stay_equal(*trained(random())).holds is False


def test_f_holds_for_random_weights_and_fails_for_constant_ones():
    """Six units of six, or one of six; and a tie of two among six is a failure too."""
    start = random()
    assert random_breaks(start, trained(start)[2][1]).holds is True
    start = tied()
    assert random_breaks(start, trained(start)[2][1]).holds is False
    twin = random()
    twin.weights[0][4], twin.weights[1][:, 4] = twin.weights[0][1], twin.weights[1][:, 1]
    assert random_breaks(random(), twin).holds is False
    assert random_breaks(twin, random()).holds is False
    twin.flat[...] = np.nan
    assert random_breaks(random(), twin).holds is None


def test_g_holds_on_overlapping_classes_and_fails_on_separable_ones():
    """Where a line parts the classes there is no optimum: the weights grow for ever. Neither is one step enough."""
    rng = np.random.default_rng(0)
    X, y = overlapping_classes(rng, np.dtype(np.float64))
    assert logistic.same_optimum(two_starts(X, y, fixed_order_matmul, rng)).holds is True
    assert logistic.same_optimum(two_starts(X, y, fixed_order_matmul, rng, steps=1)).holds is False
    separable = np.where(X[:, :1] > 0, 1.0, 0.0)
    assert logistic.same_optimum(two_starts(X, separable, fixed_order_matmul, rng, steps=500)).holds is False


@pytest.mark.parametrize(
    "change", [{"gradient": 1e-6}, {"curvature": -1.0}, {"curvature": 0.0}, {"distance": 1e-3}]
)
def test_g_fails_by_each_of_its_conditions_alone(change):
    """A gradient that has not vanished, a curvature that is not positive, two ends that are too far apart."""
    rng = np.random.default_rng(0)
    found = two_starts(*overlapping_classes(rng, np.dtype(np.float64)), fixed_order_matmul, rng)
    assert logistic.same_optimum(replace(found, **change)).holds is False


def test_a_closed_form_is_met_to_rounding_and_no_further():
    """A relative difference of 1e-12 in the weight, or in the output of every unit, is more than rounding."""
    network = stepped(tied())
    for claim in (first_pass.hidden_outputs_equal, first_pass.hidden_deltas_equal):
        assert claim(network, 0.5).holds is True
        assert claim(network, 0.5 * (1 + 1e-12)).holds is False


def test_samples_at_a_kink_of_relu_decide_nothing():
    """Inputs that add up to zero but for rounding: the slope there is either, so (b) leaves them out and says so."""
    kink = X.copy()
    kink[2] = [0.1, 0.2, -0.3]
    network = stepped(tied(Architecture(SIZES, activation="relu", bias=False)), kink)
    found = first_pass.hidden_deltas_equal(network, 0.5)
    assert found.holds is True
    assert found.remark.endswith(": 1")
    kink[...] = [0.1, 0.2, -0.3]
    network = stepped(tied(Architecture(SIZES, activation="relu", bias=False)), kink)
    assert first_pass.hidden_deltas_equal(network, 0.5).holds is None


def test_the_smallest_numbers_have_no_digits_to_round():
    """δ^(1) of 1e-44 in float32 are denormal, and as close to the closed form as such numbers can be."""
    strong = -4 * abs(np.random.default_rng(0).normal(size=(8, 3)))
    for width in (180, 190, 200):
        network = stepped(tied(Architecture((3, width, 3), bias=False), -0.5, np.float32), strong)
        assert first_pass.hidden_deltas_equal(network, -0.5).holds is True


def test_what_does_not_apply_is_null_and_says_why():
    """One output, one hidden unit, and targets that coincide everywhere."""
    one_output = output_deltas_differ(tied(Architecture((3, 6, 1))), X, Y[:, :1], fixed_order_matmul)
    same_targets = output_deltas_differ(tied(), X, np.repeat(Y[:, :1], 3, axis=1), fixed_order_matmul)
    narrow = tied(Architecture((3, 1, 3)))
    of_one_unit = (
        first_pass.hidden_outputs_equal(stepped(narrow), 0.5),
        first_pass.hidden_deltas_equal(stepped(narrow), 0.5),
        steps.one_step_keeps(*one_step(narrow), X, Y),
        steps.units_stay_equal(*trained(narrow)),
        random_breaks(narrow, narrow),
    )
    for claim in (one_output, same_targets, *of_one_unit):
        assert claim.holds is None
        assert claim.remark
    assert one_output.remark == "there is one output"
    assert {claim.remark for claim in of_one_unit} == {"there is one hidden unit"}


@pytest.mark.parametrize(
    ("columns", "others", "alike"),
    [
        (XOR[0], XOR[1], True),
        (XOR[1], XOR[0], True),
        (X, Y, False),
        (np.eye(3), np.ones((3, 1)), True),
        (np.eye(3), np.array([[1.0], [1.0], [2.0]]), False),
    ],
)
def test_interchangeable_columns_are_known(columns, others, alike):
    """A single column always is; three unit vectors are, unless one of them has a target of its own."""
    assert interchangeable(columns, others) is alike
