"""What a table of one's own trains with follows from its rows; what is written down, and built-in sets, stay."""

import numpy as np
import pytest

from bpcli.config import resolve
from bpcli.training.setup import look, setup, written_config


def table(path, rows, target="{}.5"):
    """A table of so many rows, whose target is a number, or without a point in it one of three classes."""
    cells = (f"{i / 7},{target.format(i * i if '.' in target else i % 3)}\n" for i in range(rows))
    path.write_text("x,y\n" + "".join(cells), encoding="ascii")
    return str(path)


def trained_with(path, rows, *overrides):
    """Batch size and weight decay for a regression of so many rows."""
    training = setup(resolve(table(path, rows), overrides=overrides).config).config.training
    return training.batch_size, training.weight_decay


@pytest.mark.parametrize(("rows", "batch"), [(10, 4), (50, 5), (200, 20), (1000, 32)])
def test_a_regression_of_few_rows_trains_in_small_batches_with_more_decay(tmp_path, rows, batch):
    """An eighth of the training rows, from 4 to 32; and 0.1 over their number."""
    size, decay = trained_with(tmp_path / "t.csv", rows, "data.validation=0.2")
    assert size == batch
    assert np.isclose(decay, 0.1 / (0.8 * rows), rtol=1e-15)


@pytest.mark.parametrize("target", ["{}.5", "class {}"])
@pytest.mark.parametrize(("rows", "batch"), [(4, 4), (40, 5), (99, 12)])
def test_of_fewer_than_100_rows_none_are_held_out(tmp_path, target, rows, batch):
    """All are trained on, an eighth of them in a batch, and the weight decay is 1 over their number: 0.025 of 40."""
    ready = setup(resolve(table(tmp_path / "t.csv", rows, target)).config)
    assert (len(ready.data.X), len(ready.data.X_validation), ready.config.data.validation) == (rows, 0, 0)
    assert ready.config.training.batch_size == batch
    assert np.isclose(ready.config.training.weight_decay, 1 / rows, rtol=1e-15)


@pytest.mark.parametrize(("target", "trained"), [("{}.5", (10, 0.1 / 80)), ("class {}", (32, 0))])
def test_of_100_rows_a_fifth_is_held_out(tmp_path, target, trained):
    """They train as larger tables do."""
    ready = setup(resolve(table(tmp_path / "t.csv", 100, target)).config)
    assert (len(ready.data.X), len(ready.data.X_validation), ready.config.data.validation) == (80, 20, 0.2)
    assert (ready.config.training.batch_size, ready.config.training.weight_decay) == trained


def test_few_rows_that_bring_a_validation_set_are_no_exception(tmp_path):
    """It is used, and early stopping is judged by it as for a larger table."""
    X = np.linspace(0, 1, 56)[:, None]
    arrays = {"X": X[:40], "y": X[:40, 0] ** 2, "X_validation": X[40:], "y_validation": X[40:, 0] ** 2}
    np.savez(tmp_path / "t.npz", **arrays)
    ready = setup(resolve(str(tmp_path / "t.npz")).config)
    assert (len(ready.data.X), len(ready.data.X_validation)) == (40, 16)
    assert (ready.config.training.batch_size, ready.config.training.weight_decay) == (5, 0.1 / 40)


def test_the_written_configuration_of_few_rows_trains_as_the_table_does(tmp_path, monkeypatch):
    """``bpcli data --write-config`` writes down what was decided."""
    monkeypatch.chdir(tmp_path)
    config = resolve(table(tmp_path / "t.csv", 40)).config
    written = tmp_path / "t.yaml"
    written.write_text(written_config(config, look(config), written), encoding="utf-8")
    again, ready = setup(resolve(str(written)).config), setup(config)
    assert again.config.training == ready.config.training
    assert len(again.data.X) == len(ready.data.X) == 40


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
