"""The whole demo: from a configuration to its networks, their comparison, and the result that decides every claim."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config, ConstantInit, Init, XavierInit, ZerosInit
from bpcli.network import Array, MatMul, Network, Parameters, fixed_order_matmul
from bpcli.symmetry import layer_symmetry, unit_differences
from bpcli.symmetry.units import merged, whole_units
from bpcli.symmetry_demo.claim import Claim
from bpcli.symmetry_demo.comparison import Comparison, Snapshot
from bpcli.symmetry_demo.divergence import growth, widths_that_split
from bpcli.symmetry_demo.first_pass import (
    closed_forms,
    hidden_deltas_equal,
    hidden_outputs_equal,
    output_deltas_differ,
)
from bpcli.symmetry_demo.logistic import TwoStarts, overlapping_classes, same_optimum, two_starts
from bpcli.symmetry_demo.result import Demonstration, Equivalent, Trajectory
from bpcli.symmetry_demo.starts import starts
from bpcli.symmetry_demo.steps import first_move, one_step_keeps, random_breaks_symmetry, units_stay_equal
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser, setup

Arithmetic = Literal["stable", "blas"]
PRODUCTS: dict[Arithmetic, MatMul] = {"stable": fixed_order_matmul, "blas": np.matmul}
SAMPLES = 64
UNITS = 64  # of a wider layer, the distances of the first ones are kept
WEIGHT = 0.5  # of the constant network, where the configuration gives none


class Demo:
    """The demo of one configuration: ``snapshots()`` runs it, ``result()`` sums it up.

    The networks learn the first training samples of the configuration, at most 64, every step on all of them.
    ``random`` says how the weights of the network called random are drawn; without it, as configured, or by xavier
    where the configuration's own weights are constant. ``weight`` is the w of the constant network; without it, a
    constant that is configured, or ½.

    Raises:
        UsageError: if the configuration has not exactly one hidden layer.
        DataError: if the data cannot be used.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        *,
        random: Init | None = None,
        weight: float | None = None,
        arithmetic: Arithmetic = "stable",
    ) -> None:
        if len(config.model.hidden) != 1:
            raise UsageError(
                f"the demo is about one hidden layer, and model.hidden is {list(config.model.hidden)}: give the number "
                "of its units with --hidden N"
            )
        init = config.model.init
        drawn = random or (init if not isinstance(init, ConstantInit | ZerosInit) else XavierInit())
        model = config.model.model_copy(update={"init": drawn})
        self.name, self.config = name, config.model_copy(update={"model": model})
        self.arithmetic = arithmetic
        configured = init.value if isinstance(init, ConstantInit) else WEIGHT
        self.weight = configured if weight is None else weight
        ready = setup(self.config)
        decay = {"weight_decay": ready.config.training.decay}  # which may depend on the number of rows
        training = config.training.model_copy(update=decay)
        self.config = self.config.model_copy(update={"training": training})
        self.data = ready.data
        self.X, self.Y = self.data.X[:SAMPLES], self.data.Y[:SAMPLES]
        self._matmul = PRODUCTS[arithmetic]
        self._comparison = Comparison(
            starts(ready.network.parameters, self.weight), self.X, self.Y, training, self._matmul
        )

    def snapshots(self) -> Iterator[dict[str, Snapshot]]:
        """Train, yielding the recorded snapshots of every network by its name."""
        yield from self._comparison.run()

    def run(self) -> Demonstration:
        """Train to the last step without looking on, and return what came of it."""
        for _ in self.snapshots():
            pass
        return self.result()

    def distances(self) -> dict[str, Array]:
        """Return the distances between the units of each network at the last snapshot, as in ``Trajectory``."""
        return {name: unit_distances(end) for name, end in self._comparison.ends.items()}

    def result(self) -> Demonstration:
        """Sum up what the comparison has shown, decide the claims, and run logistic regression from its two starts."""
        with np.errstate(all="ignore"):  # what overflows, or has diverged, is told as what it is
            return self._result()

    def _result(self) -> Demonstration:
        comparison = self._comparison
        first = self._stepped(comparison.starts["constant"])
        logistic = self._logistic()
        split = self.arithmetic == "blas" and comparison.first_split["constant"] is None
        return Demonstration(
            name=self.name,
            config=self.config,
            architecture=first.architecture,
            data=self.data.name,
            samples=len(self.X),
            available=len(self.data.X),
            arithmetic=self.arithmetic,
            weight=self.weight,
            claims=self._claims(first, logistic),
            closed_forms=closed_forms(first, self.weight),
            trajectories=tuple(self._trajectory(name) for name in comparison.starts),
            logistic=logistic,
            splitting_widths=widths_that_split(
                first.architecture, self.X, self.Y, self.weight, self.config.training
            )
            if split
            else None,
        )

    def _claims(self, first: Network, logistic: TwoStarts) -> tuple[Claim, ...]:
        comparison, X, Y = self._comparison, self.X, self.Y
        start = comparison.starts["constant"]
        settings, moved = self.config.training, self._stepped(start)
        rate = learning_rate(settings.schedule, settings.optimizer.learning_rate, 1, settings.epochs)
        move = first_move(start, moved.gradients, settings, rate)
        build_optimiser(moved, settings).step(rate)
        return (
            hidden_outputs_equal(first, self.weight),
            hidden_deltas_equal(first, self.weight),
            output_deltas_differ(start, X, Y, self._matmul),
            one_step_keeps(start, moved.parameters, move, X, Y),
            units_stay_equal(
                comparison.snapshots["constant"],
                comparison.first_split["constant"],
                (start, comparison.ends["constant"]),
                X,
                Y,
            ),
            random_breaks_symmetry(comparison.starts["random"], comparison.ends["random"], X, settings.decay),
            same_optimum(logistic),
        )

    def _stepped(self, parameters: Parameters) -> Network:
        """A network of its own with these weights, after its forward and backward pass."""
        network = Network(parameters.copy(), len(self.X), self._matmul)
        network.forward(self.X)
        network.backward(self.Y)
        return network

    def _trajectory(self, name: str) -> Trajectory:
        comparison = self._comparison
        start, end = comparison.starts[name], comparison.ends[name]
        now = layer_symmetry(end, 1)
        equivalent = None
        if now.groups:
            z, smaller = (self._stepped(each).layers[-1].out for each in (end, merged(end, now)))
            off, largest = float(abs(z - smaller).max()), float(abs(z).max())
            equivalent = Equivalent(now.effective_units, off / largest if off else 0.0)
        return Trajectory(
            name=name,
            snapshots=tuple(comparison.snapshots[name]),
            first_split=comparison.first_split[name],
            initial_symmetry=layer_symmetry(start, 1),
            symmetry=now,
            neurons=unit_differences(end, start, now),
            distances=unit_distances(end),
            growth=growth(comparison.snapshots[name]),
            equivalent=equivalent,
        )

    def _logistic(self) -> TwoStarts:
        rng = np.random.default_rng(self.config.seed)
        X, y = overlapping_classes(rng, self.X.dtype)
        return two_starts(X, y, self._matmul, rng)


def unit_distances(parameters: Parameters) -> Array:
    """Return ‖u_i - u_j‖ for all pairs of the first 64 hidden units (row of V, bias, column of W), in float64."""
    units = whole_units(parameters, 1)[:UNITS]
    distances: Array = np.stack([np.linalg.norm(units - unit, axis=1) for unit in units])
    return distances
