"""From a run folder to the model in it, without its data: every file is checked before it is believed."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpcli.common.errors import MachineError, UsageError
from bpcli.config import Config
from bpcli.datasets import Encoding
from bpcli.models import Model
from bpcli.network import Architecture, Parameters
from bpcli.training import checkpoint, run_folder
from bpcli.training.sealed_files import damaged, first_problem, read_json, read_npz
from bpcli.training.setup import table_options


def load_model(run: str | Path) -> Model:
    """Return the model in a run folder: the weights that the run kept, and how its inputs are encoded.

    Raises:
        UsageError: ``run`` is not a run folder, or was written by a version that kept no encoding.
        MachineError: One of its files is missing, damaged, or of another run.
    """
    folder = Path(run)
    run_folder.existing_run(folder)
    found = checkpoint.read_identity(folder)
    encoding = _encoding(folder, found.run_id)
    parameters, epoch = _kept(folder / run_folder.CHECKPOINT, found.config, encoding)
    return Model(found.name, parameters, encoding, epoch, table_options(found.config)[0])


def _encoding(folder: Path, run_id: str) -> Encoding:
    path = folder / run_folder.ENCODING
    if not path.exists():
        raise UsageError(
            f"{folder}: there is no {path.name}: this run was written by an earlier version of bpcli; train again"
        )
    document = read_json(path)
    try:
        _Encoding.model_validate(document)
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    if document["run_id"] != run_id:
        raise checkpoint.foreign(path, document["run_id"], run_id)
    encoding = Encoding.from_plain(document)
    if fault := _fault(encoding):
        raise damaged(path, fault)
    return encoding


def _fault(encoding: Encoding) -> str:
    """What in an encoding contradicts itself, or nothing."""
    k, d0, target = len(encoding.numbers), len(encoding.features), encoding.target
    width = 1 if target.task == "classification" else len(target.outputs)
    rest = len(encoding.indicators) + sum(len(code.features) for code in encoding.categories)
    held = {role.name for role in encoding.roles if role.kind == "category"}
    checks = {
        "fill": encoding.fill.shape == (k,),
        "kept": all(0 <= j < k for j in encoding.kept),
        "indicators": all(0 <= j < k for j in encoding.indicators),
        "features": d0 == len(encoding.kept) + rest,
        "offset": encoding.offset.shape == (d0,),
        "scale": encoding.scale.shape == (d0,) and bool((encoding.scale != 0).all()),
        "categories": all(code.name in held for code in encoding.categories),
        "target.offset": target.offset.shape == target.scale.shape == (width,),
        "target.formats": len(target.formats) in (0, len(target.outputs)),
        "target.classes": (len(target.classes) > 1) == (target.task != "regression"),
    }
    return next((f"{name}: it does not go with the rest" for name, fits in checks.items() if not fits), "")


def _kept(path: Path, config: Config, encoding: Encoding) -> tuple[Parameters, int]:
    """The weights that a run kept, and the epoch they are from."""
    model, target = config.model, encoding.target
    single = target.task == "classification" and len(target.classes) == 2 and model.output != "softmax"
    width = 1 if single else len(target.classes or target.outputs)
    if "auto" in (model.output, config.training.loss):
        raise damaged(path.with_name(run_folder.CONFIG), "output or loss is not decided")
    try:
        architecture = Architecture(
            sizes=(len(encoding.features), *model.hidden, width),
            activation=model.activation,
            output=model.output,  # type: ignore[arg-type]  # "auto" is refused above
            loss=config.training.loss,  # type: ignore[arg-type]
            bias=model.bias,
        )
    except ValueError as error:
        raise damaged(path.with_name(run_folder.CONFIG), str(error)) from None
    parameters = Parameters(architecture, np.dtype(model.dtype))
    expected = {
        "input_offset": encoding.offset,
        "input_scale": encoding.scale,
        "features": np.array(encoding.features),
        "outputs": np.array(target.outputs),
        "classes": np.array(target.classes, dtype=np.str_),
    }
    place = {"epoch": np.array(0), "best_epoch": np.array(0), "stopped_by": np.array("")}
    weights = {"parameters": parameters.flat, "best": parameters.flat}
    everything = weights | expected | place
    state = read_npz(path, lambda claims: checkpoint.check_claims(claims, everything, others=True))
    for name, array in expected.items():
        if not np.array_equal(state[name], array):
            raise MachineError(
                f"{path}: {name} is another than in {run_folder.ENCODING}: they are of different runs; restore "
                "them from a copy, or train again"
            )
    early = str(state["stopped_by"]) == "early_stopping"
    parameters.flat[...] = state["best" if early else "parameters"]
    return parameters, int(state["best_epoch" if early else "epoch"])


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Role(_Part):
    name: str
    kind: Literal["number", "category", "date", "left out"]
    why: str
    format: str


class _Category(_Part):
    name: str
    levels: list[str]
    other: bool
    missing: bool


class _Target(_Part):
    task: Literal["classification", "multilabel", "regression"]
    outputs: list[str] = Field(min_length=1)
    classes: list[str]
    offset: list[float]
    scale: list[float]
    formats: list[str] = []


class _Encoding(_Part):
    """What ``encoding.json`` holds beside its digest."""

    schema_: Literal["bpcli.encoding/1"] = Field(alias="schema")
    roles: list[_Role]
    numbers: list[str]
    fill: list[float]
    indicators: list[int]
    kept: list[int]
    categories: list[_Category]
    features: list[str] = Field(min_length=1)
    offset: list[float]
    scale: list[float]
    target: _Target
    invalid: Literal["error", "missing"]
    header: bool
    missing_values: list[str] = []
    decimal: Literal[".", ","] = "."
    run_id: str
