"""NPZ and NPY files are checked before anybody believes them."""

import gzip
import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets.arrays import read_npz

X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


def npz(**arrays) -> bytes:
    """The bytes of an NPZ with these arrays."""
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def npy(array) -> bytes:
    """The bytes of an NPY with this array."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    "y",
    [
        [0, 1, 0],
        [0.0, 1.0, 0.0],
        [[0], [1], [0]],
        [False, True, False],
        ["0", "1", "0"],
        [b"0", b"1", b"0"],
        np.array([0, 1, 0], dtype=">i2"),
    ],
)
def test_labels_may_be_of_any_type(read, y):
    """Integers, floats, booleans and text all make the same classes."""
    dataset = read(npz(X=X, y=np.array(y)), "data.npz")
    assert_array_equal(dataset.X, X)
    assert_array_equal(dataset.targets, [0, 1, 0])
    assert dataset.classes == ("0", "1")
    assert dataset.features == ("x1", "x2")
    assert dataset.outputs == ("y",)
    assert dataset.validation is None


def test_a_table_of_targets_is_a_regression(read):
    """N×d2 numbers are d2 outputs."""
    Y = np.array([[0.5, 1], [2, 3], [4, 5]])
    dataset = read(npz(X=X, y=Y), "data.npz")
    assert dataset.task == "regression"
    assert dataset.outputs == ("y1", "y2")
    assert_array_equal(dataset.targets, Y)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", "u8", "?"])
def test_features_become_rows_of_floats(read, dtype, order):
    """Whatever type and order an array has, it is read in C order, as float64 if it is not float32."""
    array = np.asarray([[0, 1], [1, 0], [1, 1]], dtype=dtype, order=order)
    dataset = read(npz(X=array, y=[0, 1, 1]), "data.npz")
    assert dataset.X.dtype == (np.float32 if dtype == "f4" else np.float64)
    assert dataset.X.flags.c_contiguous
    assert_array_equal(dataset.X, array.astype(float))


def test_a_validation_set_comes_along(read):
    """Its labels have the positions that the training classes give them, and may be text where those are."""
    contents = npz(X=X, y=["b", "a", "c"], X_validation=X[:1] + 1, y_validation=["c"])
    X_validation, y_validation = read(contents, "data.npz").validation
    assert_array_equal(X_validation, [[1, 2]])
    assert_array_equal(y_validation, [2])


def test_a_validation_set_may_be_one_hot_or_numbers(read):
    """It is read as the training targets are."""
    one_hot = read(npz(X=X, y=np.eye(3), X_validation=X, y_validation=np.eye(3)[::-1]), "data.npz")
    assert_array_equal(one_hot.validation[1], [2, 1, 0])
    numbers = read(npz(X=X, y=[0.5, 1, 2], X_validation=X[:2], y_validation=[7, 8]), "data.npz")
    assert_array_equal(numbers.validation[1], [[7], [8]])


def test_arrays_of_other_names_are_left_alone(read):
    """A test set kept in the same file is no validation set, and not even looked at."""
    contents = npz(X=X, y=[0, 1, 0], X_test=X, notes=np.array([{"any": "thing"}], dtype=object))
    assert read(contents, "data.npz").validation is None


def test_an_npy_is_a_table_without_a_header(read):
    """The last column is the target unless another position is named."""
    table = np.array([[1, 2, 0], [3, 4, 1.0]])
    dataset = read(npy(table), "data.npy")
    assert_array_equal(dataset.X, [[1, 2], [3, 4]])
    assert_array_equal(dataset.targets, [0, 1])
    assert dataset.features == ("column 0", "column 1")
    first = read(npy(table), "data.npy", target=[0])
    assert first.outputs == ("column 0",)
    assert_array_equal(first.X, [[2, 0], [4, 1]])


def test_arrays_may_be_gzipped(read):
    """.npy.gz and .npz.gz are read like what is in them."""
    assert_array_equal(read(gzip.compress(npz(X=X, y=[0, 1, 0])), "data.npz.gz").X, X)
    assert_array_equal(read(gzip.compress(npy(X)), "data.npy.gz").X, X[:, :1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"features": X, "labels": [0, 1, 0]},
            "data.npz: there is no array X; save one as X and one as y (it holds fea",
        ),
        ({"X": X}, "there is no array y"),
        ({}, "(it holds nothing)"),
        ({"X": [1.0, 2], "y": [0, 1]}, "data.npz: X: its shape is (2,); expected a table"),
        ({"X": np.empty((0, 2)), "y": np.empty(0)}, "X: its shape is (0, 2)"),
        ({"X": np.empty((3, 0)), "y": [0, 1, 0]}, "X: its shape is (3, 0)"),
        ({"X": X, "y": [0, 1]}, "y: 2 targets for 3 rows of X"),
        ({"X": X, "y": np.zeros((3, 1, 1))}, "y: its shape is (3, 1, 1); expected N labels"),
        ({"X": X, "y": 3}, "y: its shape is ()"),
        ({"X": X + 1j, "y": [0, 1, 0]}, "X: its type is complex128; expected real numbers"),
        ({"X": X.astype(str), "y": [0, 1, 0]}, "X: its type is <U32; expected real numbers"),
        ({"X": X.astype(object), "y": [0, 1, 0]}, "X: cannot be read as an array (Object arrays"),
        ({"X": X, "y": np.array([0, "a", None])}, "y: cannot be read as an array (Object arrays"),
        ({"X": X, "y": np.array([0, 1, 0], dtype="M8[D]")}, "y: its type is datetime64[D]"),
        ({"X": X, "y": [["a"], ["b"], ["a"]]}, "y: a table of text"),
        ({"X": X, "y": ["a", "", "b"]}, "y[1]: '' is not a label"),
        ({"X": X, "y": [b"a", b"\xe9", b"b"]}, "y: bytes that are not UTF-8"),
        (
            {"X": np.where(X == 3, np.nan, X), "y": [0, 1, 0]},
            "X[1, 1] is nan; every entry must be a finite number",
        ),
        (
            {"X": X, "y": [0, np.inf, -np.inf]},
            "y[1] is inf; every entry must be a finite number (2 such entries in all)",
        ),
        ({"X": X, "y": [0, 1, 0], "X_validation": X}, "X_validation is not enough"),
        ({"X": X, "y": [0, 1, 0], "y_validation": X}, "y_validation is not enough"),
        (
            {"X": X, "y": [0, 1, 0], "X_val": X, "y_val": X},
            "X_val is not read; name the validation set X_validation and",
        ),
        (
            {"X": X, "y": [0, 1, 0], "X_validation": X[:, :1], "y_validation": [0, 1, 0]},
            "columns, X and y have 2 and 1",
        ),
        (
            {"X": X, "y": [0, 1, 0], "X_validation": X, "y_validation": [0, 1, 2]},
            "label '2' is not among the training",
        ),
        (
            {"X": X, "y": [0, 1, 0], "X_validation": X[:0], "y_validation": []},
            "X_validation: its shape is (0, 2)",
        ),
        (
            {"X": X, "y": np.eye(3), "X_validation": X, "y_validation": np.ones((3, 3))},
            "not one-hot, but those of y are",
        ),
        (
            {"X": X, "y": [0.5, 1, 0], "X_validation": X, "y_validation": ["a", "b", "c"]},
            "y_validation: row 1 holds 'a'",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(refuse, arrays, message):
    """The message names the file, the array and what is wrong with it."""
    refused = refuse(npz(**{name: np.array(value) for name, value in arrays.items()}), "data.npz")
    assert refused.startswith("data.npz: ")
    assert message in refused


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.arange(3.0), "data.npy: its shape is (3,)"),
        (np.array([["a", "b"]]), "data.npy: its type is <U1"),
        (np.array([[0.0, np.nan]]), "data.npy[0, 1] is nan"),
        (np.zeros((3, 1)), "data.npy: no column is left as a feature"),
        (np.zeros(2, dtype=[("a", float)]), "data.npy: its type is [('a', '<f8')]"),
    ],
)
def test_an_npy_that_is_no_table_is_refused(refuse, array, message):
    """One two-dimensional array of finite numbers is wanted."""
    assert message in refuse(npy(array), "data.npy")


def test_an_npz_has_no_columns_to_choose(refuse):
    """data.target would have no meaning there."""
    assert "the targets of an NPZ file are in y" in refuse(npz(X=X, y=[0, 1, 0]), "data.npz", target=["y"])


def test_a_pickle_is_never_opened(refuse):
    """An array of objects could run code when it is loaded, so it is not."""

    class Trap:
        def __reduce__(self):
            return pytest.fail, ("the pickle was opened",)

    assert "Object arrays" in refuse(npy(np.array([[Trap(), Trap()]])), "data.npy")


def test_a_flipped_bit_in_an_npz_is_noticed():
    """Wherever a bit flips, the arrays are those that were saved, or the file is refused as damaged."""
    sound = npz(X=X, y=np.array([0, 1, 0]))
    for position in range(len(sound)):
        damaged = bytearray(sound)
        damaged[position] ^= 1 << (position % 8)
        try:
            table = read_npz(bytes(damaged), "t")
        except DataError as error:
            assert str(error).startswith("t: ")
        else:
            assert_array_equal(table.X, X)
            assert_array_equal(table.y[0], [0, 1, 0])


@pytest.mark.parametrize("name", ["data.npz", "data.npy", "data.npz.gz", "data.csv.gz"])
def test_a_truncated_file_is_refused(refuse, name):
    """Wherever it was cut off, the message is one line that names the file."""
    whole = {
        "data.npz": npz(X=X, y=[0, 1, 0]),
        "data.npy": npy(X),
        "data.npz.gz": gzip.compress(npz(X=X, y=[0, 1, 0]), mtime=0),
        "data.csv.gz": gzip.compress(b"a,y\n1,0\n2,1\n", mtime=0),
    }[name]
    for length in range(0, len(whole), 7):
        assert refuse(whole[:length], name).startswith("data.")


def test_what_follows_an_array_is_damage(refuse):
    """Two arrays in one NPY file, or a shape that was made smaller."""
    assert "extra bytes after the array" in refuse(npy(X) + b"\0", "data.npy")


def test_a_shape_beyond_all_memory_is_damage(refuse):
    """The header of a small file can claim any size."""
    huge = npy(X).replace(b"(3, 2)", b"(9999999999999, 9)")
    assert "cannot be read as an array" in refuse(huge, "data.npy")
