"""Hidden units that are the same unit are found, and no others: faults are planted and must be seen."""

import numpy as np
import pytest

from bpcli.network import Architecture, Parameters, initialise
from bpcli.symmetry import closeness, effective_units, layer_symmetry, network_symmetry, unit_differences
from bpcli.symmetry.closeness import suspects
from bpcli.symmetry.differences import nearest_units
from tests.symmetry.surveys import Setting, random_networks


def random_parameters(sizes, *, dtype=np.float64, seed=0, bias=True):
    """Return parameters whose weights and biases are all random."""
    parameters = Parameters(Architecture(sizes, bias=bias), dtype)
    parameters.flat[...] = np.random.default_rng(seed).normal(size=parameters.flat.shape)
    return parameters


def duplicate(parameters, source, target, layer=1):
    """Make hidden unit ``target`` the same as ``source``: its row, its bias and its outgoing column."""
    parameters.weights[layer - 1][target] = parameters.weights[layer - 1][source]
    if parameters.biases[layer - 1] is not None:
        parameters.biases[layer - 1][target] = parameters.biases[layer - 1][source]
    parameters.weights[layer][:, target] = parameters.weights[layer][:, source]


def nudge(parameters, unit, ulps, seed=1):
    """Move every weight of a hidden unit by up to ``ulps`` units in its last place."""
    rng = np.random.default_rng(seed)
    for weight, place in ((parameters.weights[0], (unit,)), (parameters.weights[1], (slice(None), unit))):
        weight[place] += rng.integers(-ulps, ulps + 1, weight[place].shape) * np.spacing(weight[place])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("width", [2, 3, 16, 200])
def test_random_units_are_distinct(dtype, bias, width):
    """No false flags, from the narrowest layer to a wide one, with the fewest weights a unit can have and more."""
    for seed in range(30):
        for fan_in, fan_out in ((1, 1), (5, 3), (64, 10)):
            parameters = random_parameters((fan_in, width, fan_out), dtype=dtype, seed=seed, bias=bias)
            (found,) = network_symmetry(parameters)
            assert found.groups == ()
            assert found.effective_units == width


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ulps", [0, 1, 4])
def test_planted_duplicates_are_found(dtype, ulps):
    """Two groups among 40 units, exact or a few units in the last place apart: named, the larger first."""
    parameters = random_parameters((6, 40, 3), dtype=dtype)
    for target in (11, 25, 39):
        duplicate(parameters, 4, target)
        nudge(parameters, target, ulps, seed=target)
    duplicate(parameters, 30, 2)
    nudge(parameters, 2, ulps)
    found = layer_symmetry(parameters, 1)
    assert found.groups == ((4, 11, 25, 39), (2, 30))
    assert found.effective_units == 36
    verdict = "exact" if ulps == 0 else "within rounding"
    assert {found.verdicts[unit] for group in found.groups for unit in group} == {verdict}
    assert found.verdicts[0] == "distinct"


@pytest.mark.parametrize("part", ["row", "bias", "column"])
def test_units_that_differ_in_one_part_are_distinct(part):
    """Row of V, bias and column of W each count: a thousandth in any of them tells two units apart."""
    parameters = random_parameters((6, 8, 3))
    duplicate(parameters, 1, 5)
    target = {
        "row": parameters.weights[0][5],
        "bias": parameters.biases[0][5:6],
        "column": parameters.weights[1][:, 5],
    }[part]
    target *= 1.001
    assert layer_symmetry(parameters, 1).groups == ()


def test_a_huge_row_does_not_hide_a_small_column():
    """Each part is measured by its own size: columns of 1e-3 and 2e-3 differ beside equal rows of 1e3."""
    parameters = random_parameters((6, 2, 3), dtype=np.float32)
    parameters.weights[0][...] = 1e3
    parameters.biases[0][...] = 0
    parameters.weights[1][...] = [1e-3, 2e-3]
    assert layer_symmetry(parameters, 1).groups == ()


@pytest.mark.parametrize("scheme", [{"scheme": "constant", "value": 0.5}, {"scheme": "zeros"}])
def test_constant_weights_are_one_unit_in_every_layer(scheme):
    """Constant and zero initialisation: one exact group in each hidden layer."""
    parameters = Parameters(Architecture((4, 7, 5, 2)))
    initialise(parameters, np.random.default_rng(0), **scheme)
    found = network_symmetry(parameters)
    assert [layer.groups for layer in found] == [(tuple(range(7)),), (tuple(range(5)),)]
    assert [layer.effective_units for layer in found] == [1, 1]
    assert set(found[0].verdicts) == {"exact"}


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e200), (np.float64, 1e-200)])
def test_the_size_of_the_weights_does_not_matter(dtype, size):
    """Squares that overflow or vanish tell nothing: random units stay distinct, planted ones are found."""
    parameters = random_parameters((4, 6, 2), dtype=dtype)
    duplicate(parameters, 1, 4)
    nudge(parameters, 4, 2)
    parameters.flat *= size
    assert layer_symmetry(parameters, 1).groups == ((1, 4),)


def test_a_group_is_held_together_by_its_first_unit():
    """Three units in a row, each 0.8 τ from the next: the third is not within τ of the first, and stands alone."""
    parameters = Parameters(Architecture((1, 3, 1), bias=False))
    tau = 1024 * np.finfo(np.float64).eps
    parameters.weights[0][:, 0] = [1, 1 + 0.8 * tau, 1 + 1.6 * tau]
    parameters.weights[1][...] = 1
    assert layer_symmetry(parameters, 1).groups == ((0, 1),)
    parameters.weights[0][:, 0] = [1 + 0.8 * tau, 1, 1 + 1.6 * tau]
    assert layer_symmetry(parameters, 1).groups == ((0, 1, 2),)


def test_weights_that_are_not_finite_are_no_group():
    """All NaN is what a divergence leaves; it is no symmetry."""
    parameters = Parameters(Architecture((2, 3, 1)))
    parameters.flat[...] = np.nan
    assert layer_symmetry(parameters, 1).groups == ()


def test_logistic_regression_has_no_hidden_units():
    """Without hidden layers there is nothing to find."""
    assert network_symmetry(Parameters(Architecture((4, 1)))) == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("setting", "steps"),
    [
        (Setting((5, 12, 2), rate=0.1, noise=False, batch=64, constant=True), 1_000),
        (Setting((1, 2, 1), rate=1.0), 1_000),
        pytest.param(Setting((1, 2, 1), rate=1.0), 10_000, marks=pytest.mark.slow),
        pytest.param(Setting((5, 12, 2), rate=0.01), 10_000, marks=pytest.mark.slow),
    ],
)
def test_twins_that_training_rounds_differently_are_still_found(setting, steps, dtype):
    """After up to 10,000 steps of BLAS where the network keeps them together, planted exact or a few ulps apart."""
    assert setting.found(dtype, steps, ulps=2)
    assert setting.found(dtype, steps // 10, ulps=0)


@pytest.mark.parametrize("drawn", [{}, {"fans": (1, 1), "dtype": np.float32, "bias": False}])
def test_no_random_network_is_flagged_trained_or_not(drawn):
    """The survey of benchmarks/detection.py, made short: any networks, and those with the fewest weights and digits."""
    for parameters in random_networks(30, **drawn):
        assert network_symmetry(parameters)[0].groups == ()


def by_the_rule(parameters):
    """Return the groups by the words of the rule: every unit against every later one, in float64."""
    rows = np.concatenate([parameters.weights[0], parameters.biases[0][:, None]], axis=1)
    same = np.ones((len(rows), len(rows)), dtype=bool)
    for part in (rows.astype(float), parameters.weights[1].T.astype(float)):
        tau = 1024 * np.finfo(parameters.dtype).eps * part.shape[1] ** 0.5
        sizes = np.sqrt((part**2).sum(axis=1))
        sizes = np.maximum(sizes, np.median(sizes))
        gaps = np.sqrt(((part[:, None] - part) ** 2).sum(axis=2))
        same &= gaps <= tau * np.maximum(sizes[:, None], sizes)
    free, groups = list(range(len(rows))), []
    while free:
        group = [unit for unit, equal in zip(free, same[free[0], free].tolist(), strict=True) if equal]
        groups += [tuple(group)] if len(group) > 1 else []
        free = sorted(set(free) - set(group))
    return tuple(sorted(groups, key=lambda g: (-len(g), g)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("fans", "most"), [((1, 1), 130), ((3, 2), 130), ((60, 10), 130), ((3, 2), 12)])
def test_the_short_way_finds_what_all_pairs_find(fans, most, dtype):
    """Crowds of near units, from equal to clearly apart, among units of all sizes, against the rule taken literally."""
    found = 0
    for seed in range(40 if most < 130 else 20):
        rng = np.random.default_rng(seed)
        width = int(rng.integers(2, most))
        parameters = random_parameters((fans[0], width, fans[1]), dtype=dtype, seed=seed)
        decades = (
            40 if dtype is np.float64 and seed % 4 == 0 else 3
        )  # squares of most are then no single precision
        sizes = 10.0 ** rng.uniform(-decades, decades, width) if seed % 3 == 0 else np.ones(width)
        centres = rng.integers(0, max(1, width // rng.integers(1, 50)), width)  # each near one of these
        moved = rng.random(width) < 0.7
        spread = 10.0 ** rng.uniform(1, 5) * np.finfo(dtype).eps
        for weights in (parameters.weights[0], parameters.biases[0][:, None], parameters.weights[1].T):
            weights *= sizes[:, None].astype(dtype)  # noqa: PLW2901 - in place
            near = weights[centres] * (1 + spread * rng.uniform(-1, 1, weights.shape)).astype(dtype)
            weights[moved] = near[moved]
        assert layer_symmetry(parameters, 1).groups == by_the_rule(parameters)
        found += len(by_the_rule(parameters))
    assert found > 20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("apart", [0.7, 1.5, 4, 30])
def test_ties_that_come_apart_are_told_apart_as_all_pairs_are(dtype, apart, monkeypatch):
    """Two crowds of units a few τ apart, one numbered among the other: many pairs at once, against the rule."""
    compared = [0]
    many_at_once = closeness.Centred.same_pairs

    def noted(centred, block, first):
        compared.append(len(block) * (len(centred.units) - first))
        return many_at_once(centred, block, first)

    monkeypatch.setattr(closeness.Centred, "same_pairs", noted)
    rng = np.random.default_rng(7)
    parameters = random_parameters((30, 300, 4), dtype=dtype)
    for weights, most in ((parameters.weights[0], apart), (parameters.weights[1].T, min(apart, 2))):
        tau = 1024 * np.finfo(dtype).eps * weights.shape[1] ** 0.5
        moved = weights[np.arange(300) % 2] * (1 + most * tau * rng.uniform(-1, 1, weights.shape))
        weights[...] = moved.astype(dtype)
    parameters.biases[0][...] = 0
    parameters.weights[0][290], parameters.weights[1][:, 290] = (
        parameters.weights[0][3],
        parameters.weights[1][:, 3],
    )
    groups = layer_symmetry(parameters, 1).groups
    assert groups == by_the_rule(parameters)
    assert effective_units(parameters) == (300 - sum(len(group) - 1 for group in groups),)
    assert any({3, 290} <= set(group) for group in groups)
    assert max(compared) > 64 * 64 or apart in (0.7, 30)  # one group, and a crowd that the views tell apart


@pytest.mark.parametrize("first", ["in the crowd", "far from it", "one of a few, far from it"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_that_come_apart_are_not_measured_pair_by_pair(first, dtype, monkeypatch):
    """Equal columns, and rows of two kinds, far from each other and a few τ from their own: bounds tell nearly all."""
    measured = []
    one_by_one = closeness.Part.same

    def noted(part, units, others):
        measured.append(len(others))
        return one_by_one(part, units, others)

    monkeypatch.setattr(closeness.Part, "same", noted)
    rng = np.random.default_rng(3)
    parameters = random_parameters((200, 300, 4), dtype=dtype)
    parameters.biases[0][...] = 0
    V, W = parameters.weights
    tau = 1024 * np.finfo(dtype).eps * 200**0.5
    V[...] = V[np.arange(300) % 2] * (1 + 2 * tau * rng.uniform(-1, 1, V.shape))
    if first != "in the crowd":
        V[1:] = V[1] * (1 + 2 * tau * rng.uniform(-1, 1, V[1:].shape))
        V[: 1 if first == "far from it" else 20] = 0
    W[...] = W[:, :1]
    assert layer_symmetry(parameters, 1).groups == by_the_rule(parameters)
    assert sum(measured) < 300 * 299 / 16  # an eighth of all pairs


def test_small_units_beside_huge_ones_are_told_apart():
    """A few τ from each other, and 1e-34 of the largest: in single precision the squares of all gaps are 0."""
    rng = np.random.default_rng(5)
    parameters = random_parameters((60, 200, 3))
    V, W = parameters.weights
    parameters.biases[0][...] = 0
    V[...] = 1e-25 * V[0] * (1 + 4 * 1024 * 2**-52 * 60**0.5 * rng.uniform(-1, 1, V.shape))
    V[150] = V[20]
    V[-2:] = 1e9
    W[...] = W[:, :1]
    assert layer_symmetry(parameters, 1).groups == by_the_rule(parameters) == ((20, 150), (198, 199))


def test_two_units_with_a_crowd_between_them_in_every_view_are_not_lost():
    """On a grid of 40 by 40 nobody is near in both views; one more unit is near the first, behind a crowd."""
    across, along = np.divmod(np.arange(1600), 40)
    views = 10.0 * np.stack([np.append(across, 0), np.append(along, 0)])
    views[0, [0, 1600]] = [0.4, -0.5]
    assert {0, 1600} <= set(suspects(views, np.ones_like(views)).tolist())


def test_a_crowd_that_differs_in_one_weight_is_told_apart():
    """A hundred equal columns, and rows that differ in one weight of sixty: only two of the units are the same."""
    parameters = random_parameters((60, 100, 3), dtype=np.float32)
    parameters.weights[0][...] = parameters.weights[0][0]
    parameters.weights[1][...] = 1
    parameters.biases[0][...] = 0
    parameters.weights[0][:, 7] += np.arange(100)
    parameters.weights[0][50, 7] = parameters.weights[0][20, 7]
    assert layer_symmetry(parameters, 1).groups == ((20, 50),)


def test_a_weight_on_its_way_through_zero_is_measured_by_the_layers_size():
    """Beside columns of about 1, columns of 1e-16 and 2e-16 differ by rounding alone, one of a thousandth does not."""
    parameters = random_parameters((3, 9, 1))
    duplicate(parameters, 2, 6)
    parameters.weights[1][:, [2, 6]] = [1e-16, 2e-16]
    assert layer_symmetry(parameters, 1).groups == ((2, 6),)
    parameters.weights[1][:, 6] = 1e-3
    assert layer_symmetry(parameters, 1).groups == ()


def test_the_same_numbers_in_other_bits_are_within_rounding():
    """0 and -0 are equal numbers and different bits; two of three units share theirs, the first or not."""
    parameters = random_parameters((3, 3, 2))
    duplicate(parameters, 0, 1)
    duplicate(parameters, 0, 2)
    parameters.weights[0][:, 1] = [0.0, -0.0, 0.0]
    assert layer_symmetry(parameters, 1).verdicts == ("exact", "within rounding", "exact")
    parameters.weights[0][:, 1] = [-0.0, 0.0, 0.0]
    assert layer_symmetry(parameters, 1).verdicts == ("within rounding", "exact", "exact")


def test_differences_are_euclidean_distances():
    """Change and nearest distance against differences written out pair by pair."""
    initial, final = random_parameters((3, 9, 2), seed=1), random_parameters((3, 9, 2), seed=2)
    rows = [
        np.concatenate([p.weights[0], p.biases[0][:, None], p.weights[1].T], axis=1) for p in (initial, final)
    ]
    for found in unit_differences(final, initial, layer_symmetry(final, 1)):
        others = {j: np.linalg.norm(rows[1][found.unit] - rows[1][j]) for j in range(9) if j != found.unit}
        assert found.change == pytest.approx(np.linalg.norm(rows[1][found.unit] - rows[0][found.unit]))
        assert found.nearest == min(others, key=others.get)
        assert found.distance == pytest.approx(others[found.nearest])


def test_a_layer_of_one_has_no_twin():
    """One hidden unit: no other, no distance."""
    parameters = random_parameters((3, 1, 2))
    (found,) = unit_differences(parameters, parameters, layer_symmetry(parameters, 1))
    assert (found.nearest, found.distance, found.change) == (None, None, 0.0)


def test_the_nearest_in_several_tight_clusters_is_the_nearest():
    """Forty units in two clusters far apart, each a billionth wide, against every pair measured."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.choice([-10.0, 10.0], (40, 1)) + 1e-9 * rng.normal(size=(40, 5))
        pairs = np.linalg.norm(rows[:, None] - rows, axis=2)
        np.fill_diagonal(pairs, np.inf)
        twins, distances = nearest_units(rows)
        assert np.array_equal(twins, pairs.argmin(axis=1))
        assert np.array_equal(distances, pairs.min(axis=1))


def test_the_nearest_among_rows_that_are_there_several_times():
    """Twins at distance 0, the first of the others named; rows of their own as if each other row stood there once."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(12, 3))[rng.integers(0, 12, 40)]
        rows[rng.integers(0, 40, 5)] += rng.normal(size=(5, 1))
        pairs = np.linalg.norm(rows[:, None] - rows, axis=2)
        np.fill_diagonal(pairs, np.inf)
        twins, distances = nearest_units(rows)
        assert np.array_equal(distances, pairs.min(axis=1))
        assert np.array_equal(twins, pairs.argmin(axis=1))


def test_the_nearest_of_one_row_is_none():
    """Index 0 and an infinite distance."""
    twins, distances = nearest_units(np.ones((1, 3)))
    assert (twins.tolist(), distances.tolist()) == ([0], [np.inf])


def test_the_nearest_of_almost_equal_rows_is_measured_not_ranked():
    """A gap of 1e-12 beside rows of length 1e3 is far below what the Gram matrix resolves."""
    rows = np.random.default_rng(0).normal(size=(30, 4)) * 1e3
    rows[17] = rows[3]
    rows[17, 0] = np.nextafter(rows[3, 0], np.inf)
    twins, distances = nearest_units(rows)
    assert twins[3] == 17
    assert twins[17] == 3
    assert distances[3] == rows[17, 0] - rows[3, 0]
