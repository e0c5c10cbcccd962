"""Checks bpcli's own gradients: the code that trains, in its precision, on its data, against numerical derivatives.

The verdict on a tensor, with d = |analytic - numeric| entry by entry, and M and E from ``bounds``:

    wrong            some entry has  d > t M + E
    correct          none has, and the relative residual ‖analytic - numeric‖ / ‖numeric‖ ≤ T
    uninformative    otherwise: rounding may explain the residual, and for that very reason it certifies nothing

M is the entry without cancellation, |δ|ᵀ|x| for a matrix, and E bounds the rounding of both computations. t is 1e-10
for the complex step, whose own residuals are near 1e-15, and 1e-6 for central differences: they move pre-activations
by 1e-5, so truncation takes about 1e-10 of M, and more with many layers above. T is t in float64; in float32 it is
1e-4, a fifth of the distance between the closest two mistakes of the catalogue, while E binds every entry besides.
"""

from dataclasses import dataclass
from itertools import chain, count, islice, repeat
from typing import Literal

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config, TrainingConfig
from bpcli.datasets import Prepared
from bpcli.gradcheck.bounds import Bound, rounding_bounds
from bpcli.gradcheck.informative import random_point, reasons_against
from bpcli.gradcheck.numerical import (
    CENTRAL_STEP,
    COMPLEX_STEP,
    Mask,
    Method,
    default_method,
    derivatives,
)
from bpcli.network import Array, Network, Parameters
from bpcli.network.example import Example
from bpcli.training.descent import Batches, descend
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser, setup

Verdict = Literal["correct", "wrong", "uninformative"]

ALLOWED: dict[Method, float] = {"complex": 1e-10, "central": 1e-6}  # t
CERTIFIES_FLOAT32 = 1e-4  # T


@dataclass(frozen=True)
class Worst:
    """The entry where the two gradients differ most."""

    index: tuple[int, ...]
    analytic: float
    numeric: float


@dataclass(frozen=True)
class TensorCheck:
    """One gradient against its numerical twin.

    Attributes:
        name: as in ``Network.quantities``, such as grad_V, or grad_x.
        norm: of the analytic gradient.
        residual: ‖analytic - numeric‖ / ‖numeric‖; None if both are zero, inf if only the numeric one is.
        worst: None if every entry is left out.
        left_out: how many entries were not compared, because their differences straddle a kink of relu.
    """

    name: str
    shape: tuple[int, ...]
    norm: float
    residual: float | None
    worst: Worst | None
    verdict: Verdict
    left_out: int


@dataclass(frozen=True)
class OwnCheck:
    """Every gradient of the network at one point.

    Attributes:
        source: what was checked, such as "bpcli, initial weights".
        step: the step of the numerical derivatives; of pre-activations if they are central differences.
        verdict: wrong if any tensor is; else uninformative if the gradient of any parameter is. What is passed
            back (∇z, ∇h, ∇x) may vanish with nothing left unchecked.
    """

    source: str
    method: Method
    step: float
    tensors: tuple[TensorCheck, ...]
    verdict: Verdict


def check_own(
    config: Config, *, method: Method | None = None, samples: int = 32, steps: int = 10
) -> tuple[OwnCheck, ...]:
    """Check the configured network on up to ``samples`` training rows, as initialised and after ``steps`` of training.

    Data, first weights and batches come from the configured seed as they do in ``bpcli train``. Where the initial
    weights cannot tell (zero or constant, say), a random point of the same sizes takes their place, and is named so.

    Raises:
        UsageError: if the method does not suit the network.
        DataError: if the data cannot be used.
    """
    ready = setup(config)
    data, network = ready.data, ready.network
    method = method or default_method(network.architecture)
    X, Y = data.X[:samples], data.Y[:samples]  # the rows are in random order already
    try:
        before = _check_informatively("initial weights", network.parameters, X, Y, method, initial=True)
    except ValueError as error:
        raise UsageError(f"--method {method}: {error}") from error
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _train(network, data, config.training, steps, ready.rng)
    return before, _check_informatively(
        f"after {steps} steps", network.parameters, X, Y, method, initial=False
    )


def _check_informatively(
    where: str, parameters: Parameters, X: Array, Y: Array, method: Method, *, initial: bool
) -> OwnCheck:
    """Check at these weights, or at a random point of the same sizes where they cannot tell right from wrong."""
    check = check_network(f"bpcli, {where}", parameters, X, Y, method)
    if check.verdict == "wrong" or not np.isfinite(parameters.flat).all():
        return check
    # Training may well leave a unit dead; where its check is correct all the same, nothing is missing.
    reasons = (
        reasons_against(Example(parameters.architecture, X, Y, dict(parameters.named()))) if initial else []
    )
    if check.verdict == "correct" and not reasons:
        return check
    drawn = random_point(Example(parameters.architecture, X, Y, {}), np.random.default_rng(0))
    random = Parameters(parameters.architecture, parameters.dtype)
    for name, tensor in random.named():
        tensor[...] = drawn.parameters[name]
    why = "; ".join(reasons) or _blind_tensors(check)
    source = f"bpcli, a random point ({where} cannot tell: {why})"
    return check_network(source, random, drawn.X.astype(X.dtype), drawn.Y.astype(Y.dtype), method)


def _blind_tensors(check: OwnCheck) -> str:
    names = [t.name.replace("grad_", "∇") for t in check.tensors if t.verdict == "uninformative"]
    return f"{', '.join(names)} vanish there, or lie at a kink"


def _train(
    network: Network, data: Prepared, settings: TrainingConfig, steps: int, rng: np.random.Generator
) -> None:
    """Take the first steps of a training run, at the rate of its first epoch."""
    optimiser = build_optimiser(network, settings)
    rate = learning_rate(settings.schedule, settings.optimizer.learning_rate, 1, settings.epochs)

    batches = Batches(data.X, data.Y, network.rows, rng)
    epochs = chain.from_iterable(batches.epoch() for _ in count())
    # The step after the last is begun, since each pauses before its update, and left out.
    for _ in islice(descend(network, epochs, optimiser, repeat(rate)), steps + 1):
        pass


def check_network(source: str, parameters: Parameters, X: Array, Y: Array, method: Method) -> OwnCheck:
    """Check every gradient of a network with these parameters on this batch, at exactly the same numbers."""
    network = Network(parameters, len(X))
    example = Example(
        network.architecture,
        X.astype(np.float64),
        Y.astype(np.float64),
        {name: tensor.astype(np.float64) for name, tensor in parameters.named()},
    )
    with np.errstate(all="ignore"):  # weights that diverged give NaN, which is reported as what it is
        network.forward(X)
        network.backward(Y)
        analytic = network.quantities() | {"grad_x": network.input_gradient()}
        numeric = derivatives(example, method=method)
        bounds = rounding_bounds(example, numeric, parameters.dtype)
        tensors = tuple(
            _compare(name, analytic[name], true, bounds[name], numeric.left_out[name], method)
            for name, true in numeric.tensors.items()
        )
    verdicts = {tensor.verdict for tensor in tensors}
    of_parameters = {f"grad_{name}" for name, _ in parameters.named()}
    blind = any(t.verdict == "uninformative" for t in tensors if t.name in of_parameters)
    return OwnCheck(
        source=source,
        method=method,
        step=COMPLEX_STEP if method == "complex" else CENTRAL_STEP,
        tensors=tensors,
        verdict="wrong" if "wrong" in verdicts else "uninformative" if blind else "correct",
    )


def _compare(
    name: str, analytic: Array, numeric: Array, bound: Bound, left_out: Mask, method: Method
) -> TensorCheck:
    magnitude, error = bound
    found = np.where(left_out, 0.0, analytic.astype(np.float64))
    true = np.where(left_out, 0.0, numeric)
    gap = abs(found - true)
    # Written so that a NaN is off, but not where the precision's range is exceeded: there the bound is none.
    off = (
        ~(gap <= ALLOWED[method] * magnitude + error)
        & ~left_out
        & (abs(true) <= np.finfo(analytic.dtype).max)
    )
    scale, norm = float(np.linalg.norm(true)), float(np.linalg.norm(found))
    residual = float(np.linalg.norm(gap)) / scale if scale else (None if norm == 0 else float("inf"))
    tolerance = ALLOWED[method] if analytic.dtype == np.float64 else CERTIFIES_FLOAT32
    verdict: Verdict = "uninformative"
    if np.isfinite(true).all():
        if off.any():
            verdict = "wrong"
        elif residual is not None and residual <= tolerance:
            verdict = "correct"
    worst = None
    if not left_out.all():
        at = np.unravel_index(np.nan_to_num(np.where(left_out, -1.0, gap), nan=np.inf).argmax(), gap.shape)
        worst = Worst(tuple(map(int, at)), float(analytic[at]), float(numeric[at]))
    return TensorCheck(name, numeric.shape, norm, residual, worst, verdict, int(left_out.sum()))
