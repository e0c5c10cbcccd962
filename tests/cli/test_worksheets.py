"""Worksheets and their marks from the command line: written, filled in, graded; and what is refused."""

import json

import pytest

from bpcli.network import Architecture
from bpcli.worksheets.generate import drawn_point

NETWORKS = (
    (),
    ("--hidden", "none", "--digits", "3"),
    ("--hidden", "3,2", "--rate", "0.1"),
    ("--sizes", "3,4,2", "--set", "model.bias=true", "--set", "training.loss=cross_entropy"),
    ("--set", "model.activation=tanh", "--part", "a,c-f"),
)


@pytest.mark.parametrize("network", NETWORKS, ids=" ".join)
def test_keys_graded_without_any_option_are_entirely_right(bpcli, tmp_path, network):
    """The files say which sheet they are for, and the keys are answers like any other."""
    assert bpcli("walkthrough", "--seeds", "1:2", "--out", "class", *network).code == 0
    keys = sorted((tmp_path / "class").glob("key-*.yaml"))
    found = bpcli("walkthrough", "--grade", *keys, "--json")
    assert found.code == 0
    grades = json.loads(found.out)["grades"]
    assert len(grades) == 2
    assert all(grade["right"] == grade["total"] > 0 for grade in grades)


@pytest.fixture
def key(bpcli, tmp_path):
    """Return the key of a sheet as a file of answers."""
    bpcli("walkthrough", "--seeds", "7:7", "--out", "class")
    return tmp_path / "class" / "key-07.yaml"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--seed", "8"), "is for seed 7, and --seed says 8"),
        (("--rate", "1"), "is for rate 0.5, and --rate says 1.0"),
        (("--sizes", "3,4,2"), "is for sizes [3, 2, 2], and --sizes says [3, 4, 2]"),
        (("--hidden", "none"), "is for hidden [2], and --hidden says []"),
        (("--digits", "3"), "is for digits 4, and --digits says 3"),
        (
            ("--set", "training.loss=cross_entropy"),
            "squared_error', and --set training.loss says 'cross_entropy'",
        ),
        (("--set", "model.bias=true"), "is for bias false, and --set model.bias says true"),
        (("--x", "1,0,1"), "leave --x out"),
    ],
)
def test_an_option_that_contradicts_the_file_is_refused(bpcli, key, options, said):
    """Both are named, and nothing is marked."""
    found = bpcli("walkthrough", "--grade", key, *options)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_an_option_that_agrees_with_the_file_is_taken(bpcli, key):
    """It repeats what is known."""
    options = ("--seed", "7", "--sizes", "3,2,2", "--rate", "0.5", "--set", "model.bias=false")
    assert bpcli("walkthrough", "--grade", key, *options).code == 0


def test_a_file_that_cannot_be_read_costs_the_others_nothing(bpcli, key):
    """Those that can be are marked; the rest are a line each, and the exit code is 2."""
    (key.parent / "key-08.yaml").write_text("a: [1, 2\n")
    (key.parent / "key-09.yaml").write_text("")
    files = [key.parent / f"key-0{seed}.yaml" for seed in (7, 8, 9, 10)]
    found = bpcli("walkthrough", "--grade", *files, columns=300)
    assert found.code == 2
    assert "42/42" in found.out
    assert "3 files not marked:" in found.out
    for said in ("a bracket is opened", "does not say which sheet", "there is no such file"):
        assert said in found.out
    document = json.loads(bpcli("walkthrough", "--grade", *files, "--json").out)
    assert [grade["marks"] for grade in document["grades"]] == [42]
    assert [each["source"] for each in document["unreadable"]] == [str(file) for file in files[1:]]


def test_one_file_that_cannot_be_read_is_its_message(bpcli, key):
    """Exit 2, nothing on stdout."""
    key.write_text("a: [1, 2\n")
    found = bpcli("walkthrough", "--grade", key)
    assert (found.code, found.out) == (2, "")


def test_nothing_is_written_where_a_sheet_cannot_be_drawn(bpcli, tmp_path, monkeypatch):
    """The seed is named."""

    def drawn(architecture: Architecture, seed, **options):
        return drawn_point(architecture, seed if seed < 3 else -1, **options)

    monkeypatch.setattr("bpcli.worksheets.generate.drawn_point", drawn)
    found = bpcli("walkthrough", "--seeds", "1:3", "--out", "class")
    assert found.code == 2
    assert "seed 3: " in found.err
    assert not (tmp_path / "class").exists()
