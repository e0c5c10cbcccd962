"""Per-neuron weight differences as a table: which hidden units moved, and which are the same unit."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from typing import TypeAlias

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bpcli.render.styles import BAD, CAUTION
from bpcli.render.text import columns, counted, heading, number, ranges
from bpcli.symmetry import Activity, LayerSymmetry, UnitDifference, UnitVerdict

ROWS = 16  # a layer of more units is summed up
PIECES = 3  # of the list of a group; more would take the room of the figures
STYLES: dict[UnitVerdict, str] = {"exact": f"bold {BAD}", "within rounding": CAUTION, "distinct": ""}
WEAKEST_FIRST: tuple[UnitVerdict, ...] = ("distinct", "within rounding", "exact")
STUCK: tuple[Activity, ...] = ("dead", "saturated")  # worth a remark, the gravest first
STUCK_STYLE = CAUTION

Cells: TypeAlias = tuple[str, str, str, str, Text]


def unit_tables(
    neurons: Sequence[UnitDifference],
    symmetry: Sequence[LayerSymmetry],
    activity: Sequence[Sequence[Activity]],
    *,
    full: bool = True,
) -> list[RenderableType]:
    """Show each hidden layer: its units one by one, or in a layer of more than 16 its groups and a summary.

    A unit that is dead or saturated says so in place of "distinct", or after what it is besides. Without ``full``, a
    layer is a line if all of its units are distinct, and otherwise its groups and a summary.
    """
    parts: list[RenderableType] = []
    by_layer = {layer: list(units) for layer, units in groupby(neurons, key=lambda n: n.layer)}
    for layer, activities in zip(symmetry, activity, strict=True):
        title = "Hidden units" if len(symmetry) == 1 else f"Hidden units of layer {layer.layer}"
        units = by_layer[layer.layer]
        if not all(isfinite(unit.change) for unit in units):
            parts.append(heading(title, "their weights are not finite, or too large to measure"))
            continue
        distinct = "all" if layer.effective_units == layer.units else f"only {layer.effective_units}"
        amount = f"{layer.units:,} units, {distinct} distinct" if layer.units > 1 else "1 unit"
        if full or layer.groups:
            rows = ROWS if full else 0
            parts += [heading(title, amount), _table(units, layer, activities, rows)]
        else:
            parts += [heading(title, amount), _line(units, activities)]
        parts += _same_function(units)
    return parts


def _same_function(units: list[UnitDifference]) -> list[RenderableType]:
    """A line for each group of units that differ in their weights only, up to three groups."""
    groups = sorted({tuple(sorted((unit.unit, *unit.same_function))) for unit in units if unit.same_function})
    told = [
        Text(f"same function: units {ranges(group, most=PIECES)} have the same h up to a factor", style="dim")
        for group in groups[:PIECES]
    ]
    if len(groups) > PIECES:
        told.append(Text(f"and {counted(len(groups) - PIECES, 'more group')}", style="dim"))
    return list(told)


def _line(units: list[UnitDifference], activities: Sequence[Activity]) -> Text:
    """The units of a layer in which all differ: how far they moved, the nearest two, and how many cannot learn."""
    said = [f"moved by {_span([unit.change for unit in units])}"]
    distances = [unit.distance for unit in units if unit.distance is not None]
    if distances:
        said.append(f"nearest pair {number(min(distances))} apart")
    said += [f"{activities.count(kind)} {kind}" for kind in STUCK if kind in activities]
    return Text.assemble("; ".join(said), ("  (--units lists them)" if len(units) > 1 else "", "dim"))


def _table(
    units: list[UnitDifference], layer: LayerSymmetry, activities: Sequence[Activity], most: int
) -> Table:
    figures = ("moved by", "nearest", "at distance")
    table = columns("unit", *figures, "verdict", numbers=figures)
    rows = _rows(units, layer, activities, most)
    # A span of two numbers may fold between them, but no word or number within itself.
    for column, cells in list(zip(table.columns, zip(*rows, strict=True), strict=True))[1:]:
        column.no_wrap = False
        column.min_width = max(
            len(word) for cell in (column.header, *cells) for word in str(cell).split() or [""]
        )
    for row in rows:
        table.add_row(*row)
    return table


def _rows(
    units: list[UnitDifference], layer: LayerSymmetry, activities: Sequence[Activity], most: int
) -> list[Cells]:
    """A line for each of at most ``most`` units; else groups, the closest units, and the rest in one line."""
    by_number = {unit.unit: unit for unit in units}
    grouped = {unit for group in layer.groups for unit in group}
    alone = sorted(
        (unit for unit in units if unit.unit not in grouped), key=lambda u: (u.distance is None, u.distance)
    )
    if len(units) <= most:
        ordered = [by_number[unit] for group in layer.groups for unit in group]
        return [_one(unit, activities) for unit in [*ordered, *sorted(alone, key=lambda u: u.unit)]]
    rows = [
        _several([by_number[unit] for unit in group], activities, "each other")
        for group in layer.groups[:ROWS]
    ]
    if len(layer.groups) > ROWS:
        rest = [by_number[unit] for group in layer.groups[ROWS:] for unit in group]
        rows.append(_several(rest, activities, f"in {counted(len(layer.groups) - ROWS, 'more group')}"))
    room = max(0, most - len(layer.groups))
    shown, rest = (
        (alone, []) if len(alone) <= room else (alone[: max(0, room - 1)], alone[max(0, room - 1) :])
    )
    rows += [_one(unit, activities) for unit in shown]
    return [*rows, _several(rest, activities)] if rest else rows


def _one(unit: UnitDifference, activities: Sequence[Activity]) -> Cells:
    return (
        str(unit.unit),
        number(unit.change),
        "–" if unit.nearest is None else str(unit.nearest),
        number(unit.distance),
        _verdict(unit.verdict, [activities[unit.unit]]),
    )


def _several(units: list[UnitDifference], activities: Sequence[Activity], nearest: str = "") -> Cells:
    """Sum several units up in one row: the span of each figure, and the verdict that they share at best."""
    verdicts = {unit.verdict for unit in units}
    verdict = next(v for v in WEAKEST_FIRST if v in verdicts)
    label = f"{len(units)} more"
    if nearest:
        label = ranges(tuple(unit.unit for unit in units), most=PIECES)
        label += f" ({len(units)})" if "…" in label else ""
    return (
        label,
        _span([unit.change for unit in units]),
        nearest,
        _span([unit.distance for unit in units if unit.distance is not None]),
        _verdict(verdict, [activities[unit.unit] for unit in units]),
    )


def _verdict(verdict: UnitVerdict, activities: list[Activity]) -> Text:
    """The verdict on one unit or several, and what keeps them from learning: "exact, dead" or "distinct, 2 dead"."""
    amounts = {kind: activities.count(kind) for kind in STUCK if kind in activities}
    if not amounts:
        return Text(verdict, style=STYLES[verdict])
    said = [kind if amount == len(activities) else f"{amount} {kind}" for kind, amount in amounts.items()]
    if verdict != "distinct" or sum(amounts.values()) < len(activities):
        said.insert(0, verdict)
    return Text(", ".join(said), style=STYLES[verdict] or STUCK_STYLE)


def _span(values: list[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} … {high}"
