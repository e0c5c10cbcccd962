"""The backward pass row by row in plain Python, a second computation that the training code is compared with.

Nothing here is a matrix product. The activations and the weights come from the training core; the derivatives of the
units and the gradients are computed once more from them, so that the two forms of the sheet (row by row, and
stacked) can be compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp

import numpy as np

from bpcli.network import Architecture, Array

Vectors = Mapping[str, list[float]]
Matrices = Mapping[str, list[list[float]]]


@dataclass(frozen=True)
class Row:
    """Row j of a gradient: ``passed`` · ``derivative`` · ``inputs``, the three factors of the chain rule.

    Attributes:
        passed: ∂ℓ/∂z_j, or what arrives at hidden unit j.
        derivative: z_j(1-z_j), the derivative of the unit; None under softmax, where δ_j is a sum over all outputs.
        delta: δ_j, their product.
        inputs: hᵀ (or xᵀ).
        product: the row.
    """

    passed: float
    derivative: float | None
    delta: float
    inputs: list[float]
    product: list[float]


@dataclass(frozen=True)
class Contribution:
    """What output j contributes to ∂ℓ/∂h_i: ``weight`` w_ji · ``derivative`` z_j(1-z_j) · ``passed`` ∂ℓ/∂z_j.

    ``derivative`` is None under softmax, where the contribution is w_ji · δ_j.
    """

    weight: float
    derivative: float | None
    passed: float
    delta: float

    @property
    def value(self) -> float:
        """The product."""
        return self.weight * self.delta


@dataclass(frozen=True)
class LayerRows:
    """One layer row by row.

    Attributes:
        derivatives: the derivative of each unit; under softmax, the diagonal of its Jacobian.
        rows: of the gradient.
        sums: that it passes back; empty for the first layer.
    """

    derivatives: tuple[float, ...]
    rows: tuple[Row, ...]
    sums: tuple[tuple[Contribution, ...], ...]


def layer_rows(architecture: Architecture, vectors: Vectors, matrices: Matrices) -> tuple[LayerRows, ...]:
    """Compute every layer from the forward pass, the first layer first.

    ``vectors`` holds x, y, and a, h, b, z of the forward pass, ``matrices`` the weights.
    """
    names = architecture.names()
    found: list[LayerRows] = []
    passed = _output_gradient(architecture, vectors)
    for index in reversed(range(architecture.depth)):
        layer = names[index]
        inputs, weight = vectors[layer.input], matrices[layer.matrix]
        activation = architecture.output if layer.out == "z" else architecture.activation
        derivatives = _derivatives(activation, vectors[layer.pre], vectors[layer.out])
        softmax = activation == "softmax"
        if softmax:
            deltas = _through_softmax(vectors["z"], passed)
        else:
            deltas = [arriving * local for arriving, local in zip(passed, derivatives, strict=True)]
        rows = tuple(
            Row(
                passed[j],
                None if softmax else derivatives[j],
                delta,
                inputs,
                [delta * value for value in inputs],
            )
            for j, delta in enumerate(deltas)
        )
        sums: tuple[tuple[Contribution, ...], ...] = ()
        if index > 0:
            sums = tuple(
                tuple(
                    Contribution(weight[j][i], row.derivative, row.passed, row.delta)
                    for j, row in enumerate(rows)
                )
                for i in range(len(inputs))
            )
            passed = [sum(term.value for term in terms) for terms in sums]
        found.append(LayerRows(derivatives, rows, sums))
    return tuple(reversed(found))


def _derivatives(activation: str, pre: list[float], out: list[float]) -> tuple[float, ...]:
    """g′ of each unit, from its output."""
    if activation in ("sigmoid", "softmax"):
        return tuple(h * (1 - h) for h in out)
    if activation == "tanh":
        return tuple(1 - h * h for h in out)
    if activation == "relu":
        return tuple(float(a > 0) for a in pre)
    return (1.0,) * len(out)


def _output_gradient(architecture: Architecture, vectors: Vectors) -> list[float]:
    """∂ℓ/∂z_j, output by output; 1/z is written 1 + e^-b, which has its digits where z rounds to 1."""
    outputs = list(zip(vectors["y"], vectors["z"], vectors["b"], strict=True))
    if architecture.loss == "squared_error":
        return [z - y for y, z, _ in outputs]
    if architecture.output == "softmax":
        return [-y / z if y else 0.0 for y, z, _ in outputs]
    return [_times(1 - y, b) - _times(y, -b) for y, _, b in outputs]


def _times(weight: float, b: float) -> float:
    """``weight`` · (1 + e^b), which is 0 for a weight of 0, however large b is."""
    return weight * (1 + exp(b)) if weight else 0.0


def _through_softmax(z: list[float], passed: list[float]) -> list[float]:
    """δ_j = Σ_k ∂ℓ/∂z_k · ∂z_k/∂b_j, with ∂z_k/∂b_j = z_k (1[j=k] - z_j)."""
    return [
        sum(
            arriving * out * ((j == k) - z[j])
            for k, (out, arriving) in enumerate(zip(z, passed, strict=True))
        )
        for j in range(len(z))
    ]


def differences(
    architecture: Architecture, found: Mapping[str, Array], layers: tuple[LayerRows, ...]
) -> Iterator[float]:
    """How far the row forms are from the core, relative to a largest entry above 1."""
    for names, layer in zip(architecture.names(), layers, strict=True):
        rows = layer.rows
        deltas = [row.delta for row in rows]
        compared = [
            (names.derivative, layer.derivatives),
            (names.grad_out, [row.passed for row in rows]),
            (names.delta, deltas),
            (names.grad_matrix, [row.product for row in rows]),
        ]
        if architecture.bias:
            compared.append((names.grad_bias, deltas))
        for name, values in compared:
            largest = max(1.0, float(np.abs(found[name]).max()))
            yield float(np.abs(found[name] - np.array(values)).max()) / largest
