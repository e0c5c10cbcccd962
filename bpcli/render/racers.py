"""The networks of the demo side by side: figures over time, plots, and what their units weigh."""

from collections.abc import Mapping, Sequence
from math import isfinite

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.network import Array
from bpcli.render.curves import Plot, axis_is_log
from bpcli.render.heat import heat_maps
from bpcli.render.text import columns, counted, heading, known, number
from bpcli.symmetry_demo.growth import Growth
from bpcli.symmetry_demo.race import Moment
from bpcli.symmetry_demo.result import Demonstration, Racer

WATCHED = 5  # units in a picture of --watch, which has to fit 24 lines of 60 characters
UNITS = 16  # rows of the table of weight differences
MARKS = {"exact": (" =", "bold red"), "within rounding": (" ≈", "yellow"), "distinct": ("  ", "")}


def frame(moments: Mapping[str, Moment], distances: Mapping[str, Array]) -> RenderableType:
    """Show the networks at one recorded step, as one picture of those that --watch plays."""
    step = next(iter(moments.values())).step
    figures = ("loss", "spread of V", "of W", "different")
    table = columns("network", *figures, numbers=figures)
    for name, moment in moments.items():
        spread = moment.spread
        table.add_row(
            name,
            number(moment.loss),
            brief(spread.V),
            brief(spread.W),
            str(moment.effective_units),
        )
    units = max(len(each) for each in distances.values())
    maps = heat_maps(distances, units, most=WATCHED)
    return Group(Text.assemble(("step ", "dim"), (f"{step:,}", "bold")), table, Text(), maps)


def networks(result: Demonstration) -> list[RenderableType]:
    """Every network after its last step, logistic regression among them, and what the columns mean."""
    figures = ("loss", "units", "spread\nof V", "spread\nof W", "first\nsplit", "merged\noff by")
    table = columns("network", *figures, numbers=figures)
    for racer in result.racers:
        last = racer.moments[-1]
        table.add_row(
            racer.name,
            number(last.loss),
            "–" if racer.name in result.diverged else str(racer.symmetry.effective_units),
            brief(last.spread.V),
            brief(last.spread.W),
            _split(racer),
            brief(racer.equivalent.difference if racer.equivalent else None),
        )
    table.add_row("logistic", number(result.logistic.losses[-1][1]), *["–"] * 5)
    about = known(
        units=f"how many of {result.architecture.sizes[1]} are different, tied ones counted once",
        split="the step after which units that began equal to the last bit were not any more",
        merged="the equivalent smaller network: tied units in one, which has the sum of their outgoing weights; "
        "max |z - z′| / max |z|",
        logistic=f"no hidden units, cross-entropy, {result.logistic.samples} samples of two overlapping classes",
    )
    return [heading("Networks", f"after {counted(result.steps, 'step')}"), table, about]


def _split(racer: Racer) -> str:
    if racer.first_split is not None:
        return f"{racer.first_split:,}"
    return "never" if racer.initial_symmetry.groups else "–"


def effective_units(racers: Sequence[Racer]) -> list[RenderableType]:
    """How many units are different, at powers of ten and at the end."""
    steps = [moment.step for moment in racers[0].moments]
    shown = [
        step for step in steps if step in (0, steps[-1]) or (step and 10 ** (len(str(step)) - 1) == step)
    ]
    figures = tuple(f"{step:,}" for step in shown)
    table = columns("after step", *figures, numbers=figures)
    for racer in racers:
        by_step = {moment.step: moment.effective_units for moment in racer.moments}
        table.add_row(racer.name, *(str(by_step[step]) for step in shown))
    return [heading("Effective units", "how many hidden units are different, over time"), table]


def spreads(result: Demonstration) -> list[RenderableType]:
    """The spread of the weights over time, on a log axis; what is exactly zero has no place on it."""
    drawn = {
        racer.name: [
            (float(moment.step), moment.spread.weights)
            for moment in racer.moments
            if moment.spread.weights > 0 and isfinite(moment.spread.weights)
        ]
        for racer in result.racers
    }
    zero = [name for name, points in drawn.items() if not points]
    parts: list[RenderableType] = [
        heading("Spread", "max - min over hidden units, of any weight, by step; log axis")
    ]
    if len(zero) < len(drawn):
        parts.append(
            Plot(drawn, log=True, ends=("step 0", f"{result.steps:,}"), span=(0.0, float(result.steps)))
        )
    if zero:
        parts.append(Text(f"exactly 0 at every recorded step: {', '.join(zero)}"))
    for racer in result.racers:
        if racer.growth:
            gone = "; in the end it is exactly 0" if racer.moments[-1].spread.weights == 0 else ""
            parts.append(Text(f"{racer.name}: the spread {growth_words(racer.growth)}{gone}"))
    return parts


def growth_words(found: Growth) -> str:
    """What a small spread does, as the rest of a sentence about it."""
    between = f"from {found.start:.2g} at step {found.first:,} to {found.end:.2g} at step {found.last:,}"
    if found.verdict == "stays":
        return f"changes less than twofold, {between}: by a factor of {found.factor:.6g} a step"
    doubling = f" and doubles in {found.doubling:,.3g} steps" if found.doubling else ""
    return f"{found.verdict} by a factor of {found.factor:.6g} a step{doubling}, {between}"


def losses(result: Demonstration) -> list[RenderableType]:
    """The loss curves of all networks in one plot."""
    series = {
        racer.name: [(float(moment.step), moment.loss) for moment in racer.moments if isfinite(moment.loss)]
        for racer in result.racers
    }
    series["logistic"] = [
        (float(step), loss) for step, loss in result.logistic.losses if step <= result.steps
    ]
    log = axis_is_log([loss for points in series.values() for _, loss in points])
    if result.steps == 0:
        return []
    plot = Plot(series, log=log, ends=("step 0", f"{result.steps:,}"), span=(0.0, float(result.steps)))
    remark = (
        f"by step{', log axis' if log else ''}; that of logistic is cross-entropy, on its own two classes"
    )
    return [heading("Loss", remark), plot]


def differences(racers: Sequence[Racer]) -> list[RenderableType]:
    """For every unit of every network the distance to the nearest other unit."""
    names = tuple(racer.name for racer in racers)
    table = columns("unit", *names, numbers=names)
    units = len(racers[0].neurons)
    for unit in range(min(units, UNITS)):
        cells = []
        for racer in racers:
            neuron = racer.neurons[unit]
            mark, style = MARKS[neuron.verdict]
            cells.append(Text(f"{brief(neuron.distance)}{mark}", style=style))
        table.add_row(str(unit), *cells)
    more = f"; {UNITS} of {units} units" if units > UNITS else ""
    return [
        heading("Weight differences", f"of each unit to its nearest other, after the last step{more}"),
        table,
        Text("= the same to the last bit, ≈ the same within rounding", style="dim"),
    ]


def brief(value: float | None) -> str:
    """Three significant digits, for tables that are narrow."""
    return number(value) if value is None or not isfinite(value) else f"{value:.3g}"
