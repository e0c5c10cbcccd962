"""One way to read a program: which way round it takes its samples, its weights and its biases, and how that is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

# Matrix, bias, fan-out, fan-in; from the first to the output.
Layers = tuple[tuple[str, str | None, int, int], ...]

DATA = ("point", "rows", "columns", "point column")
OURS, THEIRS = "n_out × n_in", "n_in × n_out"
PACKED = ("dict", "list", "pairs")
CACHED = ("dict", "zawb", "za", "aw", "a")  # what a cache without weights beside it holds, layer by layer
FLAT_ORDERS = ("matrices", "layers", "first", "last")


@dataclass(frozen=True)
class Reading:
    """How the arguments of a program are made.

    Attributes:
        data: "point" ((n,) for a sample), "point column" ((n, 1)), "rows" (N×n) or "columns" (n×N).
        turned: for each layer, whether its matrix is n_in × n_out.
        biases: "vector" (n,), "column" (n, 1), "row" (1, n), the "first" or "last" column of the matrix, or "none".
        targets: "matrix", "vector" (one output as (N,)), or "labels" (the number of the class).
        single: the weights of the one output are (n,), and its bias is a number.
        packed: how all parameters in one argument are given: "dict", "list", "pairs" (by layer), "kinds" (the biases
            after the matrices), or for a vector its order and direction, such as "layers C"; for a cache a "dict", or
            what a tuple has of each layer, such as "zawb".
    """

    data: str
    turned: tuple[bool, ...]
    biases: str
    targets: str = "matrix"
    single: bool = False
    packed: str = ""

    @property
    def per_point(self) -> bool:
        """Whether the program is called once for each sample."""
        return self.data.startswith("point")

    def describe(self) -> str:
        """Say it in a line."""
        words = {
            "point": "one sample at a time (n,), averaged",
            "point column": "one sample at a time as a column (n, 1), averaged",
            "rows": "samples in rows",
            "columns": "samples in columns",
        }
        parts = [words[self.data]]
        if len(set(self.turned)) == 1:
            parts.append(f"weights {THEIRS if self.turned[0] else OURS}")
        else:
            each = ", ".join(THEIRS if turned else OURS for turned in self.turned)
            parts.append(f"weights by layer {each}")
        forms = {"vector": "(n,)", "column": "n × 1", "row": "1 × n"}
        if self.biases in forms and " " not in self.packed:
            parts.append(f"biases {forms[self.biases]}")
        elif self.biases in {"first", "last"}:
            line = "row" if self.turned[0] else "column"
            parts.append(f"biases as the {self.biases} {line} of the weights")
        if self.targets != "matrix":
            parts.append({"vector": "targets (N,)", "labels": "targets as class numbers"}[self.targets])
        if self.single:
            parts.append("weights of the output (n,)")
        if " " in self.packed:
            parts.append(f"parameters in one vector, {_flat(self.packed)}")
        return ", ".join(parts)


def _flat(packed: str) -> str:
    order, direction = packed.split()
    orders = {
        "matrices": "matrices before biases",
        "layers": "layer by layer",
        "first": "layer by layer with the bias as first column",
        "last": "layer by layer with the bias as last column",
    }
    return f"{orders[order]}, {'row by row' if direction == 'C' else 'column by column'}"


@dataclass(frozen=True)
class Choices:
    """What is possible for one program, the more usual first; ``groups`` combines it."""

    preferred_data: tuple[str, ...]
    other_data: tuple[str, ...]
    turned: tuple[bool, ...]
    biases: tuple[str, ...]
    targets: tuple[str, ...]
    single: tuple[bool, ...]
    packed: tuple[str, ...]
    depth: int

    def groups(self) -> Iterator[list[Reading]]:
        """Yield the readings to try; a group is tried only if nothing in the one before it fits."""
        uniform = [(turned,) * self.depth for turned in self.turned]
        mixed = [t for t in product((False, True), repeat=self.depth) if len(set(t)) > 1]
        if len(self.turned) < 2:
            mixed = []  # the person has said which way
        for data, turned in (
            (self.preferred_data, uniform),
            (self.other_data, uniform),
            (self.preferred_data + self.other_data, mixed),
        ):
            # What is to the left here varies slowest.
            yield [
                Reading(d, t, biases, targets, single, packed)
                for t, single, targets, packed, d, biases in product(
                    turned, self.single, self.targets, self.packed, data, self.biases
                )
            ]
