"""What the first forward and backward pass of a constant network must give: claims (a), (b) and (c).

A closed form is another sequence of operations than the network's, so it may differ by rounding: by at most
4 (n + 2) ε times the sum of the absolute values that are added up, n of them, and what the activation makes of that.
"""

from dataclasses import dataclass, replace

import numpy as np

from bpcli.network import Architecture, Array, MatMul, Network, Parameters
from bpcli.network.activations import activate
from bpcli.network.layer import Layer
from bpcli.symmetry_demo.claim import ONE_UNIT, Claim, decided, factor, figure

ROOM = 4.0
ROUNDED = 8.0  # of ε times |z| + |y|: targets that are closer give δ that three roundings may make equal


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """What one formula says for every sample, beside what the network has there.

    Attributes:
        argument: w Σ_k x_k, a number a sample.
        predicted: the closed form, a number a sample.
        measured: N×d1, a column a hidden unit.
        bound: what rounding may add up to, a number a sample; inf where the argument rounds across a kink.
    """

    argument: Array
    predicted: Array
    measured: Array
    bound: Array

    @property
    def spread(self) -> float:
        """The largest difference between two units."""
        return float((self.measured.max(axis=1) - self.measured.min(axis=1)).max())

    @property
    def error(self) -> float:
        """The largest distance of any unit from the closed form, samples at a kink left out."""
        off = abs(self.measured - self.predicted[:, None]).max(axis=1)
        return float(off[np.isfinite(self.bound)].max(initial=0.0))

    @property
    def left_out(self) -> int:
        """How many samples are at a kink, where rounding decides between two slopes."""
        return int(np.isinf(self.bound).sum())

    @property
    def fits(self) -> bool:
        """Whether every unit is the closed form up to rounding."""
        return bool((abs(self.measured - self.predicted[:, None]) <= self.bound[:, None]).all())


def closed_forms(network: Network, weight: float) -> tuple[ClosedForm, ClosedForm]:
    """Return x_j^(1) = g(w Σ_i x_i) and δ_i^(1) = g′(w Σ_k x_k) w Σ_j δ_j^(2), for a network that has taken a step.

    ``weight`` is w, the value of every entry of V and W; biases are zero. The δ^(2) are those of the network.
    """
    hidden, last = network.layers
    X, delta = network.inputs[0].astype(np.float64), last.delta.astype(np.float64)
    w = float(np.asarray(weight, network.parameters.dtype))
    information = np.finfo(network.parameters.dtype)
    unit = ROOM * float(information.eps)
    argument = w * X.sum(axis=1)
    g, derivative = activate(network.architecture.activation, argument)
    size, passed = abs(w) * abs(X).sum(axis=1), abs(w) * abs(delta).sum(axis=1)
    of_outputs = unit * (X.shape[1] + 2) * (size + 1)
    # Rounding moves the derivative with its argument, and the smallest numbers have no digits left to round.
    terms = delta.shape[1] + X.shape[1] + 4
    of_deltas = terms * (unit * passed * (1 + size) + ROOM * float(information.smallest_subnormal))
    # Where nothing is added up, nothing is rounded, and the argument is 0 in both forms.
    near_zero = (abs(argument) <= of_outputs) & (size > 0)
    at_kink = near_zero & (network.architecture.activation == "relu")
    return (
        ClosedForm(argument, g, hidden.out.astype(np.float64), of_outputs * (1 + abs(g))),
        ClosedForm(
            argument,
            derivative * w * delta.sum(axis=1),
            hidden.delta.astype(np.float64),
            np.where(at_kink, np.inf, of_deltas),
        ),
    )


def hidden_outputs_equal(network: Network, weight: float) -> Claim:
    """Claim (a), on a network that has taken a forward and a backward pass with its initial weights."""
    form, _ = closed_forms(network, weight)
    biases = ", since biases begin at 0," if network.architecture.bias else ""
    because = (
        f"S_j^(1) = Σ_i w_ij^(1) x_i = w Σ_i x_i{biases} does not depend on j; for sample 1 "
        f"S_j^(1) = {figure(form.argument[0])} and x_j^(1) = g({figure(form.argument[0])}) = "
        f"{figure(form.predicted[0])} for every j"
    )
    return _closed_form_claim("a", "all x_j^(1) are equal, and equal to g(w Σ_i x_i)", form, because)


def hidden_deltas_equal(network: Network, weight: float) -> Claim:
    """Claim (b), on a network that has taken a forward and a backward pass with its initial weights."""
    outputs, form = closed_forms(network, weight)
    _, derivative = activate(network.architecture.activation, outputs.argument[:1])
    deltas = network.layers[-1].delta[0]
    total = float(deltas.sum(dtype=np.float64))
    if abs(total) <= ROOM * len(deltas) * np.finfo(deltas.dtype).eps * abs(deltas).sum(dtype=np.float64):
        total = 0.0  # as under softmax, where δ^(2) adds up to 0 and only rounding is left
    because = (
        "δ_i^(1) = Σ_j δ_j^(2) w_ij^(2) g′(S_i^(1)) = g′(w Σ_k x_k) w Σ_j δ_j^(2) does not depend on i; for sample 1 "
        f"δ_i^(1) = {figure(derivative[0])} · {factor(weight)} · {factor(total)} = "
        f"{figure(form.predicted[0] if total else 0.0)} for every i"
    )
    return _closed_form_claim(
        "b", "all δ_i^(1) are equal, and equal to g′(w Σ_k x_k) w Σ_j δ_j^(2)", form, because
    )


def _closed_form_claim(id_: str, statement: str, form: ClosedForm, because: str) -> Claim:
    statement = f"constant weights w: {statement}"
    if form.measured.shape[1] == 1:
        return Claim(id_, statement, None, remark=ONE_UNIT)
    measured = {"spread over units": form.spread, "off the closed form": form.error}
    remark = (
        f"left out, at a kink of relu or beyond the range of the precision: {form.left_out}"
        if form.left_out
        else ""
    )
    holds = form.spread == 0 and form.fits
    all_left_out = form.left_out == len(form.predicted)
    return decided(id_, statement, None if all_left_out else holds, measured, remark, because)


def output_deltas_differ(parameters: Parameters, X: Array, Y: Array, matmul: MatMul) -> Claim:
    """Claim (c), at initial weights ``parameters``, under squared error and under cross-entropy.

    For coinciding targets the second output is given the targets of the first.
    """
    statement = (
        "the δ_i^(2) are not all equal wherever the y_i are not, under either loss; where targets coincide, "
        "so do the δ_i^(2)"
    )
    if Y.shape[1] == 1:
        return Claim("c", statement, None, remark="there is one output")
    if not (Y.max(axis=1) > Y.min(axis=1)).any():
        return Claim("c", statement, None, remark="the targets of every sample coincide")
    coinciding = Y.copy()
    coinciding[:, 1] = coinciding[:, 0]
    gaps: dict[str, float | None] = {}
    left, remarks, reasons = [], [], []
    sample = int(np.ptp(Y, axis=1).argmax())
    two = sorted((int(Y[sample].argmin()), int(Y[sample].argmax())))  # outputs whose targets differ most
    for name, architecture in _under_both_losses(parameters.architecture).items():
        last = _output_layer(architecture, parameters, X, Y, matmul)
        # Under cross-entropy Ω has no part in δ^(2).
        derivative = last.derivative if architecture.loss == "squared_error" else np.ones_like(Y)
        gaps[name], obstacle = _smallest_gap(last, Y, derivative)
        same = _output_layer(architecture, parameters, X, coinciding, matmul).delta
        left.append(float(abs(same[:, 1] - same[:, 0]).max()))
        if obstacle:
            remarks.append(f"under {name} {obstacle}")
        if architecture.output != parameters.architecture.output:
            remarks.append(f"under {name} with sigmoid outputs in place of {parameters.architecture.output}")
        shown = " and ".join(f"δ_{i + 1}^(2) = {figure(last.delta[sample, i])}" for i in two)
        reasons.append(f"{shown} under {name}")
    measured = {f"smallest gap, {name}": gap for name, gap in gaps.items()}
    measured["gap where targets coincide"] = coincide = float(np.max(left))
    refuted = coincide != 0 or 0 in gaps.values()
    holds = False if refuted else None if None in gaps.values() else True
    because = (
        "each δ_i^(2) contains its own target: (z_i - y_i) g′(S_i^(2)) under squared error, z_i - y_i under "
        "cross-entropy (over N in the mean); "
        f"for sample {sample + 1} the targets {' and '.join(figure(Y[sample, i]) for i in two)} of outputs "
        f"{' and '.join(str(i + 1) for i in two)} give "
        f"{', '.join(reasons)}"
    )
    return decided("c", statement, holds, measured, "; ".join(remarks), because)


def _under_both_losses(architecture: Architecture) -> dict[str, Architecture]:
    """The architecture under each loss; a sigmoid output where the configured one does not go with it."""
    # Under softmax, δ^(2) would also hang on whether the targets of a sample add up to one.
    output = architecture.output if architecture.output != "softmax" else "sigmoid"
    return {
        "squared error": replace(architecture, output=output, loss="squared_error"),
        "cross-entropy": replace(architecture, output="sigmoid", loss="cross_entropy"),
    }


def _output_layer(
    architecture: Architecture, parameters: Parameters, X: Array, Y: Array, matmul: MatMul
) -> Layer:
    same = Parameters(architecture, parameters.dtype)
    same.flat[...] = parameters.flat
    network = Network(same, len(X), matmul)
    network.forward(X)
    network.backward(Y)
    return network.layers[-1]


def _smallest_gap(last: Layer, Y: Array, derivative: Array) -> tuple[float | None, str]:
    """The smallest |δ_i - δ_k| of a sample over pairs of outputs whose targets differ; Y and ``derivative`` are N×d2.

    Left out is what differs in exact arithmetic only: samples whose Ω has underflowed, and pairs whose targets are
    as close as rounding. If that leaves nothing, there is no gap, and the second value says why.
    """
    information = np.finfo(derivative.dtype)
    differ = Y[:, :, None] != Y[:, None, :]
    rounding = ROUNDED * information.eps * (abs(last.out).max(axis=1) + abs(Y).max(axis=1))
    told = differ & (abs(Y[:, :, None] - Y[:, None, :]) > rounding[:, None, None])
    clear = derivative.min(axis=1) > information.tiny / information.eps
    gaps = abs(last.delta[:, :, None] - last.delta[:, None, :])[told & clear[:, None, None]]
    if gaps.size:
        return float(gaps.min()), ""
    if told.any():
        return None, "every output is saturated: use a smaller w"
    return None, "targets that differ do so by no more than rounding"
