"""Trains the networks of one group and measures each: a row of results, its loss curve, and the weights to keep."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.common.errors import BpcliError
from bpcli.common.text import printable
from bpcli.config import Config
from bpcli.datasets import Prepared
from bpcli.network import Architecture, Array, Parameters, initialise
from bpcli.sweep import stack
from bpcli.sweep.groups import Datasets, Task
from bpcli.sweep.machine import train_compiled
from bpcli.symmetry import network_symmetry, unit_activity
from bpcli.training.evaluation import Evaluator
from bpcli.training.setup import build_network, prepared_data, streams

_LONGEST_REASON = 300
_UNITS = ("effective_units", "symmetric", "dead", "saturated")
_SCORES = ("train_loss", "train_score", "validation_loss", "validation_score")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of the K networks of a group, or of those of them whose shapes are the same.

    Attributes:
        rows: by name a number or a text for each network, K: id of its combination, seed, epochs, kept epoch, why it
            stopped, the scores of the kept weights (NaN where there are none), and over all hidden layers how many
            units are different, part of a symmetric group, dead, and saturated.
        recorded: the epochs of the curves, C.
        train, validation: the losses at these epochs, K×C; K×0 without validation rows.
        kept: which networks have their weights here.
        theta: those weights, (their number)×P.
        sizes, bias: of the networks, d0 … d_L, and whether they have biases.
    """

    rows: dict[str, Array]
    recorded: Array
    train: Array
    validation: Array
    kept: Array
    theta: Array
    sizes: Array
    bias: Array

    def arrays(self) -> dict[str, Array]:
        """Return all of it as the arrays of one NPZ."""
        names = ("recorded", "train", "validation", "kept", "theta", "sizes", "bias")
        return {f"row_{name}": row for name, row in self.rows.items()} | {n: getattr(self, n) for n in names}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "Outcome":
        """Return what ``arrays`` returned."""
        rows = {n.removeprefix("row_"): a for n, a in arrays.items() if n.startswith("row_")}
        return cls(rows, **{name: a for name, a in arrays.items() if not name.startswith("row_")})


@dataclass(frozen=True, eq=False)
class _Seeded:
    """What a seed determines: the data, and random numbers for the weights of one network and for the order of rows."""

    config: Config
    data: Prepared
    weights: np.random.Generator
    order: np.random.Generator


def train_task(
    task: Task,
    datasets: Datasets,
    interrupted: Callable[[], bool] = lambda: False,
    seen: Callable[[int], None] = lambda _: None,
) -> list[Outcome] | None:
    """Train the networks of a group; None if it was interrupted.

    There is one outcome for each shape that the data of its seeds have, and one for seeds whose data cannot be used.
    """
    config = task.combinations[0][2]
    dataset = datasets.get(config)
    ready: dict[int, _Seeded] = {}
    failed: dict[int, str] = {}
    for seed in dict.fromkeys(seed for _, seed in task.cells):
        if interrupted():
            return None
        seeded = config.model_copy(update={"seed": seed})
        for_data, weights, order = streams(seed)
        try:
            complete, data = prepared_data(seeded, for_data, dataset)
            ready[seed] = _Seeded(complete, data, weights, order)
        except BpcliError as error:
            failed[seed] = printable(str(error), _LONGEST_REASON)
    alike: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for at, seed in task.cells:
        if seed in ready:
            data = ready[seed].data
            parts = (data.X, data.Y, data.X_validation, data.Y_validation)
            alike.setdefault(tuple(each.shape for each in parts), []).append((at, seed))
    outcomes = []
    for cells in alike.values():
        outcome = _train(task, cells, ready, interrupted, seen)
        if outcome is None:
            return None
        outcomes.append(outcome)
    if failed:
        outcomes.append(_failure(task, [cell for cell in task.cells if cell[1] in failed], failed))
    return outcomes


def _completed(config: Config, complete: Config) -> Config:
    """The configuration of one network, complete as that of another of its group is."""
    training = complete.training
    update: dict[str, Any] = {"batch_size": training.batch_size}
    if config.training.weight_decay == "auto":
        update["weight_decay"] = training.weight_decay
    return config.model_copy(update={"training": config.training.model_copy(update=update)})


def _train(
    task: Task,
    cells: list[tuple[int, int]],
    ready: dict[int, _Seeded],
    interrupted: Callable[[], bool],
    seen: Callable[[int], None],
) -> Outcome | None:
    seeds = list(dict.fromkeys(seed for _, seed in cells))
    place = {seed: at for at, seed in enumerate(seeds)}
    single = build_network(ready[seeds[0]].config, ready[seeds[0]].data).parameters
    architecture = single.architecture
    theta = np.empty((len(cells), single.flat.size), single.dtype)
    configs, drawn = [], set[int]()
    for row, (at, seed) in zip(theta, cells, strict=True):
        config = _completed(task.combinations[at][2], ready[seed].config)
        weights = streams(seed)[1] if seed in drawn else ready[seed].weights
        drawn.add(seed)
        initialise(single, weights, **config.model.init.model_dump())
        row[...] = single.flat
        configs.append(config)
    start = stack.Start.of(
        configs,
        architecture,
        theta,
        [place[seed] for _, seed in cells],
        [ready[seed].data for seed in seeds],
        [ready[seed].order for seed in seeds],
    )
    train = train_compiled if task.combinations[0][2].training.engine == "compiled" else stack.train
    end = train(start, interrupted, seen)
    if end is None:
        return None
    measured = _measured(start, end.theta, architecture)
    rows = _named_rows(task, cells) | {
        "epochs": end.epochs,
        "kept_epoch": end.kept,
        "stopped_by": end.stopped_by,
        **measured,
        "reason": _reasons(start, end, measured["train_loss"]),
    }
    kept = np.arange(len(cells)) if task.every else _best(rows)
    return Outcome(
        rows=rows,
        recorded=end.recorded,
        train=end.train.astype(np.float32),
        validation=end.validation[:, : None if start.X_validation.shape[1] else 0].astype(np.float32),
        kept=kept,
        theta=end.theta[kept],
        sizes=np.array(architecture.sizes),
        bias=np.array(architecture.bias),
    )


def _measured(start: stack.Start, theta: Array, architecture: Architecture) -> dict[str, Array]:
    """The scores and hidden units of every network, one by one, by the functions that measure a single one."""
    networks = len(theta)
    found: dict[str, Array] = {name: np.full(networks, np.nan) for name in _SCORES}
    found |= {name: np.zeros(networks, np.int64) for name in _UNITS}
    single = Parameters(architecture, theta.dtype)
    evaluator = Evaluator(single, start.task)
    with np.errstate(all="ignore"):  # weights that have diverged show in the scores
        for k, (weights, seed) in enumerate(zip(theta, start.of_seed, strict=True)):
            single.flat[...] = weights
            parts = [("train", start.X[seed], start.Y[seed])]
            if start.X_validation.shape[1]:
                parts.append(("validation", start.X_validation[seed], start.Y_validation[seed]))
            for part, X, Y in parts:
                scores = evaluator.scores(X, Y)
                found[f"{part}_loss"][k] = scores.loss
                found[f"{part}_score"][k] = np.nan if scores.value is None else scores.value
            layers = network_symmetry(single)
            activity = [unit for layer in unit_activity(evaluator.network, start.X[seed]) for unit in layer]
            found["effective_units"][k] = sum(layer.effective_units for layer in layers)
            found["symmetric"][k] = sum(len(group) for layer in layers for group in layer.groups)
            found["dead"][k], found["saturated"][k] = activity.count("dead"), activity.count("saturated")
    return found


def best_first(rows: dict[str, Array]) -> Array:
    """Return the numbers of the networks with a finite loss: the highest score first, of equals the lowest loss.

    A network without a score, such as the R² of one row, comes after those that have one; equals stay as they are.
    """
    scores, losses = judged(rows)
    order = np.lexsort((losses, -np.where(np.isnan(scores), -np.inf, scores)))
    found: Array = order[np.isfinite(losses[order])]
    return found


def judged(rows: dict[str, Array]) -> tuple[Array, Array]:
    """Return the scores and losses that networks are compared by: of validation, or without such rows of training.

    NaN for a network that diverged: what its weights happen to give says nothing.
    """
    validated, diverged = ~np.isnan(rows["validation_loss"]), rows["stopped_by"] == "diverged"
    return (
        np.where(diverged, np.nan, np.where(validated, rows["validation_score"], rows["train_score"])),
        np.where(diverged, np.nan, np.where(validated, rows["validation_loss"], rows["train_loss"])),
    )


def _best(rows: dict[str, Array]) -> Array:
    """The best network of every combination that is here."""
    order = best_first(rows)
    _, first = np.unique(rows["combination"][order], return_index=True)
    return np.sort(order[first])


def _reasons(start: stack.Start, end: stack.End, losses: Array) -> Array:
    """Say why a network diverged, and nothing of the others; ``losses`` are those of the training rows at its end."""
    limits = stack.limits(start)[start.of_seed]

    def reason(loss: float, limit: float) -> str:
        if not np.isfinite(loss):
            return "the loss is not finite"
        return f"the loss has grown to {loss:.4g}" if loss > limit else "the validation loss is not finite"

    diverged = end.stopped_by == "diverged"
    return np.array(
        [reason(*each) if k else "" for k, *each in zip(diverged, losses, limits, strict=True)], dtype="U"
    )


def empty_rows(networks: int) -> dict[str, Array]:
    """Return the rows of networks of which nothing is known."""
    return {
        "combination": np.full(networks, "", "U16"),
        "seed": np.zeros(networks, np.int64),
        "epochs": np.zeros(networks, np.int64),
        "kept_epoch": np.zeros(networks, np.int64),
        "stopped_by": np.full(networks, "failed", "U16"),
        **{name: np.full(networks, np.nan) for name in _SCORES},
        **{name: np.zeros(networks, np.int64) for name in _UNITS},
        "reason": np.full(networks, "", "U1"),
    }


def _named_rows(task: Task, cells: list[tuple[int, int]]) -> dict[str, Array]:
    """Return the rows of the networks of a group, by combination and seed."""
    return empty_rows(len(cells)) | {
        "combination": np.array([task.combinations[at][1] for at, _ in cells]),
        "seed": np.array([seed for _, seed in cells], np.int64),
    }


def _failure(task: Task, cells: list[tuple[int, int]], reasons: dict[int, str]) -> Outcome:
    nothing = np.empty((len(cells), 0), np.float32)
    rows = _named_rows(task, cells) | {"reason": np.array([reasons[seed] for _, seed in cells])}
    none = np.empty(0, np.int64)
    return Outcome(rows, none, nothing, nothing, none, np.empty((0, 0)), none, np.array(False))
