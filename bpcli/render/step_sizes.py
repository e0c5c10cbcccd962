"""The residual of numerical derivatives against their step size, as a plot with the best step of each method."""

from math import isfinite, log10

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.gradcheck.step_sizes import StepSweep
from bpcli.render.curves import Plot
from bpcli.render.text import columns, counted, heading

NAMES = {"complex": "complex step", "central": "central differences"}
FLOOR = 1e-17  # a residual of exactly 0 has no place on a log axis


def sweep_plot(sweep: StepSweep) -> RenderableType:
    """Draw one curve for each method that the network allows, from the smallest step to the largest."""
    series = {
        NAMES[curve.method]: [
            (log10(step), max(residual, FLOOR))
            for step, residual in zip(curve.steps, curve.residuals, strict=True)
            if isfinite(residual)
        ]
        for curve in sweep.curves
    }
    steps = [step for curve in sweep.curves for step in curve.steps]
    plot = Plot(series, log=True, ends=(f"h = {min(steps):.0e}", f"{max(steps):.0e}"))
    table = columns("method", "best step h", "residual there", numbers=("best step h", "residual there"))
    for curve in sweep.curves:
        step, residual = curve.best
        table.add_row(NAMES[curve.method], f"{step:.0e}", f"{residual:.1e}")
    parts: list[RenderableType] = [
        heading("Residual", f"of the whole gradient by step size, against {sweep.reference}; log axes"),
        plot,
        Text(),
        table,
    ]
    if sweep.left_out:
        parts.append(
            Text(f"{counted(sweep.left_out, 'entry', 'entries')} at a kink of relu left out", style="dim")
        )
    return Group(*parts)
