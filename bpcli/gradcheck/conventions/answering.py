"""The gradients of a program at one point, once it is known how to read it."""

from dataclasses import dataclass

from numpy import errstate  # under a name of our own, because a submission may take NumPy's away

from .arguments import Point
from .program import Program
from .reading import Layers, Reading
from .refusals import RefusedError
from .results import Plan, Tensors


@dataclass(frozen=True)
class Fit:
    """A reading of the arguments with a plan for the result."""

    reading: Reading
    plan: Plan

    def describe(self) -> str:
        """Say it in a line."""
        said = f", {self.plan.said}" if self.plan.said else ""
        return self.reading.describe() + said


def single(point: Point, sample: int) -> Point:
    """The same point with one of its samples."""
    kept = slice(sample, sample + 1)
    return {n: v[kept] if n in {"X", "Y"} or n.startswith(("pre_", "out_")) else v for n, v in point.items()}


def answer(program: Program, fit: Fit, point: Point, layers: Layers) -> Tensors:
    """The gradients at a point; the mean over the samples of what a function of one sample returns.

    Beside them stand the quantities of the forward pass that were returned too, as "~out_1".
    """
    reading = fit.reading
    average = Mean()
    for sample in range(len(point["X"])) if reading.per_point else [None]:
        here = point if sample is None else single(point, sample)
        returned = program.returned(reading, here, layers)
        found = fit.plan.follow(returned, layers, reading.turned)
        besides = fit.plan.besides(returned, reading.data)
        average.add(found | {f"~{name}": tensor for name, tensor in besides.items()})
    return average.value() if reading.per_point else average.sums


class Mean:
    """The mean over the calls, summed in float64, so that it adds no error of ours to a float32 answer.

    Summed as they come: all of them at once would count against the submission's memory.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.sums: Tensors = {}
        self.precisions: Tensors = {}

    def add(self, tensors: Tensors) -> None:
        """Add what one call returned; a bias that a call leaves out is left out altogether."""
        wide = {name: t.astype("float64") if t.dtype.itemsize < 8 else t for name, t in tensors.items()}
        self.calls += 1
        if self.calls == 1:
            self.sums, self.precisions = tensors, {name: tensor.dtype for name, tensor in tensors.items()}
            return
        self.sums = {name: total for name, total in self.sums.items() if name in wide}
        for name, so_far in self.sums.items():
            if wide[name].shape != so_far.shape:
                raise RefusedError(
                    "wrong shapes",
                    f"the gradient for {name} has shape {so_far.shape} at one point "
                    f"and {wide[name].shape} at another",
                )
            with errstate(all="ignore"):  # what is not finite is found, and named, at the other end
                self.sums[name] = so_far + wide[name]

    def value(self) -> Tensors:
        """The mean of each tensor, in the precision in which it was returned."""
        with errstate(all="ignore"):
            return {name: (t / self.calls).astype(self.precisions[name]) for name, t in self.sums.items()}
