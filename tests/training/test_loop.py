"""The loop: what it visits, what it records, and when it stops."""

from math import cos, pi

import numpy as np
import pytest

from bpcli.config import ConstantSchedule, CosineSchedule, StepSchedule, TrainingConfig
from bpcli.models.outputs import ROWS
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training.evaluation import Evaluator
from bpcli.training.loop import Trainer
from bpcli.training.schedules import learning_rate


def linear_trainer(data, *, seed=0, **settings):
    """Return a trainer of z = w x + bias under squared error, from zero."""
    config = TrainingConfig.model_validate({"batch_size": 4, "epochs": 5, **settings})
    architecture = Architecture((1, 1), output="identity")
    rows = len(data.X) if config.batch_size == "full" else config.batch_size
    return Trainer(Network(Parameters(architecture), rows), data, config, np.random.default_rng(seed))


def sgd(rate, **more):
    """Return the configuration of plain descent at a rate."""
    return {"name": "sgd", "learning_rate": rate, **more}


def test_one_epoch_of_batches_is_the_loop_written_out(line):
    """Same permutation, same batches, same updates: a plain loop over rows ends at the same weight and bias."""
    trainer = linear_trainer(line, epochs=1, optimizer=sgd(0.1), batch_size=5)
    list(trainer.epochs())
    order = np.arange(12)
    np.random.default_rng(0).shuffle(order)
    w = b = 0.0
    for rows in (order[:5], order[5:10], order[10:]):
        error = w * line.X[rows, 0] + b - line.Y[rows, 0]
        w, b = w - 0.1 * (error * line.X[rows, 0]).mean(), b - 0.1 * error.mean()
    assert trainer.network.parameters.flat == pytest.approx([w, b], rel=1e-13)


def test_training_on_a_line_finds_the_line(line):
    """y = 2 x - 1 from zero weights, full batch; the record's losses are those of the weights it ended with."""
    trainer = linear_trainer(line, epochs=400, optimizer=sgd(0.5), batch_size="full")
    last = list(trainer.epochs())[-1]
    assert trainer.network.parameters.flat == pytest.approx([2, -1], abs=1e-9)
    assert last.train.loss < 1e-18
    assert last.train.value == pytest.approx(1.0)
    assert trainer.stopped_by == "epochs"


def test_records_are_evaluated_after_the_epoch(line):
    """The loss in a record is ½(y-z)² of the weights after the epoch, on all rows of either set."""
    trainer = linear_trainer(line, epochs=1, optimizer=sgd(0.3))
    (record,) = trainer.epochs()
    w, b = trainer.network.parameters.flat
    for scores, x, y in (
        (record.train, line.X, line.Y),
        (record.validation, line.X_validation, line.Y_validation),
    ):
        squares = (y - (w * x + b)) ** 2
        assert scores.loss == pytest.approx(0.5 * squares.mean(), rel=1e-13)
        assert scores.value == pytest.approx(1 - squares.sum() / ((y - y.mean()) ** 2).sum(), rel=1e-12)


def test_every_row_is_visited_once_an_epoch(line):
    """The inputs of all batches of an epoch, the short last one included, are the rows of the data."""
    trainer = linear_trainer(line, batch_size=5)
    seen = []
    for x, _ in trainer.batches.epoch():
        seen += x[:, 0].tolist()
    assert sorted(seen) == line.X[:, 0].tolist()


def test_epochs_are_shuffled_differently(line):
    """Two epochs in a row visit the rows in different orders."""
    trainer = linear_trainer(line)
    orders = []
    for _ in range(2):
        orders.append([row for x, _ in trainer.batches.epoch() for row in x[:, 0].tolist()])
    assert orders[0] != orders[1]


@pytest.mark.parametrize("rate", [5.0, 1e6, 1e200])
def test_divergence_ends_training_at_its_epoch(line, rate):
    """At a rate beyond 2/curvature the loss grows without bound; the record of that epoch is the last."""
    trainer = linear_trainer(line, epochs=10_000, optimizer=sgd(rate))
    records = list(trainer.epochs())
    assert trainer.stopped_by == "diverged"
    size = 0.5 * np.mean((line.Y - line.Y.mean()) ** 2)  # the loss of the best constant
    assert not records[-1].train.loss <= 1e4 * size
    assert all(record.train.loss <= 1e4 * size for record in records[:-1])
    assert np.isfinite(trainer.best.flat).all()


def test_early_stopping_keeps_the_best_weights(line):
    """A rate that oscillates and grows is best at once: training ends after ``patience`` epochs without better."""
    trainer = linear_trainer(
        line, epochs=100, optimizer=sgd(2.2), batch_size="full", early_stopping={"patience": 4}
    )
    records = list(trainer.epochs())
    best = min(records, key=lambda record: record.validation.loss)
    assert trainer.stopped_by == "early_stopping"
    assert len(records) == best.epoch + 4
    assert trainer.best_epoch == best.epoch
    kept = Evaluator(trainer.kept(), "regression").scores(line.X_validation, line.Y_validation)
    assert kept.loss == best.validation.loss


def test_without_early_stopping_the_last_weights_are_kept(line):
    """The best are remembered, but what is kept is the last."""
    trainer = linear_trainer(line, epochs=10, optimizer=sgd(2.2), batch_size="full")
    list(trainer.epochs())
    assert trainer.kept() is trainer.network.parameters
    assert trainer.best_epoch < 10


def test_min_delta_is_what_counts_as_better(line):
    """Improvements smaller than min_delta are none: training ends after ``patience`` epochs of slow progress."""
    trainer = linear_trainer(
        line, epochs=100, optimizer=sgd(1e-4), early_stopping={"patience": 3, "min_delta": 0.1}
    )
    # The first epoch is better than nothing at all by any measure; the three after it are not.
    assert len(list(trainer.epochs())) == 4


def test_without_a_validation_set_the_training_loss_is_watched(line):
    """Early stopping works on the training loss, and records carry no validation scores."""
    import dataclasses

    data = dataclasses.replace(line, X_validation=line.X[:0], Y_validation=line.Y[:0])
    trainer = linear_trainer(
        data, epochs=100, optimizer=sgd(2.2), batch_size="full", early_stopping={"patience": 2}
    )
    records = list(trainer.epochs())
    assert trainer.stopped_by == "early_stopping"
    assert all(record.validation is None for record in records)


def test_an_interruption_undoes_the_unfinished_epoch(line):
    """Stopped in the middle of epoch 3, the weights are those of epoch 2, and going on gives what never stopped."""
    whole = linear_trainer(line, epochs=5, optimizer=sgd(0.1, momentum=0.5))
    expected = list(whole.epochs())
    trainer = linear_trainer(line, epochs=5, optimizer=sgd(0.1, momentum=0.5))
    asked = iter([False] * 7)  # three batches an epoch: the eighth, in epoch 3, is interrupted
    first = list(trainer.epochs(lambda: next(asked, True)))
    assert trainer.stopped_by == "interrupted"
    assert first == expected[:2]
    trainer.restore(trainer.state())
    assert list(trainer.epochs()) == expected[2:]
    assert np.array_equal(trainer.network.parameters.flat, whole.network.parameters.flat)


@pytest.mark.parametrize("optimizer", [sgd(0.1, momentum=0.9), {"name": "adam", "learning_rate": 0.01}])
def test_a_restored_trainer_goes_on_bit_for_bit(line, optimizer):
    """The state after three epochs, put into a new trainer, gives the remaining records and weights exactly."""
    whole = linear_trainer(line, epochs=6, optimizer=optimizer)
    expected = list(whole.epochs())
    stopped = linear_trainer(line, epochs=3, optimizer=optimizer)
    list(stopped.epochs())
    fresh = linear_trainer(line, epochs=6, optimizer=optimizer, seed=99)
    fresh.restore(stopped.state())
    assert list(fresh.epochs()) == expected[3:]
    assert np.array_equal(fresh.network.parameters.flat, whole.network.parameters.flat)
    assert np.array_equal(fresh.best.flat, whole.best.flat)


def test_schedules_follow_their_formulas():
    """constant; initial · factor^⌊(e-1)/every⌋; half a cosine from initial towards minimum."""
    step, cosine = StepSchedule(name="step", every=3, factor=0.5), CosineSchedule(name="cosine", minimum=0.1)
    constant = ConstantSchedule(name="constant")
    assert [learning_rate(constant, 0.8, e, 9) for e in (1, 9)] == [0.8, 0.8]
    assert [learning_rate(step, 0.8, e, 9) for e in (1, 3, 4, 6, 7)] == [0.8, 0.8, 0.4, 0.4, 0.2]
    assert learning_rate(cosine, 0.8, 1, 10) == 0.8
    assert learning_rate(cosine, 0.8, 6, 10) == pytest.approx(0.45)
    assert learning_rate(cosine, 0.8, 10, 10) == pytest.approx(0.1 + 0.7 * (1 + cos(0.9 * pi)) / 2)


def test_scores_do_not_depend_on_how_many_rows_are_evaluated_at_a_time():
    """2,500 rows are scored in three parts: loss, accuracy and R² are those of all rows at once."""
    rng = np.random.default_rng(0)
    parameters = Parameters(Architecture((3, 4, 2)))
    initialise(parameters, rng, "normal", std=1.0)
    X, Y = rng.normal(size=(2500, 3)), np.eye(2)[rng.integers(0, 2, 2500)]
    assert len(X) > 2 * ROWS
    z = Network(parameters, 2500).forward(X)
    found = Evaluator(parameters, "classification").scores(X, Y)
    assert found.loss == pytest.approx(0.5 * ((Y - z) ** 2).sum(axis=1).mean(), rel=1e-12)
    assert found.value == (z.argmax(axis=1) == Y.argmax(axis=1)).mean()
    r2 = 1 - ((Y - z) ** 2).sum(axis=0) / ((Y - Y.mean(axis=0)) ** 2).sum(axis=0)
    assert Evaluator(parameters, "regression").scores(X, Y).value == pytest.approx(r2.mean(), rel=1e-12)


def test_a_constant_target_has_no_part_in_r2():
    """Sums of squares of equal numbers need not be exactly 0: the column is left out because it does not vary."""
    parameters = Parameters(Architecture((1, 2), output="identity"))
    Y = np.stack([np.full(7, 0.1), np.arange(7.0)], axis=1)
    scores = Evaluator(parameters, "regression").scores(np.ones((7, 1)), Y)
    assert scores.value == pytest.approx(1 - (Y[:, 1] ** 2).sum() / ((Y[:, 1] - 3) ** 2).sum())


def test_r2_of_targets_that_do_not_vary_does_not_exist():
    """A single row has no variance to explain: the score is None, not a division by zero."""
    parameters = Parameters(Architecture((1, 1), output="identity"))
    assert Evaluator(parameters, "regression").scores(np.ones((1, 1)), np.ones((1, 1))).value is None
