"""What the demo has shown, as one frozen result: the screen and the JSON document are two views of it."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from bpcli.common.display import Displayed
from bpcli.common.json_numbers import finite
from bpcli.config import Config
from bpcli.network import Architecture, Array
from bpcli.symmetry import LayerSymmetry, UnitDifference
from bpcli.symmetry_demo.claim import Claim
from bpcli.symmetry_demo.closed_forms import ClosedForm
from bpcli.symmetry_demo.growth import Growth
from bpcli.symmetry_demo.logistic import TwoStarts
from bpcli.symmetry_demo.race import Moment


@dataclass(frozen=True)
class Equivalent:
    """The network with its tied units merged: how many it has, and max |z - z′| / max |z| over the samples."""

    units: int
    difference: float


@dataclass(frozen=True, eq=False)
class Racer:
    """One network of the demo, from its first weights to its last.

    Attributes:
        name: constant, zero, random, nudged or half-tied.
        moments: as recorded, from step 0.
        first_split: the first step after which units that began bit-identical were not any more, or None.
        initial_symmetry, symmetry: the groups of equal units at both ends.
        neurons: every hidden unit against its beginning and its nearest other.
        distances: of the units (the first 64 at most) from one another at the end, d1×d1.
        growth: of a spread that was small to begin with; None where there was none.
        equivalent: the merged network; None where no units are tied at the end.
    """

    name: str
    moments: tuple[Moment, ...]
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
        racers: the networks with a hidden layer.
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
    racers: tuple[Racer, ...]
    logistic: TwoStarts
    splitting_widths: tuple[int, ...] | None

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
        """The names of the networks whose loss is no number any more."""
        return tuple(racer.name for racer in self.racers if not isfinite(racer.moments[-1].loss))

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self.racers[0].moments[-1].step

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
            "networks": [*map(_racer, self.racers), _logistic(self.logistic)],
            "splitting_widths": None if self.splitting_widths is None else list(self.splitting_widths),
        }


def _racer(racer: Racer) -> dict[str, Any]:
    return {
        "name": racer.name,
        "units": racer.symmetry.units,
        "effective_units": racer.symmetry.effective_units,
        "groups": [list(group) for group in racer.symmetry.groups],
        "spread": [
            {
                "step": moment.step,
                "V": finite(moment.spread.V),
                "W": finite(moment.spread.W),
                "h": finite(moment.spread.h),
                "delta": finite(moment.spread.delta),
                "loss": finite(moment.loss),
                "effective_units": moment.effective_units,
            }
            for moment in racer.moments
        ],
        "first_split": racer.first_split,
        "growth": None
        if racer.growth is None
        else {
            "verdict": racer.growth.verdict,
            "factor_per_step": finite(racer.growth.factor),
            "first": racer.growth.first,
            "last": racer.growth.last,
            "start": racer.growth.start,
            "end": finite(racer.growth.end),
        },
        "equivalent": None
        if racer.equivalent is None
        else {"units": racer.equivalent.units, "difference": finite(racer.equivalent.difference)},
        "neurons": [
            {
                "unit": neuron.unit,
                "change": finite(neuron.change),
                "twin": neuron.twin,
                "distance": finite(neuron.distance),
                "verdict": neuron.verdict,
            }
            for neuron in racer.neurons
        ],
        "distances": [[finite(value) for value in row] for row in racer.distances.tolist()],
        "loss": finite(racer.moments[-1].loss),
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
