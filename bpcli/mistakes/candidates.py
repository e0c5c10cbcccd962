"""What each mistake makes of the gradients at a given point: the numbers that an answer is compared with.

A matrix and its bias come from the same δ, so a candidate is a δ of one layer and the input it meets; its numbers are
worked out from the quantities of bpcli's own step at the point. The candidates of the output layer explain W and
bias_W, those of the hidden layer V and bias_V; which mistake spoils which follows from the backward pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bpcli.network import Array
from bpcli.network.example import Example


@dataclass(frozen=True, eq=False)
class Candidate:
    """The gradient of one layer under a mistake; both tensors without the decay term.

    Attributes:
        ids: the mistakes it takes, most often one; () is the true gradient.
        matrix, bias: what W and bias_W (or V and bias_V) come out as.
        per_rate: for a W that was moved first: minus the derivative of the tensors by the unknown rate η.
        needs_output: the mistake goes through the output layer too, so it is this one only if W has it as well.
        transposed: the matrix came out transposed, and with it perhaps the decay term that was added to it.
    """

    ids: tuple[str, ...]
    matrix: Array
    bias: Array
    per_rate: tuple[Array, Array] | None = None
    needs_output: bool = False
    transposed: bool = False


class Quantities:
    """Everything of one forward pass at a point, a row per sample and without the 1/N; float64 throughout.

    E is z - y, D2 the true δ² (Ω E, or E under cross-entropy), D1 the true δ¹. Without a hidden layer H is X.
    """

    def __init__(self, example: Example) -> None:
        network = example.stepped()
        last, first = network.layers[-1], network.layers[0]
        self.example = example
        self.n = example.samples
        self.X, self.Y = example.X, example.Y
        self.H, self.W, self.B, self.Z = network.inputs[-1], last.weight, last.pre, last.out
        self.E = self.Z - self.Y
        self.Omega = last.derivative
        self.D2 = last.delta * self.n
        self.A, self.Lambda = first.pre, first.derivative
        self.squared_error = example.architecture.loss == "squared_error"
        self.squared_sigmoid = self.squared_error and example.architecture.output == "sigmoid"
        self.sigmoid_hidden = example.architecture.activation == "sigmoid"
        self.has_hidden = example.architecture.depth == 2

    def rounding(self) -> list[tuple[Array, Array]]:
        """How far rounding alone may move matrix and bias of each layer, the output first, in units of ε.

        The errors of z - y are those of z and y, however small their difference is, so |z| + |y| stands for |e|; the
        error of z(1-z) is that of 1, however close z is to it. From there on absolute values go through the
        products that the gradients go through.
        """
        error = np.abs(self.Z) + np.abs(self.Y)
        delta = self.Omega * error + np.abs(self.E) if self.squared_error else error
        parts = [(delta, self.H)]
        if self.has_hidden:
            passed = delta @ np.abs(self.W)
            parts.append((np.abs(self.Lambda) * passed + np.abs(self.D2) @ np.abs(self.W), self.X))
        return [self.tensors(each, np.abs(inputs)) for each, inputs in parts]

    def tensors(self, delta: Array, inputs: Array) -> tuple[Array, Array]:
        """The mean of the outer products of δ and input, and of δ itself."""
        return delta.T @ inputs / self.n, delta.mean(axis=0)


def _s(a: Array) -> Array:
    """The textbook sigmoid, good at the moderate numbers of a point worth checking at."""
    with np.errstate(over="ignore"):
        value: Array = 1 / (1 + np.exp(-a))
    return value


def _wrong_slopes(activation: Array, pre: Array) -> Iterator[tuple[str, Array]]:
    """The derivatives that are written for s′ by mistake."""
    yield "preactivation", pre * (1 - pre)
    yield "sigmoid-twice", _s(activation) * (1 - _s(activation))
    yield "tanh-derivative", 1 - activation**2


def output_candidates(q: Quantities) -> list[Candidate]:
    """The true gradient of W and bias_W first, then what each mistake makes of them."""
    found = [Candidate((), *q.tensors(q.D2, q.H))]
    for name, delta in _output_deltas(q):
        found.append(Candidate((name,), *q.tensors(delta, q.H)))
    found += _of_one_layer(q, q.D2, q.H)
    if q.has_hidden and q.X.shape[1] == q.H.shape[1]:
        found.append(Candidate(("wrong-input",), *q.tensors(q.D2, q.X)))
    return found


def hidden_candidates(q: Quantities) -> list[Candidate]:
    """The true gradient of V and bias_V first, then what each mistake makes of them."""
    true = q.Lambda * (q.D2 @ q.W)
    found = [Candidate((), *q.tensors(true, q.X))]
    found += _through_the_output(q)
    found += _hidden_slopes(q)
    found += _other_weights(q)
    found += _moved_weights(q)
    found += _of_one_layer(q, true, q.X)
    if q.X.shape[1] == q.H.shape[1]:
        found.append(Candidate(("wrong-input",), *q.tensors(true, q.H)))
    return found


def _output_deltas(q: Quantities) -> Iterator[tuple[str, Array]]:
    """The wrong δ², by the mistake that makes it."""
    if not q.squared_error:
        yield "extra-omega", q.Omega * q.E
    if not q.squared_sigmoid:
        return
    yield "no-omega", q.E
    for name, slope in _wrong_slopes(q.Z, q.B):
        yield name, slope * q.E
    yield "matmul-for-elementwise", _dot(q.Z, 1 - q.Z) * q.E
    yield "numeric-of-output", q.Omega


def _dot(left: Array, right: Array) -> Array:
    """The inner product of each row with its own: N×1."""
    product: Array = (left * right).sum(axis=1, keepdims=True)
    return product


def _of_one_layer(q: Quantities, delta: Array, inputs: Array) -> Iterator[Candidate]:
    """Mistakes that spoil a layer whatever its δ: the last sample alone, the outer product turned round."""
    last = delta[-1:].T @ inputs[-1:], delta[-1]
    yield Candidate(("last-sample",), *last)
    yield Candidate(("last-sample",), last[0] / q.n, last[1] / q.n)
    matrix, bias = q.tensors(delta, inputs)
    if matrix.shape[0] == matrix.shape[1]:
        yield Candidate(("outer-transposed",), matrix.T, bias, transposed=True)


def _through_the_output(q: Quantities) -> Iterator[Candidate]:
    """A wrong δ² is passed back: the mistake is the output's, except that the raw error alone has a name of its own."""
    for name, delta in _output_deltas(q):
        tensors = q.tensors(q.Lambda * (delta @ q.W), q.X)
        if name == "no-omega":
            yield Candidate(("raw-error-back",), *tensors)
        yield Candidate((name,), *tensors, needs_output=name in ("no-omega", "matmul-for-elementwise"))


def _hidden_slopes(q: Quantities) -> Iterator[Candidate]:
    """A wrong Λ, with the true δ² or together with the wrong one of the same kind."""
    passed = q.D2 @ q.W
    yield Candidate(("no-lambda",), *q.tensors(passed, q.X))
    if q.squared_sigmoid:
        raw = q.tensors(q.E @ q.W, q.X)
        yield Candidate(("raw-error-back", "no-lambda"), *raw)
        yield Candidate(("no-omega", "no-lambda"), *raw, needs_output=True)
    if not q.sigmoid_hidden:
        return
    deltas = dict(_output_deltas(q))
    for name, slope in _wrong_slopes(q.H, q.A):
        yield Candidate((name,), *q.tensors(slope * passed, q.X))
        if name in deltas:
            yield Candidate((name,), *q.tensors(slope * (deltas[name] @ q.W), q.X))
    yield Candidate(("matmul-for-elementwise",), *q.tensors(_dot(q.H, 1 - q.H) * passed, q.X))
    # With samples in columns the same slip reads (Wᵀ Δ)(Hᵀ (11ᵀ - H)): here transposed.
    yield Candidate(("matmul-for-elementwise",), *q.tensors(((1 - q.H) @ q.H.T) @ passed, q.X))


def _other_weights(q: Quantities) -> Iterator[Candidate]:
    """Something else passes the error back where Wᵀ belongs."""
    if q.W.shape[0] == q.W.shape[1]:
        yield Candidate(("w-not-transposed",), *q.tensors(q.Lambda * (q.D2 @ q.W.T), q.X))
    for gradient in _gradients_of_w(q):
        yield Candidate(("gradient-for-weight",), *q.tensors(q.Lambda * _passed(q.D2, gradient), q.X))


def _gradients_of_w(q: Quantities) -> Iterator[Array]:
    """∇W as it is at hand when the error is passed back: of the batch, of each point by itself, or summed."""
    mean = q.D2.T @ q.H / q.n
    yield mean
    yield q.D2[:, :, None] * q.H[:, None, :]
    yield mean * q.n


def _passed(delta: Array, weights: Array) -> Array:
    """Pass δ back through one matrix for all samples (d2×d1) or one for each (N×d2×d1): N×d1."""
    passed: Array = np.einsum(
        "nj,nji->ni", delta, np.broadcast_to(weights, (len(delta), *weights.shape[-2:]))
    )
    return passed


def _moved_weights(q: Quantities) -> Iterator[Candidate]:
    """W - η∇W where W belongs; linear in η, which the comparison fits."""
    kinds = [("updated-first", q.D2)]
    if q.squared_sigmoid:
        kinds.append(("raw-and-updated", q.E))
    for name, delta in kinds:
        start = q.tensors(q.Lambda * (delta @ q.W), q.X)
        for gradient in list(_gradients_of_w(q))[:2]:
            yield Candidate((name,), *start, per_rate=q.tensors(q.Lambda * _passed(delta, gradient), q.X))
