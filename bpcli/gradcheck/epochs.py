"""Follows the loop that trains: every batch, gradient, update and reported loss of some epochs against the reference.

A check of a fresh network cannot see what only a second step shows: gradients that accumulate, buffers that keep the
last batch, a short batch divided by the wrong N, an update rule that remembers wrongly. So ``Trainer`` itself runs
here, and is looked at where it pauses, between the backward pass and the update of each step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.datasets import Prepared
from bpcli.gradcheck import reference
from bpcli.gradcheck.numerical import Method
from bpcli.gradcheck.scores import score
from bpcli.gradcheck.step import OwnCheck, TensorCheck, compare, compare_step, observed, statement, summary
from bpcli.network import Array, Network
from bpcli.training.loop import EpochRecord, Trainer

# Parameters up to which each is compared by itself; of more, the gradients along a random direction.
WHOLE = 3000
ROUNDING = 64.0  # units of rounding that an update, or the sum of a whole set, may differ by
EVEN = 4.0  # standard deviations that the number of rows drawn of a class may be from the expected one
DISTINCT_ROWS = 8  # shuffling is looked for from so many on: one order in 40,320 is that of the data


@dataclass(frozen=True, eq=False)
class _Epoch:
    """What was seen of one epoch: every step before its update, the parameters after the last, and the record."""

    steps: list[dict[str, Array]]
    after: dict[str, Array]
    record: EpochRecord


def check_training(
    source: str,
    network: Network,
    data: Prepared,
    settings: TrainingConfig,
    rng: np.random.Generator,
    method: Method,
) -> OwnCheck:
    """Train ``network`` for the configured epochs on ``data`` and compare everything with the reference.

    A quantity is judged at each step, and shown where it is furthest from the reference. After that another run goes
    on from the last epoch but one, which must end with the same parameters to the last bit. Training that
    diverges certifies nothing.
    """
    trainer = Trainer(network, data, settings, rng, visibly=True)
    epochs, states = [], []
    steps: list[dict[str, Array]] = []

    def look() -> bool:
        steps.append(observed(network))
        return False

    for record in trainer.epochs(look):
        after = {name: tensor.copy() for name, tensor in network.parameters.named()}
        epochs.append(_Epoch(steps.copy(), after, record))
        steps.clear()
        states.append(trainer.state())
    if trainer.stopped_by == "diverged":  # nothing finite is left to compare but what was seen first
        diverged = summary(
            source, network.architecture, method, compare_step(network, epochs[0].steps[0], method)
        )
        return diverged if diverged.verdict == "wrong" else replace(diverged, verdict="uninformative")
    kept = {name: tensor.copy() for name, tensor in trainer.kept().named()}
    found = [
        check
        for epoch in epochs
        for step in epoch.steps
        for check in compare_step(network, step, method, whole=network.architecture.parameter_count <= WHOLE)
    ]
    found += _batches(epochs, data, network.rows, balanced=settings.class_weight is not None)
    found += _updates(epochs, settings)
    found += _records(network, epochs, data, settings)
    found += _kept(epochs, kept, trainer, settings)
    again = Trainer(
        Network(network.parameters.copy(), network.rows), data, settings, np.random.default_rng(0)
    )
    again.restore(states[-1])
    left = list(again.epochs())  # none: that run was over
    found.append(statement("resumed_end", not left))
    found += _resumed(again, states[-2 if len(states) > 1 else 0], trainer)
    if len(epochs) > 1 and len(epochs[0].steps) > 1:
        copy = type(network)(network.parameters.copy(), network.rows)
        step_by_step = Trainer(copy, data, settings, np.random.default_rng(0), visibly=True)
        found += _interrupted(step_by_step, states[0])
    return summary(source, network.architecture, method, _worst_of_each(found))


def _worst_of_each(checks: list[TensorCheck]) -> list[TensorCheck]:
    """Of every name the gravest check: wrong, or else the one furthest off among the correct ones."""
    # A step that can tell decides over one that cannot.
    order = {"wrong": 2, "correct": 1, "uninformative": 0}
    worst: dict[str, TensorCheck] = {}
    for check in checks:
        grave = (order[check.verdict], check.residual or 0.0)
        if check.name not in worst or grave > (
            order[worst[check.name].verdict],
            worst[check.name].residual or 0.0,
        ):
            worst[check.name] = check
    return list(worst.values())


def _same(
    name: str, found: Array, true: Array, units: float = 0.0, scale: Array | None = None
) -> TensorCheck:
    """Compare up to some units of rounding of the scale, or exactly."""
    found, true = np.asarray(found), np.asarray(true)
    error = (
        units * float(np.finfo(found.dtype).eps) * abs(true if scale is None else scale).astype(np.float64)
    )
    return compare(name, found, true.astype(np.float64), (np.zeros(true.shape), error), None, "complex")


def _batches(epochs: list[_Epoch], data: Prepared, size: int, *, balanced: bool) -> Iterator[TensorCheck]:
    """Every epoch goes once through all rows, ``size`` at a time, in an order of its own.

    If it is ``balanced``, it draws as many of them, and about as many of every class.
    """
    rows = np.column_stack([data.X, data.Y])
    distinct = len(np.unique(rows, axis=0)) >= DISTINCT_ROWS
    full, short = divmod(len(rows), size)
    before = rows
    for epoch in epochs:
        sizes = [len(step["x"]) for step in epoch.steps]
        yield _same(
            "batch_sizes", np.array(sizes, float), np.array([size] * full + [short] * (short > 0), float)
        )
        seen = np.concatenate([np.column_stack([step["x"], step["y"]]) for step in epoch.steps])
        if balanced:
            yield statement("rows", _all_among(seen, rows))
            yield statement("balanced", _balanced(seen[:, data.X.shape[1] :]))
        else:
            yield _same("rows", seen[np.lexsort(seen.T)], rows[np.lexsort(rows.T)])
        if distinct and seen.shape == before.shape:
            yield statement("shuffled", (seen != before).any())
        before = seen


def _all_among(seen: Array, rows: Array) -> bool:
    return {row.tobytes() for row in seen} <= {row.tobytes() for row in rows}


def _balanced(Y: Array) -> bool:
    """Whether every class is drawn as often as an even chance explains."""
    classes = (Y >= 0.5).sum(axis=0) if Y.shape[1] > 1 else np.array([(Y >= 0.5).sum(), (Y < 0.5).sum()])
    even = len(Y) / len(classes)
    return bool(np.all(abs(classes - even) <= EVEN * np.sqrt(even * (1 - 1 / len(classes)))))


def _updates(epochs: list[_Epoch], settings: TrainingConfig) -> Iterator[TensorCheck]:
    """Each step moves each parameter by the rule, along the gradient that was seen (and judged) before the update."""
    memories: dict[str, tuple[reference.Memory, reference.Memory]] = {
        name: ({}, {}) for name in epochs[0].after
    }
    rule, c = settings.optimizer, settings.decay
    for number, epoch in enumerate(epochs, start=1):
        rate = reference.scheduled_rate(settings.schedule, rule.learning_rate, number, settings.epochs)
        yield _same("learning_rate", np.array(epoch.record.learning_rate), np.array(rate), ROUNDING)
        yield statement("epoch", epoch.record.epoch, number)
        for step, later in zip(epoch.steps, [*epoch.steps[1:], epoch.after], strict=True):
            for name, (memory, of_sizes) in memories.items():
                theta, gradient = (step[key].astype(np.float64) for key in (name, f"grad_{name}"))
                decay = c if theta.ndim > 1 else 0.0
                new = reference.update(rule, memory, theta, gradient + decay * theta, rate)
                # What the same step adds up to without cancellation, which its rounding is relative to.
                size = reference.update(rule, of_sizes, -abs(theta), abs(gradient) + decay * abs(theta), rate)
                yield _same(f"new_{name}", later[name], new, ROUNDING, size)


def _records(
    network: Network, epochs: list[_Epoch], data: Prepared, settings: TrainingConfig
) -> Iterator[TensorCheck]:
    """The loss and the score that each epoch reports are those of the parameters that it ended with."""
    architecture = network.architecture
    parts = [("train", data.X, data.Y)]
    if len(data.X_validation):
        parts.append(("validation", data.X_validation, data.Y_validation))
    best, stale, last = np.inf, 0, len(epochs)
    for number, epoch in enumerate(epochs, start=1):
        parameters = {name: tensor.astype(np.float64) for name, tensor in epoch.after.items()}
        monitored = np.nan
        for part, X, Y in parts:
            x, y = X.astype(np.float64), Y.astype(np.float64)
            pre, out = reference.forward(architecture, parameters, x)
            losses = reference.sample_losses(architecture, pre[-1], out[-1], y)
            scores = epoch.record.train if part == "train" else epoch.record.validation
            if scores is None:
                yield TensorCheck(f"{part}_loss", (), float("nan"), None, None, "wrong", 0)
                continue
            monitored = float(losses.mean())
            scale = np.array(abs(losses).max() + (abs(pre[-1]).max() if "cross" in architecture.loss else 0))
            of_precision = network.parameters.dtype.type
            yield _same(f"{part}_loss", of_precision(scores.loss), losses.mean(), ROUNDING, scale)
            true = score(data.task, out[-1], y)
            if true is not None:
                reported = of_precision(np.nan if scores.value is None else scores.value)
                # A row on the edge between two classes may fall on either side.
                close = 1.0 if data.task != "regression" and np.finfo(of_precision).eps > 1e-10 else 0.0
                bound = np.zeros(()), np.array(1e-9 if of_precision is np.float64 else 1e-4 + close / len(y))
                yield compare(
                    f"{part}_{scores.metric}", np.array(reported), np.array(true), bound, None, "complex"
                )
        stopping = settings.early_stopping
        stale = 0 if monitored < best - (stopping.min_delta if stopping else 0.0) else stale + 1
        best = min(best, monitored)
        if stopping and stale >= stopping.patience:
            last = number
            break
    else:
        last = settings.epochs
    yield statement("epochs", len(epochs), last)


def _resumed(again: Trainer, state: dict[str, Array], first: Trainer) -> Iterator[TensorCheck]:
    """A run that goes on from a state ends as the first one did, with the same parameters to the last bit."""
    again.restore(state)
    for _ in again.epochs():
        pass
    yield statement("resumed_epoch", again.epoch, first.epoch)
    yield statement("resumed_best_epoch", again.best_epoch, first.best_epoch)
    last = zip(again.network.parameters.named(), first.network.parameters.named(), strict=True)
    for (name, found), (_, true) in last:
        yield _same(f"resumed_{name}", found, true)
    for (name, found), (_, true) in zip(again.kept().named(), first.kept().named(), strict=True):
        yield _same(f"resumed_kept_{name}", found, true)


def _interrupted(again: Trainer, state: dict[str, Array]) -> Iterator[TensorCheck]:
    """An epoch that is interrupted after its first step is undone."""
    again.restore(state)
    before = {name: tensor.copy() for name, tensor in again.network.parameters.named()}
    asked = iter([False])
    records = list(again.epochs(lambda: next(asked, True)))
    found = np.array([float(len(records)), float(again.epoch), float(again.stopped_by == "interrupted")])
    yield _same("interrupted", found, np.array([0.0, float(state["epoch"]), 1.0]))
    for name, tensor in again.network.parameters.named():
        yield _same(f"interrupted_{name}", tensor, before[name])


def _kept(
    epochs: list[_Epoch], kept: dict[str, Array], trainer: Trainer, settings: TrainingConfig
) -> Iterator[TensorCheck]:
    """The parameters kept are the last ones, or those of the lowest loss where training stopped early."""
    stopped = len(epochs) < settings.epochs
    monitored = [epoch.record.monitored for epoch in epochs]
    right = trainer.stopped_by == ("early_stopping" if stopped else "epochs")
    yield statement("stopped_by", right)
    best = epochs[int(np.argmin(monitored))] if stopped else epochs[-1]
    yield statement("kept_epoch", trainer.kept_epoch, best.record.epoch)
    for name, true in best.after.items():
        yield _same(f"kept_{name}", kept[name], true)
