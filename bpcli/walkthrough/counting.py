"""How many multiplications the gradients cost, with the work of later layers reused and without.

Counted are the products of the chain rule in the backward pass, once the forward pass is over: Ω, Λ, W, h, x and ∇z
are known. ``docs/walkthrough.md`` derives both numbers.
"""

from dataclasses import dataclass

from bpcli.network import Architecture


@dataclass(frozen=True)
class Multiplications:
    """The products of one backward pass: each δ and ∇h computed once, or each gradient entry from scratch."""

    with_reuse: int
    without_reuse: int


def multiplications(architecture: Architecture) -> Multiplications:
    """Count both, from the output layer down.

    With reuse a layer of d units on c inputs costs d products for δ = Λ ∇h (d² under softmax, whose Jacobian is
    full), d·c for ∇W = δ hᵀ and, unless it is the first, d·c for ∇h = Wᵀ δ.

    Without reuse an entry of ∇W costs one product more than its δ_j; a δ_j costs one more than its ∂ℓ/∂h_j, and that
    is Σ_k w_kj δ_k, with every δ_k worked out anew. A bias gradient costs what its δ_j costs.
    """
    output = architecture.sizes[-1]
    one_delta = output if architecture.output == "softmax" else 1  # from scratch
    reused = scratch = 0
    for layer in reversed(range(1, architecture.depth + 1)):
        fan_in, fan_out = architecture.sizes[layer - 1], architecture.sizes[layer]
        softmax = layer == architecture.depth and architecture.output == "softmax"
        reused += fan_out * (fan_out if softmax else 1) + fan_out * fan_in * (2 if layer > 1 else 1)
        scratch += fan_out * fan_in * (one_delta + 1) + fan_out * one_delta * architecture.bias
        one_delta = fan_out * (one_delta + 1) + 1
    return Multiplications(reused, scratch)
