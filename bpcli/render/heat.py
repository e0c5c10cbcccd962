"""Unit-to-unit distances as heat maps, readable without colour."""

from collections.abc import Mapping
from math import isfinite

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.network import Array

SHADES = "░▒▓█"
FAINT, NEGLIGIBLE = ":", 1e-6  # a distance that small a part of the largest has a mark of its own
SHOWN = 12  # units of a wider layer: more would not fit beside one another


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
        f"· exactly 0; {FAINT} under 1e-6, {' '.join(SHADES)} up to ¼, ½, ¾ and all of {largest:.3g}",
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
