"""A sweep from its command to its result: created or resumed in a folder, run group by group, and summed up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.common.files import write_atomically
from bpcli.config import to_yaml
from bpcli.network import Array
from bpcli.sweep import store
from bpcli.sweep.cluster import run_on_dask
from bpcli.sweep.combinations import SweepResult, best_combination, summarise
from bpcli.sweep.groups import Kind, Task, networks_left, tasks, trained_config
from bpcli.sweep.machine import prepare_kernel
from bpcli.sweep.outcome import judged
from bpcli.sweep.part import write_part
from bpcli.sweep.planned import Command, Planned
from bpcli.sweep.running import Outcomes, processes, run_here
from bpcli.training import run_folder
from bpcli.training.environment import differences
from bpcli.training.sealed_files import write_commented, write_json, write_npz

_SMALL = 2.0  # seconds of work that are not worth the start of processes
_ONE_THREAD = 1 << 17  # multiplications of a product that BLAS leaves to one thread

# Trains these groups: yields what comes of each, asks whether to stop, and tells how many epochs were trained.
Workers: TypeAlias = Callable[[Iterable[Task], Callable[[], bool], Callable[[int], None]], Iterator[Outcomes]]


@dataclass(frozen=True)
class Progress:
    """How many networks are done, in whole ones, and the lowest loss that any of them has reached, if known."""

    networks: int
    loss: float | None


class Sweep:
    """A sweep in its folder, held until the block that opened it ends: ``run()``, then ``finish()``.

    Attributes:
        folder: where it is.
        planned: what it trains.
        parts: what is done.
        warnings: what a person must be told of before it goes on.
        notes: and what turned up while it ran.
    """

    def __init__(self, folder: Path, planned: Planned, warnings: Sequence[str] = ()) -> None:
        self.folder, self.planned = folder, planned
        self.parts = store.Parts(folder, planned.plan)
        self.warnings = (
            *warnings,
            *(f"{text}; its networks are trained again" for text in self.parts.damaged),
            *(planned.notices() if self.done < planned.plan.networks else ()),
        )
        self.notes: list[str] = []
        self._loss = _lowest_loss(self.parts.rows)
        self._seconds = 0.0

    @property
    def done(self) -> int:
        """How many networks were finished when the sweep was opened."""
        return len(self.parts)

    @contextmanager
    def workers(self, jobs: int, dask: str | None = None) -> Iterator[Workers]:
        """Start the workers that train the groups that are not done; they end with the block.

        They are ``jobs`` processes of this machine, or this process alone if there is little to do; or those of the
        cluster at the address ``dask``.
        """
        left, datasets = self._left(), self.planned.datasets
        for dtype in self.planned.compiled if any(left.values()) else ():
            self.notes += filter(None, [prepare_kernel(dtype)])
        if dask is not None:
            yield partial(run_on_dask, dask, jobs, datasets)
        elif _is_small(left):
            yield partial(run_here, datasets)
        else:
            groups = sum(-(-networks // kind.size) for kind, networks in left.items())
            with processes(min(jobs, groups), datasets) as started:
                yield started.run

    def run(self, workers: Workers, interrupted: Callable[[], bool]) -> Iterator[Progress]:
        """Train what is not done, and keep each group as it is finished."""
        planned, started = self.planned, perf_counter()
        plan, every = planned.plan, planned.command.keep == "all"
        left = self._left()
        epochs_left = sum(n * plan.config(kind.combinations[0]).training.epochs for kind, n in left.items())
        networks, epochs = sum(left.values()), 0

        def seen(more: int) -> None:
            nonlocal epochs
            epochs += more

        groups = tasks(plan, planned.kinds, self.parts.done(), every=every)
        for outcomes in workers(groups, interrupted, seen):
            for outcome in outcomes:
                write_part(self.folder, outcome, every=every)
                self._loss = min(self._loss, _lowest_loss(outcome.rows))
            share = min(1.0, epochs / max(1, epochs_left))
            lowest = self._loss if np.isfinite(self._loss) else None
            yield Progress(self.done + int(networks * share), lowest)
        self._seconds = perf_counter() - started

    def _left(self) -> dict[Kind, int]:
        """How many networks of each kind are not done."""
        done = self.parts.done()
        return {kind: networks_left(self.planned.plan, kind, done) for kind in self.planned.kinds}

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
        self._write_best(best, None if best is None else combinations[best].best_seed)
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

    def _write_best(self, number: int | None, seed: int | None) -> None:
        """Write the configuration of the best network, for ``bpcli train``, and its weights if they are kept.

        What there was of another one, before the sweep was resumed with other values, goes.
        """
        plan, folder = self.planned.plan, self.folder
        if number is None or seed is None:
            (folder / store.BEST).unlink(missing_ok=True)
            (folder / store.BEST_CONFIG).unlink(missing_ok=True)
            return
        kind = next(kind for kind in self.planned.kinds if number in kind.combinations)
        config = trained_config(plan, kind, number).model_copy(update={"seed": seed})
        write_atomically(folder / store.BEST_CONFIG, to_yaml(config).encode())
        kept = self.planned.command.keep != "none"
        found = self.parts.weights(plan.combinations[number].id, seed) if kept else None
        if found is None:  # or a better one of its group was kept, and is no longer in the plan
            (folder / store.BEST).unlink(missing_ok=True)
        else:
            write_npz(folder / store.BEST, {"seed": np.array(seed), **found})


def _is_small(left: Mapping[Kind, int]) -> bool:
    """Whether this process can do it by itself: with one thread of BLAS, and soon."""
    work = sum(networks * kind.seconds for kind, networks in left.items())
    return work < _SMALL and all(kind.multiplications < _ONE_THREAD for kind in left)


def _lowest_loss(rows: dict[str, Array]) -> float:
    losses = judged(rows)[1]
    return float(np.min(losses, initial=np.inf, where=~np.isnan(losses)))


@contextmanager
def created(planned: Planned, folder: Path) -> Iterator[Sweep]:
    """Create a sweep in ``folder``, and hold it until the block ends.

    Raises:
        UsageError: the folder holds something.
    """
    store.check_free(folder)
    with run_folder.held(folder):
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
        UsageError: it is no sweep or one of something else, or its configuration has changed.
    """
    run_folder.check_folder(folder, store.RESUMABLE)
    with run_folder.held(folder):
        if not (folder / store.PLAN).exists():  # killed before it had begun
            store.check_begun(folder)
            store.clean(folder)
            _begin(planned, folder)
            yield Sweep(folder, planned)
            return
        then, now = store.read_plan(folder), planned.document()
        _check_same(folder, then, now)
        store.clean(folder)
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
