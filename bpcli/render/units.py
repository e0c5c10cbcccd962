"""Per-neuron weight differences as a table: which hidden units moved, and which are the same unit."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.render.text import columns, counted, heading, number, ranges
from bpcli.symmetry import LayerSymmetry, UnitDifference

ROWS = 16  # a layer of more units is summed up
STYLES = {"exact": "bold red", "within rounding": "yellow", "distinct": ""}


def unit_tables(neurons: Sequence[UnitDifference], symmetry: Sequence[LayerSymmetry]) -> list[RenderableType]:
    """Show each hidden layer: its units one by one, or in a layer of more than 16 its groups and a summary."""
    parts: list[RenderableType] = []
    by_layer = {layer: list(units) for layer, units in groupby(neurons, key=lambda n: n.layer)}
    for layer in symmetry:
        title = "Hidden units" if len(symmetry) == 1 else f"Hidden units of layer {layer.layer}"
        units = by_layer[layer.layer]
        if not all(isfinite(unit.change) for unit in units):
            parts.append(heading(title, "their weights are not finite"))
            continue
        different = "all" if layer.effective_units == layer.units else f"{layer.effective_units} of them"
        amount = f"{counted(layer.units, 'unit')}, {different} different"
        parts += [heading(title, amount), _table(units, layer)]
    return parts


def _table(units: list[UnitDifference], layer: LayerSymmetry) -> Table:
    figures = ("moved by", "nearest", "at distance")
    table = columns("unit", *figures, "verdict", numbers=figures)
    by_number = {unit.unit: unit for unit in units}
    grouped = {unit for group in layer.groups for unit in group}
    alone = sorted(
        (unit for unit in units if unit.unit not in grouped), key=lambda u: (u.distance is None, u.distance)
    )
    if len(units) <= ROWS:
        ordered = [by_number[unit] for group in layer.groups for unit in group]
        for unit in [*ordered, *sorted(alone, key=lambda u: u.unit)]:
            _one(table, unit)
        return table
    for group in layer.groups[:ROWS]:
        _several(table, [by_number[unit] for unit in group], "each other")
    if len(layer.groups) > ROWS:
        rest = [by_number[unit] for group in layer.groups[ROWS:] for unit in group]
        _several(table, rest, f"in {counted(len(layer.groups) - ROWS, 'more group')}")
    room = max(0, ROWS - len(layer.groups))
    shown, rest = (
        (alone, []) if len(alone) <= room else (alone[: max(0, room - 1)], alone[max(0, room - 1) :])
    )
    for unit in shown:
        _one(table, unit)
    if rest:
        _several(table, rest)
    return table


def _one(table: Table, unit: UnitDifference) -> None:
    table.add_row(
        str(unit.unit),
        number(unit.change),
        "–" if unit.twin is None else str(unit.twin),
        number(unit.distance),
        Text(unit.verdict, style=STYLES[unit.verdict]),
    )


def _several(table: Table, units: list[UnitDifference], nearest: str = "") -> None:
    """Sum several units up in one row: the span of each figure, and the verdict that they share at best."""
    verdicts = {unit.verdict for unit in units}
    verdict = next(v for v in ("distinct", "within rounding", "exact") if v in verdicts)
    label = ranges(tuple(u.unit for u in units)) if nearest else f"{len(units)} more"
    table.add_row(
        label,
        _span([unit.change for unit in units]),
        nearest,
        _span([unit.distance for unit in units if unit.distance is not None]),
        Text(verdict, style=STYLES[verdict]),
    )


def _span(values: list[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} … {high}"
