"""What a table of one's own trains with follows from its rows; what is written down, and built-in sets, stay."""

import numpy as np
import pytest

from bpcli.config import resolve
from bpcli.training.setup import setup


def trained_with(path, rows, *overrides):
    """Batch size and weight decay for a table of so many rows, a fifth of which is held out."""
    path.write_text("x,y\n" + "".join(f"{i / 7},{i * i}.5\n" for i in range(rows)), encoding="ascii")
    training = setup(resolve(str(path), overrides=overrides).config).config.training
    return training.batch_size, training.weight_decay


@pytest.mark.parametrize(("rows", "batch"), [(10, 4), (50, 5), (200, 20), (1000, 32)])
def test_a_regression_of_few_rows_trains_in_small_batches_with_more_decay(tmp_path, rows, batch):
    """An eighth of the training rows, from 4 to 32; and 0.1 over their number."""
    size, decay = trained_with(tmp_path / "t.csv", rows)
    assert size == batch
    assert np.isclose(decay, 0.1 / (0.8 * rows), rtol=1e-15)


def test_what_is_written_down_wins(tmp_path):
    """Nothing is decided there."""
    overrides = ["training.batch_size=full", "training.weight_decay=0"]
    assert trained_with(tmp_path / "t.csv", 50, *overrides) == ("full", 0)


def test_a_table_that_is_to_be_learnt_as_it_is_has_no_decay(tmp_path):
    """Nothing is held out, so nothing is kept from fitting it."""
    assert trained_with(tmp_path / "t.csv", 8, "data.validation=0") == (32, 0)


def test_auto_decides_for_built_in_sets_too_where_it_is_asked_for():
    """iris has 150 rows; without it the shipped configuration trains as it says."""
    asked = ["training.batch_size=auto", "training.weight_decay=auto"]
    training = setup(resolve("iris", overrides=asked).config).config.training
    assert (training.batch_size, training.weight_decay) == (32, 0)  # it is about classes
    shipped = resolve("iris").config.training
    complete = setup(resolve("iris").config).config.training
    assert (complete.batch_size, complete.weight_decay) == (shipped.batch_size, shipped.weight_decay)


@pytest.mark.parametrize("name", ["gradcheck", "walkthrough", "symmetry-demo"])
def test_shipped_tables_train_as_their_configurations_say(name):
    """They are tables too, and hold nothing out."""
    training = setup(resolve(name).config).config.training
    assert (training.batch_size, training.weight_decay) == ("full", 0)
