"""A sweep from its command to its result: created or resumed in a folder, run group by group, and summed up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.common.files import write_atomically
from bpcli.config import Layers, is_table, read_layers, to_yaml
from bpcli.sweep import store
from bpcli.sweep.cluster import run_on_dask
from bpcli.sweep.combinations import Success, SweepResult, best_combination, read_success, summarise
from bpcli.sweep.groups import Datasets, Kind, find_kinds, tasks, trial_of
from bpcli.sweep.machine import prepare_kernel
from bpcli.sweep.outcome import judged, train_task
from bpcli.sweep.plan import Plan, make_plan
from bpcli.sweep.running import run_here, run_in_processes
from bpcli.training import run_folder
from bpcli.training.environment import describe_environment, differences
from bpcli.training.sealed_files import write_commented, write_json, write_npz

Keep = Literal["best", "none", "all"]
_SMALL = 2.0  # seconds of work that are not worth the start of processes
_STEP, _MAC = (
    2e-6,
    2e-9,
)  # seconds of a step of one network among others, and of each of its multiplications, about
_ONE_THREAD = 1 << 17  # multiplications of a product that BLAS leaves to one thread
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

    def widened(self, over: Sequence[str], sample: int | None, success: str | None) -> "Command":
        """Return the command with other values for some keys, as ``--resume`` takes them."""
        keys = {text.partition("=")[0].strip() for text in over}
        kept = [text for text in self.over if text.partition("=")[0].strip() not in keys]
        changed = {
            "over": (*kept, *over),
            "sample": sample or self.sample,
            "success": success or self.success,
        }
        return Command(**vars(self) | changed)


@dataclass(frozen=True)
class Progress:
    """How many networks are done, in whole ones, and the lowest loss that any of them has reached."""

    networks: int
    loss: float


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
    """A sweep of which everything is known but its results."""

    command: Command
    plan: Plan
    kinds: tuple[Kind, ...]
    success: Success | None

    @classmethod
    def of(cls, command: Command) -> "Planned":
        """Plan a sweep.

        Raises:
            ConfigProblems: every key and value that cannot be used, and every combination of them.
            UsageError: an option cannot be used.
        """
        plan = make_plan(command.layers(), command.over, command.sample)
        kinds = find_kinds(plan)
        return cls(command.wherever(), plan, tuple(kinds), read_success(command.success, kinds))

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
            "data": {kind.source: kind.digest for kind in self.kinds},
            "environment": environment | {"threads": {}},
        }

    def estimate(self, jobs: int) -> Estimate:
        """Train a group of each kind for a few epochs, and see how long all of them would take."""
        groups, total, known, started = [], 0.0, list[float](), perf_counter()
        for kind in self.kinds:
            networks = len(kind.combinations) * len(self.plan.seeds)
            groups.append((-(-networks // kind.size), min(kind.size, networks)))
            work = networks * (kind.steps * (_STEP + _MAC * 3 * _macs(kind)))
            if perf_counter() - started < _TRIALS:
                known.append(self._seconds_of_network(kind) * networks / work)
            total += work * float(np.mean(known))
        at_once = min(jobs, sum(number for number, _ in groups))
        return Estimate(tuple(groups), total / at_once, at_once)

    def _seconds_of_network(self, kind: Kind) -> float:
        """The seconds of one network of a full group, from two short trials of different length."""
        task = next(tasks(self.plan, [kind], {}))
        epochs, times = 1, list[tuple[int, float]]()
        while True:
            started = perf_counter()
            train_task(trial_of(task, epochs), Datasets())
            times.append((epochs, perf_counter() - started))
            if times[-1][1] > _TRIAL or epochs >= task.combinations[0][2].training.epochs:
                break
            epochs *= 4
        (_, fixed), (last, seconds) = times[0], times[-1]
        wanted = task.combinations[0][2].training.epochs
        slope = (seconds - fixed) / (last - 1) if last > 1 else 0.0
        return (fixed + max(slope, 0.0) * (wanted - 1)) / len(task.cells)


class Sweep:
    """A sweep in its folder, held until the block that opened it ends: ``run()``, then ``finish()``.

    Attributes:
        folder: where it is.
        planned: what it trains.
        parts: what is done.
        warnings: what a person must be told of before it goes on.
    """

    def __init__(self, folder: Path, planned: Planned, warnings: Sequence[str] = ()) -> None:
        self.folder, self.planned = folder, planned
        self.parts = store.Parts(folder, planned.plan)
        self.warnings = (
            *warnings,
            *(f"{text}; its networks are trained again" for text in self.parts.damaged),
        )
        self._loss = (
            min((x for x in judged(self.parts.rows)[1] if np.isfinite(x)), default=np.inf)
            if len(self.parts)
            else np.inf
        )
        self._seconds = 0.0

    @property
    def done(self) -> int:
        """How many networks were finished when the sweep was opened."""
        return len(self.parts)

    def run(
        self,
        interrupted: Callable[[], bool],
        jobs: int,
        dask: str | None = None,
    ) -> Iterator[Progress]:
        """Train what is not done, and keep each group as it is finished.

        ``jobs`` groups at a time, in processes of this machine; or on the cluster at the address ``dask``.
        """
        planned, started = self.planned, perf_counter()
        plan, every = planned.plan, planned.command.keep == "all"
        done = self.parts.done()
        left = {
            k: sum(len(plan.seeds) - len(done.get(plan.combinations[n].id, ())) for n in k.combinations)
            for k in planned.kinds
        }
        epochs_left = sum(n * plan.config(kind.combinations[0]).training.epochs for kind, n in left.items())
        networks, epochs = sum(left.values()), 0

        def seen(more: int) -> None:
            nonlocal epochs
            epochs += more

        groups = tasks(plan, list(planned.kinds), done, every=every)
        for dtype in {
            plan.config(k.combinations[0]).model.dtype
            for k, n in left.items()
            if n and k.engine == "compiled"
        }:
            prepare_kernel(dtype)
        if dask is not None:
            running = run_on_dask(dask, jobs, groups, interrupted, seen)
        elif self._is_small(left):
            running = run_here(groups, interrupted, seen)
        else:
            at_once = min(jobs, sum(-(-networks // kind.size) for kind, networks in left.items()))
            running = run_in_processes(groups, at_once, interrupted, seen)
        for outcomes in running:
            for outcome in outcomes:
                store.write_part(self.folder, outcome, every=every)
                losses = judged(outcome.rows)[1]
                self._loss = min(self._loss, *losses[np.isfinite(losses)].tolist(), np.inf)
            share = min(1.0, epochs / max(1, epochs_left))
            yield Progress(self.done + int(networks * share), self._loss)
        self._seconds = perf_counter() - started

    def _is_small(self, left: Mapping[Kind, int]) -> bool:
        """Whether this process can do the rest by itself: with one thread of BLAS, and soon."""
        work = sum(
            networks * kind.steps * (_STEP + 3 * _MAC * _macs(kind)) for kind, networks in left.items()
        )
        return work < _SMALL and all(_macs(kind) < _ONE_THREAD for kind in left)

    def finish(self) -> SweepResult:
        """Write the tables of what is done, and return the result."""
        planned, folder = self.planned, self.folder
        plan = planned.plan
        parts = self.parts = store.Parts(folder, plan)
        bands = parts.bands()
        combinations = summarise(plan, planned.kinds, parts, planned.success)
        best = best_combination(combinations)
        digest = store.write_results(folder, plan, [each.metric for each in combinations], parts)
        write_npz(folder / store.CURVES, bands)
        if best is not None and planned.command.keep != "none":
            self._write_best(best, combinations[best].best_seed)
        result = SweepResult(
            folder=str(folder),
            name=plan.layers.name,
            keys=plan.keys,
            seeds=len(plan.seeds),
            planned=plan.networks,
            networks=len(parts),
            stopped_by="finished" if len(parts) == plan.networks else "interrupted",
            success=str(planned.success) if planned.success else None,
            combinations=combinations,
            best=best,
            seconds=self._seconds,
            bands=bands,
        )
        write_json(folder / store.SUMMARY, result.document() | {"results_sha256": digest})
        return result

    def _write_best(self, number: int, seed: int | None) -> None:
        plan = self.planned.plan
        found = self.parts.weights(plan.combinations[number].id, seed) if seed is not None else None
        if found is None:
            return
        theta, sizes = found
        config = plan.config(number)
        weights = store.named(theta, sizes, bias=config.model.bias)
        write_npz(self.folder / store.BEST, {"seed": np.array(seed), **weights})
        best = config.model_copy(update={"seed": seed})
        write_atomically(self.folder / "best.yaml", to_yaml(best).encode())


@contextmanager
def created(planned: Planned, folder: Path) -> Iterator[Sweep]:
    """Create a sweep in ``folder``, and hold it until the block ends.

    Raises:
        UsageError: the folder holds something.
    """
    store.check_free(folder)
    with store.held(folder):
        store.check_free(folder)
        _begin(planned, folder)
        yield Sweep(folder, planned)


def _begin(planned: Planned, folder: Path) -> None:
    write_commented(folder / run_folder.CONFIG, to_yaml(planned.plan.config(0)))
    store.write_plan(folder, planned.document())


@contextmanager
def resumed(planned: Planned, folder: Path) -> Iterator[Sweep]:
    """Go on with the sweep in ``folder``, or with more networks of its kind; hold it until the block ends.

    Raises:
        UsageError: it is a sweep of something else, or its configuration has changed.
    """
    with store.held(folder):
        if not (folder / store.PLAN).exists():  # killed before it had begun
            _begin(planned, folder)
            yield Sweep(folder, planned)
            return
        then, now = store.read_plan(folder), planned.document()
        _check_same(folder, then, now)
        warnings = [
            f"{text} since this sweep was created: the last digits of new networks may differ from those of old ones"
            for text in differences(then["environment"], now["environment"])
        ]
        store.write_plan(folder, now)
        yield Sweep(folder, planned, warnings)


def _check_same(folder: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to mix networks of different data or configurations.

    Raises:
        UsageError: they are different.
    """
    changed = [name for name, digest in now["data"].items() if then["data"].get(name, digest) != digest]
    if changed:
        raise UsageError(
            f"{', '.join(changed)}: the data have changed since {folder} was created; restore them, or start anew"
        )
    if not {each["id"] for each in then["combinations"]} & {each["id"] for each in now["combinations"]}:
        raise UsageError(
            f"{folder} holds a sweep of other settings: its configuration, or a --set, has changed; restore them, or "
            "start a new sweep with --out"
        )
    if then["command"]["keep"] != now["command"]["keep"]:
        raise UsageError(
            f"{folder} was created with --keep {then['command']['keep']}; go on with the same, or start a new sweep"
        )


def stored_command(folder: Path) -> Command:
    """Return the command that created the sweep in ``folder``.

    Raises:
        UsageError: there is no sweep.
    """
    return Command.of(store.read_plan(folder))


def _macs(kind: Kind) -> int:
    """Multiplications of the products of one forward pass over a batch."""
    return kind.batch * sum(fan_in * fan_out for fan_in, fan_out in kind.architecture.shapes())
