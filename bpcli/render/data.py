"""What ``bpcli data`` shows: the columns of a table, the classes, and what training would do."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bpcli.common.text import printable
from bpcli.datasets.profile import ColumnProfile, Profile
from bpcli.render.styles import ACCENT, CAUTION
from bpcli.render.text import Fitting, columns, counted, heading, known, measure

_BARS = "·▁▂▃▄▅▆▇█"  # none a blank, at which a line might be folded
_MOST_COLUMNS, _MOST_CLASSES = 100, 20


def profile_report(profile: Profile) -> RenderableType:
    """Show a table at a glance."""
    facts = {"rows": f"{profile.rows:,}", "columns": f"{len(profile.columns):,}"}
    if profile.notes:
        facts["read"] = "; ".join(profile.notes)
    parts: list[RenderableType] = [
        Text.assemble(("bpcli data ", "bold"), (printable(profile.name), f"bold {ACCENT}")),
        known(**facts),
        heading("Columns", "and what training would do with each"),
        _columns(profile),
    ]
    if profile.task != "regression":
        parts += _classes(profile)
    for name in profile.leaks:
        parts.append(
            Text(
                f"{printable(name)} determines the target: if it is not known beforehand, leave it out with --ignore",
                style=CAUTION,
            )
        )
    parts += [Text(suspect.sentence, style=CAUTION) for suspect in profile.suspected]
    return Group(*parts)


def _columns(profile: Profile) -> RenderableType:
    numbers = ("missing", "distinct")
    beside = columns("column", "used as", *numbers, "values", numbers=numbers)
    below = Table.grid(padding=(0, 0, 0, 2))
    for column in profile.columns[:_MOST_COLUMNS]:
        name, values = printable(column.name, 30), _values(column)
        used = f"target: {profile.task}" if column.kind == "target" else column.kind
        if column.why and column.kind != "target":
            used = f"{used}: {column.why}"
        style = "dim" if column.kind == "left out" else ACCENT if column.kind == "target" else ""
        missing = f"{column.missing:,}" if column.missing else "–"
        beside.add_row(name, used, missing, f"{column.distinct:,}", values, style=style)
        amounts = [used, *([f"{missing} missing"] if column.missing else []), f"{column.distinct:,} distinct"]
        below.add_row(Text.assemble((name, "bold"), f"  {'; '.join(amounts)}"), style=style)
        below.add_row(Padding(values, (0, 0, 0, 2)), style=style)
    more = len(profile.columns) - _MOST_COLUMNS
    note = [Text(f"and {more:,} more columns (--json lists them)", style="dim")] if more > 0 else []
    return Group(Fitting(beside, below, foldable=True), *note)


def _values(column: ColumnProfile) -> str:
    if column.least is not None:
        span = measure(column.least)
        if column.least != column.greatest:
            span += f" … {measure(column.greatest)}"
        return f"{span}  {_bars(column.histogram)}".rstrip()
    return ", ".join(f"{printable(word, 16)} ({rows:,})" for word, rows in column.frequent)


def _bars(histogram: tuple[int, ...]) -> str:
    """A bar for each interval, the highest full; an interval with any row is never empty."""
    most = max(histogram, default=0)
    return "".join(_BARS[-(-count * 8 // most)] for count in histogram) if most else ""


def _classes(profile: Profile) -> list[RenderableType]:
    total = sum(rows for _, rows in profile.classes) if profile.task == "classification" else profile.rows
    table = columns("class", "rows", "share", numbers=("rows", "share"))
    for name, rows in profile.classes[:_MOST_CLASSES]:
        table.add_row(printable(name, 40), f"{rows:,}", f"{rows / total:.1%}")
    title = counted(len(profile.classes), "class", "classes")
    return [heading("Classes" if profile.task == "classification" else "Labels", title), table]
