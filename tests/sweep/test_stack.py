"""Networks side by side are the networks that ``bpcli train`` trains one at a time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bpcli import datasets
from bpcli.config import Config, read_layers
from bpcli.network import Architecture
from bpcli.sweep.groups import Datasets, find_kinds, tasks
from bpcli.sweep.outcome import train_task
from bpcli.sweep.plan import make_plan
from bpcli.sweep.stack import Start, order_chunks
from bpcli.training.descent import Batches
from bpcli.training.session import Session

RATE = "training.optimizer.learning_rate"
# What an own generator draws, a short last batch, momentum and decay that differ, one more layer; early stopping in
# float32; classes in balanced batches under a schedule; a table of one's own, whose rows decide batches and decay.
CASES = {
    "moons": (
        [
            "data.samples=70",
            "training.batch_size=16",
            "training.epochs=4",
            "model.hidden=5,3",
            "training.optimizer.name=sgd",
        ],
        ["seed=0,4", "training.weight_decay=0.001,0.01", "training.optimizer.momentum=0.5,0.9"],
    ),
    "circles": (
        [
            "data.samples=90",
            "training.epochs=40",
            "model.dtype=float32",
            "model.activation=tanh",
            "model.output=softmax",
            "training.loss=cross_entropy",
            "training.early_stopping={patience: 2}",
        ],
        ["seed=0:2", "training.optimizer={name: adam, learning_rate: 0.3},{name: adam, learning_rate: 0.02}"],
    ),
    "iris": (
        [
            "training.epochs=5",
            "training.class_weight=balanced",
            "training.schedule.name=cosine",
            "training.evaluate_every=2",
        ],
        ["seed=1,8", "model.init={scheme: normal},{scheme: uniform}", f"{RATE}=0.1,1000"],
    ),
    "own table": (
        ["data.target=[petal length (cm), petal width (cm)]", "training.epochs=4"],
        ["seed=0,4", f"{RATE}=0.01,0.05"],
    ),
}
FILES = {"own table": str(Path(datasets.__file__).parent / "files" / "iris.csv")}


def sweep(name, engine="numpy"):
    """Train a case side by side, and yield each network's row, curve, and its training by itself."""
    overrides, over = CASES[name]
    overrides = [*overrides, f"training.engine={engine}"]
    plan = make_plan(read_layers(FILES.get(name, name), overrides=overrides), over)
    (kind,) = find_kinds(plan, Datasets())
    (task,) = tasks(plan, [kind], {}, every=True)
    (outcome,) = train_task(task, Datasets())
    for k, (at, seed) in enumerate(task.cells):
        number = task.combinations[at][0]
        session = Session(name, plan.config(number).model_copy(update={"seed": seed}))
        list(session.epochs())
        yield {key: row[k].item() for key, row in outcome.rows.items()}, outcome, k, session


@pytest.mark.parametrize("name", CASES)
def test_every_network_is_the_one_that_trains_alone(name):
    """Its epochs, why it stopped, its kept weights and scores; no product has a side of one, so BLAS multiplies alike.

    Equal bits are asked for where this machine's BLAS gives one network among others the same products as one alone,
    which the test below finds out; elsewhere equal numbers.
    """
    exact = products_agree()
    for row, outcome, k, session in sweep(name):
        result = session.result(session.header())
        assert (row["epochs"], row["stopped_by"]) == (session.trainer.epoch, result.stopped_by)
        assert row["kept_epoch"] == result.kept_epoch
        same = assert_array_equal if exact else lambda a, b: assert_allclose(a, b, rtol=1e-4, atol=1e-6)
        same(outcome.theta[k], session.trainer.kept().flat)
        same(row["train_loss"], result.train.loss)
        same(row["validation_loss"], result.validation.loss)
        same(
            row["validation_score"],
            result.validation.value if result.validation.value is not None else np.nan,
        )
        units = [unit for layer in result.activity for unit in layer]
        assert (row["dead"], row["saturated"]) == (units.count("dead"), units.count("saturated"))
        assert row["effective_units"] == sum(layer.effective_units for layer in result.symmetry)
        evaluated = {record.epoch: record for record in result.records}
        recorded = [at for at, epoch in enumerate(outcome.recorded) if epoch in evaluated]
        losses = [evaluated[outcome.recorded[at]].validation.loss for at in recorded]
        usable = np.isfinite(losses) & (
            np.arange(len(losses)) < len(losses) - (row["stopped_by"] == "diverged")
        )
        assert_allclose(
            outcome.validation[k][recorded][usable], np.array(losses)[usable], rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("names", [["moons", "iris", "own table"], ["circles"]], ids=["float64", "float32"])
def test_machine_code_trains_the_same_networks_too(names):
    """All engines of one kind: the kernels in a call of many epochs have the bits of the kernels in calls of one.

    The cases of one precision are one test, since all of them need the same kernels compiled.
    """
    pytest.importorskip("numba")
    for row, outcome, k, session in (found for name in names for found in sweep(name, "compiled")):
        result = session.result(session.header())
        assert (row["epochs"], row["stopped_by"]) == (session.trainer.epoch, result.stopped_by)
        assert_array_equal(outcome.theta[k], session.trainer.kept().flat)
        assert row["train_loss"] == pytest.approx(result.train.loss, rel=0, abs=0, nan_ok=True)
        if row["stopped_by"] == "epochs":
            assert_allclose(outcome.train[k][-1], result.records[-1].train.loss, rtol=1e-4)
            assert_allclose(outcome.validation[k][-1], result.records[-1].validation.loss, rtol=1e-4)


def products_agree():
    """Whether a product of a network among others has the bits of that network alone, for a few sizes."""
    rng = np.random.default_rng(0)
    for rows, width, units in ((16, 2, 5), (16, 5, 3), (90, 2, 4), (32, 4, 16), (7, 3, 2)):
        x, w = rng.normal(size=(3, rows, width)), rng.normal(size=(3, units, width))
        many = np.matmul(x, w.mT)
        if any(not np.array_equal(many[k], np.dot(x[k], w[k].T)) for k in range(3)):
            return False
    return True


def test_the_figures_of_xor_are_those_of_single_runs():
    """Outputs of one unit take other functions of BLAS, so that here the numbers agree to rounding."""
    plan = make_plan(read_layers("xor", overrides=["training.epochs=60", "model.hidden=2"]), ["seed=0:3"])
    (task,) = tasks(plan, find_kinds(plan, Datasets()), {})
    (outcome,) = train_task(task, Datasets())
    for seed in range(4):
        session = Session("xor", plan.config(0).model_copy(update={"seed": seed}))
        records = list(session.epochs())
        assert_allclose(outcome.rows["train_loss"][seed], records[-1].train.loss, rtol=1e-9)
        assert_allclose(outcome.train[seed], [record.train.loss for record in records], rtol=1e-6)


def test_who_stands_beside_a_network_changes_no_bit_of_it():
    """The same network in groups of one, of three, and of six."""
    plan = make_plan(read_layers("xor", overrides=["training.epochs=20"]), ["seed=0:5"])
    (kind,) = find_kinds(plan, Datasets())
    found = []
    for size in (1, 3, 6):
        sized = type(kind)(**vars(kind) | {"size": size})
        rows = [train_task(task, Datasets())[0].rows["train_loss"] for task in tasks(plan, [sized], {})]
        found.append(np.concatenate(rows))
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


def test_the_groups_with_the_most_work_come_first():
    """Ten seeds of each width: of 300 units five go in a group, of the others all ten, which a limit of 500 allows."""
    over = ["seed=0:9", "model.hidden=4,16,64,128,300"]
    plan = make_plan(read_layers("moons", overrides=["training.engine=numpy", "training.epochs=50"]), over)
    groups = [
        (task.combinations[0][2].model.hidden[0], len(task.cells))
        for task in tasks(plan, find_kinds(plan, Datasets()), {})
    ]
    assert groups == [(300, 5), (300, 5), (128, 10), (64, 10), (16, 10), (4, 10)]


def test_orders_drawn_many_at_a_time_are_those_drawn_one_by_one():
    """Five epochs, two at a time, are those that the training of a single network draws one after another."""
    one, many = np.random.default_rng(3), np.random.default_rng(3)
    batches = Batches(np.zeros((7, 1)), np.zeros((7, 1)), 7, one)
    orders = [batches.shuffle().copy() for _ in range(5)]
    config = Config.model_validate({"data": {"source": "xor"}})
    parts = np.zeros((1, 7, 1))
    start = Start(
        configs=[config],
        architecture=Architecture((1, 1)),
        theta=np.zeros((1, 2)),
        of_seed=np.zeros(1, np.int64),
        X=parts, Y=parts, X_validation=parts[:, :0], Y_validation=parts[:, :0],
        task="classification",
        orders=[many],
    )  # fmt: skip
    assert_array_equal(np.concatenate([*order_chunks(start, 0, 5, 2)]), orders)


def test_a_diverged_network_ends_and_the_others_go_on():
    """A rate of a million on a network with linear output."""
    overrides = ["model.output=identity", "training.epochs=30", "training.optimizer.momentum=0.0"]
    plan = make_plan(read_layers("xor", overrides=overrides), ["seed=0:1", f"{RATE}=0.1,1000000.0"])
    (task,) = tasks(plan, find_kinds(plan, Datasets()), {})
    (outcome,) = train_task(task, Datasets())
    assert outcome.rows["stopped_by"].tolist() == ["epochs", "diverged"] * 2
    assert outcome.rows["epochs"].tolist()[::2] == [30, 30]
    assert max(outcome.rows["epochs"].tolist()[1::2]) < 30
    assert np.isinf(outcome.train[1, -1])
    reasons = outcome.rows["reason"].tolist()
    assert reasons[::2] == ["", ""]
    assert all(reason.startswith("the loss ") for reason in reasons[1::2])
