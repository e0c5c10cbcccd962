"""What ``bpcli symmetry-demo`` shows: the claims with their numbers, then the networks side by side."""

from collections.abc import Callable, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.network.symbols import Style
from bpcli.render.styles import ACCENT, BAD, CAUTION, GOOD
from bpcli.render.text import LOSS_NAMES, columns, counted, heading, known, number
from bpcli.render.trajectories import (
    brief,
    differences,
    effective_units,
    growth_words,
    heat_maps,
    losses,
    networks,
    spreads,
)
from bpcli.symmetry_demo.claim import LETTERS, Claim, in_notation
from bpcli.symmetry_demo.divergence import STEPS, WIDEST
from bpcli.symmetry_demo.first_pass import ClosedForm
from bpcli.symmetry_demo.result import Demonstration

SAMPLES = 8  # rows of the table of closed forms
# The document's names of what is measured, where the screen has plainer words for them.
MEASURED = {
    "off the closed form": "difference from the closed form",
    "first split": "first step at which they differ",
    "different at the start": "distinct at the start",
    "at the end": "distinct at the end",
    "distance of the ends": "distance between the two ends",
    "largest gradient left": "final gradient norm",
    "smallest curvature": "smallest eigenvalue of the Hessian",
}
NOTATIONS: dict[Style, str] = {
    "delta": "x⁽¹⁾ = h, x⁽²⁾ = z, S⁽¹⁾ = a, S⁽²⁾ = b; w_ij⁽¹⁾ and w_ij⁽²⁾ are entries (j, i) of V and W",
    "vw": "a = V x, h = g(a), b = W h, z = g(b); v_ji and w_ji are entries (j, i) of V and W",
}
VERDICTS = {
    True: ("holds", f"bold {GOOD}"),
    False: ("does not\nhold", f"bold {BAD}"),
    None: ("does not\napply", CAUTION),
}


def demonstration(result: Demonstration, notation: Style = "delta") -> RenderableType:
    """Show all results of the demo in one notation; of some of the claims, these and what they are about."""
    claims = _claims(
        result.claims, partial(in_notation, architecture=result.architecture, style=notation), notation
    )
    parts = {claim.id for claim in result.claims}
    if parts != set(LETTERS):
        about: list[RenderableType] = []
        if parts & {"a", "b"}:
            about += _closed_forms(result, notation)
        if "e" in parts:
            about += [*_arithmetic(result), *spreads(result)]
        if "f" in parts:
            about += effective_units(result.trajectories)
        return Group(*_header(result), *claims, *about, *_closing(result))
    return Group(
        *_header(result),
        *claims,
        *_arithmetic(result),
        *_closed_forms(result, notation),
        *networks(result),
        *effective_units(result.trajectories),
        *spreads(result),
        *losses(result),
        *differences(result.trajectories),
        heading("Distances", "between all pairs of units, after the last step"),
        heat_maps(
            {trajectory.name: trajectory.distances for trajectory in result.trajectories},
            result.architecture.sizes[1],
        ),
        *_closing(result),
    )


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
        arithmetic="fixed order: every hidden unit uses the same sequence of operations"
        if result.arithmetic == "stable"
        else "BLAS, as in training: fast, but may add the terms of different units in different orders",
    )
    name = "" if result.name == "symmetry-demo" else f" {result.name}"
    return [Text.assemble(("bpcli symmetry-demo", "bold"), (name, f"bold {ACCENT}")), table]


def _claims(claims: Sequence[Claim], write: Callable[[str], str], notation: Style) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for claim in claims:
        word, style = VERDICTS[claim.holds]
        measured = "; ".join(
            f"{MEASURED.get(name, name)} {_exact(value)}" for name, value in claim.measured.items()
        )
        told = "; ".join(text for text in (measured, claim.remark) if text)
        table.add_row(
            f"({claim.id})",
            Text(word, style=style),
            Text.assemble(write(claim.statement), "\n", (write(told), ACCENT), *_because(claim, write)),
        )
    return [heading("Claims", NOTATIONS[notation]), table]


def _because(claim: Claim, write: Callable[[str], str]) -> list[str]:
    """The reason, on lines of its own; none where the claim does not hold."""
    return ["\n", f"because {write(claim.because)}"] if claim.because and claim.holds else []


def _arithmetic(result: Demonstration) -> list[RenderableType]:
    """With BLAS: when rounding broke the symmetry of the constant network and what became of it, or that it did not."""
    if result.arithmetic == "stable":
        return []
    trajectory = result.trajectories[0]
    sizes = "-".join(map(str, result.architecture.sizes))
    last = trajectory.snapshots[-1]
    if trajectory.first_split is not None:
        told = (
            "Rounding in BLAS broke the symmetry of the constant network: its units differ after step "
            f"{trajectory.first_split:,}."
        )
        if trajectory.growth:
            told += f" Their spread {growth_words(trajectory.growth)}."
        return [
            heading("Rounding"),
            Text(f"{told} The spread after step {last.step:,} is {brief(last.spread.weights)}."),
        ]
    if trajectory.name in result.diverged:
        told = (
            f"The constant network diverged by step {last.step:,}; until then its units were bit-identical."
        )
        return [heading("Rounding"), Text(told)]
    told = (
        f"BLAS on this machine keeps the units of {sizes} equal on {counted(result.samples, 'sample')}: after each of "
        f"{counted(result.steps, 'step')} the units of the constant network were bit-identical. "
    )
    if result.splitting_widths:
        widths = ", ".join(map(str, result.splitting_widths))
        told += (
            f"Of the widths up to {WIDEST}, its rounding breaks the symmetry of {widths} within {STEPS} steps: "
            "try --hidden."
        )
    else:
        told += (
            f"The same holds for every other width up to {WIDEST} within {STEPS} steps on these data. Try "
            "bpcli symmetry-demo symmetry-xor --arithmetic blas."
        )
    return [heading("Rounding"), Text(told)]


def _closed_forms(result: Demonstration, notation: Style) -> list[RenderableType]:
    """The closed forms beside what the units of the constant network have, before any step."""
    outputs, deltas = result.closed_forms
    units = outputs.measured.shape[1]
    of_all = "the unit" if units == 1 else f"all {units}"
    h, delta = (in_notation(symbol, result.architecture, notation) for symbol in ("x^(1)", "δ^(1)"))
    figures = ("w Σ x_i", f"{h}\nclosed", f"{h}\n{of_all}", f"{delta}\nclosed", f"{delta}\n{of_all}")
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


def _closing(result: Demonstration) -> list[RenderableType]:
    apply = sum(claim.holds is not None for claim in result.claims)
    told = f"{apply} of {counted(len(result.claims), 'claim')} apply, and all of them hold."
    if len(result.claims) == 1:
        told = f"Claim ({result.claims[0].id}) {' '.join(VERDICTS[result.claims[0].holds][0].split())}."
    elif result.failed:
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
