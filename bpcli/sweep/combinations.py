"""What a sweep found: for each combination the spread of the scores over its seeds, and how many networks succeed."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf, isnan, sqrt
from typing import Any, Literal

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean
from bpcli.network import Array
from bpcli.sweep.groups import Kind
from bpcli.sweep.outcome import best_first
from bpcli.sweep.plan import Plan
from bpcli.sweep.store import QUANTILES, Parts

_CRITERION = re.compile(r"\s*(\w+)\.(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*")
_PARTS, _METRICS = ("train", "validation"), ("loss", "accuracy", "r2")
_Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True)
class Success:
    """When a network counts as a success: ``part.metric`` on the right side of ``limit``."""

    part: str
    metric: str
    sign: str
    limit: float

    def __str__(self) -> str:
        return f"{self.part}.{self.metric}{self.sign}{self.limit:g}"

    def of(self, rows: dict[str, Array]) -> Array:
        """Say of each network whether it is one; a network that diverged, or without such a number, is none."""
        values = rows[f"{self.part}_{'loss' if self.metric == 'loss' else 'score'}"]
        compare = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}[self.sign]
        found: Array = compare(values, self.limit) & (rows["stopped_by"] != "diverged")  # False for NaN
        return found


def read_success(text: str | None, kinds: Sequence[Kind]) -> Success | None:
    """Read what ``--success`` says.

    Raises:
        UsageError: it is no comparison of a score that the networks have.
    """
    if text is None:
        return None
    found = _CRITERION.fullmatch(text)
    try:
        success = Success(found[1], found[2], found[3], float(found[4])) if found else None
    except ValueError:
        success = None
    if success is None or isnan(success.limit):
        raise UsageError(
            f"--success '{text}': write a score, a sign and a number, such as 'validation.accuracy>=0.95' or "
            "'train.loss<0.01'"
        )
    for word, choices in ((success.part, _PARTS), (success.metric, _METRICS)):
        if word not in choices:
            hint = did_you_mean(word, choices) or f"write one of {', '.join(choices)}"
            raise UsageError(f"--success '{text}': {word} is not one of {', '.join(choices)}; {hint}")
    if success.part == "validation" and not all(kind.validation_rows for kind in kinds):
        raise UsageError(f"--success '{text}': there are no validation rows; write train.{success.metric}")
    has = {kind.metric for kind in kinds}
    if success.metric != "loss" and has != {success.metric}:
        raise UsageError(
            f"--success '{text}': the score of these networks is {' or '.join(sorted(has))}; write {success.part}."
            f"{min(has)}, or {success.part}.loss"
        )
    return success


@dataclass(frozen=True)
class Spread:
    """Of a score or loss over the seeds, without networks that diverged or failed; None where there are too few."""

    mean: float | None
    std: float | None
    best: float | None
    worst: float | None

    @classmethod
    def of(cls, values: Array, *, high_is_good: bool) -> "Spread":
        """Return the mean, the standard deviation (of a sample), and the best and the worst of some numbers."""
        values = values[np.isfinite(values)]
        if not len(values):
            return cls(None, None, None, None)
        low, high = float(values.min()), float(values.max())
        best, worst = (high, low) if high_is_good else (low, high)
        std = float(values.std(ddof=1)) if len(values) > 1 else None
        return cls(float(values.mean()), std, best, worst)


@dataclass(frozen=True)
class Rate:
    """A share of networks, with its Wilson interval of 95 %."""

    count: int
    networks: int
    rate: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, networks: int) -> "Rate":
        """Return the share of ``count`` in ``networks``, at least one (Wilson 1927)."""
        share, z2 = count / networks, _Z**2
        middle = (share + z2 / (2 * networks)) / (1 + z2 / networks)
        half = _Z / (1 + z2 / networks) * sqrt(share * (1 - share) / networks + z2 / (4 * networks**2))
        return cls(count, networks, share, max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True)
class CombinationResult:
    """The networks of one combination.

    Attributes:
        settings: key and value, as ``--set`` takes them.
        networks: how many are finished.
        metric: accuracy or r2.
        part: whose scores they are compared by, validation or train.
        score, loss: of that part.
        train_score, train_loss: of the training rows.
        success: None without ``--success``.
        symmetric, dead, diverged, failed: how many networks have such units, or ended so.
        best_seed: of the best network.
    """

    settings: tuple[tuple[str, str], ...]
    networks: int
    metric: str
    part: Literal["train", "validation"]
    score: Spread
    loss: Spread
    train_score: Spread
    train_loss: Spread
    success: Rate | None
    symmetric: int
    dead: int
    diverged: int
    failed: int
    best_seed: int | None

    @property
    def rank(self) -> tuple[float, float, float]:
        """What combinations are compared by, the higher the better: success rate, mean score, and mean loss."""
        mean, loss = self.score.mean, self.loss.mean
        return (
            self.success.rate if self.success else 0.0,
            -inf if mean is None else mean,
            -inf if loss is None else -loss,
        )

    def document(self) -> dict[str, Any]:
        """Return it as values for JSON."""
        spreads = {
            f"{self.part}_{self.metric}": self.score,
            f"{self.part}_loss": self.loss,
            f"train_{self.metric}": self.train_score,
            "train_loss": self.train_loss,
        }
        return {
            "settings": dict(self.settings),
            "networks": self.networks,
            **{name: asdict(spread) for name, spread in spreads.items()},
            "success": asdict(self.success) if self.success else None,
            **{
                name: getattr(self, name) for name in ("symmetric", "dead", "diverged", "failed", "best_seed")
            },
        }


@dataclass(frozen=True, eq=False)
class SweepResult:
    """All of it.

    Attributes:
        folder, name: of the sweep.
        keys: what varies, without the seed.
        seeds: how many of each combination.
        planned, networks: how many networks there are to be, and how many are finished.
        stopped_by: finished or interrupted.
        success: the criterion, if any.
        combinations: in the order of the plan.
        best: the position of the best combination: by success rate where there is one, then by mean score and loss.
        seconds: of this process.
        bands: of the loss by epoch, as ``Parts.bands`` returns them.
    """

    folder: str
    name: str
    keys: tuple[str, ...]
    seeds: int
    planned: int
    networks: int
    stopped_by: Literal["finished", "interrupted"]
    success: str | None
    combinations: tuple[CombinationResult, ...]
    best: int | None
    seconds: float
    bands: dict[str, Array]

    def band(self, number: int) -> tuple[list[int], dict[float, list[float]]]:
        """Return epochs of a combination, and by quantile the loss at each, of the part that its score is of."""
        epochs = self.bands["epochs"][number]
        length = int((epochs > 0).sum())
        band = self.bands[self.combinations[number].part][number, :, :length]
        return epochs[:length].tolist(), dict(zip(QUANTILES, band.tolist(), strict=True))

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.sweep/1``."""
        plain = ("folder", "name", "seeds", "planned", "networks", "stopped_by", "success")
        return {
            "schema": "bpcli.sweep/1",
            **{name: getattr(self, name) for name in plain},
            "keys": list(self.keys),
            "combinations": [each.document() for each in self.combinations],
            "best": self.best,
            "seconds": self.seconds,
        }


def summarise(
    plan: Plan, kinds: Sequence[Kind], parts: Parts, success: Success | None
) -> tuple[CombinationResult, ...]:
    """Return what is known of each combination."""
    kind_of = {number: kind for kind in kinds for number in kind.combinations}
    found = []
    for number, combination in enumerate(plan.combinations):
        rows = {name: row[parts.of(number)] for name, row in parts.rows.items()}
        found.append(_combination(combination.settings, kind_of[number], rows, success))
    return tuple(found)


def _combination(
    settings: tuple[tuple[str, str], ...],
    kind: Kind,
    rows: dict[str, Array],
    success: Success | None,
) -> CombinationResult:
    networks = len(rows["seed"])
    part: Literal["train", "validation"] = "validation" if kind.validation_rows else "train"

    def spread(name: str) -> Spread:
        values = rows[name][rows["stopped_by"] != "diverged"]
        return Spread.of(values, high_is_good=name.endswith("score"))

    def count(name: str) -> int:
        return int((rows[name] > 0).sum())

    stopped, best = rows["stopped_by"].tolist(), best_first(rows)
    return CombinationResult(
        settings=settings,
        networks=networks,
        metric=kind.metric,
        part=part,
        score=spread(f"{part}_score"),
        loss=spread(f"{part}_loss"),
        train_score=spread("train_score"),
        train_loss=spread("train_loss"),
        success=Rate.of(int(success.of(rows).sum()), networks) if success and networks else None,
        symmetric=count("symmetric"),
        dead=count("dead"),
        diverged=stopped.count("diverged"),
        failed=stopped.count("failed"),
        best_seed=int(rows["seed"][best[0]]) if len(best) else None,
    )


def best_combination(combinations: Sequence[CombinationResult]) -> int | None:
    """The position of the best combination; None if no network has a finite loss."""
    usable = [at for at, each in enumerate(combinations) if each.best_seed is not None]
    return max(usable, key=lambda at: combinations[at].rank, default=None)
