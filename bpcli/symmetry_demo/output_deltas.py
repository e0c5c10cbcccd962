"""Claim (c): each output has a δ^(2) of its own, by its own target."""

from dataclasses import replace

import numpy as np

from bpcli.network import Architecture, Array, MatMul, Network, Parameters
from bpcli.network.layer import Layer
from bpcli.symmetry_demo.claim import Claim, decided


def output_deltas_differ(parameters: Parameters, X: Array, Y: Array, matmul: MatMul) -> Claim:
    """Claim (c), at first weights ``parameters``, under squared error and under cross-entropy.

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
    left, remarks = [], []
    for name, architecture in _under_both_losses(parameters.architecture).items():
        last = _output_layer(architecture, parameters, X, Y, matmul)
        # Under cross-entropy Ω has no part in δ^(2).
        slope = last.derivative if architecture.loss == "squared_error" else np.ones_like(Y)
        gaps[name] = _smallest_gap(last.delta, Y, slope)
        same = _output_layer(architecture, parameters, X, coinciding, matmul).delta
        left.append(float(abs(same[:, 1] - same[:, 0]).max()))
        if gaps[name] is None:
            remarks.append(f"under {name} every output is saturated, so a smaller w is needed to see it")
        if architecture.output != parameters.architecture.output:
            remarks.append(f"{name} with sigmoid outputs")
    measured = {f"smallest gap, {name}": gap for name, gap in gaps.items()}
    measured["gap where targets coincide"] = coincide = float(np.max(left))
    holds = None if None in gaps.values() and coincide == 0 else coincide == 0 and 0 not in gaps.values()
    return decided("c", statement, holds, measured, "; ".join(remarks))


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


def _smallest_gap(delta: Array, Y: Array, slope: Array) -> float | None:
    """The smallest |δ_i - δ_k| of a sample over pairs of outputs whose targets differ; all arguments are N×d2.

    Samples whose Ω has underflowed are left out: in exact arithmetic their δ are as different as their targets. None
    if that leaves nothing.
    """
    information = np.finfo(slope.dtype)
    clear = slope.min(axis=1) > information.tiny / information.eps
    apart = (Y[:, :, None] != Y[:, None, :]) & clear[:, None, None]
    gaps = abs(delta[:, :, None] - delta[:, None, :])[apart]
    return float(gaps.min()) if gaps.size else None
