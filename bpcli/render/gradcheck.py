"""What ``bpcli gradcheck`` shows: a table per check, the mistakes by name, and one line each for many files."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.common.text import printable
from bpcli.gradcheck.findings import MOVED, SCALED
from bpcli.gradcheck.report import GradcheckReport, mistakes_of
from bpcli.gradcheck.step import OwnCheck, TensorCheck
from bpcli.gradcheck.summary import by_mistake, check_of, verdict_line
from bpcli.gradcheck.verdicts import Finding, SubmissionCheck, TensorVerdict
from bpcli.mistakes.catalogue import CATALOGUE
from bpcli.render.mistakes import algebra
from bpcli.render.styles import ACCENT, BAD, CAUTION, GOOD
from bpcli.render.text import LOSS_NAMES, Fitting, columns, counted, heading, number, ranges, shape

ROUNDED = 1e-4  # a residual that rounding to a few digits leaves
STYLES = {
    "correct": f"bold {GOOD}",
    "wrong": f"bold {BAD}",
    "uninformative": CAUTION,
    "failed": f"bold {BAD}",
}


def gradcheck_report(report: GradcheckReport, show: str | None = None) -> RenderableType:
    """Show every check; more than one file is a table by mistake, and the details of the one called ``show``.

    Raises:
        UsageError: there is no such file.
    """
    submissions = [check for check in report.checks if isinstance(check, SubmissionCheck)]
    if report.point is None:
        return selection_table([check for check in report.checks if isinstance(check, OwnCheck)])
    net = report.point.architecture
    hidden = f"{net.activation} hidden, " if net.depth > 1 else ""
    about = f"{' → '.join(map(str, net.sizes))}; {hidden}{net.output} output, {LOSS_NAMES[net.loss]}; "
    ran = {None: "", "none": "; run without a sandbox", "bubblewrap": "; run in bubblewrap"}[report.sandbox]
    parts: list[RenderableType] = [
        Text(f"{about}{counted(report.point.samples, 'sample')}{ran}", style="dim")
    ]
    if len(submissions) > 1:
        parts.append(_many(submissions))
        detailed = [] if show is None else [check_of(show, submissions)]
    else:
        detailed = submissions
    parts += [part for check in report.checks if isinstance(check, OwnCheck) for part in _own(check)]
    parts += [part for check in detailed for part in _submission(check)]
    parts.append(_last_line(report, submissions))
    return Group(*parts)


def _last_line(report: GradcheckReport, submissions: Sequence[SubmissionCheck]) -> Text:
    """The verdict in a line, after everything else."""
    if len(submissions) > 1:
        right = sum(check.verdict == "correct" for check in submissions)
        return Text(f"\n{right} of {counted(len(submissions), 'file')} correct", style="bold")
    if submissions:
        (check,) = submissions
        return Text(f"\n{printable(verdict_line(check))}", style=STYLES[check.verdict])
    tensors = [tensor for check in report.checks for tensor in check.tensors]
    right = sum(tensor.verdict == "correct" for tensor in tensors)
    return Text(f"\n{right} of {counted(len(tensors), 'gradient')} correct", style=STYLES[report.verdict])


def catalogue_table() -> RenderableType:
    """The catalogue of mistakes, a paragraph each."""
    parts: list[RenderableType] = []
    for mistake in CATALOGUE:
        parts += [Text(mistake.id, style=f"bold {ACCENT}"), algebra(mistake, "wrong"), Text()]
    return Group(*parts[:-1])


def selection_table(checks: Sequence[OwnCheck]) -> RenderableType:
    """Many networks in one table, a line each, and below it what is wrong."""
    numbers = ("compared", "residual")
    table = columns("network and training", *numbers, "verdict", numbers=numbers)
    for check in checks:
        residuals = [tensor.residual for tensor in check.tensors if tensor.residual is not None]
        table.add_row(
            check.source,
            str(len(check.tensors)),
            _short(max(residuals, default=None)),
            _verdict(check.verdict),
        )
    parts: list[RenderableType] = [table]
    wrong = [check for check in checks if check.verdict != "correct"]
    for check in wrong:
        parts += _own(check)
    count = f"{len(checks) - len(wrong)} of {len(checks)} checks correct"
    remark = (
        "compared: every quantity, gradient, update and reported loss, with an independent loss and its numerical "
        "derivatives; shown is the largest relative residual"
    )
    verdict = Text(f"\n{count}", style=f"bold {BAD if wrong else GOOD}")
    return Group(*parts, Text(f"\n{remark}", style="dim"), verdict)


def _own(check: OwnCheck) -> list[RenderableType]:
    # Gradients are what one looks for; of the rest only what is not as it should be.
    shown = [t for t in check.tensors if t.name.startswith(("grad_", "delta_")) or t.verdict == "wrong"]
    method = {"complex": "complex step", "central": "central differences"}[check.method]
    parts: list[RenderableType] = [
        heading(check.source, f"against {method}"),
        Fitting(_own_table(shown, norm=True), _own_table(shown, norm=False)),
    ]
    if rest := [tensor for tensor in check.tensors if tensor not in shown]:
        parts.append(Text(f"{_agreeing(rest)} with the reference", style="dim"))
    if left_out := sum(tensor.left_out for tensor in check.tensors):
        parts.append(Text(f"{counted(left_out, 'entry', 'entries')} at a kink of relu left out", style="dim"))
    return parts


def _own_table(tensors: Sequence[TensorCheck], *, norm: bool) -> Table:
    """A row for each quantity; without its norm there is room for the worst entry in a narrow terminal."""
    left, entry = ("shape", *["norm"] * norm, "residual"), "worst entry: analytic, numeric"
    table = columns("tensor", *left, entry if norm else entry.replace(": ", ":\n"), "verdict", numbers=left)
    for tensor in tensors:
        worst = tensor.worst
        table.add_row(
            _symbol(tensor.name),
            shape(tensor.shape),
            *[number(tensor.norm)] * norm,
            _short(tensor.residual),
            _entry(worst.index, worst.found, worst.true) if worst else "–",
            _verdict(tensor.verdict),
        )
    return table


def _verdict(verdict: str) -> Text:
    """A verdict in the words of the screen."""
    return Text("inconclusive" if verdict == "uninformative" else verdict, style=STYLES[verdict])


def _agreeing(tensors: Sequence[TensorCheck]) -> str:
    """Say that quantities agree, by their names; new_V, new_W and new_bias_V are one."""
    several = {
        "new": "updated parameters",
        "kept": "kept parameters",
        "resumed": "a resumed run",
        "interrupted": "an interrupted run",
        "input": "inputs of layers",
    }
    kinds: dict[str, None] = {}
    for tensor in tensors:
        kind = tensor.name.partition("_")[0]
        kinds[several.get(kind, tensor.name.replace("_", " "))] = None
    return f"{', '.join(kinds)} agree{'s' if len(kinds) == 1 else ''}"


def _entry(index: tuple[int, ...], found: float, true: float) -> str:
    """Where two gradients differ most, and what either has there."""
    digits = next(d for d in (3, 6, 9, 17) if f"{found:.{d}g}" != f"{true:.{d}g}" or d == 17)
    shown = 3 if found == true or abs(found - true) <= 1e-9 * abs(true) else digits
    return f"[{','.join(str(place) for place in index)}] {found:.{shown}g}, {true:.{shown}g}"


def _submission(check: SubmissionCheck) -> list[RenderableType]:
    parts: list[RenderableType] = [
        Text.assemble("\n", (printable(check.source), "bold"), "  ", _verdict(check.verdict))
    ]
    if check.failure:
        parts.append(Text(printable(check.failure)))
    if check.tensors:
        parts.append(_answer_table(check.tensors))
    for finding in check.findings:
        parts += [Text(), *_explained(finding)]
    for tensor in check.tensors:
        if tensor.name in check.unexplained:
            parts += [Text(), *_unexplained(tensor)]
    if check.verdict == "uninformative":
        parts.append(Text.assemble(("Inconclusive: ", CAUTION), "; ".join(check.reasons) or _AS_CLOSE))
    elif check.verdict == "wrong" and (missing := [r for r in check.reasons if r.startswith("missing")]):
        parts.append(Text.assemble(("Inconclusive: ", CAUTION), "; ".join(missing)))
    parts += [Text(printable(note), style="dim") for note in check.notes]
    return parts


_AS_CLOSE = "a mistake of the catalogue lies as close to the answer as the truth does"


def _answer_table(tensors: Sequence[TensorVerdict]) -> Table:
    table = columns(
        "tensor", "shape", "residual", "worst entry: yours, true", "verdict", numbers=("shape", "residual")
    )
    for tensor in tensors:
        worst = tensor.worst
        table.add_row(
            f"∇{tensor.name}",
            shape(tensor.shape),
            _short(tensor.residual),
            _entry(worst.index, worst.found, worst.true) if worst else "–",
            _verdict(tensor.verdict),
        )
    return table


def _explained(finding: Finding) -> list[RenderableType]:
    """A mistake with its algebra and its fix; two that occur together one after the other."""
    parts: list[RenderableType] = []
    where = ", ".join(f"∇{name}" for name in finding.tensors)
    if finding.rows is not None:
        where += f", row{'s' if len(finding.rows) > 1 else ''} {ranges(finding.rows)}"
    for mistake in mistakes_of(finding.ids):
        parts += [
            Text.assemble(
                (mistake.id, f"bold {BAD}"), (f"{_constant(finding, mistake.id)}  in {where}", "dim")
            ),
            algebra(mistake, "yours"),
        ]
    if finding.alternatives:
        others = "; ".join(" with ".join(ids) for ids in finding.alternatives)
        parts.append(Text(f"  fits just as well at this point: {others}", style=CAUTION))
    return parts


def _constant(finding: Finding, name: str) -> str:
    """The number that a scaling or a moved weight was fitted with, beside the mistake whose number it is."""
    if finding.rate is not None and name in MOVED:
        return f" (η = {number(finding.rate)})"
    return "" if finding.factor is None or name not in SCALED else f" (factor {finding.factor:.10g})"


def _unexplained(tensor: TensorVerdict) -> list[RenderableType]:
    """What is known of a wrong tensor that no mistake of the catalogue explains."""
    known = []
    if tensor.cosine is not None:
        near = f"1 - {1 - tensor.cosine:.1e}" if 1 - tensor.cosine < 1e-3 else number(tensor.cosine)
        known.append(f"cosine to the true gradient {near}")
    if tensor.residual is not None and tensor.residual < ROUNDED:
        known.append("it agrees in its leading digits: if it was rounded, write at least nine of them")
    right = tuple(row for row, factor in enumerate(tensor.row_factors) if factor == 1.0)
    if right and len(right) < len(tensor.row_factors):
        known.append(f"row{'s' if len(right) > 1 else ''} {ranges(right)} right")
    rows = tensor.row_factors if len(tensor.shape) == 2 and tensor.shape[1] > 1 else ()
    factors = {row: f for row, f in enumerate(rows) if f not in (None, 1.0)}
    known += [f"row {row} would be right times {number(factor)}" for row, factor in list(factors.items())[:4]]
    return [
        Text.assemble(("unknown", f"bold {BAD}"), (f"  in ∇{tensor.name}", "dim")),
        Text(f"  No mistake of the catalogue explains it. Known: {'; '.join(known) or 'nothing'}."),
    ]


def _many(checks: Sequence[SubmissionCheck]) -> RenderableType:
    """Who made which mistake, and why some files were not checked."""
    table = columns("mistake", "files", "who", numbers=("files",))
    for label, members in by_mistake(checks):
        names = ", ".join(printable(check.source) for check in members)
        style = {"correct": f"bold {GOOD}", "inconclusive": CAUTION}.get(label, f"bold {BAD}")
        table.add_row(Text(label, style=style), str(len(members)), Text(names, overflow="fold"))
    failed = [Text(printable(check.failure)) for check in checks if check.failure]
    hint = "--show NAME shows the details of one file" if any(c.verdict != "correct" for c in checks) else ""
    return Group(table, *([Text()] if failed else []), *failed, *([Text(hint, style="dim")] if hint else []))


def _symbol(name: str) -> str:
    return name.replace("grad_", "∇")


def _short(residual: float | None) -> str:
    return "–" if residual is None else f"{residual:.1e}"
