"""The data files in the package are the well-known ones."""

import gzip
from importlib import resources

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bpcli.datasets import Dataset, load

FILES = resources.files("bpcli.datasets") / "files"


def shipped(name: str, **options) -> Dataset:
    """A shipped data set."""
    return load(name, rng=np.random.default_rng(0), **options)


def test_digits_are_the_test_part_of_the_uci_set():
    """1,797 images of 8×8 pixels in 0..16, with the class counts that UCI states for its test part."""
    digits = shipped("digits")
    assert digits.X.shape == (1797, 64)
    assert (digits.X.min(), digits.X.max()) == (0, 16)
    assert_array_equal(digits.X, digits.X.round())
    assert digits.classes == tuple("0123456789")
    assert_array_equal(np.bincount(digits.targets), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    assert digits.features[:2] + digits.features[-1:] == ("pixel_0_0", "pixel_0_1", "pixel_7_7")
    assert digits.name == "digits"


def test_iris_is_the_corrected_copy():
    """The samples 35 and 38 are as in Fisher's paper, not as in UCI's file."""
    iris = shipped("iris")
    assert iris.X.shape == (150, 4)
    assert_array_equal(iris.X[34], [4.9, 3.1, 1.5, 0.2])
    assert_array_equal(iris.X[37], [4.9, 3.6, 1.4, 0.1])
    assert_array_equal(np.bincount(iris.targets), [50, 50, 50])
    assert iris.classes == ("setosa", "versicolor", "virginica")
    assert all(name.endswith("(cm)") for name in iris.features)


@pytest.mark.parametrize("name", ["digits", "iris"])
def test_scikit_learn_has_the_same_numbers(name):
    """Every value agrees with the copy in scikit-learn."""
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    theirs = getattr(sklearn_datasets, f"load_{name}")()
    ours = shipped(name)
    assert_array_equal(ours.X, theirs.data)
    assert_array_equal(ours.targets, theirs.target)
    assert list(ours.features) == list(theirs.feature_names)
    assert list(ours.classes) == list(map(str, theirs.target_names))


def test_a_shipped_table_can_have_another_target():
    """Digits and iris are tables, so their target can be named, or be another column."""
    assert_array_equal(shipped("digits", target=["label"]).targets, shipped("digits").targets)
    pixels = shipped("digits", target=["pixel_3_3"], task="regression")
    assert pixels.features[-1] == "label"
    widths = shipped("iris", target=["petal width (cm)"])
    assert widths.features == shipped("iris").features[:3]
    assert widths.categories[0].levels == shipped("iris").classes


def test_the_digits_file_carries_no_date():
    """Bytes 4 to 7 of a gzip file are its time; zero makes the file reproducible."""
    raw = (FILES / "digits.csv.gz").read_bytes()
    assert raw[4:8] == bytes(4)
    assert gzip.decompress(raw).startswith(b"pixel_0_0,")


def test_the_licences_lie_beside_the_files():
    """Each file has its source, its identifier and its licence stated."""
    text = (FILES / "LICENSES.md").read_text(encoding="utf-8")
    for needed in (
        "digits.csv.gz",
        "10.24432/C50P49",
        "iris.csv",
        "10.24432/C56C76",
        "CC BY 4.0",
        "BSD 3-Clause",
    ):
        assert needed in text
