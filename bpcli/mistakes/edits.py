"""Every mistake in the pass as an edit of one factor: the one place where its formula stands."""

from functools import lru_cache

import numpy as np

from bpcli.mistakes.factors import Applies, Edit, Factor, Work
from bpcli.network import Architecture, Array
from bpcli.network.activations import activate

F = Factor


def _s(a: Array) -> Array:
    return activate("sigmoid", np.asarray(a, float))[0]


def _sigmoid_slope(h: Array) -> Array:
    slope: Array = h * (1 - h)
    return slope


def _function(architecture: Architecture, index: int) -> str:
    return architecture.output if index == architecture.depth - 1 else architecture.activation


def _hidden(architecture: Architecture, index: int) -> bool:
    return index < architecture.depth - 1


def _last(architecture: Architecture, index: int) -> bool:
    return index == architecture.depth - 1


def derivative_counts(architecture: Architecture, index: int) -> bool:
    """Whether g′ is a factor of δ at a layer: a hidden one, or the output under squared error."""
    return _hidden(architecture, index) or architecture.loss == "squared_error"


def _of(function: str) -> Applies:
    """Layers of this activation function."""
    return lambda architecture, index: _function(architecture, index) == function


def _output(output: str, loss: str) -> Applies:
    return lambda architecture, index: (
        _last(architecture, index) and architecture.output == output and architecture.loss == loss
    )


def _cross_entropy(architecture: Architecture, index: int) -> bool:
    return _last(architecture, index) and architecture.loss == "cross_entropy"


def _squared(architecture: Architecture, index: int) -> bool:
    return _last(architecture, index) and architecture.loss == "squared_error"


def _not_identity(architecture: Architecture, index: int) -> bool:
    return derivative_counts(architecture, index) and _function(architecture, index) != "identity"


def _biased(architecture: Architecture, _index: int) -> bool:
    return architecture.bias


def _square(architecture: Architecture, index: int) -> bool:
    return architecture.sizes[index] == architecture.sizes[index + 1]


def _has_below(_architecture: Architecture, index: int) -> bool:
    return index > 0


def _ones(like: Array) -> Array:
    return np.ones_like(like)


def _per_sample(work: Work) -> Array:
    """δ hᵀ of each sample, N×d×d_in."""
    products: Array = work.delta[..., :, :, None] * work.input[..., :, None, :]
    return products


def _mean(work: Work) -> Array:
    return work.differentiated(work.delta, work.input)[0]


def _columns(h: Array, complement: Array, arriving: Array) -> Array:
    """With samples in columns (∇H)(Hᵀ(11ᵀ - H)); here transposed."""
    product: Array = (complement @ h.mT) @ arriving
    return product


def _shifted(work: Work) -> Array:
    return np.column_stack([work.bias, work.weight[:, :-1]])


def _softmax_jacobian(z: Array, e: Array) -> Array:
    product: Array = z * (e - (z * e).sum(axis=-1, keepdims=True))
    return product


def _last_sample(work: Work) -> Array:
    """δ of the last sample in place of the sum: N times it, since the mean divides by N."""
    only: Array = np.zeros_like(work.delta)
    only[..., -1, :] = work.samples * work.delta[..., -1, :]
    return only


def _always(_architecture: Architecture, _index: int) -> bool:
    return True


def _summed(work: Work) -> Array:
    """The same number for each unit: the mean over samples, summed over units."""
    total: Array = work.delta.sum(axis=-1, keepdims=True).mean(axis=-2)
    return np.broadcast_to(total, (*total.shape[:-1], work.delta.shape[-1]))


# fmt: off
FORWARD = (
    Edit("forward-no-bias", F.PRE, "{bias} is left out", lambda w: w.input @ w.weight.mT, _biased),
    Edit("forward-untransposed", F.PRE, "{W}ᵀ {x} for {W} {x}", lambda w: w.input @ w.weight + w.bias, _square),
    Edit("forward-preactivation", F.PRE, "the pre-activation of the layer below for {x}",
         lambda w: w.values[w.architecture.names()[w.index - 1].pre] @ w.weight.mT + w.bias,
         lambda a, i: i > 0 and a.activation != "identity"),
    Edit("forward-no-output-activation", F.OUT, "{h} = {a}", lambda w: w.pre,
         lambda a, i: _last(a, i) and a.output != "identity"),
    Edit("forward-softmax-axis", F.OUT, "softmax over the samples",
         lambda w: activate("softmax", np.ascontiguousarray(w.pre.mT))[0].mT,
         lambda a, i: _last(a, i) and a.output == "softmax"),
)

DERIVATIVES = (
    Edit("preactivation", F.DERIVATIVE, "{a}(1-{a})", lambda w: _sigmoid_slope(w.pre), _of("sigmoid")),
    Edit("sigmoid-twice", F.DERIVATIVE, "s({h})(1-s({h}))", lambda w: _sigmoid_slope(_s(w.out)),
         _of("sigmoid")),
    Edit("tanh-derivative", F.DERIVATIVE, "1-{h}²", lambda w: 1 - w.out**2, _of("sigmoid")),
    Edit("matmul-for-elementwise", F.DERIVATIVE, "{h}ᵀ(1-{h}), one number for all",
         lambda w: np.broadcast_to(_sigmoid_slope(w.out).sum(axis=-1, keepdims=True), w.out.shape),
         _of("sigmoid")),
    Edit("sigmoid-derivative", F.DERIVATIVE, "{h}(1-{h})", lambda w: _sigmoid_slope(w.out), _of("tanh")),
    Edit("preactivation", F.DERIVATIVE, "1-{a}²", lambda w: 1 - w.pre**2, _of("tanh")),
    Edit("sigmoid-derivative", F.DERIVATIVE, "1+{h}²", lambda w: 1 + w.out**2, _of("tanh")),
    Edit("sigmoid-derivative", F.DERIVATIVE, "(1-{h}²){a}", lambda w: (1 - w.out**2) * w.pre, _of("tanh")),
    Edit("no-omega", F.DERIVATIVE, "1", lambda w: _ones(w.out), lambda a, i: _last(a, i) and _not_identity(a, i)),
    Edit("no-lambda", F.DERIVATIVE, "1", lambda w: _ones(w.out), lambda a, i: _hidden(a, i) and _not_identity(a, i)),
    Edit("omega-twice", F.DERIVATIVE, "{Λ}²", lambda w: w.derivative**2, _output("sigmoid", "squared_error")),
)

ERRORS = (
    Edit("numeric-of-output", F.ERROR, "1 for z - y", lambda w: _ones(w.out), _squared),
)

DELTAS = (
    Edit("extra-omega", F.DELTA, "z(1-z) (z - y)", lambda w: w.derivative * w.error, _cross_entropy),
    Edit("softmax-slope", F.DELTA, "(1-z) (z - y)", lambda w: (1 - w.out) * w.error,
         _output("softmax", "cross_entropy")),
    Edit("softmax-slope", F.DELTA, "J (z - y)", lambda w: _softmax_jacobian(w.out, w.error),
         _output("softmax", "cross_entropy")),
    Edit("softmax-slope", F.DELTA, "-y(1-z)", lambda w: -w.values["y"] * (1 - w.out),
         _output("softmax", "cross_entropy")),
    Edit("numeric-of-output", F.DELTA, "{Λ} 1", lambda w: w.derivative, _output("sigmoid", "cross_entropy")),
    Edit("matmul-for-elementwise", F.DELTA, "{∇h} ({h}ᵀ(11ᵀ - {h})), samples in columns",
         lambda w: _columns(w.out, 1 - w.out, w.grad_out),
         lambda a, i: derivative_counts(a, i) and _of("sigmoid")(a, i)),
    Edit("matmul-for-elementwise", F.DELTA, "{∇h} (11ᵀ - {h}ᵀ{h}), samples in columns",
         lambda w: w.grad_out.sum(axis=-2, keepdims=True) - (w.out @ w.out.mT) @ w.grad_out,
         lambda a, i: derivative_counts(a, i) and _of("tanh")(a, i)),
    Edit("slope-of-upstream", F.DELTA, "1 - tanh²({∇h})", lambda w: 1 - np.tanh(w.grad_out)**2,
         lambda a, i: _hidden(a, i) and a.activation == "tanh"),
    Edit("slope-of-upstream", F.DELTA, "s′({∇h})", lambda w: _sigmoid_slope(_s(w.grad_out)),
         lambda a, i: _hidden(a, i) and a.activation == "sigmoid"),
)

# Of the layer above the one that is spoilt: i is its index.
PASSED = (
    Edit("raw-error-back", F.PASSED, "z - y", lambda w: w.error, _output("sigmoid", "squared_error")),
    Edit("omega-twice", F.PASSED, "{Λ} {δ}", lambda w: w.derivative * w.delta, _output("sigmoid", "squared_error")),
    Edit("extra-omega", F.PASSED, "{Λ} {δ}", lambda w: w.derivative * w.delta, _cross_entropy),
)
WEIGHTS = (
    Edit("updated-first", F.WEIGHT, "{W} - η ∇{W}", lambda w: w.weight - w.learning_rate * w.grad_weight,
         _has_below, lambda w: w.grad_weight),
    Edit("updated-first", F.WEIGHT, "{W} - η ∇{W} of each point",
         lambda w: w.weight - w.learning_rate * _per_sample(w), _has_below, _per_sample),
    Edit("gradient-for-weight", F.WEIGHT, "∇{W}", lambda w: w.grad_weight, _has_below),
    Edit("gradient-for-weight", F.WEIGHT, "∇{W} of each point", _per_sample, _has_below),
    Edit("gradient-for-weight", F.WEIGHT, "∇{W} summed", lambda w: w.samples * _mean(w), _has_below),
    Edit("w-not-transposed", F.WEIGHT, "{W}ᵀ", lambda w: w.weight.mT, lambda a, i: _has_below(a, i) and _square(a, i)),
    Edit("weights-left-out", F.WEIGHT, "1", lambda w: _ones(w.weight), _has_below),
    Edit("bias-column-shifted", F.WEIGHT, "the first columns of [{bias} {W}]", _shifted,
         lambda a, i: _has_below(a, i) and a.bias),
)
OWN_UPDATES = (
    Edit("own-update", F.WEIGHT, "{W} + η ∇{W}", lambda w: w.weight + w.learning_rate * _mean(w),
         _has_below, lambda w: -_mean(w)),
    Edit("own-update", F.WEIGHT, "{W} + η ∇{W} of each point",
         lambda w: w.weight + w.learning_rate * _per_sample(w), _has_below, lambda w: -_per_sample(w)),
    Edit("own-update", F.WEIGHT, "{W} - η ∇{W}, summed over the samples",
         lambda w: w.weight - w.learning_rate * w.samples * _mean(w), _has_below, lambda w: w.samples * _mean(w)),
)
UPSTREAM = (
    Edit("upstream-dropped", F.UPSTREAM, "1", lambda w: _ones(w.out), _hidden),
)

def _same_width(architecture: Architecture, index: int) -> list[str]:
    """The inputs of other layers, and the outputs, that are as wide as this layer's own input."""
    names, sizes = architecture.names(), architecture.sizes
    quantities = ["x", *(n.out for n in names)]
    return [q for q, width in zip(quantities, sizes, strict=True) if width == sizes[index] and q != names[index].input]


def inputs_for(architecture: Architecture, index: int) -> tuple[Edit, ...]:
    """The wrong inputs of the outer product at a layer: one edit for each quantity of the right width."""
    return tuple(
        Edit("wrong-input", F.INPUT, f"{q} for {{x}}", lambda w, q=q: w.values[q], _always)  # type: ignore[misc]
        for q in _same_width(architecture, index)
    )


SAMPLES = (
    Edit("last-sample", F.SAMPLES, "the last sample alone", _last_sample, _always),
)
MATRICES = (
    Edit("outer-transposed", F.MATRIX, "{x} {δ}ᵀ", lambda w: _mean(w).mT, _square),
    Edit("weight-for-input", F.MATRIX, "{δ} times {W}", lambda w: w.delta.mean(axis=-2)[..., :, None] * w.weight,
         _always),
)
BIASES = (
    Edit("bias-frozen", F.BIAS, "0", lambda w: np.zeros_like(w.bias), _biased),
    Edit("bias-times-input", F.BIAS, "{δ} times {x}", lambda w: w.grad_weight[..., 0],
         lambda a, i: a.bias and a.sizes[i] == 1),
    Edit("bias-summed", F.BIAS, "the sum over the units for each", _summed, lambda a, i: a.bias and a.sizes[i + 1] > 1),
    Edit("bias-from-matrix", F.BIAS, "the rows of ∇{W} summed", lambda w: w.grad_weight.sum(axis=-1), _biased),
    Edit("bias-is-value", F.BIAS, "{bias} itself", lambda w: w.bias, _biased),
    Edit("bias-is-value", F.BIAS, "{bias} times {δ}", lambda w: w.bias * w.delta.mean(axis=-2), _biased),
)
# fmt: on

ALL = (
    FORWARD
    + ERRORS
    + PASSED
    + WEIGHTS
    + OWN_UPDATES
    + UPSTREAM
    + DERIVATIVES
    + DELTAS
    + SAMPLES
    + MATRICES
    + BIASES
)


@lru_cache(maxsize=1024)
def edits_at(architecture: Architecture, index: int, *factors: Factor) -> tuple[Edit, ...]:
    """Return the edits of these factors that can be made at a layer (for PASSED and WEIGHT: the layer above)."""
    every = ALL + (inputs_for(architecture, index) if Factor.INPUT in factors else ())
    return tuple(edit for edit in every if edit.factor in factors and edit.applies(architecture, index))


def wording(edit: Edit, architecture: Architecture, index: int) -> str:
    """What the edit puts in place of the factor, in the names of a layer."""
    n = architecture.names()[index]
    # The words hold single letters for roles, and no other braces.
    roles = {"a": n.pre, "h": n.out, "x": n.input, "W": n.matrix, "bias": n.bias, "Λ": n.derivative}
    return edit.words.format(**roles, **{"δ": n.delta, "∇h": f"∇{n.out}"})
