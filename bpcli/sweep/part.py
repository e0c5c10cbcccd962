"""The file of a finished group. Of one that is read, nothing is believed that contradicts the rest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bpcli.common.array_files import ArrayFileError, Claim
from bpcli.network import Architecture, Array, Parameters
from bpcli.sweep.outcome import Outcome
from bpcli.training.sealed_files import damaged, read_npz, write_npz

PARTS, WEIGHTS = "parts", "weights"  # folders

# The kind of type of each array, and its axes: K networks, C epochs, C′ with validation rows, k of them kept, P
# parameters, L layers.
_ARRAYS = {
    **dict.fromkeys(("row_combination", "row_stopped_by", "row_reason"), ("U", "K")),
    **dict.fromkeys(("row_seed", "row_epochs", "row_kept_epoch"), ("i", "K")),
    **dict.fromkeys(("row_effective_units", "row_symmetric", "row_dead", "row_saturated"), ("i", "K")),
    **dict.fromkeys(("row_train_loss", "row_train_score"), ("f", "K")),
    **dict.fromkeys(("row_validation_loss", "row_validation_score"), ("f", "K")),
    "recorded": ("i", "C"),
    "train": ("f", "KC"),
    "validation": ("f", "Kc"),
    "kept": ("i", "k"),
    "theta": ("f", "kP"),
    "sizes": ("i", "L"),
    "bias": ("b", ""),
}  # fmt: skip
_ENDS = ("epochs", "early_stopping", "diverged", "failed")


def write_part(folder: Path, outcome: Outcome, *, every: bool) -> None:
    """Keep what came of a group: with ``every``, first the weights of all its networks in a file of their own."""
    rows = outcome.rows
    cells = [f"{name} {seed}" for name, seed in zip(rows["combination"], rows["seed"], strict=True)]
    name = hashlib.sha256("\n".join(cells).encode()).hexdigest()[:20] + ".npz"
    if every and len(outcome.kept):
        (folder / WEIGHTS).mkdir(exist_ok=True)
        of = {"combination": rows["combination"][outcome.kept], "seed": rows["seed"][outcome.kept]}
        write_npz(folder / WEIGHTS / name, of | named(outcome.theta, outcome.sizes, bias=bool(outcome.bias)))
    write_npz(folder / PARTS / name, outcome.arrays())


def named(theta: Array, sizes: Array, *, bias: bool) -> dict[str, Array]:
    """Return weights, …×P, by the names of the parameters: V …×d1×d0, bias_V …×d1, …."""
    architecture = Architecture(tuple(map(int, sizes)), bias=bias)
    parameters = Parameters(architecture, theta.dtype, theta.shape[:-1])
    parameters.flat[...] = theta
    return dict(parameters.named())


def read_part(path: Path) -> Outcome:
    """Read what became of a group.

    Raises:
        MachineError: the file cannot be read, or is not what a sweep writes.
    """
    outcome = Outcome.from_arrays(read_npz(path, _check))
    if fault := _fault(outcome):
        raise damaged(path, fault)
    return outcome


def _check(claims: Mapping[str, Claim]) -> None:
    """Compare names, types and shapes with those of a part, before anything is unpacked."""
    if claims.keys() - {"sha256"} != _ARRAYS.keys():
        odd = min(claims.keys() - {"sha256"} ^ _ARRAYS.keys())
        raise ArrayFileError(f"{odd}: it is missing, or one array too many")
    lengths: dict[str, int] = {}
    for name, (kind, axes) in _ARRAYS.items():
        claim = claims[name]
        fits = claim.dtype.kind == kind and len(claim.shape) == len(axes)
        if not fits or any(
            lengths.setdefault(axis, n) != n for axis, n in zip(axes, claim.shape, strict=True)
        ):
            raise ArrayFileError(f"{name}: {claim} does not go with the rest")
    if lengths["c"] not in (0, lengths["C"]):
        raise ArrayFileError("validation: it does not go with the rest")


def _fault(outcome: Outcome) -> str:
    """What contradicts itself, or nothing."""
    rows, networks = outcome.rows, len(outcome.rows["seed"])
    sizes = tuple(map(int, outcome.sizes))
    counts = [rows[name] for name in ("effective_units", "symmetric", "dead", "saturated", "kept_epoch")]
    checks = {
        "stopped_by": bool(np.isin(rows["stopped_by"], _ENDS).all()),
        "kept_epoch": bool((rows["kept_epoch"] <= rows["epochs"]).all()),
        "units": all(bool((each >= 0).all()) for each in counts),
        "recorded": bool((np.diff(outcome.recorded, prepend=-1) > 0).all()),
        "kept": bool(np.isin(outcome.kept, np.arange(networks)).all()),
        "sizes": not sizes or (len(sizes) > 1 and min(sizes) > 0),
    }
    if wrong := next((name for name, fits in checks.items() if not fits), ""):
        return f"{wrong}: it does not go with the rest"
    parameters = Architecture(sizes, bias=bool(outcome.bias)).parameter_count if sizes else 0
    return "" if outcome.theta.shape[1] == parameters else "theta: it does not go with the rest"
