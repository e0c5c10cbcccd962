"""What the network is shown is split, scaled on the training rows alone, encoded and cast."""

import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets import Dataset, Prepared, load, prepare


def dataset(X, targets, classes=(), validation=None) -> Dataset:
    """A data set as it might have been read; a regression unless it has classes."""
    X = np.array(X, dtype=float)
    targets = np.array(targets)
    return Dataset(
        name="made up",
        X=X,
        targets=targets,
        features=tuple(f"f{j}" for j in range(X.shape[1])),
        classes=classes,
        outputs=("t",) if classes else tuple(f"t{j}" for j in range(targets.shape[1])),
        task="classification" if classes else "regression",
        validation=validation,
    )


def prepared(data: Dataset, seed: int = 0, **options) -> Prepared:
    """What ``prepare`` makes of it, with options of which the test changes some."""
    defaults = {
        "validation": 0.0,
        "scaling": "none",
        "output": "identity",
        "loss": "squared_error",
        "dtype": np.float64,
    }
    return prepare(data, **{**defaults, **options}, rng=np.random.default_rng(seed))


COLUMN = dataset([[1.0], [2.0], [3.0], [6.0]], [[0.0], [0.25], [0.5], [1.0]])


def test_every_row_keeps_its_target():
    """Shuffling and splitting move features and targets together."""
    data = dataset(np.arange(20).reshape(10, 2), np.arange(10.0)[:, None])
    ready = prepared(data, validation=0.3)
    for X, Y, rows in ((ready.X, ready.Y, 7), (ready.X_validation, ready.Y_validation, 3)):
        assert X.shape == (rows, 2)
        assert_array_equal(X[:, 0], 2 * Y[:, 0])
    assert_array_equal(np.sort([*ready.Y[:, 0], *ready.Y_validation[:, 0]]), np.arange(10))


def test_the_training_rows_come_in_random_order():
    """The first rows of iris are not all setosa."""
    ready = prepared(load("iris", rng=np.random.default_rng(0)), validation=0.2)
    assert (ready.Y[:20].sum(axis=0) > 0).all()
    assert_array_equal(ready.Y_validation.sum(axis=0), [10, 10, 10])


def test_the_seed_decides_the_split():
    """One generator state, one split; the data set itself is the same either way."""
    data = load("iris", rng=np.random.default_rng(0))
    first, again, other = (prepared(data, seed, validation=0.2) for seed in (1, 1, 2))
    assert_array_equal(first.X, again.X)
    assert (first.X != other.X).any()
    assert first.digest == again.digest == other.digest


def test_without_validation_its_arrays_have_no_rows():
    """They keep their width, so that nothing needs to ask."""
    ready = prepared(COLUMN)
    assert ready.X_validation.shape == ready.Y_validation.shape == (0, 1)


def test_standard_scaling_is_by_mean_and_deviation():
    """1, 2, 3, 6 have the mean 3 and the deviation √3.5."""
    ready = prepared(COLUMN, scaling="standard")
    assert_allclose(ready.offset, [3.0])
    assert_allclose(ready.scale, [np.sqrt(3.5)])
    assert_allclose(np.sort(ready.X[:, 0]), np.array([-2, -1, 0, 3]) / np.sqrt(3.5))


def test_minmax_scaling_is_to_the_unit_interval():
    """1, 2, 3, 6 become 0, 0.2, 0.4, 1."""
    ready = prepared(COLUMN, scaling="minmax")
    assert (ready.offset, ready.scale) == ([1.0], [5.0])
    assert_allclose(np.sort(ready.X[:, 0]), [0, 0.2, 0.4, 1])


def test_no_scaling_is_an_offset_of_zero_and_a_scale_of_one():
    """What the network sees is (x - offset) / scale all the same."""
    ready = prepared(COLUMN, scaling="none")
    assert (ready.offset, ready.scale) == ([0.0], [1.0])
    assert_array_equal(np.sort(ready.X[:, 0]), [1, 2, 3, 6])


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_scaling_knows_nothing_of_the_validation_rows(scaling):
    """Offset and scale come from the training rows, and are used on both."""
    data = dataset(np.random.default_rng(1).normal(5, 2, (40, 3)), np.zeros((40, 1)))
    ready = prepared(data, scaling=scaling, validation=0.5)
    raw = prepared(data, scaling="none", validation=0.5)
    offset = raw.X.mean(axis=0) if scaling == "standard" else raw.X.min(axis=0)
    scale = raw.X.std(axis=0) if scaling == "standard" else np.ptp(raw.X, axis=0)
    assert_allclose(ready.offset, offset)
    assert_allclose(ready.scale, scale)
    assert_allclose(ready.X_validation, (raw.X_validation - offset) / scale)


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_a_constant_feature_becomes_zero(scaling):
    """Also where the mean of equal numbers is not quite that number, as with 0.1."""
    ready = prepared(dataset([[0.1]] * 7, np.zeros((7, 1))), scaling=scaling)
    assert ready.scale == [1.0]
    assert_array_equal(ready.X, np.zeros((7, 1)))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_squares_may_leave_the_range_of_numbers(size):
    """The deviation is found although its square would overflow or vanish."""
    ready = prepared(dataset(np.array([[1], [2], [3], [6]]) * size, np.zeros((4, 1))), scaling="standard")
    assert_allclose(ready.scale, [np.sqrt(3.5) * size])


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([[1, -1.5e308], [2, 1.5e308], [3, 0]], {"scaling": "minmax"}),
        ([[1, 1.7e308], [2, 1.6e308], [3, 1.7e308]], {"scaling": "standard"}),
        ([[1, 1e39], [2, 0], [3, 1]], {"dtype": "float32"}),
    ],
)
def test_numbers_that_leave_the_range_are_refused(values, options):
    """Neither inf nor NaN is handed on; the feature is named."""
    with pytest.raises(DataError, match="made up: the feature 'f1' holds numbers so large"):
        prepared(dataset(values, np.zeros((3, 1))), **options)


def test_validation_rows_that_leave_the_range_are_refused_too():
    """A value far outside what the scale was fitted to."""
    brought = (np.array([[1e300]]), np.array([[0.0]]))
    data = dataset([[0.0], [1e-300]], [[0.0], [1.0]], validation=brought)
    with pytest.raises(DataError, match="'f0' holds numbers so large"):
        prepared(data, scaling="minmax")


def test_targets_that_leave_the_range_are_refused():
    """1e300 is no float32."""
    with pytest.raises(DataError, match=r"the target 't0' holds numbers so large.*float32"):
        prepared(dataset([[1], [2]], [[1e300], [0]]), dtype=np.float32)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, "float32"])
def test_arrays_have_the_precision_asked_for(dtype):
    """All four of them, in C order; offset and scale stay as exact as they were found."""
    ready = prepared(
        load("iris", rng=np.random.default_rng(0)), dtype=dtype, validation=0.2, scaling="standard"
    )
    for array in (ready.X, ready.Y, ready.X_validation, ready.Y_validation):
        assert array.dtype == np.dtype(dtype)
        assert array.flags.c_contiguous
    assert ready.offset.dtype == ready.scale.dtype == np.float64


THREE = dataset([[0.0], [1.0], [2.0]], [0, 1, 2], classes=("a", "b", "c"))
TWO = dataset([[0.0], [1.0], [2.0]], [0, 1, 1], classes=("no", "yes"))


@pytest.mark.parametrize("output", ["sigmoid", "identity", "softmax"])
def test_three_classes_are_one_hot(output):
    """A column per class, whatever the output."""
    ready = prepared(THREE, output=output)
    assert_array_equal(ready.Y, np.eye(3)[ready.X[:, 0].astype(int)])


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_two_classes_are_one_column(output):
    """The second class is 1."""
    ready = prepared(TWO, output=output)
    assert ready.Y.shape == (3, 1)
    assert_array_equal(ready.Y[:, 0], ready.X[:, 0] > 0)


def test_two_classes_are_two_columns_for_softmax():
    """Softmax shares one out among both."""
    ready = prepared(TWO, output="softmax", loss="cross_entropy")
    assert_array_equal(ready.Y, np.eye(2)[(ready.X[:, 0] > 0).astype(int)])


def test_a_validation_set_of_its_own_is_used():
    """The fraction is ignored, all rows are trained on, and the rows held out keep their order."""
    brought = (np.array([[5.0], [4.0]]), np.array([1, 0]))
    ready = prepared(dataset(TWO.X, TWO.targets, TWO.classes, brought), validation=0.9, scaling="minmax")
    assert len(ready.X) == 3
    assert_array_equal(ready.X_validation, [[2.5], [2.0]])
    assert_array_equal(ready.Y_validation, [[1], [0]])


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_a_sigmoid_reaches_targets_between_zero_and_one(loss):
    """Both ends included."""
    assert_array_equal(np.sort(prepared(COLUMN, output="sigmoid", loss=loss).Y[:, 0]), [0, 0.25, 0.5, 1])


@pytest.mark.parametrize(
    ("loss", "advice"),
    [
        ("squared_error", "set model.output: identity, or"),
        ("cross_entropy", "set model.output: identity and training.loss: squared_error, or"),
    ],
)
def test_a_sigmoid_reaches_no_other_targets(loss, advice):
    """The message tells the range that was found, and what would do."""
    with pytest.raises(DataError, match="the targets range from -2 to 7.5, a sigmoid from 0 to 1; " + advice):
        prepared(dataset([[1], [2]], [[-2.0], [7.5]]), output="sigmoid", loss=loss)


def test_the_targets_of_a_validation_set_must_be_reachable_too():
    """They would be scored against what cannot be reached."""
    data = dataset([[1], [2]], [[0.0], [1.0]], validation=(np.array([[1.0]]), np.array([[3.0]])))
    with pytest.raises(DataError, match="range from 0 to 3"):
        prepared(data, output="sigmoid")


def test_softmax_is_not_for_regressions():
    """Its outputs sum to one."""
    with pytest.raises(DataError, match="softmax outputs sum to one"):
        prepared(COLUMN, output="softmax", loss="cross_entropy")


def test_a_regression_is_split_at_random():
    """So many rows as the fraction says, and an error where it says none."""
    assert prepared(COLUMN, validation=0.5).X_validation.shape == (2, 1)
    with pytest.raises(DataError, match="is not one row"):
        prepared(COLUMN, validation=0.1)
    with pytest.raises(DataError, match="leaves none to train on"):
        prepared(COLUMN, validation=0.9)


def test_the_digest_is_of_the_data_as_it_was_read():
    """SHA-256 of each array's type, shape and little-endian bytes, then of the class names."""
    sha = hashlib.sha256()
    sha.update(b"<f8(3, 1)" + struct.pack("<3d", 0, 1, 2))
    sha.update(b"<i8(3,)" + struct.pack("<3q", 0, 1, 1))
    sha.update(b"('no', 'yes')")
    assert prepared(TWO).digest == sha.hexdigest()
    assert (
        prepared(TWO, scaling="standard", output="softmax", dtype="float32", validation=0.34).digest
        == sha.hexdigest()
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
def test_float32_as_it_was_read_is_what_the_same_numbers_in_float64_are(scaling, dtype):
    """Scaled with the same digits, and with the same digest."""
    rng = np.random.default_rng(0)
    single, targets = rng.normal(1e3, 1, (40, 3)).astype(np.float32), rng.integers(0, 2, 40)
    validation = single[:5], targets[:5]
    double = dataset(single, targets, ("a", "b"), (single[:5].astype(float), targets[:5]))
    as_read = replace(double, X=single, validation=validation)
    expected, found = (prepared(data, scaling=scaling, dtype=dtype) for data in (double, as_read))
    assert found.digest == expected.digest
    for name in ("X", "X_validation", "offset", "scale"):
        assert_array_equal(getattr(found, name), getattr(expected, name))
        assert getattr(found, name).dtype == getattr(expected, name).dtype


@pytest.mark.parametrize(
    "other",
    [
        dataset([[0.0], [1.0], [2.5]], [0, 1, 1], classes=("no", "yes")),
        dataset([[0.0], [1.0], [2.0]], [0, 1, 0], classes=("no", "yes")),
        dataset([[0.0], [1.0], [2.0]], [0, 1, 1], classes=("no", "ja")),
        dataset([[0.0], [1.0], [2.0]], [0, 1, 1], ("no", "yes"), (np.array([[1.0]]), np.array([1]))),
    ],
)
def test_other_data_has_another_digest(other):
    """A number, a label, a name or a validation set makes the difference."""
    assert prepared(other).digest != prepared(TWO).digest


def test_preparing_leaves_the_data_set_alone():
    """It can be prepared again with other options."""
    data = load("iris", rng=np.random.default_rng(0))
    X, targets = data.X.copy(), data.targets.copy()
    prepared(data, scaling="standard", validation=0.2).X[:] = 0
    assert_array_equal(data.X, X)
    assert_array_equal(data.targets, targets)
