"""What is measured on a network when training is over: its gradients on one batch, before and after."""

import numpy as np

from bpcli.network import Array, Network, Parameters
from bpcli.network.formulas import gradient_formulas
from bpcli.training.result import GradientReport


def gradient_reports(
    network: Network, initial: Parameters, final: Parameters, X: Array, Y: Array
) -> tuple[GradientReport, ...]:
    """Return every gradient of the mean loss over X (N×d0) and Y (N×d_L), at two sets of weights.

    ``network`` lends its buffers and is left with the final weights.
    """
    before, after = (_gradients(network, parameters, X, Y) for parameters in (initial, final))
    return tuple(
        GradientReport(
            formula=formula,
            shape=after[formula.name][0],
            initial_norm=before[formula.name][1],
            norm=after[formula.name][1],
        )
        for formula in gradient_formulas(network.architecture)
    )


def _gradients(
    network: Network, parameters: Parameters, X: Array, Y: Array
) -> dict[str, tuple[tuple[int, ...], float]]:
    """The shape and norm of every gradient, by name."""
    network.parameters.flat[...] = parameters.flat
    with np.errstate(all="ignore"):  # weights that have diverged show in the norms
        network.forward(X)
        network.backward(Y)
        found = network.quantities()
        return {
            formula.name: (found[formula.name].shape, float(np.linalg.norm(found[formula.name])))
            for formula in gradient_formulas(network.architecture)
        }
