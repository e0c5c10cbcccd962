"""What the NPZ files of a run hold, what ties the files of one run together, and what is checked before any is used.

A digest finds accidents. It does not find a whole file of another run, nor a file that was written with a digest that
fits. So every file says which run it is of, and what a checkpoint says must follow from the other files wherever it
can be computed from them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpcli.common.array_files import ArrayFileError, Claim
from bpcli.common.errors import MachineError, UsageError
from bpcli.common.text import LONGEST, printable
from bpcli.config import Config, read
from bpcli.network import Array, Parameters
from bpcli.training import run_folder
from bpcli.training.environment import read_environment
from bpcli.training.evaluation import Evaluator
from bpcli.training.loop import FINAL, EpochRecord, Progress, StoppedBy
from bpcli.training.sealed_files import damaged, first_problem, read_commented, read_npz, remedy
from bpcli.training.session import Session

LONGEST_TEXT = 1 << 16  # bytes of a text whose length is not known beforehand, such as the random state
_EPOCHS = re.compile(r"^  epochs: [0-9]+\n", re.MULTILINE)
_DIGITS = 12


def identity(config: Config, text: str, environment: Mapping[str, Any]) -> str:
    """Return the run's id: twelve digits of its configuration, and twelve of its data, versions and machine.

    Runs with one id are the same run to the last bit. The number of epochs is left out, since a run may be lengthened,
    unless a schedule spans them.
    """
    settings = text if config.training.schedule.name == "cosine" else _EPOCHS.sub("", text, count=1)
    others = json.dumps({key: environment[key] for key in environment if key != "run_id"}, sort_keys=True)
    return "-".join(hashlib.sha256(part.encode()).hexdigest()[:_DIGITS] for part in (settings, others))


def with_epochs(text: str, epochs: int) -> str:
    """Return the text of a run's configuration with another number of epochs, and nothing else changed."""
    return _EPOCHS.sub(f"  epochs: {epochs}\n", text, count=1)


def weights(session: Session, run_id: str, parameters: Parameters, epoch: int) -> dict[str, Array]:
    """Return parameters under their names, with what is needed to use them elsewhere, and where they are from."""
    model, data = session.config.model, session.data
    return dict(parameters.named()) | {
        "input_offset": data.offset,
        "input_scale": data.scale,
        "features": np.array(data.features),
        "outputs": np.array(data.outputs),
        "classes": np.array(data.classes, dtype=np.str_),
        "activation": np.array(model.activation),
        "output": np.array(model.output),
        "run_id": np.array(run_id),
        "epoch": np.array(epoch),
    }


def checkpoint(session: Session, run_id: str, seal: str) -> dict[str, Array]:
    """Return everything that ``--resume`` needs, and the last weights; ``seal`` ends the rows of metrics.csv so far."""
    trainer = session.trainer
    last = weights(session, run_id, trainer.network.parameters, trainer.epoch)
    return trainer.state() | last | {"metrics": np.array(seal)}


@dataclass(frozen=True)
class Identity:
    """What the files of a run say of it.

    Attributes:
        run_id: that all of them have.
        text, config: its configuration, as written and as read.
        environment: the document environment.json.
    """

    run_id: str
    text: str
    config: Config
    environment: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the configuration that the run was created from."""
        return str(self.environment["configuration"])


def read_identity(folder: Path) -> Identity:
    """Read what a run is, and check that its files belong together.

    The environment and the NPZ files say which run they are of, and configuration and environment give it. The file
    that differs from the others is named.

    Raises:
        MachineError: if one of them is of another run, or damaged.
        UsageError: if an earlier version wrote them.
    """
    text = read_commented(folder / run_folder.CONFIG)
    config = read(folder / run_folder.CONFIG)
    environment = read_environment(folder / run_folder.ENVIRONMENT)
    if environment.get("run_id") is None:
        raise UsageError(
            f"{folder}: this run was written by an earlier version of bpcli, whose files do not say that they belong "
            f"together; start a new run with bpcli train {folder / run_folder.CONFIG}"
        )
    computed = identity(config, text, environment)
    said = {run_folder.ENVIRONMENT: str(environment["run_id"])}
    for name in (run_folder.CHECKPOINT, run_folder.BEST, run_folder.INITIAL):
        if name == run_folder.CHECKPOINT or (folder / name).exists():
            said[name] = _run_id(folder / name)
    votes = Counter(said.values())
    usual = max(votes, key=lambda run_id: (votes[run_id], run_id == computed))
    for name, run_id in said.items():
        if run_id != usual:
            raise foreign(folder / name, run_id, usual)
    if computed != usual:
        same_settings = computed.partition("-")[0] == usual.partition("-")[0]
        raise foreign(
            folder / (run_folder.ENVIRONMENT if same_settings else run_folder.CONFIG), computed, usual
        )
    return Identity(computed, text, config, environment)


def foreign(path: Path, found: str, expected: str) -> MachineError:
    """Return the error for a file of another run."""
    ids = f"{printable(found, LONGEST)} and {printable(expected, LONGEST)}"
    return MachineError(
        f"{path}: this file is of another run than the others in its folder ({ids}), or was changed; "
        f"{remedy(path)}"
    )


def _run_id(path: Path) -> str:
    run_id = read_npz(path).get("run_id")
    if run_id is None or run_id.dtype.kind != "U" or run_id.shape:
        raise damaged(path, "it does not say which run it is of")
    return str(run_id)


def read_weights(path: Path, session: Session, run_id: str) -> None:
    """Check ``best.npz`` or ``initial.npz``: not read to go on, but used elsewhere.

    Raises:
        MachineError: if it is damaged, or of another run.
    """
    expected = weights(session, run_id, session.initial, 0)
    found = read_npz(path, lambda claims: check_claims(claims, expected))
    if str(found["run_id"]) != run_id:
        raise foreign(path, str(found["run_id"]), run_id)


def read_checkpoint(path: Path, session: Session, run_id: str) -> dict[str, Array]:
    """Read the checkpoint of the run that ``session`` is a new beginning of.

    A new session has the state from which the run began, and so every array that must be there, with type and shape.

    Raises:
        MachineError: if it is damaged, or holds something else.
    """
    expected = checkpoint(session, run_id, "")
    state = read_npz(path, lambda claims: check_claims(claims, expected))
    try:
        _State.model_validate(
            {name: state[name].item() for name in _State.model_fields if name != "rng"}
            | {"rng": json.loads(str(state["rng"]))}
        )
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    except (ValueError, RecursionError):
        raise damaged(path, "rng: it is not JSON") from None
    return state


def check_claims(claims: Mapping[str, Claim], expected: Mapping[str, Array], *, others: bool = False) -> None:
    """Refuse arrays of other types and shapes, texts of other lengths aside, and of other names unless ``others``.

    Raises:
        ArrayFileError: what is not as expected.
    """
    for name, array in expected.items():
        if name not in claims:
            raise ArrayFileError(f"there is no {name}")
        claim = claims[name]
        text = array.dtype.kind == claim.dtype.kind == "U" and claim.dtype.itemsize <= LONGEST_TEXT
        if claim.shape != array.shape or (claim.dtype != array.dtype and not text):
            raise ArrayFileError(f"{name} is {claim} where {Claim(array.shape, array.dtype)} is expected")
    for name in claims:
        if name not in expected and name != "sha256" and not others:
            raise ArrayFileError(f"it holds {name}, which is not of this run")


class _Pcg64(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)
    state: int = Field(ge=0, lt=1 << 128)
    inc: int = Field(ge=0, lt=1 << 128)


class _Rng(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)
    bit_generator: Literal["PCG64"]
    state: _Pcg64
    has_uint32: int = Field(ge=0, le=1)
    uinteger: int = Field(ge=0, lt=1 << 32)


class _State(BaseModel):
    """The values of a checkpoint that are not weights."""

    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)
    epoch: int = Field(ge=0)
    best_epoch: int = Field(ge=0)
    best_loss: float
    stale: int = Field(ge=0)
    stopped_by: Literal["", StoppedBy]
    rng: _Rng


def check_state(
    path: Path, session: Session, state: Mapping[str, Array], records: Sequence[EpochRecord]
) -> None:
    """Check a checkpoint against the records of metrics.csv and a session that is a new beginning of its run.

    Raises:
        MachineError: if it says what does not follow from them.
    """
    progress = Progress(session.config.training.early_stopping, session.trainer.progress.limit)
    for record in records:
        progress.add(record)
    done = int(state["epoch"])
    faults = chain(
        _progress_faults(progress, session.config.training.evaluate_every, state, records),
        _weight_faults(session, progress, state, records),
        _random_faults(session, state, done),
        _optimiser_faults(session, progress, state, done),
    )
    for fault in faults:
        raise damaged(path, fault)


def _progress_faults(
    progress: Progress, every: int, state: Mapping[str, Array], records: Sequence[EpochRecord]
) -> Iterator[str]:
    epochs = [0, *(record.epoch for record in records)]
    for number, (before, epoch) in enumerate(pairwise(epochs), 1):
        if not before < epoch <= before + every:  # nearer than that where a run was lengthened
            yield f"metrics.csv has epoch {epoch} in row {number}"
    stopped_by = str(state["stopped_by"])
    final = stopped_by if stopped_by in FINAL else None
    said = int(state["best_epoch"]), float(state["best_loss"]), int(state["stale"]), final
    if said != (progress.best_epoch, progress.best_loss, progress.stale, progress.stopped_by):
        yield "best_epoch, best_loss, stale or stopped_by are not those of metrics.csv"


def _weight_faults(
    session: Session, progress: Progress, state: Mapping[str, Array], records: Sequence[EpochRecord]
) -> Iterator[str]:
    last = Parameters(session.network.architecture, session.network.parameters.dtype)
    best = last.copy()
    last.flat[...], best.flat[...] = state["parameters"], state["best"]
    done = int(state["epoch"])
    for name, array in weights(session, str(state["run_id"]), last, done).items():
        if not np.array_equal(state[name], array, equal_nan=array.dtype.kind == "f"):
            yield f"{name} is not what parameters, config.yaml and the data give"
    of_epoch: dict[int, EpochRecord | None] = {0: None} | {record.epoch: record for record in records}
    for name, parameters, epoch in (("parameters", last, done), ("best", best, progress.best_epoch)):
        if epoch in of_epoch and not _reach(session, parameters, of_epoch[epoch]):
            yield f"{name}: these weights do not have the loss that metrics.csv says"


def _random_faults(session: Session, state: Mapping[str, Array], epochs: int) -> Iterator[str]:
    for _ in range(epochs):
        session.trainer.batches.shuffle()
    if json.loads(str(state["rng"])) != json.loads(str(session.trainer.state()["rng"])):
        yield "rng: the seed gives other random numbers after so many epochs"


def _optimiser_faults(
    session: Session, progress: Progress, state: Mapping[str, Array], epochs: int
) -> Iterator[str]:
    steps = -(-len(session.data.X) // session.network.rows) * epochs
    for name in session.trainer.optimiser.slots:
        slot = state[f"optimiser_{name}"]
        if name == "t" and slot.item() != steps:
            yield f"optimiser_t is not the number of steps, {steps}"
        if progress.stopped_by != "diverged" and not np.isfinite(slot).all():
            yield f"optimiser_{name} holds NaN or infinity"
        if name == "v" and (slot < 0).any():
            yield "optimiser_v holds negative numbers, and it is a mean of squares"


def _reach(session: Session, parameters: Parameters, record: EpochRecord | None) -> bool:
    """Whether weights have the losses of a record, or without one are the initial weights, within rounding.

    Not bit by bit: on another machine, where a run may go on too, products are rounded differently.
    """
    data, epsilon = session.data, float(np.finfo(parameters.dtype).eps)
    near = {"rtol": epsilon**0.5, "atol": 1e3 * epsilon, "equal_nan": True}
    if record is None:
        return np.allclose(parameters.flat, session.initial.flat, **near)
    evaluator = Evaluator(parameters, data.task)
    with np.errstate(all="ignore"):  # weights that have diverged are compared too
        pairs = [(evaluator.scores(data.X, data.Y), record.train)]
        if record.validation:
            pairs.append((evaluator.scores(data.X_validation, data.Y_validation), record.validation))
    return all(np.isclose(now.loss, then.loss, **near) for now, then in pairs)
