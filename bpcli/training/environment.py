"""What a run's numbers depend on beside its configuration: versions, BLAS, threads, and the data."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

import bpcli
from bpcli.common.threads import THREAD_VARIABLES
from bpcli.engine import engine_versions
from bpcli.training.sealed_files import damaged, first_problem, read_json

_Text = Annotated[str, StringConstraints(max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class _Data(_Part):
    name: _Text
    sha256: _Text


class _Blas(_Part):
    name: _Text | None
    version: _Text | None


class _Machine(_Part):
    system: _Text
    architecture: _Text


class EnvironmentDocument(_Part):
    """What ``environment.json`` holds beside its digest."""

    schema_: Literal["bpcli.environment/1"] = Field(alias="schema")
    configuration: _Text
    bpcli: _Text
    python: _Text
    numpy: _Text
    blas: _Blas
    machine: _Machine
    threads: dict[_Text, int | _Text]
    engine: dict[_Text, _Text] = {}
    data: _Data
    run_id: _Text | None = None


def read_environment(path: Path) -> dict[str, Any]:
    """Read ``environment.json``; a run of an earlier version has no ``run_id``.

    Raises:
        MachineError: if it is missing, damaged, or something else.
    """
    document = read_json(path)
    try:
        EnvironmentDocument.model_validate(document)
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    return document


def describe_environment(
    configuration: str, source: str, digest: str, engine: str, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document of ``environment.json``; ``variables`` is the process environment.

    ``source`` and ``digest`` are the name and the SHA-256 of the data.
    """
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "schema": "bpcli.environment/1",
        "configuration": configuration,
        "bpcli": bpcli.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": {"name": blas.get("name"), "version": blas.get("version")},
        "machine": {"system": platform.system(), "architecture": platform.machine()},
        "threads": {
            "processors": processors(),
            **{name: variables[name] for name in THREAD_VARIABLES if name in variables},
        },
        "engine": {"name": engine, **(engine_versions() if engine == "compiled" else {})},
        "data": {"name": source, "sha256": digest},
    }


def processors() -> int:
    """How many processors this process may use, which is how many threads BLAS starts by default."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say in words what differs between two environments that the arithmetic may depend on."""
    return [
        f"{name} has changed from {before} to {after}"
        for name, before, after in zip(WATCHED, _watched(then), _watched(now), strict=True)
        if before != after
    ]


WATCHED = (
    "bpcli",
    "Python",
    "NumPy",
    "the BLAS library",
    "the machine",
    "the number of threads",
    "the engine",
)


def _watched(environment: Mapping[str, Any]) -> list[str]:
    blas, machine = environment["blas"], environment["machine"]
    threads = environment["threads"]
    return [
        environment["bpcli"],
        environment["python"],
        environment["numpy"],
        f"{blas['name']} {blas['version']}",
        f"{machine['system']} {machine['architecture']}",
        ", ".join(f"{name} {value}" for name, value in threads.items()),
        ", ".join(f"{name} {value}" for name, value in environment.get("engine", {}).items()),
    ]
