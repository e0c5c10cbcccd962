"""Make a mistake of the catalogue on purpose, wherever it is usual: the whole wrong answer at an example."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.mistakes.catalogue import mistake
from bpcli.mistakes.edits import derivative_counts, edits_at
from bpcli.mistakes.factors import Factor, Work
from bpcli.mistakes.passes import Placed, gradients, run
from bpcli.network import Architecture, Array, Parameters
from bpcli.network.example import Example

DECAY = 0.01  # for the mistakes of weight decay, where the point has none
TOGETHER = {"raw-and-updated": ("raw-error-back", "updated-first")}
# A mistake that several factors can show is made in the first of these.
ORDER = (
    Factor.PRE, Factor.OUT, Factor.ERROR, Factor.DERIVATIVE, Factor.DELTA, Factor.UPSTREAM, Factor.PASSED,
    Factor.WEIGHT, Factor.SAMPLES, Factor.INPUT, Factor.MATRIX, Factor.BIAS,
)  # fmt: skip


def made(example: Example, name: str) -> dict[str, Array] | None:
    """Return the gradients at ``example`` with this mistake, decay included; None where it cannot be made there.

    Raises:
        UsageError: if there is no such mistake.
    """
    mistake(name)
    if (whole := _of_the_answer(example, name)) is not None:
        return whole
    edits = [placed for part in TOGETHER.get(name, (name,)) for placed in usual(example.architecture, part)]
    if len({edit.mistake for edit, _ in edits}) < len(TOGETHER.get(name, (name,))):
        return None
    return gradients(example, edits)


def injected(example: Example, name: str) -> dict[str, Array]:
    """Return the gradients at ``example`` with one mistake of the catalogue made in all places where it is usual.

    Raises:
        UsageError: if there is no such mistake, or the point does not allow it.
    """
    found = made(example, name)
    if found is None:
        raise UsageError(f"{name} cannot be made with sizes {example.architecture.sizes} here")
    return found


def usual(architecture: Architecture, name: str) -> list[Placed]:
    """The edits that make this mistake in its usual form, in every layer where it is usual; none where it cannot be."""
    places = [
        (edit, index)
        for index in range(architecture.depth)
        for edit in edits_at(architecture, index, *Factor)
        if edit.mistake == name
        and (edit.factor is not Factor.DERIVATIVE or derivative_counts(architecture, index))
    ]
    factor = next((factor for factor in ORDER if any(edit.factor is factor for edit, _ in places)), None)
    chosen = {index: edit for edit, index in reversed(places) if edit.factor is factor}
    if name == "matmul-for-elementwise" and architecture.depth > 1:
        chosen = {index: edit for index, edit in chosen.items() if index < architecture.depth - 1}
    if name == "wrong-input" and architecture.depth > 1:
        chosen = {index: edit for index, edit in chosen.items() if index}
    return [(edit, index) for index, edit in chosen.items()]


def _of_the_answer(example: Example, name: str) -> dict[str, Array] | None:
    """Mistakes that are made with the gradients as a whole, their scale, shape or decay; None for all others."""
    right, parameters = gradients(example), example.parameters
    outputs, samples, rate, c = (
        example.architecture.sizes[-1],
        example.samples,
        example.learning_rate,
        example.weight_decay,
    )
    factors = {
        "sign": -1,
        "half": 2,
        "sum-for-mean": samples,
        "mean-twice": 1 / samples,
        "mean-over-outputs": 1 / outputs,
        "rate-included": rate,
    }
    if factors.get(name, 1) != 1:
        return {key: factors[name] * tensor for key, tensor in right.items()}
    decays = {"decay-missing": -1.0, "decay-doubled": 1.0, "decay-over-n": 1 / samples - 1}
    matrices = [names.matrix for names in example.architecture.names()]
    if name in decays and c:
        return {k: t + decays[name] * c * parameters[k] * (k in matrices) for k, t in right.items()}
    if name == "decay-on-bias" and c and example.architecture.bias:
        return {key: t + c * parameters[key] * (key not in matrices) for key, t in right.items()}
    if name == "weights-returned":
        return {key: parameters[key] - rate * tensor for key, tensor in right.items()}
    if name == "outer-transposed":
        return {key: np.ascontiguousarray(tensor.T) for key, tensor in right.items()}
    if name == "swapped-return" and len(matrices) == 2 and right["V"].shape == right["W"].shape:
        return {**right, "V": right["W"], "W": right["V"]}
    if name in ("bias-times-input", "bias-wrong-axis") and example.architecture.bias:
        values = run(example)
        for index, names in enumerate(example.architecture.names()):
            delta = Work(example.architecture, index, values).delta
            other = values[names.grad_matrix] if name == "bias-times-input" else delta.sum(axis=1) / samples
            right[names.bias] = other
        return right
    return None


def suited(example: Example, name: str) -> Example:
    """Return a point at which the mistake can be made: the same, or of the functions, sizes or decay that it needs.

    Its numbers are to be drawn anew where the architecture is another.
    """
    mistake(name)
    for wanted in _alternatives(example):
        blank = replace(
            wanted,
            X=np.zeros((example.samples, wanted.architecture.sizes[0])),
            Y=np.zeros((example.samples, wanted.architecture.sizes[-1])),
            parameters=_shaped(wanted.architecture),
        )
        if made(blank, name) is not None:
            return wanted
    raise UsageError(f"{name} cannot be made with any network that bpcli knows")


def _shaped(architecture: Architecture) -> dict[str, Array]:
    return dict(Parameters(architecture).named())


def _alternatives(example: Example) -> Iterator[Example]:
    """The example itself, and others that are as near to it as may be."""
    own = example.architecture
    sizes = own.sizes if own.depth == 2 else (3, 4, 5)
    for shape in (own.sizes, sizes, (sizes[1],) * 3):
        for output, loss, activation in (
            (own.output, own.loss, own.activation),
            ("sigmoid", "squared_error", "sigmoid"),
            ("sigmoid", "squared_error", "tanh"),
            ("sigmoid", "cross_entropy", "sigmoid"),
            ("softmax", "cross_entropy", "sigmoid"),
        ):
            for bias in (own.bias, True):
                for decay in (example.weight_decay, example.weight_decay or DECAY):
                    wanted = Architecture(shape, activation, output, loss, bias)
                    yield replace(example, architecture=wanted, weight_decay=decay)
