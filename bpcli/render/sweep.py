"""What a sweep trains and what it found: a table by combination, the band of the loss, and a map of two keys."""

from collections.abc import Mapping, Sequence
from math import isfinite

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.render.curves import Plot, axis_is_log
from bpcli.render.styles import ACCENT
from bpcli.render.text import Fitting, columns, counted, heading, known, number
from bpcli.render.trajectories import brief
from bpcli.sweep.combinations import CombinationResult, Rate, Spread, SweepResult
from bpcli.sweep.planned import Estimate, Planned

MOST_ROWS = 30  # combinations in a table; results.csv has all of them
MOST_CURVES = 6
SHADES = "░▒▓█"
_SCORE = {"accuracy": "accuracy", "r2": "R²"}
_PART = {"train": "training", "validation": "validation"}


def header(planned: Planned, done: int = 0, estimate: Estimate | None = None) -> RenderableType:
    """Show what is trained before it begins; ``done`` networks are there already."""
    plan, kinds = planned.plan, planned.kinds
    varied = [f"{axis.key}={_some(axis.values)}" for axis in plan.axes]
    seeds = f"{_some([str(seed) for seed in plan.seeds])} ({counted(len(plan.seeds), 'seed')})"
    combined = counted(len(plan.combinations), "combination")
    drawn = f"{combined} drawn" if plan.sample else combined
    sizes = list(dict.fromkeys("-".join(map(str, kind.architecture.sizes)) for kind in kinds))
    engines = " and ".join(dict.fromkeys(kind.engine for kind in kinds))
    most = max(min(kind.size, len(kind.combinations) * len(plan.seeds)) for kind in kinds)
    side_by_side = f"groups of up to {most} side by side" if most > 1 else "one after another"
    first = kinds[0]
    rows = f"{first.rows:,} rows to train, {first.validation_rows:,} to validate"
    facts = {
        "data": f"{', '.join(dict.fromkeys(kind.source for kind in kinds))}: {rows}",
        "over": "\n".join(varied) or "seeds only",
        "seeds": seeds,
        "networks": f"{plan.networks:,} = {drawn} × {counted(len(plan.seeds), 'seed')}; {_some(sizes)}; "
        f"{side_by_side}, {engines} engine",
    }
    if done:
        facts["resumed"] = f"{counted(done, 'network')} of them finished before"
    if estimate:
        facts["groups"] = _groups(estimate)
        seconds = duration(estimate.seconds)
        facts["time"] = f"about {seconds} with {counted(estimate.jobs, 'job')}, from a short trial"
    return Group(
        Text.assemble(("bpcli sweep ", "bold"), (plan.layers.name, f"bold {ACCENT}")), known(**facts)
    )


def _groups(estimate: Estimate, most: int = 6) -> str:
    """How many groups there are, by their size."""
    of_size: dict[int, int] = {}
    for groups, size in estimate.groups:
        of_size[size] = of_size.get(size, 0) + groups
    texts = [
        f"{counted(groups, 'group')} of {'up to ' if groups > 1 else ''}{size}"
        for size, groups in of_size.items()
    ]
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f", and {counted(more, 'size')} more" if more > 0 else "")


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def report(result: SweepResult) -> RenderableType:
    """Show the scores by combination, how many networks succeed, the loss by epoch, and the map of two keys."""
    parts: list[RenderableType] = []
    if result.networks:
        shown = _shown(result)
        parts += [*_scores(result, shown), *_networks(result, shown), *_map(result), *_bands(result)]
    parts.append(Text())
    if result.best is not None:
        best = result.combinations[result.best]
        settings = _settings(best, [key for key, _ in best.settings])
        parts.append(Text(f"best network: {settings}{', ' if settings else ''}seed {best.best_seed}"))
    if result.networks < result.planned:
        parts.append(Text(f"{result.networks:,} of {counted(result.planned, 'network')} are finished"))
    parts.append(Text(f"results in {result.folder}: results.csv, curves.npz, summary.json", style="dim"))
    return Group(*parts)


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


def _varied(result: SweepResult) -> list[str]:
    """The keys with several values; what all networks have in common stands in the header."""
    settings = [dict(each.settings) for each in result.combinations]
    return [key for key in result.keys if any(each[key] != settings[0][key] for each in settings)]


def _shown(result: SweepResult) -> list[CombinationResult]:
    """The combinations that a table has room for: all of them, or the best."""
    if len(result.combinations) <= MOST_ROWS:
        return list(result.combinations)
    return sorted(result.combinations, key=lambda each: each.rank, reverse=True)[:MOST_ROWS]


def _table(
    result: SweepResult, shown: Sequence[CombinationResult], rows: dict[str, list[str]]
) -> RenderableType:
    """A row for each combination: its values, then the given columns."""
    keys = _varied(result)
    names = _names(keys)
    words = tuple(
        name
        for name, key in zip(names, keys, strict=True)
        if any(dict(each.settings)[key][:1].isalpha() for each in shown)
    )
    numbers = tuple(name for name in (*names, *rows) if name not in words)
    wide = columns(*names, *rows, numbers=numbers, whole=words)
    narrow = columns("combination", *rows, numbers=tuple(rows))
    for at, each in enumerate(shown):
        best = result.best is not None and each is result.combinations[result.best] and len(shown) > 1
        settings, style = dict(each.settings), "bold" if best else ""
        figures = [column[at] for column in rows.values()]
        wide.add_row(*(_value(settings[key]) for key in keys), *figures, style=style)
        narrow.add_row(_settings(each, keys), *figures, style=style)
    return Fitting(wide, narrow)


def _scores(result: SweepResult, shown: Sequence[CombinationResult]) -> list[RenderableType]:
    if not shown:
        return []
    part = _PART[shown[0].part]
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
    if not _varied(result):
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
    if not _varied(result):
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
    """The map of two keys, with the numbers where there is room for them."""
    keys = _varied(result)
    if len(keys) != 2:
        return []
    part, metric = result.combinations[0].part, result.combinations[0].metric
    what, digits = f"mean {_PART[part]} {_SCORE[metric]}", ".3g"
    values = {_place(each, keys): each.score.mean for each in result.combinations}
    if result.success:
        what, digits = "success in %", ".1f"
        values = {
            _place(each, keys): 100 * each.success.rate if each.success else None
            for each in result.combinations
        }
    found = {place: value for place, value in values.items() if value is not None}
    if not found or min(found.values()) == max(found.values()):  # then a map shows nothing
        return []
    turned = {(second, first): value for (first, second), value in found.items()}
    names, backwards = _names(keys), _names(keys)[::-1]
    forms = [_numbered(names, found, digits), _numbered(backwards, turned, digits)]
    forms += [_shaded(names, found), _shaded(backwards, turned)]
    ends = f"{min(found.values()):{digits}} to {max(found.values()):{digits}}"
    legend = Text(f"{' '.join(SHADES)} quarters from {ends}", style="dim")
    fits = [Group(form, legend) for form in forms if form.row_count <= MOST_ROWS]
    too_large = Text("it has more values than fit here; results.csv has them", style="dim")
    return [heading("Map", what), Fitting(*fits, too_large)]


def _place(each: CombinationResult, keys: Sequence[str]) -> tuple[str, str]:
    settings = dict(each.settings)
    first, second = (settings[key] for key in keys)
    return first, second


def _numbered(names: Sequence[str], values: Mapping[tuple[str, str], float], digits: str) -> Table:
    """A row for each value of the first key, a column for each of the second, and in it the number with its shade."""
    rows, across = (list(dict.fromkeys(each)) for each in zip(*values, strict=True))
    titles = [_value(text) for text in across]
    table = columns(" \\ ".join(names), *titles, numbers=tuple(titles))
    low, high = min(values.values()), max(values.values())
    for row in rows:
        cells = [values.get((row, column)) for column in across]
        texts = ["" if each is None else f"{2 * _shade(each, low, high)} {each:{digits}}" for each in cells]
        table.add_row(_value(row), *texts)
    return table


def _shaded(names: Sequence[str], values: Mapping[tuple[str, str], float]) -> Table:
    """A row for each value of the first key, and in it a shade for each value of the second."""
    rows, across = (list(dict.fromkeys(each)) for each in zip(*values, strict=True))
    title = f"{_value(across[0])} … {_value(across[-1])}"
    table = columns(" \\ ".join(names), title, numbers=(names[0],))
    low, high = min(values.values()), max(values.values())
    for row in rows:
        cells = [values.get((row, column)) for column in across]
        table.add_row(
            _value(row), "".join(" " if each is None else _shade(each, low, high) for each in cells)
        )
    return table


def _shade(value: float, low: float, high: float) -> str:
    return SHADES[min(int(len(SHADES) * (value - low) / (high - low)), len(SHADES) - 1)]


def _bands(result: SweepResult) -> list[RenderableType]:
    """The loss by epoch: of the best combination with the spread of its seeds, and the medians of up to six."""
    if result.best is None:
        return []
    part = _PART[result.combinations[result.best].part].capitalize()
    epochs, band = result.band(result.best)
    best = result.combinations[result.best]
    curves = {f"{100 * quantile:.0f} %": band[quantile] for quantile in (0.95, 0.5, 0.05)}
    curves = {"median" if name == "50 %" else name: losses for name, losses in curves.items()}
    keys = _varied(result)
    of = f"of {_settings(best, keys)}, " if keys else ""
    over = "quantiles over the seeds" if result.seeds > 1 else f"seed {best.best_seed}"
    curves = curves if result.seeds > 1 else {"loss": band[0.5]}
    parts = _plot(f"{part} loss", f"{of}{over}", {n: (epochs, losses) for n, losses in curves.items()})
    if 1 < len(result.combinations) <= MOST_CURVES:
        medians = {}
        for at, each in enumerate(result.combinations):
            epochs, band = result.band(at)
            settings = dict(each.settings)
            medians[", ".join(_value(settings[key]) for key in keys)] = (epochs, band[0.5])
        parts += _plot(
            f"{part} loss", f"{'medians ' if result.seeds > 1 else ''}by {', '.join(_names(keys))}", medians
        )
    return parts


def _settings(each: CombinationResult, keys: Sequence[str]) -> str:
    settings = dict(each.settings)
    named = zip(_names(keys), keys, strict=True)
    return " ".join(f"{name}={_value(settings[key])}" for name, key in named)


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
