"""Dates in text columns: which format a column has, and the numbers that its dates become."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import product

import numpy as np

from bpcli.datasets.dataset import FloatArray

_DAYS: tuple[str, ...] = (
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
)
_DAYS += (
    "%d-%b-%y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%B %d, %Y",
    "%d %B %Y",
    "%A %d %B %Y",
    "%A, %B %d, %Y",
)
_MONTHS = ("%Y-%m", "%m/%Y", "%b-%y", "%b %Y", "%B %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DURATION = "duration"  # 36:15:00, or 75:30: the time after midnight of the first day that strptime knows
OF_DAY = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", DURATION)
DURATIONS = "([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?"
FORMATS = ("iso", *(day + time for day, time in product(_DAYS, _TIMES)), *_MONTHS, *OF_DAY)
# Of 10:00-12:00, what follows the first time is none.
ZONE = r"(?:(?<=:[0-9]{2})|(?<=[AP]M))\s*(?:UTC|GMT|[A-Z]{2,4}T)?(?:(?<=.{9})[-+][0-9]{1,2}(?::?[0-9]{2})?)?$"
_LONGEST = 100  # characters of a date
PARTS = ("day", "month", "weekday", "hour")
_EPOCH, _FIRST = datetime(1970, 1, 1), datetime(1900, 1, 1)
_UNITS = ("hours", "minutes", "seconds")


def parse(cell: str, form: str) -> datetime | None:
    """The date in a cell, without its zone; None if it has another format."""
    if len(cell) > _LONGEST:
        return None
    cell = re.sub(ZONE, "", cell) if ":" in cell else cell
    if form == DURATION:
        found = re.fullmatch(DURATIONS, cell)
        return (
            _FIRST + timedelta(**dict(zip(_UNITS, map(int, found.groups("0")), strict=True)))
            if found
            else None
        )
    try:
        date = datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)
    except ValueError:
        return None
    return date.replace(tzinfo=None)


def date_format(cells: Sequence[str], *, digits: bool = False) -> str:
    """The first format that all cells have, or "" if they are not dates; digits alone (20240131) may be numbers."""
    if not cells or any(
        (len(cell) < 6 and ":" not in cell) or (cell.isdigit() and not digits) for cell in cells[:50]
    ):
        return ""
    likely = [form for form in FORMATS if parse(cells[0], form)]
    return next((form for form in likely if all(parse(cell, form) for cell in cells)), "")


def parts(dates: Iterable[datetime | None]) -> FloatArray:
    """N×4: days since 1970, month, weekday (Monday is 0) and hour of each date; NaN where there is none."""
    return np.array(
        [
            [np.nan] * 4
            if date is None
            else [
                (seconds := (date - _EPOCH).total_seconds()) / 86400,
                date.month,
                date.weekday(),
                seconds % 86400 / 3600,
            ]
            for date in dates
        ]
    ).reshape(-1, 4)
