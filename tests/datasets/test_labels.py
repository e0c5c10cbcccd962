"""Targets mean classes or numbers by rules that can be said in a sentence each."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bpcli.datasets import InputOptions


def table(*targets, names="y") -> str:
    """A CSV with one feature, and a row per target."""
    return f"x,{names}\n" + "".join(f"{i},{target}\n" for i, target in enumerate(targets))


def test_integers_of_twenty_values_are_classes(read):
    """Twenty distinct integers are labels, twenty-one are measurements."""
    assert read(table(*range(20))).task == "classification"
    assert read(table(*range(21))).task == "regression"


def test_a_fraction_makes_it_a_regression(read):
    """One number that is not whole is enough."""
    dataset = read(table(0, 1, 1, 0.5))
    assert dataset.task == "regression"
    assert dataset.classes == ()
    assert_array_equal(dataset.targets, [[0], [1], [1], [0.5]])


def test_numeric_classes_are_in_numerical_order(read):
    """10 comes after 2, and 1.0 is written 1."""
    dataset = read(table("10.0", "2", "-1", "2.00", "-0.0"))
    assert dataset.classes == ("-1", "0", "2", "10")
    assert_array_equal(dataset.targets, [3, 2, 0, 2, 1])


def test_text_classes_are_in_alphabetical_order(read):
    """The position of a label does not depend on the order of the rows."""
    dataset = read(table("pear", "apple", "pear", "fig"))
    assert dataset.classes == ("apple", "fig", "pear")
    assert_array_equal(dataset.targets, [2, 0, 2, 1])


def test_labels_may_mix_digits_and_letters(read):
    """Hexadecimal digits, say, are text together."""
    assert read(table("10", "2", "a")).classes == ("10", "2", "a")


def test_the_task_can_be_said(read):
    """Integers can be numbers to predict, and many integers or a few fractions classes."""
    assert_array_equal(read(table(0, 1, 2), task="regression").targets, [[0], [1], [2]])
    assert len(read(table(*range(2000)), task="classification").classes) == 2000
    assert read(table(0.5, 1.5, 0.5), task="classification").classes == ("0.5", "1.5")


def test_one_hot_columns_are_classes_by_their_names(read):
    """A single 1 in every row is a label written out."""
    contents = table("1,0,0", "0,0,1", "0,1,0", names="cat,dog,emu")
    dataset = read(contents, target=["cat", "dog", "emu"])
    assert dataset.task == "classification"
    assert dataset.classes == dataset.outputs == ("cat", "dog", "emu")
    assert_array_equal(dataset.targets, [0, 2, 1])
    as_numbers = read(contents, target=["cat", "dog", "emu"], task="regression")
    assert_array_equal(as_numbers.targets, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_other_columns_are_a_regression_with_many_outputs(read):
    """Targets come in the order in which they were asked for."""
    dataset = read(table("1,1", "0,2", names="u,v"), target=["v", "u"])
    assert dataset.task == "regression"
    assert dataset.outputs == ("v", "u")
    assert_array_equal(dataset.targets, [[1, 1], [2, 0]])


def test_zeros_and_ones_that_do_not_exclude_each_other_are_labels(read):
    """A film may be funny and sad: each column is a label of its own."""
    dataset = read(table("1,1", "0,1", "1,0", names="funny,sad"), target=["funny", "sad"])
    assert dataset.task == "multilabel"
    assert dataset.classes == dataset.outputs == ("funny", "sad")
    assert_array_equal(dataset.targets, [[1, 1], [0, 1], [1, 0]])
    assert (
        read(table("1,1", "0,1", "1,0", names="u,v"), target=[1, 2], task="regression").task == "regression"
    )


def test_text_among_numbers_to_predict_is_named_with_its_line(refuse, read):
    """A typing error among measurements is no label; whoever says so has its row left out."""
    expected = "data.csv:4: column 'y': 'oops' is not a number; correct it, or leave its row out"
    assert refuse(table(0.5, 1.5, "oops")).startswith(expected)
    assert refuse(table(*range(30), "oops")).startswith("data.csv:32: column 'y': 'oops' is not a number")
    assert refuse(table(1, "two", 3, "x"), task="regression").startswith("data.csv:3: column 'y': 'two'")
    left = read(table(0.5, 1.5, "oops"), columns=InputOptions(invalid="missing"))
    assert_array_equal(left.targets, [[0.5], [1.5]])
    assert left.notes == ("1 rows left out in which y is not a number",)


def test_rows_without_a_target_are_left_out_and_said(read, refuse):
    """They cannot be trained on; nothing is dropped in silence."""
    dataset = read(table(0.5, "NA", 1.5, "", 2.5))
    assert_array_equal(dataset.targets, [[0.5], [1.5], [2.5]])
    assert_array_equal(dataset.X[:, 0], [0, 2, 4])
    assert dataset.notes == ("2 rows without a value of y left out (first: line 3)",)
    message = refuse(table(0.5, "NA", 1.5), columns=InputOptions(missing="error"))
    assert message.startswith("data.csv:3: column 'y': there is no target")


def test_labels_that_differ_in_case_are_one_class_and_that_is_said(read):
    """The most frequent spelling names the class; single letters are kept apart."""
    dataset = read(table("yes", "no", "YES", "yes", "No", "no"))
    assert dataset.classes == ("no", "yes")
    assert dataset.notes == ("y: 'YES' read as 'yes'; 'No' read as 'no'",)
    assert read(table("m", "M", "m", "M")).classes == ("M", "m")


def test_labels_with_leading_zeros_are_not_numbers(read):
    """01, 1 and 001 are three codes."""
    assert read(table(*["01", "1", "001"] * 4)).classes == ("001", "01", "1")


def test_labels_beyond_the_precision_of_numbers_stay_apart(read):
    """2⁵³ and 2⁵³ + 1 are one float, and two labels."""
    assert len(read(table(*["9007199254740992", "9007199254740993"] * 4)).classes) == 2


def test_a_stray_fraction_does_not_make_a_regression(refuse):
    """One 0.5 among many zeros and ones is a typing error: it is shown, and both ways out are named."""
    message = refuse(table(*[0, 1] * 60, 0.5, *[0, 1] * 60))
    assert message.startswith("data.csv:122: column 'y': 0.5 among 240 whole numbers that look like classes")
    assert message.endswith("correct it, or set data.task: classification or regression")


@pytest.mark.parametrize(
    ("contents", "options", "message"),
    [
        (
            table("1,1", "0,1", names="u,v"),
            {"target": [1, 2], "task": "classification"},
            "each row has one 1",
        ),
        (
            table("1,a", "0,b", names="u,v"),
            {"target": [1, 2]},
            "row 1 holds 'a'; several target columns must be num",
        ),
        (table("a", "a"), {}, "every row has the class 'a'; classification needs two"),
        (table(1, 1), {}, "every row has the class '1'"),
        (table("1,0", "1,0", names="u,v"), {"target": [1, 2]}, "every row has the class 'u'"),
        (
            table(*map("id-{}".format, range(30))),
            {},
            "30 different texts in 30 rows are probably not classes",
        ),
        (table(*np.linspace(0, 1, 1001)), {"task": "classification"}, "1,001 distinct numbers"),
    ],
)
def test_targets_that_make_no_sense_are_refused(refuse, contents, options, message):
    """The message names the target, what is wrong with it, and what to do."""
    refused = refuse(contents, **options)
    assert refused.startswith("data.csv: target '")
    assert message in refused
