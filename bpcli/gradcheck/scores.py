"""What a run says of how good its weights are, computed a second time: the scores, and what a report adds to them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bpcli.datasets import Encoding, Prepared
from bpcli.datasets.dataset import Task
from bpcli.datasets.encoding import TargetCode
from bpcli.gradcheck import reference
from bpcli.gradcheck.step import OwnCheck, TensorCheck, compare, summary
from bpcli.network import Architecture, Array, Parameters
from bpcli.training.evaluation import Evaluator

Row = tuple[float | None, ...]
ABSENT = -1.0  # stands for a number that does not exist
ROWS, TRAINING = 40, 22
UNITS = (2.0, 0.3, 5.0)  # of the targets of a regression


def score(task: Task, z: Array, Y: Array) -> float | None:
    """Accuracy, or R² averaged over the outputs that vary, of z and Y (N×d_L)."""
    if task == "multilabel":
        return float(((z >= 0.5) == (Y >= 0.5)).mean())
    if task == "classification":
        return float((_classes(z) == _classes(Y)).mean())
    total = ((Y - Y.mean(axis=0)) ** 2).sum(axis=0)
    varies = np.ptp(Y, axis=0) > 0
    explained = 1 - ((Y - z) ** 2).sum(axis=0)[varies] / total[varies]
    return float(explained.mean()) if varies.any() else None


def _classes(z: Array) -> Array:
    return z.argmax(axis=1) if z.shape[1] > 1 else (z[:, 0] >= 0.5).astype(np.int64)


def check_reports(rng: np.random.Generator) -> tuple[OwnCheck, ...]:
    """Compare what a report says of each class or target of the validation rows with the formulas of the textbook."""
    classes, binary = (
        Architecture((3, 4), "tanh", "softmax", "cross_entropy"),
        Architecture((3, 1), loss="cross_entropy"),
    )
    kinds: tuple[tuple[Task, Architecture, Array], ...] = (
        ("regression", Architecture((3, 2), output="identity"), rng.uniform(size=(ROWS, 2))),
        # No row has the last class.
        ("classification", classes, np.eye(4)[rng.choice(3, ROWS, p=(0.2, 0.5, 0.3))]),
        ("classification", binary, (rng.uniform(size=(ROWS, 1)) < 0.7) * 1.0),
        ("multilabel", replace(binary, sizes=(3, 3)), rng.uniform(size=(ROWS, 3)) ** (3.0, 1.0, 0.5)),
    )
    return tuple(_check_details(task, architecture, Y, rng) for task, architecture, Y in kinds)


def _check_details(
    task: Task, architecture: Architecture, every: Array, rng: np.random.Generator
) -> OwnCheck:
    parameters = Parameters(architecture)
    parameters.flat[...] = rng.normal(size=parameters.flat.shape)
    data = _prepared(task, rng.normal(size=(ROWS, architecture.sizes[0])), every)
    X, Y = data.X_validation, data.Y_validation
    z = reference.forward(architecture, dict(parameters.named()), X)[1][-1]
    found = Evaluator(parameters, task).details(X, Y, data)
    said: list[Row] = [(t.r2, t.mae, t.rmse, t.baseline_mae, t.baseline_rmse) for t in found.targets]
    said += [(each.rows, each.precision, each.recall) for each in found.classes]
    true = [*_of_targets(z, Y, data)] if task == "regression" else [*_of_classes(task, z, Y)]
    if task != "regression":
        recalls = [recall for *_, recall in true if recall is not None]
        said.append((found.balanced_accuracy, found.baseline))
        true.append((sum(recalls) / len(recalls), _baseline(task, data)))
    tensors = [_same(f"row_{number}", *rows) for number, rows in enumerate(zip(said, true, strict=True))]
    outputs = f"{Y.shape[1]} output{'s' if Y.shape[1] > 1 else ''}"
    return summary(f"report of a {task}, {outputs}", architecture, "complex", tensors)


def _same(name: str, said: Row, true: Row) -> TensorCheck:
    found, expected = (
        np.array([ABSENT if value is None else value for value in row], float) for row in (said, true)
    )
    return compare(name, found, expected, (abs(expected), np.full(len(true), 1e-12)), None, "complex")


def _of_targets(z: Array, Y: Array, data: Prepared) -> Iterator[Row]:
    for j, unit in enumerate(data.target_scale):
        wrong, beside = unit * (z - Y)[:, j], unit * (Y[:, j] - data.Y[:, j].mean())
        yield (
            score("regression", z[:, [j]], Y[:, [j]]),
            abs(wrong).mean(),
            np.sqrt(np.mean(wrong**2)),
            abs(beside).mean(),
            np.sqrt(np.mean(beside**2)),
        )


def _of_classes(task: Task, z: Array, Y: Array) -> Iterator[Row]:
    """The rows, the precision and the recall of each class."""
    if task == "multilabel":
        pairs = [(z[:, j] >= 0.5, Y[:, j] >= 0.5) for j in range(Y.shape[1])]
    else:
        pairs = [(_classes(z) == j, _classes(Y) == j) for j in range(max(2, Y.shape[1]))]
    for predicted, true in pairs:
        right = (predicted & true).sum()
        yield true.sum(), *(right / every.sum() if every.any() else None for every in (predicted, true))


def _baseline(task: Task, data: Prepared) -> float:
    """The accuracy of what is most frequent in the training rows."""
    if task == "multilabel":
        usual = data.Y.mean(axis=0) >= 0.5
        return float(((data.Y_validation >= 0.5) == usual).mean())
    counts = np.bincount(_classes(data.Y))
    return float((_classes(data.Y_validation) == counts.argmax()).mean())


def _prepared(task: Task, X: Array, Y: Array) -> Prepared:
    """The first rows to train on, the others to report; the targets of a regression have units of their own."""
    none, names = (
        np.zeros(0),
        tuple(map(str, range(max(2, Y.shape[1]) if task == "classification" else Y.shape[1]))),
    )
    units = TargetCode(task, names, (), none, np.array(UNITS[: Y.shape[1]]))
    return Prepared(
        name="random",
        task=task,
        features=(),
        classes=() if task == "regression" else names,
        outputs=names,
        X=X[:TRAINING],
        Y=Y[:TRAINING],
        X_validation=X[TRAINING:],
        Y_validation=Y[TRAINING:],
        offset=none,
        scale=none,
        digest="",
        encoding=Encoding((), (), none, (), (), (), (), none, none, units),
    )
