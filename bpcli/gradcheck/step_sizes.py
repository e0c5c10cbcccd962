"""How the step size decides what a numerical derivative is worth: the residual of the gradient against h.

Central differences trade the truncation, which falls with h², for the rounding, which grows with ε/h. The complex step
has no such trade: below some h its residual stays at the rounding of one evaluation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.gradcheck.numerical import COMPLEX_STEP, Method, default_method, derivatives
from bpcli.gradcheck.verdicts import relative_residual
from bpcli.gradcheck.views import true_gradients
from bpcli.network import Array
from bpcli.network.example import Example

CENTRAL_STEPS = tuple(10.0**-k for k in range(1, 14))
COMPLEX_STEPS = (*CENTRAL_STEPS, *(10.0**-k for k in range(15, 55, 5)))


@dataclass(frozen=True)
class StepCurve:
    """One method: its steps from large to small, and the residual of the whole gradient at each."""

    method: Method
    steps: tuple[float, ...]
    residuals: tuple[float, ...]

    @property
    def best(self) -> tuple[float, float]:
        """The step with the smallest residual, and that residual."""
        return min(zip(self.steps, self.residuals, strict=True), key=lambda pair: (not pair[1] >= 0, pair[1]))


@dataclass(frozen=True)
class StepSweep:
    """The methods that the network allows, side by side.

    Attributes:
        reference: what the residuals are relative to: the complex step 1e-30, or where relu rules it out bpcli's
            analytic gradient.
        left_out: how many entries are not compared, because they lie at a kink of relu.
    """

    reference: str
    curves: tuple[StepCurve, ...]
    left_out: int

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.gradcheck.sweep/1``; a residual that is not finite is None."""
        return {
            "schema": "bpcli.gradcheck.sweep/1",
            "reference": self.reference,
            "left_out": self.left_out,
            "curves": [
                {
                    "method": curve.method,
                    "steps": list(curve.steps),
                    "residuals": [r if isfinite(r) else None for r in curve.residuals],
                }
                for curve in self.curves
            ],
        }


def step_sweep(example: Example) -> StepSweep:
    """Take the gradient by every parameter with each step, the same h for every entry, and compare.

    Raises:
        UsageError: if the gradient is zero.
    """
    names = [f"grad_{name}" for name in example.parameters]
    default = derivatives(example, method=default_method(example.architecture), only=names)
    kept = ~np.concatenate([default.left_out[name].ravel() for name in names])
    if default.method == "complex":
        reference, true = f"the complex step {COMPLEX_STEP:g}", _joined(default.tensors, names)[kept]
    else:
        gradients = {f"grad_{name}": tensor for name, tensor in true_gradients(example).items()}
        reference, true = "bpcli's analytic gradient", _joined(gradients, names)[kept]

    if not true.any():
        raise UsageError(
            "every gradient is exactly 0 at these weights, so that no residual is relative to anything; choose others, "
            "such as --set model.init.scheme=xavier"
        )

    def curve(method: Method, steps: tuple[float, ...]) -> StepCurve:
        residuals = []
        for step in steps:
            found = derivatives(example, method=method, step=step, only=names)
            residuals.append(relative_residual(_joined(found.tensors, names)[kept], true))
        return StepCurve(method, steps, tuple(residuals))

    curves = [curve("central", CENTRAL_STEPS)]
    if default.method == "complex":
        curves.append(curve("complex", COMPLEX_STEPS))
    return StepSweep(reference, tuple(curves), int((~kept).sum()))


def _joined(tensors: dict[str, Array], names: Sequence[str]) -> Array:
    return np.concatenate([tensors[name].ravel() for name in names])
