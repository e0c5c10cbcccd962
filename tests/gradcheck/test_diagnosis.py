"""Every mistake of the catalogue is caught and named, no right gradient fails, and nothing is guessed."""

from dataclasses import replace
from functools import cache
from itertools import islice, product

import numpy as np
import pytest

from bpcli.gradcheck.comparing import Match
from bpcli.gradcheck.degenerate import degeneracies, random_example
from bpcli.gradcheck.findings import Group
from bpcli.gradcheck.grading import grade
from bpcli.gradcheck.search import agreed
from bpcli.mistakes.candidates import prepared
from bpcli.mistakes.making import injected, suited
from bpcli.network import Architecture
from bpcli.network.example import Example
from tests.gradcheck.quality import DEEP, MISTAKES, answer, distance, random_problem, survey, verdict_of
from tests.mistakes.byhand import answer as by_hand

ON_W = [m for m in MISTAKES if m not in DEEP and not m.startswith(("bias", "decay", "outer"))]
ON_V = [m for m in MISTAKES if not m.startswith(("bias", "decay", "outer", "no-omega"))]


@cache  # what is worked out for one answer serves the next, as it does for a class
def point(sizes=(4, 4, 4), *, bias=True, samples=5, seed=0, decay=0.0):
    """Return an informative point; nobody can write into its arrays."""
    architecture = Architecture(sizes, bias=bias)
    empty = Example(
        architecture, np.zeros((samples, sizes[0])), np.zeros((samples, sizes[-1])), {}, 0.3, decay
    )
    example = random_example(empty, np.random.default_rng(seed))
    for tensor in (example.X, example.Y, *example.parameters.values()):
        tensor.flags.writeable = False
    return example


@pytest.mark.parametrize("networks", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_over_random_networks_no_wrong_gradient_passes_and_no_right_one_fails(networks):
    """The survey of benchmarks/gradcheck_quality.py in short: the right name alone, or among those that fit."""
    for (truth, verdict), count in survey(networks, seed=1).items():
        kind, _, form = truth.partition(", ")
        if kind == "correct":
            assert verdict == "correct", (truth, verdict, count)
        elif not form:
            assert verdict == kind, (truth, verdict, count)
        else:
            named = [name.strip() for group in verdict.split(" & ") for name in group.split(" / ")]
            assert kind in named or verdict in {"unknown", "uninformative"}, (truth, verdict, count)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_named_at_an_informative_point(mistake):
    """With all layers equally wide, biases and decay, every row of the catalogue can be made, and is named alone."""
    example = point(decay=0.1)
    wrong = answer(example, mistake)
    assert verdict_of(example, wrong) == mistake


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_injected_mistake_is_the_mistake(mistake):
    """What --inject makes is what a hand-written loop makes, to rounding; the check names it."""
    start = point((3, 4, 6), bias=False)
    example = random_example(suited(start, mistake), np.random.default_rng(1))
    made = injected(example, mistake)
    assert verdict_of(example, made) == mistake
    # These have more than one usual form: in one layer or both, for each point or the batch, with or without 1/N.
    if mistake not in {
        "wrong-input",
        "matmul-for-elementwise",
        "updated-first",
        "raw-and-updated",
        "last-sample",
    }:
        assert distance(made, answer(example, mistake)) < 1e-12


@pytest.mark.parametrize(
    ("seed", "every"), [(0, 7), *(pytest.param(seed, 1, marks=pytest.mark.slow) for seed in range(3))]
)
def test_two_mistakes_in_different_matrices_are_both_named_or_unknown(seed, every):
    """W with one mistake, V with another; the names are right or there are none. In short, every seventh pair."""
    for on_w, on_v in islice(product(ON_W, ON_V), 0, None, every):
        example = point(seed=seed)
        first, second = answer(example, on_w, matrix="W"), answer(example, on_v, matrix="V")
        both = {k: (first if k.endswith("W") else second)[k] for k in first}
        named = {name.split(" / ")[0] for name in verdict_of(example, both).split(" & ")}
        # The raw error passed back beside a W without Ω is what the catalogue calls no-omega.
        right = {"no-omega"} if {on_w, on_v} == {"no-omega", "raw-error-back"} else {on_w, on_v}
        assert named in (right, {"unknown"}), (on_w, on_v, named)


@pytest.mark.parametrize("seed", range(3))
def test_a_sign_of_its_own_is_not_that_of_the_update(seed):
    """∇W of the other sign beside a ∇V through W - η∇W: W moved by the right gradient, not by the one returned."""
    example = point(seed=seed)
    turned, moved = answer(example, "sign", matrix="W"), answer(example, "updated-first", matrix="V")
    both = {name: (turned if name.endswith("W") else moved)[name] for name in turned}
    assert verdict_of(example, both) == "sign & updated-first"


def test_a_missing_derivative_with_a_missing_mean_is_named_as_the_pair():
    """no-lambda, summed over the samples instead of averaged."""
    example = point((3, 4, 2))
    wrong = {name: 5 * tensor for name, tensor in answer(example, "no-lambda").items()}
    check = grade("pair", [example], [wrong])
    named = {id_ for finding in check.findings for id_ in finding.ids}
    assert named == {"no-lambda", "sum-for-mean"}
    assert not check.unexplained


@pytest.mark.parametrize("name", ["V", "W"])
def test_a_mistake_in_some_rows_is_named_with_its_rows(name):
    """Rows 1 and 3 have the wrong derivative, the others are right."""
    example = point()
    right, wrong = answer(example), answer(example, "tanh-derivative")
    mixed = {key: tensor.copy() for key, tensor in right.items()}
    mixed[name][[1, 3]] = wrong[name][[1, 3]]
    (finding,) = grade("rows", [example], [mixed]).findings
    assert (finding.ids, finding.tensors, finding.rows) == (("tanh-derivative",), (name,), (1, 3))


def test_a_scaling_is_named_with_its_constant():
    """0.37 is no factor of the catalogue: it is told as the constant it is."""
    example = point()
    (finding,) = grade("scaled", [example], [{k: 0.37 * v for k, v in answer(example).items()}]).findings
    assert finding.ids == ("constant-factor",)
    assert finding.factor == pytest.approx(0.37)


def test_what_nothing_explains_is_unknown_and_what_is_known_is_told():
    """Noise in one matrix: which are right, the cosine, the rows that a factor would put right."""
    example = point()
    wrong = answer(example)
    wrong["V"] = wrong["V"].copy()
    wrong["V"][0] *= 3.3
    wrong["V"][1] += np.random.default_rng(0).normal(size=4)
    check = grade("noise", [example], [wrong])
    assert check.verdict == "wrong"
    assert check.findings == ()
    assert check.unexplained == ("V",)
    tensors = {tensor.name: tensor for tensor in check.tensors}
    assert {name for name, tensor in tensors.items() if tensor.verdict == "correct"} == {
        "W",
        "bias_V",
        "bias_W",
    }
    assert 0 < tensors["V"].cosine < 1
    assert tensors["V"].row_factors == (pytest.approx(1 / 3.3), None, 1.0, 1.0)


def test_the_rate_of_a_weight_that_moved_first_is_fitted():
    """The submission's own rate, 0.3, is found by least squares although the point says 0.1."""
    example = point((3, 4, 2))
    wrong = answer(example, "updated-first")
    (finding,) = grade("moved", [replace(example, learning_rate=0.1)], [wrong]).findings
    assert finding.ids == ("updated-first",)
    assert finding.rate == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: replace(p, X=p.X[:1], Y=p.Y[:1]), "1 sample"),
        (lambda p: replace(p, X=p.X[:2], Y=p.Y[:2]), "2 samples"),
        (lambda p: replace(p, parameters={**p.parameters, "W": 0 * p.parameters["W"]}), "W is zero"),
        (
            lambda p: replace(p, parameters={**p.parameters, "V": 0 * p.parameters["V"] + 0.5}),
            "V is constant",
        ),
        (
            lambda p: replace(p, parameters={**p.parameters, "bias_V": p.parameters["bias_V"] + 800}),
            "saturated",
        ),
        (lambda p: replace(p, Y=p.network().forward(p.X).copy()), "vanishes"),
        (lambda p: replace(p, parameters=p.parameters | {"bias_V": np.zeros(4)}), "bias_V is zero"),
        (lambda p: replace(p, learning_rate=1e-6), "updated-first cannot be told"),
        (lambda p: replace(p, learning_rate=1.0), "the learning rate is 1"),
    ],
)
def test_a_point_that_cannot_tell_is_never_correct(spoil, says):
    """One or two samples, zero or constant weights, saturated units, no error: uninformative, with the reason."""
    example = spoil(point())
    assert says in "; ".join(degeneracies(example))
    check = grade("right", [example], [answer(example)])
    assert check.verdict == "uninformative"
    assert check.reasons


def test_zero_weights_without_hidden_units_are_informative():
    """Logistic regression may start at zero, and be checked there."""
    example = point((3, 2))
    zero = replace(example, parameters=example.parameters | {"W": np.zeros((2, 3))})
    assert not degeneracies(zero)
    assert verdict_of(zero, answer(zero)) == "correct"


def test_two_points_separate_what_one_cannot():
    """At N = 4 twice the sum, halved, is a factor 2; a second point with another N knows better."""
    first, second = point(samples=5), point(samples=6, seed=1)
    first = replace(first, X=first.X[:4], Y=first.Y[:4])
    given = [{k: len(p.X) / 2 * v for k, v in answer(p).items()} for p in (first, second)]
    (single,) = grade("one", [first], given[:1]).findings
    assert single.ids == ("half",)
    (both,) = grade("two", [first, second], given).findings
    assert set(both.ids) == {"half", "sum-for-mean"}


def test_gradients_computed_in_float32_are_judged_by_their_own_rounding():
    """At weights of 0.001 a right gradient in float32 is further off than 1e-6, and is not failed for it."""
    rng = np.random.default_rng(4)
    worst = 0.0
    for _ in range(100):
        example = random_problem(rng)
        single = answer(example, dtype=np.float32)
        worst = max(worst, distance(single, answer(example)))
        assert verdict_of(example, single) in {"correct", "uninformative"}
    assert worst > 1e-6


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_under_cross_entropy_the_raw_error_is_right(output):
    """δ is z - y there: what the catalogue calls no-omega is the truth, and Ω in it is not."""
    example = point((3, 4, 3), bias=False)
    architecture = Architecture((3, 4, 3), output=output, loss="cross_entropy", bias=False)
    example = random_example(replace(example, architecture=architecture), np.random.default_rng(0))
    network = example.network()
    network.forward(example.X)
    network.backward(example.Y)
    right = {name: tensor.copy() for name, tensor in network.gradients.named()}
    assert grade("right", [example], [right]).verdict == "correct"
    assert grade("wrong", [example], [{k: -v for k, v in right.items()}]).findings[0].ids == ("sign",)


def test_a_mistake_in_every_bias_is_one_even_where_one_bias_could_have_another():
    """The deltas of softmax sum to zero: its bias alone could be one that was left out."""
    blank = Example(
        Architecture((4, 5, 3), "relu", "softmax", "cross_entropy"), np.zeros((7, 0)), np.zeros((7, 0)), {}
    )
    example = random_example(blank, np.random.default_rng(0))
    true = prepared(example)
    summed = {
        names.bias: np.full_like(example.parameters[names.bias], true.work(i).delta.sum() / 7)
        for i, names in enumerate(example.architecture.names())
    }
    right = {names.matrix: true.work(i).grad_weight for i, names in enumerate(example.architecture.names())}
    (finding,) = grade("both", [example], [right | summed]).findings
    assert (finding.ids, set(finding.tensors)) == (("bias-summed",), {"bias_V", "bias_W"})
    (alone,) = grade("one", [example], [by_hand(example) | {"bias_W": summed["bias_W"]}]).findings
    assert {alone.ids, *alone.alternatives} == {("bias-summed",), ("bias-frozen",)}


def test_groups_that_could_share_either_of_two_mistakes_share_one():
    """They do not exchange their names."""

    def group(name, *ids):
        return Group((name,), tuple(Match((each,), 0.0) for each in ids))

    found = agreed([group("V", "half", "mean-over-outputs"), group("W", "mean-over-outputs", "half")])
    assert len({each.options[0].ids for each in found}) == 1


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_derivative_too_many_under_cross_entropy_is_named(output):
    """z(1-z) left in the delta, where it cancels: in both matrices, one mistake."""
    architecture = Architecture((3, 4, 3), output=output, loss="cross_entropy", bias=False)
    example = random_example(
        replace(point((3, 4, 3), bias=False), architecture=architecture), np.random.default_rng(0)
    )
    V, W = example.parameters["V"], example.parameters["W"]
    H = 1 / (1 + np.exp(-example.X @ V.T))
    B = H @ W.T
    Z = np.exp(B) / np.exp(B).sum(axis=1, keepdims=True) if output == "softmax" else 1 / (1 + np.exp(-B))
    D2 = Z * (1 - Z) * (Z - example.Y) / example.samples
    wrong = {"V": (D2 @ W * H * (1 - H)).T @ example.X, "W": D2.T @ H}
    (finding,) = grade("extra", [example], [wrong]).findings
    assert finding.ids == ("extra-omega",)
    assert set(finding.tensors) == {"V", "W"}


@pytest.mark.parametrize("digits", [5, 6, 7])
def test_a_rounded_answer_is_given_no_mistake(digits):
    """Written with a few digits it may be wrong, but no constant, no rate and no mistake is invented for it."""
    for seed in range(10):
        example = point((3, 4, 2), bias=False, seed=seed)
        rounded = {
            name: np.vectorize(lambda v: float(f"{v:.{digits}g}"))(g) for name, g in answer(example).items()
        }
        assert grade("rounded", [example], [rounded]).findings == ()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: replace(p, X=p.X[[0] * 5], Y=p.Y[[0] * 5]), "last-sample"),
        (
            lambda p: replace(p, parameters={**p.parameters, "W": p.parameters["W"] + p.parameters["W"].T}),
            "w-not-transposed",
        ),
    ],
)
def test_a_mistake_that_is_none_at_a_point_keeps_it_from_certifying(spoil, says):
    """Five equal samples, a symmetric W: what cannot be told from the truth there is named as the reason."""
    example = spoil(point())
    assert says in "; ".join(degeneracies(example))
    assert verdict_of(example, answer(example)) == "uninformative"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_small_row_or_column_is_judged_by_itself(axis):
    """One row of ∇V, or one column, is a hundred million times smaller than the others, and of the wrong sign."""
    example = point((3, 4, 2))
    if axis == 0:
        W = example.parameters["W"].copy()
        W[:, 1] *= 3e-7
        example = replace(example, parameters={**example.parameters, "W": W})
    else:
        X = example.X.copy()
        X[:, 1] *= 1e-8
        example = replace(example, X=X)
    wrong = {name: tensor.copy() for name, tensor in answer(example).items()}
    wrong["V"][(1,) if axis == 0 else (slice(None), 1)] *= -1
    assert verdict_of(example, answer(example)) == "correct"
    assert verdict_of(example, wrong) not in {"correct", "uninformative"}


@pytest.mark.parametrize("shift", [14.0, 30.0])
def test_saturated_outputs_neither_certify_nor_condemn(shift):
    """Where 1-z has lost its digits, z(1-z) and the exact e⁻ᵇ/(1+e⁻ᵇ)² differ: neither form is called wrong."""
    example = point((3, 4, 2), bias=False)
    W = example.parameters["W"] * 0.1 + shift / 2
    V = np.abs(example.parameters["V"]) * 0.1
    example = replace(example, X=np.abs(example.X), parameters={"V": V, "W": W})
    H = 1 / (1 + np.exp(-example.X @ V.T))
    E = np.exp(-(H @ W.T))
    D2 = (1 / (1 + E) - example.Y) * E / (1 + E) ** 2 / example.samples
    exact = {"V": (D2 @ W * H * (1 - H)).T @ example.X, "W": D2.T @ H}
    for given in (exact, answer(example)):
        assert verdict_of(example, given) == "uninformative"


def test_a_transposed_shape_is_believed_only_with_its_numbers():
    """Noise of the transposed shape is unknown; a transposed gradient with another mistake is both."""
    example = point((3, 4, 2), bias=False)
    noise = {
        name: np.random.default_rng(0).normal(size=t.shape[::-1]) for name, t in example.parameters.items()
    }
    assert verdict_of(example, noise) == "unknown"
    both = {name: -tensor.T for name, tensor in answer(example).items()}
    named = {id_ for finding in grade("both", [example], [both]).findings for id_ in finding.ids}
    assert named == {"outer-transposed", "sign"}


def test_a_bias_of_the_matrix_shape_is_believed_only_with_its_numbers():
    """The matrix's gradient in the place of the bias is named; noise of that shape is unknown."""
    example = point((3, 4, 2))
    noise = {**answer(example), "bias_V": np.random.default_rng(0).normal(size=(4, 3))}
    check = grade("noise", [example], [noise])
    assert (check.findings, check.unexplained) == ((), ("bias_V",))


def test_with_one_input_the_bias_times_input_has_the_right_shape_and_is_named():
    """Sizes 1-3-2: δ x has the shape of δ; its numbers give it away."""
    example = point((1, 3, 2))
    given = {**answer(example), "bias_V": answer(example)["V"][:, 0]}
    (finding,) = grade("one", [example], [given]).findings
    assert (finding.ids, finding.tensors) == (("bias-times-input",), ("bias_V",))


def test_a_wide_matrix_is_named_only_if_every_column_agrees():
    """A slip in the directions that the combinations of columns leave out: they fit, and the whole does not."""
    example = point((40, 4, 3))
    wrong = answer(example, "no-lambda")
    assert verdict_of(example, wrong) == "no-lambda"
    sketch = prepared(example).sketch(0)
    unseen = np.linalg.qr(sketch, mode="complete")[0][:, -1]
    wrong["V"] = wrong["V"] + 0.01 * np.outer(np.ones(4), unseen)
    check = grade("unseen", [example], [wrong])
    assert check.verdict == "wrong"
    assert "V" in check.unexplained


def test_a_mean_in_the_line_that_passes_back_is_named_in_every_layer():
    """Divided by N once more in each layer below: 1/N, then 1/N², at two examples with different N."""
    architecture = Architecture((3, 5, 4, 6))
    blank = Example(architecture, np.zeros((7, 3)), np.zeros((7, 6)), {}, 0.3)
    examples = [random_example(blank, np.random.default_rng(0), samples=n) for n in (7, 9)]
    power = {"W3": 0, "W2": 1, "W1": 2}
    wrong = [
        {name: tensor / e.samples ** power[name[-2:]] for name, tensor in by_hand(e).items()}
        for e in examples
    ]
    (finding,) = grade("chain", examples, wrong).findings
    assert finding.ids == ("mean-twice",)
    assert set(finding.tensors) == {"W2", "bias_W2", "W1", "bias_W1"}


def test_a_scaling_by_another_factor_in_each_layer_is_told_for_each():
    """Twice ∇W and half ∇V, which with two outputs is also the mean over them."""
    example = point((3, 4, 2))
    wrong = {name: tensor * (2 if name.endswith("W") else 0.5) for name, tensor in answer(example).items()}
    found = {finding.tensors: finding for finding in grade("factors", [example], [wrong]).findings}
    assert found["W", "bias_W"].factor == 2
    assert found["V", "bias_V"].factor == 0.5
    assert ("mean-over-outputs",) in found["V", "bias_V"].alternatives
