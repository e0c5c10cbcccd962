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
from bpcli.render.text import LOSS_NAMES, columns, counted, facts, heading, number

SAMPLES = 8  # rows of the table of closed forms
UNITS = 16  # rows of the table of weight differences
VERDICTS = {True: ("holds", "bold green"), False: ("fails", "bold red"), None: ("no case", "yellow")}
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
        heat_maps({racer.name: racer.distances for racer in result.racers}),
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
            _exact(spread.V),
            _exact(spread.W),
            str(moment.effective_units),
        )
    return Group(Text.assemble(("step ", "dim"), (f"{step:,}", "bold")), table, Text(), heat_maps(distances))


def _header(result: Demonstration) -> list[RenderableType]:
    net, config = result.architecture, result.config
    inputs, _, outputs = net.sizes
    rule = config.training.optimizer
    biases = "with biases" if net.bias else "no biases"
    table = facts(
        data=f"{result.data}: {counted(result.samples, 'sample')}, {counted(inputs, 'input')}, "
        f"{counted(outputs, 'output')}",
        networks=f"{' → '.join(map(str, net.sizes))}; {net.activation} hidden, {net.output} output, {biases}; "
        f"{config.model.dtype}; w = {number(result.weight)}; random weights by {config.model.init.scheme}",
        training=f"{LOSS_NAMES[net.loss]}; {rule.name} at rate {number(rule.learning_rate)}; "
        f"{counted(result.steps, 'step')}, each on all samples; seed {config.seed}",
        arithmetic="order-stable: every unit by the same sequence of operations"
        if result.arithmetic == "stable"
        else "BLAS, as in training: fast, and free to add the terms of different units in different orders",
    )
    return [Text.assemble(("bpcli symmetry-demo ", "bold"), (result.name, "bold cyan")), table]


def _claims(claims: Sequence[Claim]) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for claim in claims:
        word, style = VERDICTS[claim.holds]
        measured = "; ".join(f"{name} {_exact(value)}" for name, value in claim.measured.items())
        told = "; ".join(text for text in (measured, claim.remark) if text)
        table.add_row(f"({claim.id})", Text(word, style=style), claim.statement)
        table.add_row("", "", Text(told, style="dim"))
    notation = "x^(1) = h, x^(2) = z, S^(1) = a, S^(2) = b; w_ij^(1) = V_ji, w_ij^(2) = W_ji"
    return [heading("Claims", notation), table]


def _arithmetic(result: Demonstration) -> list[RenderableType]:
    """With BLAS: when the constant network split and what became of it, or that it did not."""
    if result.arithmetic == "stable":
        return []
    racer = result.racers[0]
    sizes = "-".join(map(str, result.architecture.sizes))
    if racer.first_split is not None:
        told = f"BLAS parted the equal units of the constant network after step {racer.first_split:,}"
        if racer.growth:
            told += f"; their spread {_growth(racer.growth)}"
        spread = racer.moments[-1].spread.weights
        return [heading("The leak"), Text(f"{told}. After step {result.steps:,} it is {_exact(spread)}.")]
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
            _digits(float(outputs.predicted[sample])),
            _measured(outputs, sample),
            _digits(float(deltas.predicted[sample])),
            _measured(deltas, sample),
        )
    more = f"; {SAMPLES} of {result.samples} samples" if result.samples > SAMPLES else ""
    return [heading("Closed forms", f"of the constant network before any step{more}"), table]


def _measured(form: ClosedForm, sample: int) -> str:
    low, high = float(form.measured[sample].min()), float(form.measured[sample].max())
    return _digits(low) if low == high else f"{_digits(low)} … {_digits(high)}"


def _digits(value: float) -> str:
    return f"{value:.6g}"


def _networks(result: Demonstration) -> list[RenderableType]:
    figures = ("loss", "units", "spread\nof V", "spread\nof W", "first\nsplit", "merged\noff by")
    table = columns("network", *figures, numbers=figures)
    for racer in result.racers:
        last = racer.moments[-1]
        table.add_row(
            racer.name,
            number(last.loss),
            f"{racer.symmetry.effective_units} of {racer.symmetry.units}",
            _exact(last.spread.V),
            _exact(last.spread.W),
            _split(racer),
            "–" if racer.equivalent is None else _exact(racer.equivalent.difference),
        )
    table.add_row("logistic", number(result.logistic.losses[-1][1]), *["–"] * 5)
    about = facts(
        units="how many are different, tied ones counted once",
        split="the step after which units that began equal to the last bit were not any more",
        merged="the equivalent smaller network: tied units in one, which has the sum of their outgoing weights; no "
        "output differs by more",
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
    parts += [Text(f"{racer.name}: {_growth(racer.growth)}") for racer in result.racers if racer.growth]
    return parts


def _growth(found: Growth) -> str:
    doubling = (
        f" (it doubles in {found.doubling:,.3g} steps)" if found.doubling and found.verdict == "grows" else ""
    )
    verb = {"grows": "grows", "stays": "stays", "shrinks": "shrinks"}[found.verdict]
    return (
        f"{verb} by a factor of {found.factor:.6g} a step{doubling}, from {found.start:.2g} at step {found.first:,} to "
        f"{found.end:.2g} at step {found.last:,}"
    )


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
    return [heading("Loss", f"by step{', log axis' if log else ''}"), plot]


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
            cells.append(Text(f"{_exact(neuron.distance)}{mark}", style=style))
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
        verb = "fails" if len(result.failed) == 1 else "fail"
        told = f"Of the {counted(apply, 'claim')} that apply, {letters} {verb}."
    if result.diverged:
        told += (
            f" The loss of {', '.join(result.diverged)} is not finite after step {result.steps:,}: lower "
            "training.optimizer.learning_rate."
        )
    return [Text(f"\n{told}", style="bold")]


def _exact(value: float | None) -> str:
    """A number; that of exact zero has no digits, so that it is not taken for a small one."""
    if value is None:
        return "none"
    return "0" if value == 0 else number(value)
