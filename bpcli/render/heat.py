"""Unit-to-unit distances as heat maps, readable without colour."""

from collections.abc import Mapping

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.network import Array

SHADES = "░▒▓█"
SHOWN = 12  # units of a wider layer: more would not fit beside one another


def heat_maps(distances: Mapping[str, Array]) -> RenderableType:
    """Draw one map for each network, a row and a column for each unit (d1×d1 distances), side by side.

    A dot is a distance of exactly 0, and four shades are the quarters of the largest distance of any network.
    """
    largest = max((float(matrix.max(initial=0.0)) for matrix in distances.values()), default=0.0)
    maps = [_map(name, matrix, largest) for name, matrix in distances.items()]
    units = max(len(matrix) for matrix in distances.values())
    legend = Text(f"· exactly 0; {' '.join(SHADES)} up to ¼, ½, ¾ and all of {largest:.3g}", style="dim")
    if units > SHOWN:
        legend.append(f"; the first {SHOWN} of {units} units")
    return Group(Columns(maps, padding=(0, 3)), legend)


def _map(name: str, distances: Array, largest: float) -> Text:
    shown = distances[:SHOWN, :SHOWN].tolist()
    width = max(2 * len(shown), len(name))
    rows = ["".join(2 * _shade(value, largest) for value in row) for row in shown]
    return Text("\n").join(
        [Text(f"{name:<{width}}", style="bold"), *(Text(f"{row:<{width}}") for row in rows)]
    )


def _shade(distance: float, largest: float) -> str:
    if distance == 0 or not largest > 0:
        return "·"
    return SHADES[min(int(len(SHADES) * distance / largest), len(SHADES) - 1)] if distance <= largest else "?"
