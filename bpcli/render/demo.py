"""What ``bpcli symmetry-demo`` shows: the claims with their numbers, then the networks side by side."""

from collections.abc import Mapping, Sequence
from math import isfinite

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.demo.claims import Claim
from bpcli.demo.closed_forms import ClosedForm
from bpcli.demo.growth import Growth
from bpcli.demo.leak import STEPS, WIDEST
from bpcli.demo.race import Moment
from bpcli.demo.result import Demonstration, Racer
from bpcli.network import Array
from bpcli.render.curves import Plot, axis_is_log
from bpcli.render.heat import heat_maps
from bpcli.render.text import LOSS_NAMES, columns, counted, heading, known, number

SAMPLES = 8  # rows of the table of closed forms
WATCHED = 5  # units in a picture of --watch, which has to fit 24 lines of 60 characters
UNITS = 16  # rows of the table of weight differences
VERDICTS = {
    True: ("holds", "bold green"),
    False: ("does not\nhold", "bold red"),
    None: ("does not\napply", "yellow"),
}
MARKS = {"exact": (" =", "bold red"), "within rounding": (" ≈", "yellow"), "distinct": ("  ", "")}


def demonstration(result: Demonstration) -> RenderableType:
    """Show everything that the demo has found out."""
    return Group(
        *_header(result),
        *_claims(result.claims),
        *_arithmetic(result),
        *_closed_forms(result),
        *_networks(result),
        *_effective_units(result.racers),
        *_spreads(result),
        *_losses(result),
        *_differences(result.racers),
        heading("Distances", "of every unit from every other, after the last step"),
        heat_maps({racer.name: racer.distances for racer in result.racers}, result.architecture.sizes[1]),
        *_closing(result),
    )


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
            _brief(spread.V),
            _brief(spread.W),
            str(moment.effective_units),
        )
    units = max(len(each) for each in distances.values())
    maps = heat_maps(distances, units, most=WATCHED)
    return Group(Text.assemble(("step ", "dim"), (f"{step:,}", "bold")), table, Text(), maps)


def _header(result: Demonstration) -> list[RenderableType]:
    net, config = result.architecture, result.config
    inputs, _, outputs = net.sizes
    rule = config.training.optimizer
    biases = "with biases" if net.bias else "no biases"
    samples = counted(result.samples, "sample")
    if result.samples < result.available:
        samples = f"the first {result.samples} of {result.available:,} training samples"
    table = known(
        data=f"{result.data}: {samples}, {counted(inputs, 'input')}, {counted(outputs, 'output')}",
        networks=f"{' → '.join(map(str, net.sizes))}; {net.activation} hidden, {net.output} output, {biases}; "
        f"{config.model.dtype}; w = {number(result.weight)}; random weights by {config.model.init.scheme}",
        training=f"{LOSS_NAMES[net.loss]}; {rule.name} at rate {number(rule.learning_rate)}; "
        f"{counted(result.steps, 'step')}, each on all samples; seed {config.seed}",
        arithmetic="order-stable: every unit by the same sequence of operations"
        if result.arithmetic == "stable"
        else "BLAS, as in training: fast, and free to add the terms of different units in different orders",
    )
    name = "" if result.name == "symmetry-demo" else f" {result.name}"
    return [Text.assemble(("bpcli symmetry-demo", "bold"), (name, "bold cyan")), table]


def _claims(claims: Sequence[Claim]) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for claim in claims:
        word, style = VERDICTS[claim.holds]
        measured = "; ".join(f"{name} {_exact(value)}" for name, value in claim.measured.items())
        told = "; ".join(text for text in (measured, claim.remark) if text)
        table.add_row(
            f"({claim.id})",
            Text(word, style=style),
            Text.assemble(claim.statement, "\n", (told, "cyan")),
        )
    notation = "x^(1) = h, x^(2) = z, S^(1) = a, S^(2) = b; w_ij^(1) = V_ji, w_ij^(2) = W_ji"
    return [heading("Claims", notation), table]


def _arithmetic(result: Demonstration) -> list[RenderableType]:
    """With BLAS: when the constant network split and what became of it, or that it did not."""
    if result.arithmetic == "stable":
        return []
    racer = result.racers[0]
    sizes = "-".join(map(str, result.architecture.sizes))
    last = racer.moments[-1]
    if racer.first_split is not None:
        told = f"BLAS parted the equal units of the constant network after step {racer.first_split:,}."
        if racer.growth:
            told += f" Their spread {_growth(racer.growth)}."
        return [
            heading("The leak"),
            Text(f"{told} The spread after step {last.step:,} is {_brief(last.spread.weights)}."),
        ]
    if racer.name in result.diverged:
        told = (
            f"The constant network diverged by step {last.step:,}; until then its units were the same bits."
        )
        return [heading("The leak"), Text(told)]
    told = (
        f"This machine's BLAS does not split {sizes} on {counted(result.samples, 'sample')}: after each of "
        f"{counted(result.steps, 'step')} the units of the constant network were the same bits. "
    )
    if result.splitting_widths:
        widths = ", ".join(map(str, result.splitting_widths))
        told += f"Of the widths up to {WIDEST} it splits {widths} within {STEPS} steps: try --hidden."
    else:
        told += (
            f"Nor does it split any other width up to {WIDEST} within {STEPS} steps on these data. Try "
            "bpcli symmetry-demo symmetry-xor --arithmetic blas."
        )
    return [heading("The leak"), Text(told)]


def _closed_forms(result: Demonstration) -> list[RenderableType]:
    """The closed forms beside what the units of the constant network have, before any step."""
    outputs, deltas = result.closed_forms
    units = outputs.measured.shape[1]
    of_all = "the unit" if units == 1 else f"all {units}"
    figures = ("w Σ x_i", "x^(1)\nclosed", f"x^(1)\n{of_all}", "δ^(1)\nclosed", f"δ^(1)\n{of_all}")
    table = columns("sample", *figures, numbers=figures)
    for sample in range(min(result.samples, SAMPLES)):
        table.add_row(
            str(sample + 1),
            number(float(outputs.argument[sample])),
            number(float(outputs.predicted[sample])),
            _measured(outputs, sample),
            number(float(deltas.predicted[sample])),
            _measured(deltas, sample),
        )
    more = f"; {SAMPLES} of {result.samples} samples" if result.samples > SAMPLES else ""
    return [heading("Closed forms", f"of the constant network before any step{more}"), table]


def _measured(form: ClosedForm, sample: int) -> str:
    low, high = float(form.measured[sample].min()), float(form.measured[sample].max())
    return number(low) if low == high else f"{number(low)} … {number(high)}"


def _networks(result: Demonstration) -> list[RenderableType]:
    figures = ("loss", "units", "spread\nof V", "spread\nof W", "first\nsplit", "merged\noff by")
    table = columns("network", *figures, numbers=figures)
    for racer in result.racers:
        last = racer.moments[-1]
        table.add_row(
            racer.name,
            number(last.loss),
            "–" if racer.name in result.diverged else str(racer.symmetry.effective_units),
            _brief(last.spread.V),
            _brief(last.spread.W),
            _split(racer),
            _brief(racer.equivalent.difference if racer.equivalent else None),
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


def _effective_units(racers: Sequence[Racer]) -> list[RenderableType]:
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


def _spreads(result: Demonstration) -> list[RenderableType]:
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
            parts.append(Text(f"{racer.name}: the spread {_growth(racer.growth)}{gone}"))
    return parts


def _growth(found: Growth) -> str:
    """What a small spread does, as the rest of a sentence about it."""
    between = f"from {found.start:.2g} at step {found.first:,} to {found.end:.2g} at step {found.last:,}"
    if found.verdict == "stays":
        return f"changes less than twofold, {between}: by a factor of {found.factor:.6g} a step"
    doubling = f" and doubles in {found.doubling:,.3g} steps" if found.doubling else ""
    return f"{found.verdict} by a factor of {found.factor:.6g} a step{doubling}, {between}"


def _losses(result: Demonstration) -> list[RenderableType]:
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


def _differences(racers: Sequence[Racer]) -> list[RenderableType]:
    """For every unit of every network the distance to the nearest other unit."""
    names = tuple(racer.name for racer in racers)
    table = columns("unit", *names, numbers=names)
    units = len(racers[0].neurons)
    for unit in range(min(units, UNITS)):
        cells = []
        for racer in racers:
            neuron = racer.neurons[unit]
            mark, style = MARKS[neuron.verdict]
            cells.append(Text(f"{_brief(neuron.distance)}{mark}", style=style))
        table.add_row(str(unit), *cells)
    more = f"; {UNITS} of {units} units" if units > UNITS else ""
    return [
        heading("Weight differences", f"of each unit to its nearest other, after the last step{more}"),
        table,
        Text("= the same to the last bit, ≈ the same within rounding", style="dim"),
    ]


def _closing(result: Demonstration) -> list[RenderableType]:
    apply = sum(claim.holds is not None for claim in result.claims)
    told = f"{apply} of {counted(len(result.claims), 'claim')} apply, and all of them hold."
    if result.failed:
        letters = ", ".join(f"({letter})" for letter in result.failed)
        verb = "does" if len(result.failed) == 1 else "do"
        told = f"Of the {counted(apply, 'claim')} that apply, {letters} {verb} not hold."
    if result.diverged:
        told += (
            f" The loss of {', '.join(result.diverged)} is not finite after step {result.steps:,}: lower "
            "training.optimizer.learning_rate."
        )
    return [Text(f"\n{told}", style="bold")]


def _exact(value: float | None) -> str:
    """A number that decides a claim, or that there is none."""
    return "none" if value is None else number(value)


def _brief(value: float | None) -> str:
    """Three significant digits, for tables that are narrow."""
    return number(value) if value is None or not isfinite(value) else f"{value:.3g}"
