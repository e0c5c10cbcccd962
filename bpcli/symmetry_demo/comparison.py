"""Train several networks side by side, step by step, and record how far their hidden units have come apart.

The networks are the leading axis of one set of parameters, so one forward and one backward pass of the training core
serves all of them. Every step is taken on the same samples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from bpcli.config import TrainingConfig
from bpcli.network import Array, MatMul, Network, Parameters
from bpcli.symmetry import layer_symmetry
from bpcli.training.descent import descend
from bpcli.training.schedules import learning_rate
from bpcli.training.setup import build_optimiser

SNAPSHOTS = 60  # evenly spaced, and as many again in a geometric sequence


@dataclass(frozen=True)
class Spread:
    """The maximum over entries of (max - min over hidden units): of V with its bias, W, h and δ^(1)."""

    V: float
    W: float
    h: float
    delta: float

    @property
    def weights(self) -> float:
        """Of all weight entries."""
        return max(self.V, self.W)


@dataclass(frozen=True)
class Snapshot:
    """One network after ``step`` steps; h and δ are those of its weights at that step, over all samples."""

    step: int
    loss: float
    spread: Spread
    effective_units: int


class Comparison:
    """Networks of one architecture (with one hidden layer) that learn the same samples X (N×d0), Y (N×d2).

    Attributes:
        first_split: for each network the first step after which units that began bit-identical differ;
            None as long as there is none.
        snapshots: for each network its recorded snapshots so far.
        ends: for each network its present weights, as of the last recorded snapshot.
    """

    def __init__(
        self,
        starts: Mapping[str, Parameters],
        X: Array,
        Y: Array,
        settings: TrainingConfig,
        matmul: MatMul,
    ) -> None:
        first = next(iter(starts.values()))
        self.starts = dict(starts)
        self.first_split: dict[str, int | None] = dict.fromkeys(starts)
        self.snapshots: dict[str, list[Snapshot]] = {name: [] for name in starts}
        self.ends = {name: start.copy() for name, start in starts.items()}
        self._X, self._Y, self._settings = X, Y, settings
        self._parameters = Parameters(first.architecture, first.dtype, (len(starts),))
        self._parameters.flat[...] = [start.flat for start in starts.values()]
        self._network = Network(self._parameters, len(X), matmul)
        self._counterparts = np.stack([_counterparts(start) for start in starts.values()])

    def run(self) -> Iterator[dict[str, Snapshot]]:
        """Take every step of the configured training, yielding the recorded snapshots of all networks, by name.

        Step t takes the learning rate of epoch t. Ends early, with that snapshot, where a loss is not finite.
        """
        settings, network = self._settings, self._network
        steps, base = settings.epochs, settings.optimizer.learning_rate
        optimiser = build_optimiser(network, settings)
        recorded = recorded_steps(steps)
        # One more rate than there are steps: the last update is never taken, since the loop is left before it.
        rates = (learning_rate(settings.schedule, base, step + 1, steps) for step in range(steps + 1))
        with np.errstate(all="ignore"):  # a network that diverges shows it in its loss
            for step, _ in enumerate(descend(network, repeat((self._X, self._Y)), optimiser, rates)):
                self._watch_for_splits(step)
                if step in recorded:
                    snapshot = self._record(step)
                    yield snapshot
                    if step == steps or not all(np.isfinite(each.loss) for each in snapshot.values()):
                        return

    def _record(self, step: int) -> dict[str, Snapshot]:
        """Measure every network, whose forward and backward pass has just been taken."""
        losses = self._network.loss(self._Y)
        spreads = _spreads(self._network)
        found = {}
        for index, (name, end) in enumerate(self.ends.items()):
            end.flat[...] = self._parameters.flat[index]
            effective = layer_symmetry(end, 1).effective_units
            found[name] = Snapshot(step, float(losses[index]), spreads[index], effective)
            self.snapshots[name].append(found[name])
        return found

    def _watch_for_splits(self, step: int) -> None:
        """Compare each weight with its counterpart in the first unit tied to it; a divergence is no split."""
        theta = self._parameters.flat
        split = (np.take_along_axis(theta, self._counterparts, axis=1) != theta).any(axis=1)
        split &= np.isfinite(theta).all(axis=1)
        for name, has in zip(self.first_split, split.tolist(), strict=True):
            if has and self.first_split[name] is None:
                self.first_split[name] = step


def recorded_steps(steps: int) -> set[int]:
    """Return the recorded steps, from 0 to ``steps``: dense at first, then evenly spread, and every power of ten."""
    even = np.linspace(0, steps, SNAPSHOTS + 1)
    early = np.geomspace(1, max(steps, 1), SNAPSHOTS)
    powers = 10.0 ** np.arange(len(str(steps)))
    return {0, steps, *(int(step) for step in np.concatenate([even, early, powers]) if step <= steps)}


def _counterparts(start: Parameters) -> Array:
    """For each parameter its counterpart in the first unit with the same bits as its own: P indices into ``flat``."""
    positions = Parameters(start.architecture, np.intp)
    positions.flat[...] = np.arange(start.flat.size)
    counterparts = positions.copy()
    units = np.concatenate([part for _, part in unit_parts(start)], axis=1)
    _, first, group = np.unique(units, axis=0, return_index=True, return_inverse=True)
    leaders = first[group.ravel()]
    for (_, part), (_, counterpart) in zip(unit_parts(positions), unit_parts(counterparts), strict=True):
        counterpart[...] = part[leaders]
    return counterparts.flat


def unit_parts(parameters: Parameters) -> Iterator[tuple[str, Array]]:
    """Yield what makes a hidden unit, a row for each unit, as views: V, its bias (as a column), and Wᵀ."""
    yield "V", parameters.weights[0]
    if (bias := parameters.biases[0]) is not None:
        yield "bias_V", bias[..., :, None]
    yield "W", parameters.weights[1].mT


def _spreads(network: Network) -> list[Spread]:
    """The spread of every network side by side, after its forward and backward pass."""
    hidden = network.layers[0]
    parts = {name: part.max(axis=-2) - part.min(axis=-2) for name, part in unit_parts(network.parameters)}
    bias = parts.pop("bias_V", None)
    parts |= {
        "h": hidden.out.max(axis=-1) - hidden.out.min(axis=-1),
        "delta": hidden.delta.max(axis=-1) - hidden.delta.min(axis=-1),
    }
    if bias is not None:
        parts["V"] = np.concatenate([parts["V"], bias], axis=-1)
    largest = {name: part.max(axis=-1) for name, part in parts.items()}
    return [
        Spread(**{name: float(values[index]) for name, values in largest.items()})
        for index in range(len(network.parameters.flat))
    ]
