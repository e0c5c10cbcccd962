"""Gradients from a file of numbers: NPZ or JSON, under whatever names and in whatever order people keep them."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from bpcli.common.errors import DataError, UsageError
from bpcli.common.text import printable
from bpcli.gradcheck.answer import Answer, Reading
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.conventions.results import plans
from bpcli.gradcheck.exchange import Failure, read_members
from bpcli.gradcheck.trial import layers_of
from bpcli.network import Architecture


def read_answer(path: Path, architecture: Architecture) -> Answer | Failure:
    """Read a file; a matrix may be a vector, and may hold its bias as a column."""
    try:
        members = read_members(path)
    except (DataError, UsageError) as error:
        return Failure("unreadable", str(error))
    arrays: dict[str, Any] = {}
    for name, value in members.items():
        try:
            arrays[name] = np.asarray(value) if isinstance(value, list) else value
        except ValueError:
            if all(isinstance(row, list) and not any(isinstance(v, list) for v in row) for row in value):
                return Failure("wrong shapes", f"{path.name}: {name} has rows of different lengths")
            arrays[name] = value  # a list of the tensors of all layers
    unnamed = [name for name in arrays if re.fullmatch("arr_[0-9]+", name)]  # np.savez without names
    returned = tuple(arrays[name] for name in unnamed) if len(unnamed) == len(arrays) else arrays
    layers = layers_of(architecture)
    turned = (False,) * architecture.depth
    try:
        found = plans(returned, layers, turned)
        if len(found) > 1 and path.suffix.lower() == ".json":
            found.sort(key=lambda plan: plan.vectors != "F")  # as Octave's V(:) and MATLAB's are
        readings = [Reading(plan.said, plan.follow(returned, layers, turned)) for plan in found]
    except RefusedError as error:
        return Failure(error.kind, f"{path.name}: {printable(str(error), 300)}")
    return Answer(tuple(readings))
