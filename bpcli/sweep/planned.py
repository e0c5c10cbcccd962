"""A sweep before it begins: the command that was typed, what it plans, and about how long that takes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np

from bpcli.config import Layers, is_table, read_layers
from bpcli.config.fields import GENERATED, is_own_table
from bpcli.engine import compilation_notice
from bpcli.sweep.combinations import Success, read_success
from bpcli.sweep.groups import Datasets, Kind, find_kinds, tasks, trial_of
from bpcli.sweep.machine import prepare_kernel
from bpcli.sweep.outcome import train_task
from bpcli.sweep.plan import Plan, make_plan
from bpcli.training.environment import describe_environment

Keep = Literal["best", "none", "all"]
_TRIAL, _TRIALS = 0.5, 5.0  # seconds of a trial, and of all of them


@dataclass(frozen=True)
class Command:
    """What was typed: enough to plan the same sweep again.

    Attributes:
        config: the name or the path of the configuration.
        set, environment, options: what lies above it, as ``config.resolve`` takes it.
        over: KEY=VALUES of every ``--over``.
        sample, success: as typed.
        keep: whose weights are kept.
    """

    config: str
    set: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    sample: int | None = None
    success: str | None = None
    keep: Keep = "best"

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Command":
        """Return the command in a plan that was read."""
        fields = dict(stored["command"])
        return cls(**fields | {"set": tuple(fields["set"]), "over": tuple(fields["over"])})

    def layers(self) -> Layers:
        """Read the configuration."""
        return read_layers(
            self.config, overrides=self.set, environment=self.environment, options=self.options
        )

    def wherever(self) -> "Command":
        """Return the command with a path that means the same in every working directory."""
        path = Path(self.config)
        is_file = is_table(self.config) or path.suffix or len(path.parts) > 1
        return Command(**vars(self) | {"config": str(path.resolve())}) if is_file else self

    def widened(
        self, over: Sequence[str], sample: int | None, success: str | None, keep: Keep | None = None
    ) -> "Command":
        """Return the command with other values for some keys, as ``--resume`` takes them."""
        keys = {text.partition("=")[0].strip() for text in over}
        kept = [text for text in self.over if text.partition("=")[0].strip() not in keys]
        changed = {
            "over": (*kept, *over),
            "sample": sample or self.sample,
            "success": success or self.success,
            "keep": keep or self.keep,
        }
        return Command(**vars(self) | changed)


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take.

    Attributes:
        groups: of each kind, how many groups of how many networks at most.
        seconds: with that number of jobs.
        jobs: how many groups run at a time.
    """

    groups: tuple[tuple[int, int], ...]
    seconds: float
    jobs: int


@dataclass(frozen=True, eq=False)
class Planned:
    """A sweep of which everything is known but its results; ``datasets`` are those that were read for it."""

    command: Command
    plan: Plan
    kinds: tuple[Kind, ...]
    success: Success | None
    datasets: Datasets

    @classmethod
    def of(cls, command: Command) -> "Planned":
        """Plan a sweep.

        Raises:
            ConfigProblems: every key and value that cannot be used, and every combination of them.
            UsageError: an option cannot be used.
        """
        plan = make_plan(command.layers(), command.over, command.sample)
        datasets = Datasets()
        kinds = find_kinds(plan, datasets)
        success = read_success(command.success, kinds)
        return cls(command.wherever(), plan, tuple(kinds), success, datasets)

    def document(self) -> dict[str, Any]:
        """Return what ``plan.json`` holds."""
        first = self.kinds[0]
        engine = "compiled" if any(kind.engine == "compiled" for kind in self.kinds) else "numpy"
        environment = describe_environment(self.plan.layers.name, first.source, first.digest, engine, {})
        return {
            "schema": "bpcli.sweep.plan/1",
            "command": asdict(self.command),
            "combinations": [{"id": e.id, "settings": dict(e.settings)} for e in self.plan.combinations],
            "networks": self.plan.networks,
            "data": self._files(),
            "environment": environment | {"threads": {}},
        }

    @property
    def compiled(self) -> list[str]:
        """The precisions of the networks that are trained in machine code."""
        numbers = [kind.combinations[0] for kind in self.kinds if kind.engine == "compiled"]
        return sorted({self.plan.config(number).model.dtype for number in numbers})

    def notices(self) -> list[str]:
        """Say what a person must know before it begins.

        Training, and its estimate, have to wait for the compiler, where nothing compiled is found. Combinations are
        compared by the rows that they are trained on, where a table of the user's own has no others.
        """
        found = [compilation_notice(dtype, epochs=True) for dtype in self.compiled]
        sources = (
            self.plan.config(kind.combinations[0]).data.source
            for kind in self.kinds
            if not kind.validation_rows
        )
        if len(self.plan.combinations) > 1 and any(map(is_own_table, sources)):
            found.append(
                "no rows are held out: combinations are compared by how well they fit the rows that they are trained "
                "on, which says little of new ones; --set data.validation=0.2 compares them on other rows"
            )
        return [notice for notice in found if notice]

    def _files(self) -> dict[str, str]:
        """The digest of each data file; generated data follow from the configuration."""
        sources = [self.plan.config(kind.combinations[0]).data.source for kind in self.kinds]
        kinds = zip(self.kinds, sources, strict=True)
        return {kind.source: kind.digest for kind, source in kinds if source not in GENERATED}

    def estimate(self, jobs: int) -> Estimate:
        """Train a group of each kind for a few epochs, and see how long all of them would take."""
        groups, total, known, started = [], 0.0, list[float](), perf_counter()
        for kind in self.kinds:
            networks = len(kind.combinations) * len(self.plan.seeds)
            number = -(-networks // kind.size)
            groups.append((number, -(-networks // number)))
            work = networks * kind.seconds
            if perf_counter() - started < _TRIALS:
                known.append(self._seconds_of_network(kind) * networks / work)
            total += work * float(np.mean(known))
        at_once = min(jobs, sum(number for number, _ in groups))
        return Estimate(tuple(groups), total / at_once, at_once)

    def _seconds_of_network(self, kind: Kind) -> float:
        """The seconds of one network of a full group, from two short trials of different length."""
        task = next(tasks(self.plan, [kind], {}))
        wanted = task.combinations[0][2].training.epochs
        if kind.engine == "compiled":
            prepare_kernel(task.combinations[0][2].model.dtype)  # which is no part of the training
        epochs, times = 1, list[tuple[int, float]]()
        while True:
            started = perf_counter()
            train_task(trial_of(task, epochs), self.datasets)
            times.append((epochs, perf_counter() - started))
            if times[-1][1] > _TRIAL or epochs >= wanted:
                break
            epochs *= 4
        (_, fixed), (last, seconds) = times[0], times[-1]
        # Where a single epoch takes longer than a trial may, the set-up that it contains counts for little.
        of_epoch = max(0.0, seconds - fixed) / (last - 1) if last > 1 else seconds
        return (fixed + of_epoch * (wanted - 1)) / len(task.cells)
