"""Which columns are the targets: by name or by position, with a did-you-mean."""

from collections.abc import Sequence

from bpcli.common.errors import DataError
from bpcli.common.text import did_you_mean

LAST = (-1,)


def target_positions(
    target: Sequence[str | int] | None, width: int, names: Sequence[str] | None, place: str
) -> tuple[int, ...]:
    """Positions, in the order asked for, of the target columns of a table that is ``width`` columns wide.

    Args:
        target: names, or positions from 0 (-1 is the last); None is the last column.
        width: how many columns there are.
        names: the columns' names, or None if the table has no header.
        place: what an error message calls the table.

    Raises:
        DataError: no such column, one chosen twice, none chosen, or no column left to be a feature.
    """
    wanted = LAST if target is None else tuple(target)
    if not wanted:
        raise DataError(f"{place}: data.target chooses no column; name one, or leave it out for the last")
    found = tuple(
        _position(column, width, place) if isinstance(column, int) else _named(column, names, width, place)
        for column in wanted
    )
    if len(set(found)) < len(found):
        raise DataError(f"{place}: data.target {list(wanted)} names a column twice; name each once")
    if len(found) == width:
        columns = "its only column" if width == 1 else f"all of its {width} columns"
        raise DataError(
            f"{place}: no column is left as a feature: the target takes {columns}; "
            "check the delimiter and data.target"
        )
    return found


def _position(position: int, width: int, place: str) -> int:
    if not -width <= position < width:
        raise DataError(
            f"{place}: there is no column {position}: the table has {width} columns; "
            f"write 0 to {width - 1}, or -1 for the last"
        )
    return position % width


def _named(name: str, names: Sequence[str] | None, width: int, place: str) -> int:
    if names is None:
        raise DataError(
            f"{place}: there is no column {name!r}: the file has no header, so its columns have no names; "
            f"write a position, 0 to {width - 1}, or -1 for the last"
        )
    if name not in names:
        listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        hint = f" ({meant})" if (meant := did_you_mean(name, names)) else ""
        raise DataError(f"{place}: there is no column {name!r}{hint}; the columns are: {listed}")
    return names.index(name)
