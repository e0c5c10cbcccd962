"""The sizes and functions of a network, and the one name that each of its quantities has everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Activation = Literal["sigmoid", "tanh", "relu", "identity"]
Output = Literal["sigmoid", "identity", "softmax"]
LossName = Literal["squared_error", "cross_entropy"]


@dataclass(frozen=True)
class LayerNames:
    """What the quantities of one layer are called in the code, on the screen and in JSON.

    A layer computes ``pre = matrix · input + bias`` and ``out = g(pre)``; ``derivative`` is g′(pre), the diagonal of
    Λ (hidden) or Ω (output), and ``delta`` is the derivative of the loss with respect to ``pre``.
    """

    matrix: str
    bias: str
    input: str
    pre: str
    out: str
    derivative: str
    delta: str

    @property
    def grad_matrix(self) -> str:
        """The name of the derivative of the loss with respect to the matrix, such as ``grad_W``."""
        return f"grad_{self.matrix}"

    @property
    def grad_bias(self) -> str:
        """The name of the derivative of the loss with respect to the bias, such as ``grad_bias_W``."""
        return f"grad_{self.bias}"

    @property
    def grad_out(self) -> str:
        """The name of the derivative of the loss with respect to the layer's output, such as ``grad_z``."""
        return f"grad_{self.out}"


@dataclass(frozen=True)
class Architecture:
    """A network without its numbers: ``sizes`` is (d0, d1, …, dL), so two sizes are logistic regression.

    Raises:
        ValueError: if there are fewer than two sizes, one of them is not positive, or the output and the loss
            do not go together: softmax takes cross-entropy only, and cross-entropy takes no identity output.
    """

    sizes: tuple[int, ...]
    activation: Activation = "sigmoid"
    output: Output = "sigmoid"
    loss: LossName = "squared_error"
    bias: bool = True

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes must be at least two positive numbers (d0, …, dL), not {self.sizes}")
        if (self.output, self.loss) in {("softmax", "squared_error"), ("identity", "cross_entropy")}:
            raise ValueError(f"output {self.output} does not go with loss {self.loss}")

    @property
    def depth(self) -> int:
        """The number of layers with weights, L: one more than there are hidden layers."""
        return len(self.sizes) - 1

    @property
    def parameter_count(self) -> int:
        """How many numbers training adjusts: every entry of every matrix and bias."""
        return sum(fan_out * (fan_in + self.bias) for fan_in, fan_out in self.shapes())

    def shapes(self) -> Iterator[tuple[int, int]]:
        """Yield (fan-in, fan-out) of each layer; its matrix is fan-out × fan-in, as weight rows are neurons."""
        return zip(self.sizes, self.sizes[1:], strict=False)

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter, and so of its gradient, by name: the matrices, then the biases."""
        named = list(zip(self.names(), self.shapes(), strict=True))
        matrices: dict[str, tuple[int, ...]] = {
            name.matrix: (rows, columns) for name, (columns, rows) in named
        }
        return matrices | ({name.bias: (rows,) for name, (_, rows) in named} if self.bias else {})

    def names(self) -> tuple[LayerNames, ...]:
        """Name the quantities of each layer, from the first to the output.

        With one hidden layer the names are the sheet's: V, a, h, Lambda and W, b, z, Omega. With none the only
        matrix is W; with more the matrices are W1 … WL, and the hidden quantities carry their layer's number.
        """
        return _names(self.depth)


@cache
def _names(depth: int) -> tuple[LayerNames, ...]:
    hidden = depth - 1
    number = [""] if hidden == 1 else [str(layer) for layer in range(1, hidden + 1)]
    matrices = {1: ["W"], 2: ["V", "W"]}.get(depth, [f"W{i}" for i in range(1, depth + 1)])
    pres = [*(f"a{n}" for n in number[:hidden]), "b"]
    outs = [*(f"h{n}" for n in number[:hidden]), "z"]
    derivatives = [*("Lambda" + (n and f"_{n}") for n in number[:hidden]), "Omega"]
    inputs = ["x", *outs]
    return tuple(
        LayerNames(
            matrix=matrices[i],
            bias=f"bias_{matrices[i]}",
            input=inputs[i],
            pre=pres[i],
            out=outs[i],
            derivative=derivatives[i],
            delta=f"delta_{i + 1}",
        )
        for i in range(depth)
    )
