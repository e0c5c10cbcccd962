"""The toy problems have the shapes their formulas say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets import BUILT_IN, load


def rng(seed: int = 0) -> np.random.Generator:
    """A generator with a seed."""
    return np.random.default_rng(seed)


def test_the_built_in_names_are_these():
    """Seven data sets need no file."""
    assert BUILT_IN == ("and", "xor", "circles", "moons", "spiral", "digits", "iris")


@pytest.mark.parametrize(("name", "values"), [("and", [0, 0, 0, 1]), ("xor", [0, 1, 1, 0])])
def test_a_gate_is_its_truth_table(name, values):
    """And and xor are four points, and nothing about them is random."""
    generator = rng()
    before = generator.bit_generator.state
    dataset = load(name, rng=generator)
    assert_array_equal(dataset.X, [[0, 0], [0, 1], [1, 0], [1, 1]])
    assert_array_equal(dataset.targets, values)
    assert dataset.targets.dtype == np.int64
    assert (dataset.features, dataset.classes, dataset.task) == (("x1", "x2"), ("0", "1"), "classification")
    assert generator.bit_generator.state == before


def test_a_gate_can_be_a_regression():
    """The task decides whether 0 and 1 are labels or numbers."""
    dataset = load("xor", task="regression", rng=rng())
    assert_array_equal(dataset.targets, [[0], [1], [1], [0]])
    assert dataset.classes == ()


def test_circles_without_noise_lie_on_their_radii():
    """The outer circle is class 0 with radius 1, the inner one class 1 with radius ½."""
    dataset = load("circles", noise=0.0, rng=rng())
    assert_allclose(np.hypot(*dataset.X.T), np.where(dataset.targets == 0, 1.0, 0.5))


@pytest.mark.parametrize(("ours", "theirs"), [("circles", "make_circles"), ("moons", "make_moons")])
def test_circles_and_moons_are_those_of_scikit_learn(ours, theirs):
    """Without noise and shuffling, scikit-learn draws the same points in the same order."""
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    options = {"factor": 0.5} if ours == "circles" else {}
    X, y = getattr(sklearn_datasets, theirs)(n_samples=120, shuffle=False, **options)
    dataset = load(ours, samples=120, noise=0.0, rng=rng())
    assert_allclose(dataset.X, X, atol=1e-12)
    assert_array_equal(dataset.targets, y)


def test_spiral_has_three_arms_that_are_turns_of_one():
    """Turning an arm by 120° gives the next; the radius grows evenly to 1 and never is 0."""
    dataset = load("spiral", samples=300, noise=0.0, rng=rng())
    arms = [dataset.X[dataset.targets == k] @ [1, 1j] for k in range(3)]
    turn = np.exp(2j * np.pi / 3)
    assert_allclose(arms[1], arms[0] * turn)
    assert_allclose(arms[2], arms[1] * turn)
    assert_allclose(np.abs(arms[0]), np.arange(1, 101) / 100)
    assert_allclose([arms[0][24], arms[0][99]], [np.exp(1j) / 4, np.exp(4j)])  # t = 4r


def test_spiral_can_be_learnt():
    """With the default noise, nearly every point's nearest neighbour is of its own arm."""
    dataset = load("spiral", rng=rng())
    distances = np.linalg.norm(dataset.X[:, None] - dataset.X[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    agree = dataset.targets[distances.argmin(axis=1)] == dataset.targets
    assert agree.mean() > 0.95


@pytest.mark.parametrize(
    ("name", "counts"), [("circles", [200, 200]), ("moons", [200, 200]), ("spiral", [134, 133, 133])]
)
def test_four_hundred_points_are_drawn_unless_told(name, counts):
    """Samples counts all classes together, and shares them out evenly."""
    dataset = load(name, rng=rng())
    assert_array_equal(np.bincount(dataset.targets), counts)


@pytest.mark.parametrize("name", ["circles", "moons", "spiral"])
def test_noise_is_a_standard_deviation(name):
    """What the noise adds to the clean shape spreads as far as asked, and has no direction."""
    clean = load(name, samples=20_000, noise=0.0, rng=rng()).X
    added = load(name, samples=20_000, noise=0.25, rng=rng()).X - clean
    assert_allclose(added.std(axis=0), 0.25, rtol=0.02)
    assert_allclose(added.mean(axis=0), 0.0, atol=0.01)


def test_the_seed_decides_the_points():
    """The same generator state draws the same points, another one others."""
    first, again, other = (load("moons", rng=rng(seed)).X for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("spiral", {"samples": 2}, "3 classes"),
        ("moons", {"noise": -0.1}, "not a standard deviation"),
        ("moons", {"noise": float("nan")}, "not a standard deviation"),
        ("xor", {"samples": 10}, "circles, moons, spiral only"),
        ("digits", {"noise": 0.1}, "circles, moons, spiral only"),
        ("moons", {"target": ["x1"]}, "its target is always label"),
    ],
)
def test_options_that_do_not_fit_are_refused(name, options, message):
    """An option that would have to be ignored, or cannot be met, is an error."""
    with pytest.raises(DataError, match=message):
        load(name, rng=rng(), **options)
