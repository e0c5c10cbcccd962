"""The whole demo: from a configuration to its networks, their race, and the result that decides every claim."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.config import Config, ConstantInit, Init, XavierInit, ZerosInit
from bpcli.network import Array, MatMul, Network, Parameters, fixed_order_matmul
from bpcli.symmetry import layer_symmetry, unit_differences
from bpcli.symmetry.merging import merged
from bpcli.symmetry.units import whole_units
from bpcli.symmetry_demo import claims
from bpcli.symmetry_demo.claim import Claim
from bpcli.symmetry_demo.closed_forms import closed_forms
from bpcli.symmetry_demo.growth import growth
from bpcli.symmetry_demo.leak import widths_that_split
from bpcli.symmetry_demo.logistic import TwoStarts, overlapping_classes, two_starts
from bpcli.symmetry_demo.output_deltas import output_deltas_differ
from bpcli.symmetry_demo.race import Moment, Race
from bpcli.symmetry_demo.result import Demonstration, Equivalent, Racer
from bpcli.symmetry_demo.starts import starts
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser, setup

Arithmetic = Literal["stable", "blas"]
PRODUCTS: dict[Arithmetic, MatMul] = {"stable": fixed_order_matmul, "blas": np.matmul}
SAMPLES = 64
UNITS = 64  # of a wider layer, the distances of the first ones are kept
WEIGHT = 0.5  # of the constant network, where the configuration gives none


class Demo:
    """The demo of one configuration: ``moments()`` runs it, ``result()`` sums it up.

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
        self.data = ready.data
        self.X, self.Y = self.data.X[:SAMPLES], self.data.Y[:SAMPLES]
        self._matmul = PRODUCTS[arithmetic]
        self._race = Race(
            starts(ready.network.parameters, self.weight), self.X, self.Y, config.training, self._matmul
        )

    def moments(self) -> Iterator[dict[str, Moment]]:
        """Train, yielding the recorded moments of every network by its name."""
        yield from self._race.run()

    def distances(self) -> dict[str, Array]:
        """Return the distances between the units of each network at the last recorded moment, as in ``Racer``."""
        return {name: unit_distances(end) for name, end in self._race.ends.items()}

    def result(self) -> Demonstration:
        """Sum up what the race has shown, decide the claims, and run logistic regression from its two starts."""
        with np.errstate(all="ignore"):  # what overflows, or has diverged, is told as what it is
            return self._result()

    def _result(self) -> Demonstration:
        race = self._race
        first = self._stepped(race.starts["constant"])
        logistic = self._logistic()
        split = self.arithmetic == "blas" and race.first_split["constant"] is None
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
            racers=tuple(self._racer(name) for name in race.starts),
            logistic=logistic,
            splitting_widths=widths_that_split(
                first.architecture, self.X, self.Y, self.weight, self.config.training
            )
            if split
            else None,
        )

    def _claims(self, first: Network, logistic: TwoStarts) -> tuple[Claim, ...]:
        race, X, Y = self._race, self.X, self.Y
        start = race.starts["constant"]
        settings, moved = self.config.training, self._stepped(start)
        rate = learning_rate(settings.schedule, settings.optimizer.learning_rate, 1, settings.epochs)
        build_optimiser(moved, settings).step(rate)
        return (
            claims.hidden_outputs_equal(first, self.weight),
            claims.hidden_deltas_equal(first, self.weight),
            output_deltas_differ(start, X, Y, self._matmul),
            claims.one_step_keeps(start, moved.parameters, X, Y),
            claims.never_parts(
                race.moments["constant"],
                race.first_split["constant"],
                (start, race.ends["constant"]),
                X,
                Y,
            ),
            claims.random_breaks_it(race.starts["random"], race.ends["random"]),
            claims.same_optimum(logistic),
        )

    def _stepped(self, parameters: Parameters) -> Network:
        """A network of its own with these weights, after its forward and backward pass."""
        network = Network(parameters.copy(), len(self.X), self._matmul)
        network.forward(self.X)
        network.backward(self.Y)
        return network

    def _racer(self, name: str) -> Racer:
        race = self._race
        start, end = race.starts[name], race.ends[name]
        now = layer_symmetry(end, 1)
        equivalent = None
        if now.groups:
            z, smaller = (self._stepped(each).layers[-1].out for each in (end, merged(end, now)))
            off, largest = float(abs(z - smaller).max()), float(abs(z).max())
            equivalent = Equivalent(now.effective_units, off / largest if off else 0.0)
        return Racer(
            name=name,
            moments=tuple(race.moments[name]),
            first_split=race.first_split[name],
            initial_symmetry=layer_symmetry(start, 1),
            symmetry=now,
            neurons=unit_differences(end, start, now),
            distances=unit_distances(end),
            growth=growth(race.moments[name]),
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
