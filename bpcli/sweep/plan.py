"""Which networks a sweep trains: the combinations of values, and the seeds of each; every mistake in them at once."""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, prod

from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean
from bpcli.config import Config, ConfigProblems, Layers, Problem
from bpcli.config.fields import STDIN
from bpcli.config.schema import takes_list

SEED = "seed"
MOST_COMBINATIONS = 100_000
MOST_NETWORKS = 10_000_000
_LARGEST_SEED = (1 << 63) - 1  # the tables have 64 bits for it
_MOST_PROBLEMS = 20
_LOOKED_AT = 1000  # combinations, where it is known already that none will be trained
_CACHED = 1000  # configurations that are kept; others are merged anew when they are needed
_RANGE = re.compile(r"(-?\d+):(-?\d+)")
_SPACED = re.compile(r"(\w+):([^:]+):([^:]+):([^:]+)")
_SIZES = re.compile(r"\d+(x\d+)*")
_EXAMPLE = "--over seed=0:99 or --over training.optimizer.learning_rate=0.1,0.3,1"


@dataclass(frozen=True)
class Axis:
    """One key and its values, each as ``--set`` takes it."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Combination:
    """A value for every key but the seed.

    Attributes:
        settings: key and value, as ``--set`` takes them.
        id: a digest of the whole configuration without its seed: two sweeps share networks where they agree in it.
    """

    settings: tuple[tuple[str, str], ...]
    id: str

    def __str__(self) -> str:
        return (
            ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in self.settings) or "as configured"
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """The networks of a sweep in their order: all seeds of the first combination, then those of the next.

    Attributes:
        layers: what the combinations are merged over.
        axes: the keys and their values, without the seed.
        seeds: of every combination.
        combinations: all of them, or those that were drawn.
        sample: how many were drawn, if not all.
    """

    layers: Layers
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    combinations: tuple[Combination, ...]
    sample: int | None
    _configs: dict[int, Config] = field(default_factory=dict)

    @property
    def networks(self) -> int:
        """How many there are."""
        return len(self.combinations) * len(self.seeds)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys whose values differ between combinations."""
        return tuple(axis.key for axis in self.axes)

    def config(self, number: int) -> Config:
        """Return the configuration of a combination; its seed is that of the configuration file."""
        if number not in self._configs:
            config = self.layers.config(_over(self.combinations[number].settings))
            if len(self._configs) >= _CACHED:
                return config
            self._configs[number] = config
        return self._configs[number]


def make_plan(layers: Layers, over: Sequence[str], sample: int | None = None) -> Plan:
    """Return the plan of a sweep over ``KEY=VALUES`` of every ``--over``, which come before the file's own.

    Args:
        layers: the configuration and what lies above it.
        over: a dotted key, and its values between commas; ``0:9`` for ten integers, ``log:0.01:10:7`` or
            ``linear:0:1:5`` for numbers that are evenly spaced, ``16x8`` for the widths of two layers.
        sample: how many combinations to draw, if not all; the seed of the configuration draws them.

    Raises:
        ConfigProblems: every key that does not exist, empty range, and combination that cannot be trained.
        UsageError: there is nothing to vary, or too much.
    """
    problems: list[Problem] = []
    axes = _axes(layers.sweep, over, problems)
    if not axes and not problems:
        raise UsageError(f"a sweep needs values to vary: give a key with them, such as {_EXAMPLE}")
    numbers = [axis for axis in axes if axis.key != SEED]
    seeds = next((_seeds(axis, problems) for axis in axes if axis.key == SEED), None)
    total = prod(len(axis.values) for axis in numbers)
    if not problems:
        _check_size(total, len(seeds or ()) or 1, sample)
    elif total > _LOOKED_AT:  # enough to find what else is wrong
        total = _LOOKED_AT
    combinations: list[Combination] = []
    configs: dict[int, Config] = {}
    for at in range(total) if sample is None or problems else _drawn(layers, numbers, total, sample):
        settings = _settings(numbers, at)
        try:
            config = layers.config(_over(settings))
        except ConfigProblems as found:
            _add_new(problems, found.problems)
            if len(problems) >= _MOST_PROBLEMS:
                break
            continue
        if config.data.source == STDIN and not problems:
            raise UsageError(
                "a sweep reads its data several times, and standard input only once: give a file"
            )
        if len(configs) < _CACHED:
            configs[len(combinations)] = config
        combinations.append(Combination(settings, _digest(config)))
    if problems:
        raise ConfigProblems(problems)
    _check_distinct(combinations)
    seeds = seeds or (_configured_seed(configs[0]),)
    return Plan(layers, tuple(numbers), seeds, tuple(combinations), sample, configs)


def _axes(section: Mapping[str, str], over: Sequence[str], problems: list[Problem]) -> list[Axis]:
    """Read every KEY=VALUES; an option takes the place of the same key in the file."""
    texts = {key: (f"sweep: {key}: {values}", values) for key, values in section.items()}
    given: set[str] = set()
    for text in over:
        key, equals, values = text.partition("=")
        key, shown = key.strip(), f"--over {text}"
        if not equals or not key:
            problems.append(_problem(shown, "", f"write KEY=VALUES, for example {_EXAMPLE}"))
        elif key in given:
            problems.append(_problem(shown, key, "the key is given twice; write all its values with commas"))
        else:
            given.add(key)
            texts[key] = shown, values
    axes = []
    for key, (shown, values) in texts.items():
        try:
            axes.append(Axis(key, tuple(_values(key, values))))
        except ValueError as error:
            problems.append(_problem(shown, key, str(error)))
    return axes


def _values(key: str, text: str) -> list[str]:
    """The values of one key.

    Raises:
        ValueError: what is wrong with them.
    """
    found = [value for piece in _pieces(text) for value in _alternatives(key, piece)]
    twice = next((value for at, value in enumerate(found) if len(found) < 1000 and value in found[:at]), None)
    if twice is not None or len(set(found)) < len(found):
        raise ValueError(f"{twice or 'a value'} is there twice; write each value once")
    return found


def _pieces(text: str) -> Iterator[str]:
    """Split at commas, but not inside of brackets, braces and quotes."""
    depth, quote, start = 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _alternatives(key: str, piece: str) -> list[str]:
    sized = takes_list(tuple(key.split(".")))
    if not piece:
        raise ValueError("there is no value; write one, or several with commas between them")
    if found := _RANGE.fullmatch(piece):
        first, last = int(found[1]), int(found[2])
        if last < first:
            raise ValueError(f"the range {piece} is empty; write {last}:{first}")
        if last - first >= MOST_NETWORKS:
            raise ValueError(f"the range {piece} is too long; {MOST_NETWORKS:,} networks are the most")
        return [str(value) for value in range(first, last + 1)]
    if found := _SPACED.fullmatch(piece):
        return _spaced(*found.groups())
    if sized and _SIZES.fullmatch(piece):
        return [piece.replace("x", ",")]
    return [piece]


def _spaced(kind: str, low: str, high: str, number: str) -> list[str]:
    """Numbers from ``low`` to ``high``, evenly spaced on a logarithmic or linear scale."""
    if kind not in ("log", "linear"):
        hint = did_you_mean(kind, ("log", "linear")) or "write log:0.01:10:7 or linear:0:1:5"
        raise ValueError(f"'{kind}' is not a scale; {hint}")
    try:
        first, last, count = float(low), float(high), int(number)
    except ValueError:
        raise ValueError(f"write {kind}:FIRST:LAST:COUNT, such as {kind}:0.01:10:7") from None
    if count < 2 or not abs(last - first) < float("inf") or last <= first:
        raise ValueError(
            f"the range {kind}:{low}:{high}:{number} is empty; FIRST must be less than LAST, and COUNT 2 or more"
        )
    if count > MOST_COMBINATIONS:
        raise ValueError(f"{count:,} values are too many; {MOST_COMBINATIONS:,} are the most")
    if kind == "log" and first <= 0:
        raise ValueError(
            f"a logarithmic range begins above 0, and not at {low}; write linear:{low}:{high}:{number}"
        )
    parts = [at / (count - 1) for at in range(count)]
    if kind == "log":
        inner = [exp(log(first) + part * (log(last) - log(first))) for part in parts]
    else:
        inner = [first + part * (last - first) for part in parts]
    numbers = [first, *(float(f"{value:.12g}") for value in inner[1:-1]), last]
    whole = all("." not in end and "e" not in end.lower() for end in (low, high)) and all(
        value.is_integer() for value in numbers
    )
    return [str(int(value)) if whole else repr(value) for value in numbers]


def _seeds(axis: Axis, problems: list[Problem]) -> tuple[int, ...]:
    wrong = [value for value in axis.values if not _is_seed(value)]
    if wrong:
        message = f"{wrong[0]} is not a seed; write integers from 0 on, such as seed=0:99 or seed=1,5,9"
        if wrong[0].isdecimal():
            message = f"the seed is too large; a sweep takes seeds up to {_LARGEST_SEED}"
        problems.append(_problem(f"--over seed={wrong[0]}", SEED, message))
    return tuple(int(value) for value in axis.values if _is_seed(value))


def _is_seed(text: str) -> bool:
    return text.isdecimal() and len(text) <= len(str(_LARGEST_SEED)) and int(text) <= _LARGEST_SEED


def _configured_seed(config: Config) -> int:
    if config.seed > _LARGEST_SEED:
        raise UsageError(f"seed {config.seed} is too large; a sweep takes seeds up to {_LARGEST_SEED}")
    return config.seed


def _settings(axes: Sequence[Axis], at: int) -> tuple[tuple[str, str], ...]:
    """The values of combination ``at``, the last key changing first."""
    chosen = []
    for axis in reversed(axes):
        at, place = divmod(at, len(axis.values))
        chosen.append((axis.key, axis.values[place]))
    return tuple(reversed(chosen))


def _drawn(layers: Layers, axes: Sequence[Axis], total: int, sample: int) -> list[int]:
    """Which combinations are drawn; the seed is that of the first one, whose value no key of a sweep changes."""
    try:
        seed = layers.config(_over(_settings(axes, 0))).seed
    except ConfigProblems:
        seed = 0  # what is wrong is said of every combination that is drawn
    return sorted(random.Random(seed).sample(range(total), sample))


def _check_size(total: int, seeds: int, sample: int | None) -> None:
    if sample is not None and not 1 <= sample <= total:
        raise UsageError(
            f"--sample {sample}: there are {total:,} combinations to draw from; write 1 to {total}"
        )
    drawn = total if sample is None else sample
    if drawn > MOST_COMBINATIONS:
        raise UsageError(
            f"{drawn:,} combinations are more than {MOST_COMBINATIONS:,}: give fewer values, or draw with --sample N"
        )
    if drawn * seeds > MOST_NETWORKS:
        raise UsageError(
            f"{drawn * seeds:,} networks are more than {MOST_NETWORKS:,}: give fewer values or seeds"
        )


def _check_distinct(combinations: Sequence[Combination]) -> None:
    first: dict[str, Combination] = {}
    for each in combinations:
        twin = first.setdefault(each.id, each)
        if twin is not each:
            raise UsageError(f"{twin} and {each} are the same configuration: leave one of them out")


def _add_new(problems: list[Problem], found: Sequence[Problem]) -> None:
    """Add what was not said of an earlier combination."""
    said = {(problem.key, problem.message) for problem in problems}
    problems += [problem for problem in found if (problem.key, problem.message) not in said]


def _problem(text: str, key: str, message: str) -> Problem:
    return Problem(text, None, None, key, message)


def _over(settings: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{key}={value}" for key, value in settings]


def _digest(config: Config) -> str:
    """Of all that decides what a network of some seed becomes."""
    plain = config.model_dump(mode="json", exclude={"seed": True, "training": {"checkpoint_every"}})
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
