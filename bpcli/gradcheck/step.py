"""Compares every quantity of one step of the code that trains with the reference and its numerical derivatives.

The verdict on a tensor, with d = |analytic - numeric| entry by entry, and M and E from ``bounds``:

    wrong            some entry has  d > t M + E
    correct          none has, and the relative residual ‖analytic - numeric‖ / ‖numeric‖ ≤ T
    uninformative    otherwise: rounding may explain the residual, and for that very reason it certifies nothing

M is the entry without cancellation, |δ|ᵀ|x| for a matrix, and E bounds the rounding of both computations. t is 1e-10
for the complex step, whose own residuals are near 1e-15, and 1e-6 for central differences: they move pre-activations
by 1e-5, so truncation takes about 1e-10 of M, and more with many layers above. T is t in float64; in float32 it is
1e-4, a fifth of the distance between the closest two mistakes of the catalogue, while E binds every entry besides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcli.gradcheck import reference
from bpcli.gradcheck.bounds import Bound, rounding_bounds
from bpcli.gradcheck.numerical import CENTRAL_STEP, COMPLEX_STEP, Mask, Method, derivatives
from bpcli.gradcheck.verdicts import Verdict, Worst, norm, relative_residual, worst_entry
from bpcli.network import Architecture, Array, Network, Parameters
from bpcli.network.example import Example

ALLOWED: dict[Method, float] = {"complex": 1e-10, "central": 1e-6}  # t
CERTIFIES_FLOAT32 = 1e-4  # T


@dataclass(frozen=True)
class TensorCheck:
    """One quantity, ``analytic``, against the reference or its numerical derivative, ``numeric``.

    Attributes:
        name: as in ``Network.quantities``, such as grad_V; or grad_x, loss, and of training new_V, train_loss, ….
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
    """Every quantity of the network at one example, or in some epochs of training.

    Attributes:
        source: what was checked, such as "bpcli, initial weights".
        step: the step of the numerical derivatives; of pre-activations if they are central differences.
        verdict: wrong if any tensor is; else uninformative if the gradient of any parameter is. What is passed
            back (∇z, ∇h, ∇x) may vanish with nothing left unchecked.
    """

    source: str
    architecture: Architecture
    method: Method
    step: float
    tensors: tuple[TensorCheck, ...]
    verdict: Verdict


def check_network(
    source: str,
    parameters: Parameters,
    X: Array,
    Y: Array,
    method: Method,
    *,
    kind: type[Network] = Network,
) -> OwnCheck:
    """Check every quantity of a network with these parameters on this batch, at exactly the same numbers.

    The gradients of another ``kind`` of network are compared with those of ``Network``, too.
    """
    network = kind(parameters, len(X))
    with np.errstate(all="ignore"):  # weights that diverged give NaN, which is reported as what it is
        network.forward(X)
        network.backward(Y)
        tensors = compare_step(network, observed(network), method)
        if kind is not Network:
            tensors += _against_core(network, X, Y, method)
    return summary(source, network.architecture, method, tensors)


def _against_core(network: Network, X: Array, Y: Array, method: Method) -> Iterator[TensorCheck]:
    """Compare the gradients of the parameters with those of the core: their sums may be taken in another order."""
    core = Network(network.parameters, len(X))
    core.forward(X)
    core.backward(Y)
    for (name, found), (_, true) in zip(network.gradients.named(), core.gradients.named(), strict=True):
        rounding = float(np.finfo(found.dtype).eps) * len(X) * float(np.linalg.norm(true.astype(np.float64)))
        error = np.full(true.shape, 64 * rounding)
        yield compare(
            f"core_{name}", found, true.astype(np.float64), (np.zeros(true.shape), error), None, method
        )


def observed(network: Network) -> dict[str, Array]:
    """Return copies of everything that a network computed in its last step, and the mean loss of that batch."""
    grad_x = network.input_gradient()
    found = {name: array.copy() for name, array in network.quantities().items()}
    for names, x in zip(network.architecture.names(), network.inputs, strict=True):
        found[f"input_{names.matrix}"] = x.copy()
    return found | {"grad_x": grad_x, "loss": np.array(network.loss(found["y"]))}


def compare_step(
    network: Network, found: dict[str, Array], method: Method, *, whole: bool = True
) -> list[TensorCheck]:
    """Compare each of the ``observed`` quantities of one step with the reference, in the order of the step.

    Without ``whole`` the gradients of the parameters are compared along one random direction each, which is all that
    a large network leaves time for.
    """
    architecture, dtype = network.architecture, network.parameters.dtype
    example = Example(
        architecture,
        found["x"].astype(np.float64),
        found["y"].astype(np.float64),
        {name: found[name].astype(np.float64) for name, _ in network.parameters.named()},
    )
    expected, functions = {}, [architecture.activation] * (architecture.depth - 1) + [architecture.output]
    pre, out = reference.forward(architecture, example.parameters, example.X)
    for layer, (names, g) in enumerate(zip(architecture.names(), functions, strict=True)):
        expected[names.pre], expected[names.out] = pre[layer], out[layer + 1]
        if layer:
            expected[f"input_{names.matrix}"] = out[layer]
        expected[names.derivative] = reference.activation_derivative(g, pre[layer])
    losses = reference.sample_losses(architecture, pre[-1], out[-1], example.Y)
    expected["loss"] = np.array(losses.mean())
    if not whole:
        checks = [
            compare(name, found[name], true, _order_one_bound(true, dtype), None, method)
            for name, true in expected.items()
        ]
        return [*checks, *_along_directions(example, found)]
    numeric = derivatives(example, method=method)
    bounds = rounding_bounds(example, numeric, dtype)
    return [
        compare(name, found[name], true, bounds[name], numeric.left_out.get(name), method)
        for name, true in (expected | numeric.tensors).items()
    ]


def _order_one_bound(true: Array, dtype: np.dtype[Any]) -> Bound:
    """A bound for quantities of order 1."""
    return abs(true), np.full_like(true, 1e4 * float(np.finfo(dtype).eps))


def _along_directions(example: Example, found: dict[str, Array]) -> Iterator[TensorCheck]:
    """Compare Σ U ∇ with the derivative along U, for a U of random numbers in the place of each parameter."""
    rng = np.random.default_rng(0)
    for name, tensor in example.parameters.items():
        U, gradient = rng.normal(size=tensor.shape), found[f"grad_{name}"]
        moved = example.parameters | {name: tensor + COMPLEX_STEP * 1j * U}
        loss = reference.mean_loss(example.architecture, moved, example.X, example.Y)
        true = np.array(loss.imag / COMPLEX_STEP)
        bound = np.array(np.linalg.norm(gradient.astype(np.float64)))
        precision = 1e3 * float(np.finfo(gradient.dtype).eps)
        along = np.array((gradient * U).sum(dtype=np.float64), gradient.dtype)
        yield compare(f"grad_{name}", along, true, (bound, precision * bound), None, "complex")


def summary(
    source: str, architecture: Architecture, method: Method, tensors: Sequence[TensorCheck]
) -> OwnCheck:
    """Put the verdicts on the tensors together."""
    of_parameters = {n for names in architecture.names() for n in (names.grad_matrix, names.grad_bias)}
    blind = any(t.verdict == "uninformative" for t in tensors if t.name in of_parameters)
    wrong = any(tensor.verdict == "wrong" for tensor in tensors)
    return OwnCheck(
        source=source,
        architecture=architecture,
        method=method,
        step=COMPLEX_STEP if method == "complex" else CENTRAL_STEP,
        tensors=tuple(tensors),
        verdict="wrong" if wrong else "uninformative" if blind else "correct",
    )


def statement(name: str, found: float, true: float = 1.0) -> TensorCheck:
    """Judge a number that has no rounding, or, by default, whether something is so."""
    exact = np.zeros(()), np.zeros(())
    return compare(name, np.array(float(found)), np.array(float(true)), exact, None, "complex")


def compare(
    name: str, analytic: Array, numeric: Array, bound: Bound, left_out: Mask | None, method: Method
) -> TensorCheck:
    """Judge one quantity; one of another shape than the reference's is wrong, and nothing else is said of it."""
    if analytic.shape != numeric.shape:
        return TensorCheck(name, analytic.shape, norm(analytic), None, None, "wrong", 0)
    left_out = np.zeros(numeric.shape, np.bool_) if left_out is None else left_out
    magnitude, error = bound
    found = np.where(left_out, 0.0, analytic.astype(np.float64))
    true = np.where(left_out, 0.0, numeric)
    gap = abs(found - true)
    allowed = ALLOWED[method] * magnitude + error
    # Written so that a NaN is off, but not where the precision's range is exceeded: there the bound is none.
    off = (
        ~(gap <= np.where(np.isnan(allowed), np.inf, allowed))
        & ~left_out
        & (abs(true) <= np.finfo(analytic.dtype).max)
    )
    size = norm(found)
    residual = relative_residual(found, true) if size or true.any() else None
    tolerance = ALLOWED[method] if analytic.dtype == np.float64 else CERTIFIES_FLOAT32
    verdict: Verdict = "uninformative"
    if np.isfinite(true).all():
        if off.any():
            verdict = "wrong"
        elif residual is not None and residual <= tolerance:
            verdict = "correct"
    worst = None
    if not left_out.all():
        worst = worst_entry(analytic, numeric, np.where(left_out, -1.0, gap))
    return TensorCheck(name, numeric.shape, size, residual, worst, verdict, int(left_out.sum()))
