"""What a sweep trains and what it found: a table by combination, the band of the loss, and a map of two keys."""

from collections.abc import Sequence
from math import isfinite

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.render.curves import Plot, axis_is_log
from bpcli.render.styles import ACCENT
from bpcli.render.text import columns, counted, heading, known, number
from bpcli.render.trajectories import brief
from bpcli.sweep.combinations import CombinationResult, Rate, Spread, SweepResult
from bpcli.sweep.planned import Estimate, Planned

MOST_ROWS = 30  # combinations in a table; results.csv has all of them
MOST_CURVES = 6
SHADES = "░▒▓█"
_SCORE = {"accuracy": "accuracy", "r2": "R²"}


def header(planned: Planned, done: int = 0) -> RenderableType:
    """Show what is trained before it begins; ``done`` networks are there already."""
    plan, kinds = planned.plan, planned.kinds
    varied = [f"{axis.key}={_some(axis.values)}" for axis in plan.axes]
    seeds = f"{_some([str(seed) for seed in plan.seeds])} ({counted(len(plan.seeds), 'seed')})"
    combined = counted(len(plan.combinations), "combination")
    drawn = f"{combined} drawn" if plan.sample else combined
    sizes = list(dict.fromkeys("-".join(map(str, kind.architecture.sizes)) for kind in kinds))
    engines = " and ".join(dict.fromkeys(kind.engine for kind in kinds))
    groups = f"groups of up to {max(kind.size for kind in kinds)} side by side, {engines} engine"
    first = kinds[0]
    rows = f"{first.rows:,} rows to train, {first.validation_rows:,} to validate"
    facts = {
        "data": f"{', '.join(dict.fromkeys(kind.source for kind in kinds))}: {rows}",
        "over": "\n".join(varied) or "seeds only",
        "seeds": seeds,
        "networks": f"{plan.networks:,} = {drawn} × {counted(len(plan.seeds), 'seed')}; {_some(sizes)}; {groups}",
    }
    if done:
        facts["resumed"] = f"{counted(done, 'network')} of them finished before"
    return Group(
        Text.assemble(("bpcli sweep ", "bold"), (plan.layers.name, f"bold {ACCENT}")), known(**facts)
    )


def estimated(estimate: Estimate) -> RenderableType:
    """Show how the networks are grouped, and how long they would take."""
    groups = ", ".join(
        f"{counted(number, 'group')} of {'up to ' if number > 1 else ''}{size}"
        for number, size in estimate.groups[:6]
    )
    more = f", and {counted(len(estimate.groups) - 6, 'kind')} more" if len(estimate.groups) > 6 else ""
    return known(
        groups=f"{groups}{more}",
        time=f"about {duration(estimate.seconds)} with {counted(estimate.jobs, 'job')}, from a short trial",
    )


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def report(result: SweepResult) -> RenderableType:
    """Show the scores by combination, how many networks succeed, the loss by epoch, and the map of two keys."""
    shown = _shown(result)
    parts: list[RenderableType] = [*_scores(result, shown), *_networks(result, shown)]
    parts += _map(result) + _bands(result)
    parts.append(Text())
    if result.networks < result.planned:
        parts.append(Text(f"{result.networks:,} of {counted(result.planned, 'network')} are finished"))
    parts.append(Text(f"results in {result.folder}: results.csv, curves.npz, summary.json", style="dim"))
    return Group(*parts)


def warnings(result: SweepResult) -> list[str]:
    """What a person must be told."""
    found = []
    for what, why in (("diverged", "a smaller learning rate may help"), ("failed", "results.csv says why")):
        count = sum(getattr(each, what) for each in result.combinations)
        if count:
            found.append(f"{count:,} of {counted(result.networks, 'network')} {what}; {why}")
    return found


def _some(values: Sequence[str], most: int = 8) -> str:
    """Values, or of many the first ones and the last; consecutive integers as a range."""
    if len(values) > 2 and all(value.isdecimal() for value in values):
        whole = [int(value) for value in values]
        if whole == list(range(whole[0], whole[0] + len(whole))):
            return f"{whole[0]}:{whole[-1]}"
    texts = [_value(value) for value in values]
    return ", ".join(texts) if len(texts) <= most else f"{', '.join(texts[:3])}, …, {texts[-1]}"


def _value(text: str) -> str:
    """A value as a column shows it: numbers short, sizes as they are typed."""
    if text.replace(",", "").isdecimal():
        return text.replace(",", "x")
    try:
        return f"{float(text):.4g}" if "." in text or "e" in text else text
    except ValueError:
        return text


def _names(keys: Sequence[str]) -> list[str]:
    """The last word of each key, where that tells it from the others."""
    last = [key.rpartition(".")[2] for key in keys]
    return [name if last.count(name) == 1 else key for key, name in zip(keys, last, strict=True)]


def _shown(result: SweepResult) -> list[CombinationResult]:
    """The combinations that a table has room for: all of them, or the best."""
    if len(result.combinations) <= MOST_ROWS:
        return list(result.combinations)

    def rank(each: CombinationResult) -> tuple[float, float, float]:
        mean, loss = each.score.mean, each.loss.mean
        return (
            -(each.success.rate if each.success else 0.0),
            float("inf") if mean is None else -mean,
            float("inf") if loss is None else loss,
        )

    return sorted(result.combinations, key=rank)[:MOST_ROWS]


def _table(
    result: SweepResult, shown: Sequence[CombinationResult], rows: dict[str, list[str]]
) -> RenderableType:
    """A row for each combination: its values, then the given columns."""
    names = _names(result.keys)
    settings = zip(
        names, zip(*([value for _, value in each.settings] for each in shown), strict=True), strict=True
    )
    words = tuple(name for name, values in settings if any(value[:1].isalpha() for value in values))
    numbers = tuple(name for name in (*names, *rows) if name not in words)
    table = columns(*names, *rows, numbers=numbers, whole=words)
    for at, each in enumerate(shown):
        best = result.best is not None and each is result.combinations[result.best] and len(shown) > 1
        values = [_value(value) for _, value in each.settings]
        table.add_row(*values, *(column[at] for column in rows.values()), style="bold" if best else "")
    return table


def _scores(result: SweepResult, shown: Sequence[CombinationResult]) -> list[RenderableType]:
    if not shown:
        return []
    part = {"train": "training", "validation": "validation"}[shown[0].part]
    metrics = list(dict.fromkeys(each.metric for each in shown))
    title = f"{part.capitalize()} {' and '.join(_SCORE[metric] for metric in metrics)}"
    rows = {
        "mean ± std": [_plus_minus(each.score) for each in shown],
        "best": [brief(each.score.best) for each in shown],
        "worst": [brief(each.score.worst) for each in shown],
    }
    if result.seeds == 1:
        rows = {" and ".join(_SCORE[metric] for metric in metrics): rows["mean ± std"]}
    rows["loss"] = [brief(each.loss.mean) for each in shown]
    many = len(result.combinations) > len(shown)
    remark = f"over {counted(result.seeds, 'seed')}{f'; the best {len(shown)} combinations' if many else ''}"
    if not result.keys:
        only = shown[0]
        return [
            heading(title, remark),
            known(**{_SCORE[only.metric]: _spread(only.score), "loss": _spread(only.loss)}),
        ]
    return [heading(title, remark), _table(result, shown, rows)]


def _networks(result: SweepResult, shown: Sequence[CombinationResult]) -> list[RenderableType]:
    """How many networks succeed, have symmetric or dead units, and diverged; columns of zeros are left out."""
    rows: dict[str, list[str]] = {}
    if result.success:
        rows["success"] = [_share(each.success) for each in shown]
        rows["95 % interval"] = [_interval(each.success) for each in shown]
    for name, title in (
        ("symmetric", "symmetric"),
        ("dead", "dead units"),
        ("diverged", "diverged"),
        ("failed", "failed"),
    ):
        if any(getattr(each, name) for each in result.combinations):
            rows[title] = [f"{getattr(each, name):,}" for each in shown]
    remark = f"success: {result.success}" if result.success else ""
    absent = {
        "symmetric": "no symmetric units",
        "dead units": "no dead units",
        "diverged": "none diverged",
    }
    none = [words for title, words in absent.items() if title not in rows]
    said = Text("; ".join(none), style="dim")
    if not rows:
        return [Text(), said]
    if not result.keys:
        facts = {title: values[0] for title, values in rows.items()}
        return [heading("Networks", remark), known(**facts), said]
    return [heading("Networks", remark), _table(result, shown, rows), *([said] if none else [])]


def _spread(spread: Spread) -> str:
    """A mean with what it varies by, the best and the worst; of one network its number."""
    if spread.std is None:
        return number(spread.mean)
    return f"{_plus_minus(spread)}; best {number(spread.best)}, worst {number(spread.worst)}"


def _plus_minus(spread: Spread) -> str:
    return number(spread.mean) if spread.std is None else f"{brief(spread.mean)} ± {spread.std:.2g}"


def _share(rate: Rate | None) -> str:
    return "–" if rate is None else f"{100 * rate.rate:.1f} %"


def _interval(rate: Rate | None) -> str:
    return "–" if rate is None else f"{100 * rate.low:.1f}–{100 * rate.high:.1f}"


def _map(result: SweepResult) -> list[RenderableType]:
    """The map of two keys: a row for each value of the first, a column for each value of the second."""
    if len(result.keys) != 2:
        return []
    found = {tuple(value for _, value in each.settings): each for each in result.combinations}
    lines, across = (list(dict.fromkeys(values)) for values in zip(*found, strict=True))
    if min(len(lines), len(across)) < 2 or len(across) > 12:
        return []
    what, digits = "mean score", ".3g"
    values = {place: each.score.mean for place, each in found.items()}
    if result.success:
        what = "success in %"
        values = {place: 100 * each.success.rate if each.success else None for place, each in found.items()}
        digits = ".1f"
    numbers = [value for value in values.values() if value is not None]
    low, high = min(numbers, default=0), max(numbers, default=0)
    if low == high:  # then a map shows nothing
        return []
    first, second = _names(result.keys)
    table = columns(f"{first} \\ {second}", *map(_value, across), numbers=tuple(map(_value, across)))
    for line in lines:
        cells = [values.get((line, column)) for column in across]
        texts = ["" if each is None else f"{_shade(each, low, high)} {each:{digits}}" for each in cells]
        table.add_row(_value(line), *texts)
    legend = Text(f"{' '.join(SHADES)} quarters from {low:{digits}} to {high:{digits}}", style="dim")
    return [heading("Map", what), table, legend]


def _shade(value: float, low: float, high: float) -> str:
    return 2 * SHADES[min(int(len(SHADES) * (value - low) / (high - low)), len(SHADES) - 1)]


def _bands(result: SweepResult) -> list[RenderableType]:
    """The loss by epoch: of the best combination with the spread of its seeds, and the medians of up to six."""
    if result.best is None:
        return []
    part = {"train": "Training", "validation": "Validation"}[result.combinations[result.best].part]
    epochs, band = result.band(result.best)
    best = result.combinations[result.best]
    quantiles = {"95 %": 0.95, "median": 0.5, "5 %": 0.05} if result.seeds > 1 else {part.lower(): 0.5}
    of = f"of {_settings(best)}" if result.keys else ""
    over = "quantiles over the seeds" if result.seeds > 1 else ""
    remark = ", ".join(filter(None, (of, over)))
    parts = _plot(f"{part} loss", remark, {name: (epochs, band[at]) for name, at in quantiles.items()})
    if 1 < len(result.combinations) <= MOST_CURVES:
        medians = {}
        for at, each in enumerate(result.combinations):
            epochs, band = result.band(at)
            medians[", ".join(_value(value) for _, value in each.settings)] = (epochs, band[0.5])
        what = "medians by" if result.seeds > 1 else "by"
        parts += _plot(f"{part} loss", f"{what} {', '.join(_names(result.keys))}", medians)
    return parts


def _settings(each: CombinationResult) -> str:
    names = _names([key for key, _ in each.settings])
    return " ".join(f"{name}={_value(value)}" for name, (_, value) in zip(names, each.settings, strict=True))


def _plot(title: str, remark: str, curves: dict[str, tuple[list[int], list[float]]]) -> list[RenderableType]:
    drawn = {
        name: [(float(x), y) for x, y in zip(epochs, losses, strict=True) if isfinite(y)]
        for name, (epochs, losses) in curves.items()
    }
    losses = [y for points in drawn.values() for _, y in points]
    epochs = [int(x) for points in drawn.values() for x, _ in points]
    if len(set(epochs)) < 2:
        return []
    log = axis_is_log(losses)
    ends = (f"epoch {min(epochs):,}", f"{max(epochs):,}")
    remark = ", ".join(filter(None, (remark, "log axis" if log else "")))
    return [heading(title, remark), Plot(drawn, log, ends)]
