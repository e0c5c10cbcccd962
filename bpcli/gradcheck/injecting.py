"""Make a mistake of the catalogue on purpose, to show what it looks like and that the check catches it."""

from dataclasses import replace

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.gradcheck.comparing import named_factors
from bpcli.mistakes.candidates import Candidate, Quantities, hidden_candidates, output_candidates
from bpcli.mistakes.catalogue import mistake
from bpcli.network import Architecture, Array
from bpcli.network.architecture import LossName
from bpcli.network.example import Example

BOTH_SLOPES = ("preactivation", "sigmoid-twice", "tanh-derivative")
DECAY = 0.01  # for the two mistakes of weight decay, where the point has none


def suited(example: Example, name: str) -> Example:
    """Return a point at which the mistake can be made: the same, or of the sizes, biases or decay that it needs.

    Raises:
        UsageError: if there is no such mistake.
    """
    mistake(name)
    architecture = example.architecture
    sizes = architecture.sizes if architecture.depth == 2 else (3, 4, 2)
    if name in {"w-not-transposed", "outer-transposed", "wrong-input"}:
        sizes = (sizes[1],) * 3
    bias = architecture.bias or name.startswith("bias")
    decay = (example.weight_decay or DECAY) if name.startswith("decay") else example.weight_decay
    # Sigmoid and squared error are the network that the catalogue speaks of, but for its one row on cross-entropy.
    loss: LossName = "cross_entropy" if name == "extra-omega" else "squared_error"
    wanted = Architecture(sizes, loss=loss, bias=bias)
    return replace(example, architecture=wanted, weight_decay=decay)


def injected(example: Example, name: str) -> dict[str, Array]:
    """Return the gradients at ``example`` with one mistake of the catalogue made in all places where it is usual.

    Raises:
        UsageError: if there is no such mistake, or the point does not allow it.
    """
    mistake(name)
    q = Quantities(example)
    last, first = output_candidates(q), hidden_candidates(q)
    found = {}
    spoilt = False
    for candidates, matrix in ((last, "W"), (first, "V")):
        bias = f"bias_{matrix}"
        chosen = _chosen(candidates, name)
        spoilt |= chosen is not candidates[0]
        tensors = [chosen.matrix, chosen.bias]
        if chosen.per_rate is not None:
            tensors = [t - example.learning_rate * r for t, r in zip(tensors, chosen.per_rate, strict=True)]
        for factor, ids in named_factors(example.samples):
            if ids == (name,):
                tensors = [factor * tensor for tensor in tensors]
                spoilt = True
                break
        times = {"decay-missing": 0, "decay-doubled": 2}.get(name, 1)
        spoilt |= times != 1
        found[matrix] = tensors[0] + times * example.weight_decay * example.parameters[matrix]
        if bias in example.parameters:
            found[bias] = {
                "bias-frozen": np.zeros_like(tensors[1]),
                "bias-times-input": tensors[0],
            }.get(name, tensors[1])
            spoilt |= name.startswith("bias")
    if not spoilt:
        raise UsageError(f"{name} cannot be made with sizes {example.architecture.sizes} here")
    return {key: found[key] for key in example.parameters}


def _chosen(candidates: list[Candidate], name: str) -> Candidate:
    """The candidate of a layer that is this mistake in its usual form; the true one where the layer is spared."""
    own = [candidate for candidate in candidates if candidate.ids == (name,)]
    if name == "matmul-for-elementwise":
        own = [candidate for candidate in own if not candidate.needs_output]
    # Of a wrong derivative in one place or in both, the last of the list has it in both.
    return own[-1 if name in BOTH_SLOPES else 0] if own else candidates[0]
