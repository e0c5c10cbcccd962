"""What the demo has shown, as one frozen result: the screen and the JSON document are two views of it."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from bpcli.common.display import Displayed
from bpcli.common.json_numbers import finite
from bpcli.config import Config
from bpcli.network import Architecture, Array
from bpcli.symmetry import LayerSymmetry, UnitDifference
from bpcli.symmetry_demo.claim import Claim
from bpcli.symmetry_demo.comparison import Snapshot
from bpcli.symmetry_demo.divergence import Growth
from bpcli.symmetry_demo.first_pass import ClosedForm
from bpcli.symmetry_demo.logistic import TwoStarts


@dataclass(frozen=True)
class Equivalent:
    """The network with its tied units merged: how many it has, and max |z - z′| / max |z| over the samples."""

    units: int
    difference: float


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One network of the demo, from its initial weights to its final ones.

    Attributes:
        name: constant, zero, random, nudged or half-tied.
        snapshots: as recorded, from step 0.
        first_split: the first step after which units that began bit-identical differ, or None.
        initial_symmetry, symmetry: the groups of equal units at both ends.
        neurons: every hidden unit against its start and its nearest neighbour.
        distances: of the units (the first 64 at most) from one another at the end, d1×d1.
        growth: of a spread that was small to begin with; None where there was none.
        equivalent: the merged network; None where no units are tied at the end.
    """

    name: str
    snapshots: tuple[Snapshot, ...]
    first_split: int | None
    initial_symmetry: LayerSymmetry
    symmetry: LayerSymmetry
    neurons: tuple[UnitDifference, ...]
    distances: Array
    growth: Growth | None
    equivalent: Equivalent | None


@dataclass(frozen=True, eq=False, repr=False)
class Demonstration(Displayed):
    """Every network and every claim.

    Attributes:
        name, config: the configuration; its ``model.init`` is that of the network called random.
        data, samples, available: what the networks learn: so many training samples, of so many.
        weight: w, the constant.
        closed_forms: of x^(1) and of δ^(1) on the constant network, before any step.
        trajectories: the networks with a hidden layer.
        logistic: the one without.
        splitting_widths: where BLAS was asked for and did not split, the widths at which it does; else None.
    """

    name: str
    config: Config
    architecture: Architecture
    data: str
    samples: int
    available: int
    arithmetic: str
    weight: float
    claims: tuple[Claim, ...]
    closed_forms: tuple[ClosedForm, ClosedForm]
    trajectories: tuple[Trajectory, ...]
    logistic: TwoStarts
    splitting_widths: tuple[int, ...] | None

    def only(self, *parts: str) -> "Demonstration":
        """The same networks with some of the claims, a to g."""
        return replace(self, claims=tuple(claim for claim in self.claims if claim.id in parts))

    def summary(self) -> str:
        """Return the network, and each claim with whether it holds."""
        sizes = "-".join(map(str, self.architecture.sizes))
        holds = {True: "holds", False: "does not hold", None: "does not apply"}
        claims = (f"  ({claim.id}) {holds[claim.holds]}: {claim.statement}" for claim in self.claims)
        title = f"Demonstration of {self.name}: {sizes}, {self.steps} steps, {self.arithmetic} arithmetic"
        return "\n".join((title, *claims))

    @property
    def failed(self) -> tuple[str, ...]:
        """The ids of the claims that do not hold."""
        return tuple(claim.id for claim in self.claims if claim.holds is False)

    @property
    def diverged(self) -> tuple[str, ...]:
        """The names of the networks whose loss is not finite."""
        return tuple(
            trajectory.name for trajectory in self.trajectories if not isfinite(trajectory.snapshots[-1].loss)
        )

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self.trajectories[0].snapshots[-1].step

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.symmetry/1``; what does not exist or is not finite is None."""
        return {
            "schema": "bpcli.symmetry/1",
            "config": self.name,
            "arithmetic": self.arithmetic,
            "sizes": list(self.architecture.sizes),
            "samples": self.samples,
            "steps": self.steps,
            "weight": self.weight,
            "claims": [
                {
                    "id": claim.id,
                    "statement": claim.statement,
                    "holds": claim.holds,
                    "measured": {name: finite(value) for name, value in claim.measured.items()},
                    "remark": claim.remark or None,
                    "because": claim.because or None,
                }
                for claim in self.claims
            ],
            "closed_forms": {
                name: {
                    "predicted": form.predicted.tolist(),
                    "measured": form.measured.tolist(),
                }
                for name, form in zip(("x_1", "delta_1"), self.closed_forms, strict=True)
            },
            "networks": [*map(_trajectory, self.trajectories), _logistic(self.logistic)],
            "splitting_widths": None if self.splitting_widths is None else list(self.splitting_widths),
        }


def _trajectory(trajectory: Trajectory) -> dict[str, Any]:
    return {
        "name": trajectory.name,
        "units": trajectory.symmetry.units,
        "effective_units": trajectory.symmetry.effective_units,
        "groups": [list(group) for group in trajectory.symmetry.groups],
        "spread": [
            {
                "step": snapshot.step,
                "V": finite(snapshot.spread.V),
                "W": finite(snapshot.spread.W),
                "h": finite(snapshot.spread.h),
                "delta": finite(snapshot.spread.delta),
                "loss": finite(snapshot.loss),
                "effective_units": snapshot.effective_units,
            }
            for snapshot in trajectory.snapshots
        ],
        "first_split": trajectory.first_split,
        "growth": None
        if trajectory.growth is None
        else {
            "verdict": trajectory.growth.verdict,
            "factor_per_step": finite(trajectory.growth.factor),
            "first": trajectory.growth.first,
            "last": trajectory.growth.last,
            "start": trajectory.growth.start,
            "end": finite(trajectory.growth.end),
        },
        "equivalent": None
        if trajectory.equivalent is None
        else {"units": trajectory.equivalent.units, "difference": finite(trajectory.equivalent.difference)},
        "neurons": [
            {
                "unit": neuron.unit,
                "change": finite(neuron.change),
                "twin": neuron.nearest,
                "distance": finite(neuron.distance),
                "verdict": neuron.verdict,
            }
            for neuron in trajectory.neurons
        ],
        "distances": [[finite(value) for value in row] for row in trajectory.distances.tolist()],
        "loss": finite(trajectory.snapshots[-1].loss),
    }


def _logistic(found: TwoStarts) -> dict[str, Any]:
    return {
        "name": "logistic",
        "units": 0,
        "effective_units": 0,
        "groups": [],
        "spread": [],
        "first_split": None,
        "growth": None,
        "equivalent": None,
        "neurons": [],
        "distances": [],
        "loss": finite(found.losses[-1][1]),
    }
