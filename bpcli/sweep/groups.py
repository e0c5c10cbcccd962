"""Which networks of a plan are trained side by side: those that differ in nothing that decides a shape or a step.

Seeds, initial weights, rates, momentum and weight decay may differ within a group. How the networks are divided into
groups follows from the plan and from what is already trained, never from the number of processes; and no number of a
network depends on which others are in its group.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np

from bpcli.common.errors import BpcliError
from bpcli.config import Config, ConfigProblems, Problem
from bpcli.config.fields import GENERATED
from bpcli.datasets import Dataset
from bpcli.engine import available, seconds_saved, worth_compiling
from bpcli.network import Architecture
from bpcli.sweep.plan import Plan
from bpcli.training.evaluation import Metric, metric_of
from bpcli.training.setup import load_data, setup, streams

MOST = 500  # networks of a group
_HOT = 4 << 20  # bytes that a step goes through: about what a core keeps near
_DATA = 32 << 20  # bytes of rows, which differ from seed to seed
# About how many seconds a network takes, a step of it among others, and a multiplication.
_NETWORK, _STEP, _MAC = 2e-3, 2e-6, 2e-9


@dataclass(frozen=True)
class Kind:
    """Combinations whose networks can be trained side by side.

    Attributes:
        combinations: their numbers in the plan.
        architecture: of their networks, for the first seed.
        rows, validation_rows: of the data, for training and for validation.
        batch: the rows of a step.
        steps: of one network in all its epochs.
        metric: the score beside the loss.
        source, digest: name and SHA-256 of the data.
        engine: what trains them.
        size: how many are trained side by side.
    """

    combinations: tuple[int, ...]
    architecture: Architecture
    rows: int
    validation_rows: int
    batch: int
    steps: int
    metric: Metric
    source: str
    digest: str
    engine: Literal["numpy", "compiled"]
    size: int

    @property
    def multiplications(self) -> int:
        """Of the products of one forward pass over a batch."""
        return self.batch * sum(fan_in * fan_out for fan_in, fan_out in self.architecture.shapes())

    @property
    def seconds(self) -> float:
        """About how long a network takes: enough to compare kinds, and to choose whether workers are started."""
        return _NETWORK + self.steps * (_STEP + 3 * _MAC * self.multiplications)


@dataclass(frozen=True)
class Task:
    """The networks of one group, as a worker takes them.

    Attributes:
        combinations: number, id and configuration of each combination.
        cells: the position of a combination in that list, and a seed, for each network.
        every: whether the weights of every network are wanted, or of the best of each combination.
    """

    combinations: tuple[tuple[int, str, Config], ...]
    cells: tuple[tuple[int, int], ...]
    every: bool = False

    @property
    def epochs(self) -> int:
        """Of all networks together."""
        return len(self.cells) * self.combinations[0][2].training.epochs


class Datasets:
    """The data sets that were read, each once; what is drawn at random is drawn anew for each seed."""

    def __init__(self) -> None:
        self._read: dict[str, Dataset] = {}

    def get(self, config: Config) -> Dataset | None:
        """Return the data set of a configuration, or None where its seed decides what is in it."""
        if config.data.source in GENERATED:
            return None
        key = data_key(config)
        if key not in self._read:
            self._read[key] = load_data(config, streams(0)[0])  # nothing is drawn
        return self._read[key]

    def put(self, config: Config, dataset: Dataset) -> None:
        """Keep the data set of a configuration, which was read elsewhere."""
        self._read[data_key(config)] = dataset


def data_key(config: Config) -> str:
    """What a data set is known by: all settings of the configuration that it depends on."""
    return json.dumps(config.data.model_dump(mode="json"), sort_keys=True)


def find_kinds(plan: Plan, datasets: Datasets) -> list[Kind]:
    """Prepare the data of every kind for the first seed, and see what its networks look like.

    Raises:
        ConfigProblems: every combination whose data cannot be used.
    """
    together: dict[str, list[int]] = {}
    for number in range(len(plan.combinations)):
        together.setdefault(_shared(plan.config(number)), []).append(number)
    kinds, undecided, problems = list[Kind](), list[Kind](), dict[str, Problem]()
    for numbers in together.values():
        config = plan.config(numbers[0]).model_copy(update={"seed": plan.seeds[0]})
        try:
            kind = _kind(config, tuple(numbers), datasets)
            (undecided if config.training.engine == "auto" else kinds).append(kind)
        except BpcliError as error:
            shown = plan.combinations[numbers[0]].settings
            text = " ".join(f"--over {key}={value}" for key, value in shown) or plan.layers.name
            problems.setdefault(str(error), Problem(text, None, None, "", str(error)))
    if problems:
        raise ConfigProblems(problems.values())
    kinds += _with_engine(undecided, len(plan.seeds))
    return sorted(kinds, key=lambda kind: kind.combinations[0])


def tasks(
    plan: Plan, kinds: Iterable[Kind], done: Mapping[str, set[int]], *, every: bool = False
) -> Iterator[Task]:
    """Yield the groups one by one, without the networks that are ``done``: by id of a combination the seeds.

    The groups of a kind are of one size, give or take one, and those with the most work come first, so that all
    workers end at about the same time. Networks of one seed are neighbours: they share their rows and the order of
    their batches.
    """
    divided = [(kind, _sizes(networks_left(plan, kind, done), kind.size)) for kind in kinds]
    divided.sort(key=lambda each: max(each[1], default=0) * each[0].seconds, reverse=True)
    for kind, sizes in divided:
        cells = _cells_left(plan, kind, done)
        for size in sizes:
            yield _task(plan, kind, list(islice(cells, size)), every=every)


def _sizes(networks: int, most: int) -> list[int]:
    """Divide networks into as few groups as can be, of sizes that differ by one at most."""
    groups = -(-networks // most)
    return [networks * (at + 1) // groups - networks * at // groups for at in range(groups)]


def networks_left(plan: Plan, kind: Kind, done: Mapping[str, set[int]]) -> int:
    """Return how many networks of a kind are not ``done``."""
    return sum(1 for _ in _cells_left(plan, kind, done))


def _cells_left(plan: Plan, kind: Kind, done: Mapping[str, set[int]]) -> Iterator[tuple[int, int]]:
    """The number of the combination, and the seed, of each network that is not done."""
    for seed in plan.seeds:
        for number in kind.combinations:
            if seed not in done.get(plan.combinations[number].id, ()):
                yield number, seed


def _task(plan: Plan, kind: Kind, cells: list[tuple[int, int]], *, every: bool) -> Task:
    numbers = list(dict.fromkeys(number for number, _ in cells))
    place = {number: at for at, number in enumerate(numbers)}
    return Task(
        tuple(
            (number, plan.combinations[number].id, trained_config(plan, kind, number)) for number in numbers
        ),
        tuple((place[number], seed) for number, seed in cells),
        every,
    )


def trained_config(plan: Plan, kind: Kind, number: int) -> Config:
    """Return the configuration of a combination with the engine that trains it."""
    config = plan.config(number)
    training = config.training.model_copy(update={"engine": kind.engine})
    return config.model_copy(update={"training": training})


def _shared(config: Config) -> str:
    """What networks of one group have in common, as text."""
    plain = config.model_dump(
        mode="json", exclude={"seed": True, "model": {"init"}, "training": {"checkpoint_every"}}
    )
    training = plain["training"]
    rule = training["optimizer"]
    rule.pop("learning_rate")
    if "momentum" in rule:
        rule["momentum"] = bool(rule["momentum"])
    if training["weight_decay"] != "auto":  # which the number of rows decides, and may be none
        training["weight_decay"] = bool(training["weight_decay"])
    return json.dumps(plain, sort_keys=True)


def _kind(config: Config, numbers: tuple[int, ...], datasets: Datasets) -> Kind:
    """What the networks of these combinations are like; with NumPy where the engine is still to be decided."""
    engine: Literal["numpy", "compiled"] = "compiled" if config.training.engine == "compiled" else "numpy"
    training = config.training.model_copy(update={"engine": engine})
    ready = setup(config.model_copy(update={"training": training}), datasets.get(config))
    data, network = ready.data, ready.network
    architecture, batch, item = network.architecture, network.rows, data.X.itemsize
    width = architecture.sizes[0] + architecture.sizes[-1]
    hot = item * (batch * (5 * sum(architecture.sizes[1:]) + width) + 5 * architecture.parameter_count)
    rows = item * (len(data.X) + len(data.X_validation)) * width
    return Kind(
        combinations=numbers,
        architecture=architecture,
        rows=len(data.X),
        validation_rows=len(data.X_validation),
        batch=batch,
        steps=config.training.epochs * -(-len(data.X) // batch),
        metric=metric_of(data.task),
        source=data.name,
        digest=data.digest,
        engine=engine,
        size=int(np.clip(min(_HOT // hot, _DATA // rows), 1, MOST)),
    )


def _with_engine(kinds: list[Kind], seeds: int) -> list[Kind]:
    """Decide what trains kinds of which nobody says it: the same for all, since an engine is loaded once."""
    saved = sum(
        seconds_saved(
            kind.architecture, kind.batch, kind.steps * len(kind.combinations) * seeds, together=kind.size
        )
        for kind in kinds
    )
    engine: Literal["numpy", "compiled"] = "compiled" if available() and worth_compiling(saved) else "numpy"
    return [replace(kind, engine=engine) for kind in kinds]


def trial_of(task: Task, epochs: int) -> Task:
    """Return the same group with fewer epochs, to see how long they take."""

    def short(config: Config) -> Config:
        training = config.training.model_copy(update={"epochs": min(epochs, config.training.epochs)})
        return config.model_copy(update={"training": training})

    return replace(
        task, combinations=tuple((at, name, short(config)) for at, name, config in task.combinations)
    )
