"""The networks of the demo side by side: figures over time, plots, and the distances between their units."""

from collections.abc import Mapping, Sequence
from math import isfinite

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.network import Array
from bpcli.render.curves import Plot, axis_is_log
from bpcli.render.styles import BAD, CAUTION
from bpcli.render.text import columns, counted, heading, known, number
from bpcli.symmetry_demo.comparison import Snapshot
from bpcli.symmetry_demo.divergence import Growth
from bpcli.symmetry_demo.result import Demonstration, Trajectory

SHADES = "░▒▓█"
FAINT, NEGLIGIBLE = ":", 1e-6  # a distance that small a part of the largest has a mark of its own
SHOWN = 12  # units of a wider layer: more would not fit beside one another
WATCHED = 5  # units in a picture of --watch, which has to fit 24 lines of 60 characters
UNITS = 16  # rows of the table of weight differences
MARKS = {"exact": (" =", f"bold {BAD}"), "within rounding": (" ≈", CAUTION), "distinct": ("  ", "")}


def frame(snapshots: Mapping[str, Snapshot], distances: Mapping[str, Array]) -> RenderableType:
    """Show the networks at one recorded step, as one picture of those that --watch plays."""
    step = next(iter(snapshots.values())).step
    figures = ("loss", "spread of V", "of W", "distinct")
    table = columns("network", *figures, numbers=figures)
    for name, snapshot in snapshots.items():
        spread = snapshot.spread
        table.add_row(
            name,
            number(snapshot.loss),
            brief(spread.V),
            brief(spread.W),
            str(snapshot.effective_units),
        )
    units = max(len(each) for each in distances.values())
    maps = heat_maps(distances, units, most=WATCHED)
    return Group(Text.assemble(("step ", "dim"), (f"{step:,}", "bold")), table, Text(), maps)


def networks(result: Demonstration) -> list[RenderableType]:
    """Every network after its last step, logistic regression among them, and what the columns mean."""
    figures = ("loss", "units", "spread\nof V", "spread\nof W", "apart\nafter", "merged\nerror")
    table = columns("network", *figures, numbers=figures)
    for trajectory in result.trajectories:
        last = trajectory.snapshots[-1]
        table.add_row(
            trajectory.name,
            number(last.loss),
            "–" if trajectory.name in result.diverged else str(trajectory.symmetry.effective_units),
            brief(last.spread.V),
            brief(last.spread.W),
            _split(trajectory),
            brief(trajectory.equivalent.difference if trajectory.equivalent else None),
        )
    table.add_row("logistic", number(result.logistic.losses[-1][1]), *["–"] * 5)
    about = known(
        units=f"distinct hidden units, of {result.architecture.sizes[1]}; identical units count once",
        apart="the first step after which units that started bit-identical differ",
        merged="error of the merged network, in which one unit with the sum of their outgoing weights replaces "
        "identical units: max |z - z′| / max |z|",
        nudged="constant weights, but one row of V moved by about 1e-12: does a tiny difference grow, as it does where "
        "the constant solution is unstable?",
        **{
            "half-tied": "random weights, but the first half of the units are copies of unit 0: do the copies stay "
            "equal among units that differ?"
        },
        logistic=f"no hidden units, cross-entropy, {result.logistic.samples} samples of two overlapping classes",
    )
    return [heading("Networks", f"after {counted(result.steps, 'step')}"), table, about]


def _split(trajectory: Trajectory) -> str:
    if trajectory.first_split is not None:
        return f"{trajectory.first_split:,}"
    return "never" if trajectory.initial_symmetry.groups else "–"


def effective_units(trajectories: Sequence[Trajectory]) -> list[RenderableType]:
    """How many units are distinct, at powers of ten and at the end."""
    steps = [snapshot.step for snapshot in trajectories[0].snapshots]
    shown = [
        step for step in steps if step in (0, steps[-1]) or (step and 10 ** (len(str(step)) - 1) == step)
    ]
    figures = tuple(f"{step:,}" for step in shown)
    table = columns("after step", *figures, numbers=figures)
    for trajectory in trajectories:
        by_step = {snapshot.step: snapshot.effective_units for snapshot in trajectory.snapshots}
        table.add_row(trajectory.name, *(str(by_step[step]) for step in shown))
    return [heading("Effective units", "distinct hidden units, over time"), table]


def spreads(result: Demonstration) -> list[RenderableType]:
    """The spread of the weights over time, on a log axis; what is exactly zero has no place on it."""
    drawn = {
        trajectory.name: [
            (float(snapshot.step), snapshot.spread.weights)
            for snapshot in trajectory.snapshots
            if snapshot.spread.weights > 0 and isfinite(snapshot.spread.weights)
        ]
        for trajectory in result.trajectories
    }
    zero = [name for name, points in drawn.items() if not points]
    parts: list[RenderableType] = [
        heading("Spread", "largest max - min over hidden units of any weight; log axis")
    ]
    if len(zero) < len(drawn):
        parts.append(
            Plot(drawn, log=True, ends=("step 0", f"{result.steps:,}"), span=(0.0, float(result.steps)))
        )
    if zero:
        parts.append(Text(f"exactly 0 at every recorded step: {', '.join(zero)}"))
    for trajectory in result.trajectories:
        if trajectory.growth:
            gone = "; at the end it is exactly 0" if trajectory.snapshots[-1].spread.weights == 0 else ""
            parts.append(Text(f"{trajectory.name}: the spread {growth_words(trajectory.growth)}{gone}"))
    return parts


def growth_words(found: Growth) -> str:
    """What a small spread does, as the rest of a sentence about it."""
    between = f"from {found.start:.2g} at step {found.first:,} to {found.end:.2g} at step {found.last:,}"
    if found.verdict == "stays":
        return f"changes by less than a factor of 2, {between}: {found.factor:.6g} per step"
    doubling = f" and doubles in {found.doubling:,.3g} steps" if found.doubling else ""
    return f"{found.verdict} by a factor of {found.factor:.6g} per step{doubling}, {between}"


def losses(result: Demonstration) -> list[RenderableType]:
    """The loss curves of all networks in one plot."""
    series = {
        trajectory.name: [
            (float(snapshot.step), snapshot.loss)
            for snapshot in trajectory.snapshots
            if isfinite(snapshot.loss)
        ]
        for trajectory in result.trajectories
    }
    series["logistic"] = [
        (float(step), loss) for step, loss in result.logistic.losses if step <= result.steps
    ]
    log = axis_is_log([loss for points in series.values() for _, loss in points])
    if result.steps == 0:
        return []
    plot = Plot(series, log=log, ends=("step 0", f"{result.steps:,}"), span=(0.0, float(result.steps)))
    remark = f"by step{', log axis' if log else ''}; logistic: cross-entropy, on two classes of its own"
    return [heading("Loss", remark), plot]


def differences(trajectories: Sequence[Trajectory]) -> list[RenderableType]:
    """For every unit of every network the distance to its nearest neighbour."""
    names = tuple(trajectory.name for trajectory in trajectories)
    table = columns("unit", *names, numbers=names)
    units = len(trajectories[0].neurons)
    for unit in range(min(units, UNITS)):
        cells = []
        for trajectory in trajectories:
            neuron = trajectory.neurons[unit]
            mark, style = MARKS[neuron.verdict]
            cells.append(Text(f"{brief(neuron.distance)}{mark}", style=style))
        table.add_row(str(unit), *cells)
    more = f"; {UNITS} of {units} units" if units > UNITS else ""
    return [
        heading(
            "Weight differences", f"distance of each unit to its nearest neighbour, after the last step{more}"
        ),
        table,
        Text("= bit-identical, ≈ equal within rounding", style="dim"),
    ]


def brief(value: float | None) -> str:
    """Three significant digits, for tables that are narrow."""
    return number(value) if value is None or not isfinite(value) else f"{value:.3g}"


def heat_maps(distances: Mapping[str, Array], units: int, most: int = SHOWN) -> RenderableType:
    """Draw one map for each network, a row and a column for each unit (d1×d1 distances), side by side.

    A dot is a distance of exactly 0, a colon one below a millionth of the largest finite distance of any network, and
    four shades are the quarters of that; what is not finite is a question mark. ``units`` is how many the layer has,
    ``most`` how many are drawn.
    """
    finite = [value for matrix in distances.values() for value in matrix.ravel().tolist() if isfinite(value)]
    largest = max(finite, default=0.0)
    maps = [_map(name, matrix[:most, :most], largest) for name, matrix in distances.items()]
    legend = Text(
        f"· exactly 0; {FAINT} under 1e-6 of {largest:.3g}; {' '.join(SHADES)} up to ¼, ½, ¾ and all of it",
        style="dim",
    )
    if units > most:
        legend.append(f"; the first {most} of {units} units")
    return Group(Columns(maps, padding=(0, 3)), legend)


def _map(name: str, distances: Array, largest: float) -> Text:
    width = max(2 * len(distances), len(name))
    rows = ["".join(2 * _shade(value, largest) for value in row) for row in distances.tolist()]
    return Text("\n").join(
        [Text(f"{name:<{width}}", style="bold"), *(Text(f"{row:<{width}}") for row in rows)]
    )


def _shade(distance: float, largest: float) -> str:
    if not isfinite(distance):
        return "?"
    if 0 < distance < NEGLIGIBLE * largest:
        return FAINT
    return "·" if distance == 0 else SHADES[min(int(len(SHADES) * distance / largest), len(SHADES) - 1)]
